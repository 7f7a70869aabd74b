#!/bin/sh
# Builds an ncnn for samples/ncnn, then builds and tests the sample. ncnn comes from PyPI's source package, and has
# Vulkan and the layers of the tests' models.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" = --help ]; then
  echo "ncnn.sh: fetches ncnn's source (5.5 MB) into build/ncnn, builds it, builds samples/ncnn with it, and runs its"
  echo "test under validation. This takes about three minutes of a core, once. Exit status 77: there is no network."
  exit 0
fi
work=$root/build/ncnn
version=20261020
layers="BinaryOp Cast Concat Convolution ConvolutionDepthWise Crop Flatten GELU Gemm InnerProduct Input LayerNorm
  MemoryData MultiHeadAttention Packing Padding Permute ReLU Reshape Softmax Split"
mkdir -p "$work"

# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
need faketime g++ vulkan-validationlayers

# The version in the package's metadata is the current day, and pip refuses a version that differs from that in the file
# name.
fetch() {
  [ -d "$work/source" ] && return 0
  rm -rf "$work/package"
  faketime "$version 12:00" python3 -m pip download --quiet --no-deps --no-binary ncnn --dest "$work/package" \
    "ncnn==1.0.$version" || return 1
  mkdir -p "$work/package/source"
  tar -xzf "$work/package/ncnn-1.0.$version.tar.gz" -C "$work/package/source" --strip-components=1
  mv "$work/package/source" "$work/source"
}

# With the name of a processor for which ncnn has no layers of its own, it builds only the plain layers for the CPU.
build() {
  [ -e "$work/installed/lib/libncnn.a" ] && return 0
  without=
  for layer in $(sed -n 's/^ncnn_add_layer(\([A-Za-z0-9]*\).*/\1/p' "$work/source/src/CMakeLists.txt"); do
    case " $(echo $layers) " in
    *" $layer "*) ;;
    *) without="$without -DWITH_LAYER_$(echo "$layer" | tr '[:upper:]' '[:lower:]')=OFF" ;;
    esac
  done
  for off in TOOLS EXAMPLES BENCHMARK TESTS; do without="$without -DNCNN_BUILD_$off=OFF"; done
  for off in PYTHON RUNTIME_CPU INT8 WEIGHT_QUANT BF16 PIXEL PIXEL_ROTATE PIXEL_AFFINE PIXEL_DRAWING OPENMP C_API \
    DISABLE_RTTI DISABLE_EXCEPTION; do without="$without -DNCNN_$off=OFF"; done
  # shellcheck disable=SC2086 # a list of options
  cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_SYSTEM_NAME=Linux \
    -DCMAKE_SYSTEM_PROCESSOR=s390x -DNCNN_VULKAN=ON "-DCMAKE_INSTALL_PREFIX=$work/installed" $without &&
    cmake --build "$work/build" --target install
}

# quiet NAME COMMAND...: runs a command, and prints its output only if it fails.
quiet() {
  log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "Failed; all of the output is in $log" >&2
    return 1
  }
}

quiet fetch fetch || {
  echo "SKIPPED: ncnn could not be fetched"
  exit 77
}
quiet ncnn build
quiet cmake cmake -S "$root" -B "$work/s2vk" -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2VK_WERROR=ON \
  "-DCMAKE_PREFIX_PATH=$work/installed"
quiet build cmake --build "$work/s2vk" --target ncnn-s2 compare_npy
ctest --test-dir "$work/s2vk" --output-on-failure -R '^ncnn\.'
