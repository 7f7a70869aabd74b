#!/bin/sh
# Fetches a newer Mesa than the machine's, with its Vulkan loader and validation layer, into a folder; installs nothing.
# Then FOLDER/run starts a program on it.
set -eu

usage() {
  cat <<EOF
mesa.sh [--backports] [FOLDER]

Fetches Debian 13's Mesa (25.0), with its Vulkan loader, validation layer, drm shims and glslc, into FOLDER; by default
build/mesa, or build/mesa-backports. Debian packages are taken from this machine's mirror, by an apt that keeps all it
has in FOLDER; nothing is installed and no root is needed. About 60 MB are fetched, and 300 MB unpacked. What is there
already is not fetched again.

  --backports  Mesa of Debian 13's backports (26), all else as above
  --help       this text

FOLDER/run then starts a program on this Mesa: FOLDER/run --help. FOLDER/glslc is the fetched compiler of shaders.
EOF
}

root=$(cd "$(dirname "$0")/.." && pwd)
suites=trixie
folder=
while [ $# -gt 0 ]; do
  case $1 in
  --backports) suites="trixie trixie-backports" ;;
  --help)
    usage
    exit 0
    ;;
  -*)
    echo "mesa.sh: unknown option $1; try --help" >&2
    exit 2
    ;;
  *) folder=$1 ;;
  esac
  shift
done
if [ -z "$folder" ]; then
  folder=$root/build/mesa
  [ "$suites" = trixie ] || folder=$folder-backports
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "mesa.sh: Mesa is taken from Debian's packages, and there is no apt-get and dpkg here" >&2
  exit 1
fi
if [ -e "$folder" ] && [ ! -e "$folder/.mesa" ] && [ -n "$(ls -A "$folder")" ]; then
  echo "mesa.sh: $folder holds other files; name an empty or a new folder" >&2
  exit 1
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
: >"$folder/.mesa"

# shellcheck source=tools/apt.sh
. "$root/tools/apt.sh"

# version COMMAND: of the C library, as ldd and ld.so print it.
version() {
  LC_ALL=C "$@" --version | sed -n '1s/\.*$//; 1s/.* //p'
}

# Mesa and what it needs, in FOLDER/root. Where the machine's C library is as new as the fetched one, programs start
# with that, and the fetched one is taken out; else it stays, and programs start with its ld.so.
fetch() {
  to=$1 release=${2##* }
  shift 2
  echo "Fetching Mesa of Debian $release"
  # shellcheck disable=SC2086 # a list of names
  private_apt "$(dpkg --print-architecture)" "$to.apt" $suites
  unpack_packages "$to" -t "$release" "$@"
  if dpkg --compare-versions "$(version ldd)" ge "$(version "$to"/usr/lib/*/ld-linux*.so.?)"; then
    (cd "$to" && dpkg-deb --fsys-tarfile "$to.apt"/archives/libc6_*.deb | tar -t | grep -v '/$' | xargs -r rm -f)
  fi
  ls "$to.apt/archives" >"$to.packages"
  rm -rf "$to.apt"
}
once "$folder/root" fetch "$suites" glslc libvulkan1 mesa-drm-shim mesa-vulkan-drivers vulkan-validationlayers

# The drivers' descriptions, by their short names, with the place of their libraries here.
libraries=$(dirname "$folder"/root/usr/lib/*/libvulkan_lvp.so)
mkdir -p "$folder/icd"
for file in "$folder"/root/usr/share/vulkan/icd.d/*.json; do
  name=${file##*/}
  sed "s|\"library_path\": *\"\([^\"]*/\)\{0,1\}|\"library_path\": \"$libraries/|" "$file" \
    >"$folder/icd/${name%%_icd*}.json"
done

starter=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.?')
cat >"$folder/run" <<EOF
#!/bin/sh
# Written by tools/mesa.sh.
set -eu
folder='$folder' libraries='$libraries' starter='$starter'
EOF
cat >>"$folder/run" <<'EOF'
usage() {
  echo "run [--driver NAME] [--shim NAME] PROGRAM ARGUMENT..."
  echo
  echo "Starts a program on the Mesa in $folder, with its Vulkan loader and its validation layer."
  echo
  shims=$(cd "$libraries" && echo *_noop_drm_shim.so | sed 's/lib\([a-z]*\)_noop_drm_shim\.so/\1/g')
  echo "  --driver NAME  default: the driver of VK_DRIVER_FILES, if it is one of $folder; else lvp, which is lavapipe."
  echo "                 One of: $(cd "$folder/icd" && echo *.json | sed "s/\.json//g")"
  echo "  --shim NAME    stands in for a GPU's kernel driver: Vulkan's driver compiles pipelines and runs nothing."
  echo "                 One of: $shims"
  echo
  if [ -n "$starter" ]; then
    echo "Mesa's C library is newer than the machine's, so the program starts with Mesa's. A program that it starts, or"
    echo "that a script starts, needs a run of its own."
  fi
}
driver="" shim=""
case ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}} in
"$folder"/*) driver=${VK_DRIVER_FILES:-$VK_ICD_FILENAMES} ;;
esac
while [ $# -gt 0 ]; do
  case $1 in
  --driver) driver=$folder/icd/${2:?}.json ;;
  --shim) shim=$libraries/lib${2:?}_noop_drm_shim.so ;;
  --help)
    usage
    exit 0
    ;;
  *) break ;;
  esac
  shift 2
done
if [ $# -eq 0 ]; then
  usage >&2
  exit 2
fi
driver=${driver:-$folder/icd/lvp.json}
for file in "$driver" $shim; do
  if [ ! -e "$file" ]; then
    echo "run: there is no $file; see --help" >&2
    exit 2
  fi
done
program=$(command -v "$1") || {
  echo "run: there is no program $1" >&2
  exit 127
}
shift
# Loaders before 1.3.207 know the second name alone.
export VK_DRIVER_FILES="$driver" VK_ICD_FILENAMES="$driver"
export VK_LAYER_PATH="$folder/root/usr/share/vulkan/explicit_layer.d"
[ -z "$shim" ] || export MESA_SHADER_CACHE_DISABLE=true
if [ -n "$starter" ]; then
  exec "$starter" --library-path "$libraries" ${shim:+--preload "$shim"} "$program" "$@"
fi
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -z "$shim" ] || export LD_PRELOAD="$shim${LD_PRELOAD:+:$LD_PRELOAD}"
exec "$program" "$@"
EOF
cat >"$folder/glslc" <<EOF
#!/bin/sh
# Written by tools/mesa.sh.
exec '$folder/run' '$folder/root/usr/bin/glslc' "\$@"
EOF
chmod +x "$folder/run" "$folder/glslc"
echo "Mesa $(sed -n 's/^mesa-vulkan-drivers_\([^_]*\)_.*/\1/p' "$folder/root.packages") is in $folder."
echo "To run a program on its lavapipe:"
echo "  $folder/run PROGRAM"
