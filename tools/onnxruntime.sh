#!/bin/sh
# Fetches ONNX Runtime into a folder, for samples/onnx on machines whose Debian has no libonnxruntime-dev.
set -eu

usage() {
  cat <<EOF2
onnxruntime.sh [FOLDER]

Fetches ONNX Runtime into FOLDER, by default build/onnxruntime. The C header comes from Debian 13's package
libonnxruntime-dev, by an apt that keeps everything in FOLDER. The library comes from PyPI's package onnxruntime. The
script installs nothing and does not need root. It fetches about 28 MB, and nothing that is in FOLDER already.

Then build samples/onnx with

  cmake -DCMAKE_PREFIX_PATH=FOLDER ...

Exit status 77: it could not be fetched.
EOF2
}

root=$(cd "$(dirname "$0")/.." && pwd)
case ${1:-} in
--help)
  usage
  exit 0
  ;;
-*)
  usage >&2
  exit 2
  ;;
esac
folder=${1:-$root/build/onnxruntime}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# shellcheck source=tools/apt.sh
. "$root/tools/apt.sh"

# A header of one version goes with a library of a later one: that is what the number in GetApi() is for.
fetch_header() (
  private_apt "$(dpkg --print-architecture)" "$1/apt" trixie && cd "$1" && apt-get download -qq libonnxruntime-dev &&
    dpkg-deb -x libonnxruntime-dev_*.deb . && cp usr/include/onnxruntime/*.h "$folder/include"
)
fetch_library() (
  cd "$1" && python3 -m pip download --quiet --no-deps --dest . onnxruntime &&
    python3 -m zipfile -e onnxruntime-*.whl wheel &&
    cp wheel/onnxruntime/capi/libonnxruntime.so.1.* "$folder/lib" && cd "$folder/lib" &&
    ln -sf libonnxruntime.so.1.* libonnxruntime.so.1 && ln -sf libonnxruntime.so.1 libonnxruntime.so
)

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null ||
  ! python3 -m pip --version >/dev/null 2>&1; then
  echo "onnxruntime.sh: needs apt-get, dpkg-deb and pip, to fetch from Debian and from PyPI" >&2
  exit 77
fi
if [ ! -e "$folder/lib/libonnxruntime.so" ]; then
  rm -rf "$folder/work"
  mkdir -p "$folder/work" "$folder/include" "$folder/lib"
  if ! { fetch_header "$folder/work" && fetch_library "$folder/work"; }; then
    echo "onnxruntime.sh: ONNX Runtime could not be fetched" >&2
    exit 77
  fi
  rm -rf "$folder/work"
fi
echo "ONNX Runtime is in $folder: cmake -DCMAKE_PREFIX_PATH=$folder"
