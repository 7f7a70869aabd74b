# Sourced by run.sh: an apt of our own, for packages of another architecture and for sources. It reads the machine's list of
# mirrors, keeps all else in a folder, and needs no root; the machine's packages stay as they are.

# private_apt ARCHITECTURE FOLDER: from here on apt-get is this one.
private_apt() {
  mkdir -p "$2/lists/partial" "$2/archives/partial" "$2/sources.list.d"
  : >"$2/status"
  : >"$2/sources.list"
  [ ! -f /etc/apt/sources.list ] || sed -n 's/^deb /deb /p; s/^deb /deb-src /p' /etc/apt/sources.list >"$2/sources.list"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || ! grep -q debian-archive-keyring "$file" ||
      sed 's/^Types: deb$/Types: deb deb-src/' "$file" >"$2/sources.list.d/${file##*/}"
  done
  cat >"$2/apt.conf" <<EOF
Dir::State "$2";
Dir::State::status "$2/status";
Dir::Cache "$2";
Dir::Etc::sourcelist "$2/sources.list";
Dir::Etc::sourceparts "$2/sources.list.d";
APT::Architecture "$1";
APT::Architectures { "$1"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
APT::Update::Post-Invoke { "true"; };
EOF
  export APT_CONFIG="$2/apt.conf"
  apt-get update -qq
}

# unpack_packages FOLDER PACKAGE...: these and all that they depend on, unpacked and not set up.
unpack_packages() {
  to=$1
  shift
  apt-get install -y -qq --download-only "$@" >"$to.log"
  mkdir -p "$to"
  for package in "$(dirname "$APT_CONFIG")"/archives/*.deb; do
    dpkg-deb -x "$package" "$to"
  done
}

# unpack_source FOLDER SOURCE: as its authors released it.
unpack_source() {
  mkdir -p "$1"
  (cd "$1" && apt-get source -qq --download-only "$2" >/dev/null && tar -xf "$2"_*.orig.tar.?z --strip-components=1)
}
