#!/bin/sh
# Builds the samples and extracts multi-scale features from a photograph. It needs Debian 12 or 13, or a similar system.
# As root it installs missing packages. Arguments are passed to extract.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/demo
out=$build/out

# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
# shellcheck disable=SC2086 # a list of names
need $S2VK_PACKAGES

mkdir -p "$out"
echo "Building in $build"
{
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2VK_BUILD_TESTS=OFF -DS2VK_BUILD_SAMPLES=ON &&
    cmake --build "$build"
} >"$build/build.log" 2>&1 || {
  tail -n 30 "$build/build.log" >&2
  echo "The build failed; all of its output is in $build/build.log" >&2
  exit 1
}

"$build/samples/extract/extract" "$root/samples/photo/coffee.png" --scales 1,2,3 --resize-output-to-idx -1 \
  --output "$out/features.npy" --picture "$out/features.png" "$@"
