#!/bin/sh
# run.sh SRC BUILD [WORK]: installs s2vk from SRC as a static and as a shared library, then builds and runs small
# projects that use it. Works and leaves its logs in WORK, by default BUILD/consumers. Prints one line per check.
# shellcheck disable=SC2317 # the functions are called by check
set -u

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: $0 SRC BUILD [WORK]" >&2
  exit 2
fi
src=$(cd "$1" && pwd) || exit 2
mkdir -p "${3:-$2/consumers}" || exit 2
work=$(cd "${3:-$2/consumers}" && pwd) || exit 2
consumers=$src/tests/consumers
export CC="${CC:-cc}" CXX="${CXX:-c++}"
if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi
# shellcheck source=tests/tools/check.sh
. "$src/tests/tools/check.sh"

# The prefix is moved after the installation: nothing in it may depend on where it was.
install_as() {
  cmake -S "$src" -B build -DBUILD_SHARED_LIBS="$1" -DCMAKE_INSTALL_PREFIX="$PWD/first" -DCMAKE_INSTALL_LIBDIR=lib \
    -DS2VK_BUILD_TESTS=OFF -DS2VK_BUILD_SAMPLES=OFF -DS2VK_CPU_SHADERS="$2"
  cmake --build build
  cmake --install build
  mv first prefix
  test -f prefix/share/doc/s2vk/LICENSE
}

# example NAME PREFIX OUTPUT: an installed example, which prints a line.
example() {
  cmake -S "$2/share/doc/s2vk/examples/$1" -B . -DCMAKE_PREFIX_PATH="$2"
  cmake --build .
  "./$1" | grep -F "$3"
}

cmake_app() {
  cmake -S "$consumers/$1" -B . -DCMAKE_PREFIX_PATH="${2:-}" -DS2VK_CPU_SHADERS=OFF --no-warn-unused-cli
  cmake --build .
  ./app
}

make_app() {
  export PKG_CONFIG_PATH="$1/lib/pkgconfig" LD_LIBRARY_PATH="$1/lib"
  make -f "$consumers/pkgconfig/Makefile"
  ./app
}

# What the header declares and the library exports is what tests/abi.txt lists.
exports() {
  sed -n 's/^S2VK_API .*\(s2vk_[a-z0-9_]*\)(.*/\1/p' "$1/include/s2vk/s2vk.h" | LC_ALL=C sort >declared
  nm -D --defined-only "$1/lib/libs2vk.so" | sed 's/.* //; s/@.*//' | LC_ALL=C sort >exported
  diff "$src/tests/abi.txt" declared
  diff "$src/tests/abi.txt" exported
}

# One version in the header, the package, the file and the soname, and the changelog has it.
versions() {
  header=$(sed -n 's/^#define S2VK_VERSION_[A-Z]* *//p' "$1/include/s2vk/s2vk.h" | paste -sd .)
  test "$(PKG_CONFIG_PATH=$1/lib/pkgconfig pkg-config --modversion s2vk)" = "$header"
  test -f "$1/lib/libs2vk.so.$header"
  readelf -d "$1/lib/libs2vk.so" | grep -F "SONAME" | grep -F "[libs2vk.so.${header%.*}]"
  grep -F "## $header" "$src/CHANGELOG.md"
}

# The library needs nothing of the C library that C11 does not have; the rest is the compiler's.
needs_only_c11() {
  nm -D --undefined-only "$1/lib/libs2vk.so" | sed 's/.* //; s/@.*//' | grep -v '^__\|^_ITM_\|^s2' >needed
  grep -vxE 'calloc|free|mem(cmp|cpy|move|set)|str(cmp|len|n?cpy)|v?snprintf|lroundf?' needed |
    grep -vxE '(ceil|cos|exp2?|fabs|floor|fmax|fmin|ldexp|log2?|pow|rint|round|sin|sqrt|trunc)f?' >others || true
  test -s needed
  if test -s others; then cat others; false; fi
}

needs_no_loader() {
  readelf -d "$1/lib/libs2vk.so" >dynamic
  if grep -i 'NEEDED.*vulkan' dynamic; then false; fi
}

header_as() {
  printf '#include <s2vk/s2vk.h>\n' >"$1"
  $2 "-std=$3" -Wall -Wextra -Wpedantic -Werror -I"$src/include" -fsyntax-only "$1"
}

# Once with the shaders for drivers on the CPU, which are most of the library.
check static install_as OFF ON
check shared install_as ON OFF
check subdirectory cmake_app subdirectory
for kind in static shared; do
  check "package-$kind" cmake_app package "$work/$kind/prefix"
  check "cxx-$kind" cmake_app cxx "$work/$kind/prefix"
  check "pkgconfig-$kind" make_app "$work/$kind/prefix"
  check "libvulkan-$kind" cmake_app libvulkan "$work/$kind/prefix"
done
check hello example hello "$work/static/prefix" "row 7, column 10: 0.748 0.533 0.500 0.748 0.533 0.500"
check renderer example renderer "$work/static/prefix" "screen, features at row 7, column 10: 0.75 0.53 0.50"
check volk-static cmake_app volk "$work/static/prefix"
check exports exports "$work/shared/prefix"
check versions versions "$work/shared/prefix"
check loader needs_no_loader "$work/shared/prefix"
check c11 needs_only_c11 "$work/shared/prefix"
check header-c11 header_as header.c "$CC" c11
check header-c++11 header_as header.cpp "$CXX" c++11
check header-c++20 header_as header.cpp "$CXX" c++20
exit $failed
