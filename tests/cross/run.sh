#!/bin/sh
# Builds for 64-bit ARM Linux and for 64-bit Windows on an x86-64 Debian 12 or 13, and runs the tests that can run:
# - for ARM the suites and the golden cases, on ARM's lavapipe, by qemu-user
# - for Windows the suites that need no device, by wine
# It works in build/tests-run/cross, and keeps its downloads there. With --fetch it does no more than download.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/build/tests-run/cross
mkdir -p "$work"

# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
# shellcheck source=tools/apt.sh
. "$root/tools/apt.sh"
# shellcheck source=tools/report.sh
. "$root/tools/report.sh"
# shellcheck disable=SC2086 # a list of names
need $S2VK_PACKAGES gcc-aarch64-linux-gnu gcc-mingw-w64-x86-64 make qemu-user wine64 xz-utils
if ! command -v apt-get >/dev/null; then
  echo "SKIPPED: the cross builds take what they link from Debian's packages, and there is no apt-get"
  exit 0
fi

# Each shader is compiled once for all builds, those of tests/run.sh included.
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="$root/build/tests-run/spirv"

# build FOLDER TOOLCHAIN SOURCE OPTION...
build() {
  folder=$1 toolchain=$2 source=$3
  shift 3
  cmake -S "$source" -B "$folder" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/$toolchain.cmake" \
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG" "$@" &&
    cmake --build "$folder"
}

# ---- 64-bit ARM Linux --------------------------------------------------------------------------------------------
# The packages that library, samples and tests link and load there.
arm_packages="libc6-dev libcjson-dev libcmocka-dev libgomp1 libstb-dev libvulkan-dev libvulkan-volk-dev
  mesa-vulkan-drivers vulkan-validationlayers $S2VK_FORMAT_PACKAGES"
arm_sysroot() {
  private_apt arm64 "$1.apt"
  unpack_packages "$@"
}
arm_fetch() (
  # shellcheck disable=SC2086 # a list of names
  once "$work/arm64" arm_sysroot $arm_packages
)
arm() {
  headline "64-bit ARM Linux: gcc, qemu-user, ARM's lavapipe"
  arm_fetch
  sysroot=$work/arm64
  export PKG_CONFIG_LIBDIR="$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$sysroot"
  quiet aarch64 build "$work/aarch64" aarch64-linux-gnu "$root" -DS2VK_WERROR=ON -DS2VK_SYSROOT="$sysroot" \
    -DS2VK_TEST_DRIVERS=lavapipe
  # qemu reads files of the other system, but lists this machine's folders.
  export VK_LAYER_PATH="$sysroot/usr/share/vulkan/explicit_layer.d"
  # Left out: scripts, which start programs without qemu; AMD's compiler, which is the same everywhere.
  scripts='samples|manuals|bench.*|(extract|safety|tar)[.].*|amd|renderer.*'
  # Left out: what is long; and further runs of the golden cases (in either shape, after a whole preprocessing, without
  # a kernel, on smaller devices), since the library's own work is the same.
  long='(faults|large|soak|threads|pixels|preprocess)[.].*|.*[.](smallest|tiny|few)'
  again='(conformance|overlap|without)-.*'
  # vit is left out because LLVM 15 cannot select for ARM what lavapipe makes of unpackHalf2x16 (AArch64ISD::VLSHR).
  S2VK_TEST_PLANS=${S2VK_TEST_PLANS:-9} ctest --test-dir "$work/aarch64" --output-on-failure -j "$(nproc)" \
    -E "^($scripts|$long|$again|vit[.].*)\$"
}

# ---- 64-bit Windows ----------------------------------------------------------------------------------------------
windows_sysroot() {
  mkdir -p "$1/include"
  cp -r /usr/include/vulkan /usr/include/vk_video /usr/include/stb /usr/include/volk.* "$1/include"
  private_apt "$(dpkg --print-architecture)" "$1.apt"
  for name in cmocka cjson; do
    unpack_source "$1.$name" $name
  done
  quiet cmocka build "$1.cmocka/build" x86_64-w64-mingw32 "$1.cmocka" -DCMAKE_INSTALL_PREFIX="$1" -DWITH_EXAMPLES=OFF
  quiet cjson build "$1.cjson/build" x86_64-w64-mingw32 "$1.cjson" -DCMAKE_INSTALL_PREFIX="$1" -DBUILD_SHARED_LIBS=OFF \
    -DENABLE_CJSON_TEST=OFF -DENABLE_CUSTOM_COMPILER_FLAGS=OFF
  quiet install cmake --install "$1.cmocka/build"
  quiet install cmake --install "$1.cjson/build"
}
# The .zip, unpacked, linked by a program that runs in wine.
windows_zip() {
  rm -rf "$work/mingw-dll"/*.zip "$work/unzipped" "$work/zip-app"
  (cd "$work/mingw-dll" && quiet zip cpack)
  mkdir "$work/unzipped"
  (cd "$work/unzipped" && cmake -E tar xf "$work/mingw-dll"/*.zip)
  unzipped=$(echo "$work"/unzipped/*)
  quiet zip-app build "$work/zip-app" x86_64-w64-mingw32 "$root/tests/packages" -DS2VK_SYSROOT="$sysroot" \
    "-Ds2vk_DIR=$unzipped/lib/cmake/s2vk"
  cp "$unzipped/bin/libs2vk.dll" "$work/zip-app"
  wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
  WINEPREFIX="$work/wine" WINEDEBUG=-all "$wine" "$work/zip-app/layout.exe" | tr -d '\r' | grep -x "1 x 196 x 1536"
  echo "the .zip for Windows: unpacked, linked, run"
}

windows_fetch() (
  once "$work/windows" windows_sysroot cmocka cjson
)
windows() {
  headline "64-bit Windows: mingw-w64, wine"
  windows_fetch
  sysroot=$work/windows
  export PKG_CONFIG_LIBDIR="$sysroot/lib/pkgconfig"
  quiet mingw build "$work/mingw" x86_64-w64-mingw32 "$root" -DS2VK_WERROR=ON -DS2VK_SYSROOT="$sysroot" \
    -DS2VK_TEST_DRIVERS=
  quiet mingw-dll build "$work/mingw-dll" x86_64-w64-mingw32 "$root" -DS2VK_WERROR=ON -DS2VK_SYSROOT="$sysroot" \
    -DBUILD_SHARED_LIBS=ON -DS2VK_CPU_SHADERS=OFF -DS2VK_BUILD_TESTS=OFF -DS2VK_BUILD_SAMPLES=OFF
  x86_64-w64-mingw32-objdump -p "$work/mingw-dll/src/libs2vk.dll" |
    sed -n 's/.*\] *\(s2vk_[a-z0-9_]*\)$/\1/p' | sort >"$work/exported"
  diff "$root/tests/abi.txt" "$work/exported"
  echo "libs2vk.dll exports what tests/abi.txt lists"
  windows_zip
  export WINEPREFIX="$work/wine" WINEDEBUG=-all WINEPATH="$sysroot/bin"
  quiet wine ctest --test-dir "$work/mingw" -R '^host$' # the first one that runs sets up wine's folder
  ctest --test-dir "$work/mingw" --output-on-failure -j "$(nproc)"
}

# ---- Both side by side -------------------------------------------------------------------------------------------
if [ "${1:-}" = --fetch ]; then
  arm_fetch
  windows_fetch
  exit
fi
aside windows windows
arm
collect windows

headline "All passed"
