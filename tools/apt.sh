# Sourced by scripts that need an apt of their own: for packages of another architecture or of another Debian, and for
# sources. It uses the machine's mirrors, keeps everything else in a folder, and needs no root. It does not change the
# machine's packages.

# own_sources FOLDER: the machine's sources, of programs and of their source code.
own_sources() {
  : >"$1/sources.list"
  [ ! -f /etc/apt/sources.list ] || sed -n 's/^deb /deb /p; s/^deb /deb-src /p' /etc/apt/sources.list >"$1/sources.list"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || ! grep -q debian-archive-keyring "$file" ||
      sed 's/^Types: deb$/Types: deb deb-src/' "$file" >"$1/sources.list.d/${file##*/}"
  done
}

# suite_sources FOLDER SUITE...: these suites of Debian, from the machine's mirror.
suite_sources() {
  sources=$1/sources.list.d
  shift
  # shellcheck disable=SC1091,SC2016 # a file of every machine; names that apt-get expands
  mirror=$(. /etc/os-release && apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' |
    awk -v own="$VERSION_CODENAME" '$2 == own || $2 == "stable" { print $1; exit }')
  cat >"$sources/suites.sources" <<EOF
Types: deb deb-src
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: $*
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
}

# private_apt ARCHITECTURE FOLDER [SUITE...]: replaces apt-get from here on. Without suites it has the machine's suites.
private_apt() {
  architecture=$1 state=$2
  shift 2
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/sources.list.d"
  : >"$state/status"
  if [ $# -eq 0 ]; then own_sources "$state"; else suite_sources "$state" "$@"; fi
  cat >"$state/apt.conf" <<EOF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/sources.list.d";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
APT::Update::Post-Invoke { "true"; };
EOF
  export APT_CONFIG="$state/apt.conf"
  apt-get update -qq
}

# once FOLDER FUNCTION WHAT...: fills a folder, unless an earlier run filled it from the same list.
once() {
  filled=$1 fill=$2
  shift 2
  [ -e "$filled.done" ] && [ "$(cat "$filled.done")" = "$*" ] && return 0
  rm -rf "$filled" "$filled".*
  "$fill" "$filled" "$@"
  echo "$*" >"$filled.done"
}

# unpack_packages FOLDER PACKAGE...: unpacks packages and all their dependencies, without setting them up. Options of
# apt-get may stand among the packages.
unpack_packages() {
  unpacked=$1
  shift
  apt-get install -y -qq --download-only "$@" >"$unpacked.log"
  mkdir -p "$unpacked"
  for package in "$(dirname "$APT_CONFIG")"/archives/*.deb; do
    dpkg-deb -x "$package" "$unpacked"
  done
}

# unpack_source FOLDER SOURCE: as its authors released it.
unpack_source() {
  mkdir -p "$1"
  (cd "$1" && apt-get source -qq --download-only "$2" >/dev/null && tar -xf "$2"_*.orig.tar.?z --strip-components=1)
}
