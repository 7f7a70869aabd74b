#!/bin/sh
# run.sh SRC BUILD [WORK]: makes every package of s2vk from SRC, installs or unpacks each one, runs its programs, and
# builds a program against its library. Works and leaves its logs in WORK, by default BUILD/packages. Prints a line per
# check.
# shellcheck disable=SC2317 # the functions are called by check
set -u

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: $0 SRC BUILD [WORK]" >&2
  exit 2
fi
src=$(cd "$1" && pwd) || exit 2
mkdir -p "${3:-$2/packages}" || exit 2
work=$(cd "${3:-$2/packages}" && pwd) || exit 2
tests=$src/tests/packages
build=$work/build
export CC="${CC:-cc}"
if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi
# shellcheck source=tests/tools/check.sh
. "$src/tests/tools/check.sh"

skip() {
  echo "$*"
  exit 77
}

# A shared library, with the paths of Debian's packages. All packages come from this build.
make_build() {
  cmake -S "$src" -B . -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DCMAKE_INSTALL_PREFIX=/usr \
    -DS2VK_PROGRAM_PREFIX=s2vk- -DS2VK_BUILD_TESTS=OFF
  cmake --build .
}

# use_prefix PREFIX LIBDIR: builds the example that is installed in a prefix, and runs it and the programs.
use_prefix() {
  doc=$1/share/doc/s2vk
  [ -d "$doc" ] || doc=$1/share/doc/libs2vk-dev
  cmake -S "$doc/examples/hello" -B hello -DCMAKE_PREFIX_PATH="$1"
  cmake --build hello
  LD_LIBRARY_PATH="$2" hello/hello | grep -F "1 x 196 x 6, row 7, column 10: 0.748 0.533 0.500 0.748 0.533 0.500"
  "$1/bin/s2vk-extract" "$src/samples/photo/coffee.png" --output features.npy --picture features.png
  head -c 128 features.npy | tr '\0' ' ' | grep -aF "'shape': (1, 950, 24)"
  if [ -f "$1/bin/s2vk-viewer" ]; then
    "$1/bin/s2vk-viewer" --screenshot viewer.png --size 640x480 --frames 1 # its photograph and its fonts are found
    test -s viewer.png
  fi
}

lists() { # lists PREFIX FILE...: whether they are there
  prefix=$1
  shift
  for file in "$@"; do test -e "$prefix/$file"; done
}

installed() {
  DESTDIR="$PWD" cmake --install "$build" --prefix /somewhere
  mv somewhere moved
  lib=$(cd moved && echo lib/*-linux-gnu)
  [ -d "moved/$lib" ] || lib=lib
  lists moved include/s2vk/s2vk.h "$lib/libs2vk.so" "$lib/cmake/s2vk/s2vkConfig.cmake" "$lib/pkgconfig/s2vk.pc" \
    bin/s2vk-extract \
    share/doc/s2vk/LICENSE share/doc/s2vk/README.md share/doc/s2vk/docs/linking.md share/man/man1/s2vk-extract.1 \
    share/bash-completion/completions/s2vk-extract share/zsh/site-functions/_s2vk-extract \
    share/fish/vendor_completions.d/s2vk-extract.fish
  grep -q '^\.TH S2VK-EXTRACT 1' moved/share/man/man1/s2vk-extract.1
  use_prefix "$PWD/moved" "$PWD/moved/$lib"
}

packed() {
  rm -f "$build"/*.deb "$build"/*.tar.gz
  (cd "$build" && cpack)
  ls "$build"/s2vk-*.tar.gz
}

archive() {
  mkdir "a folder"
  tar -xzf "$build"/s2vk-*.tar.gz -C "a folder" --strip-components=1
  use_prefix "$PWD/a folder" "" # where the library is, the programs and the CMake package know themselves
}

linted() {
  ls "$build"/*.deb || skip "no .deb was made: there is no dpkg-shlibdeps"
  command -v lintian || skip "no lintian here"
  lintian --fail-on error --allow-root --suppress-tags initial-upload-closes-no-bugs "$build"/*.deb
}

# bring FILE: copies a file, and the libraries that it needs, into the root.
bring() {
  for file in "$1" $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
    mkdir -p "root$(dirname "$file")"
    cp -L "$file" "root$file"
  done
}

# A root that has only dpkg's records and the programs that the packages' scripts call. apt checks whether the
# dependencies are available.
debian() {
  ls "$build"/*.deb || skip "no .deb was made: there is no dpkg-shlibdeps"
  [ "$(id -u)" -eq 0 ] || skip "dpkg --root needs root"
  mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info root/var/lib/dpkg/triggers
  touch root/var/lib/dpkg/status
  mkdir -p root/etc root/usr/bin root/usr/sbin root/usr/lib root/usr/lib64
  ln -s usr/bin usr/sbin usr/lib usr/lib64 root
  bring /bin/sh
  bring /sbin/ldconfig
  dpkg --root="$PWD/root" --force-depends --install "$build"/*.deb
  dpkg --root="$PWD/root" --list | grep '^i[iUtW]  s2vk-tools'
  dpkg --root="$PWD/root" --verify
  for package in "$build"/*.deb; do
    dpkg-deb --field "$package" Depends
  done | tr ',' '\n' | sed 's/(.*//; s/|.*//; s/ //g' | grep -v '^$\|s2vk' | sort -u >needs
  while read -r need; do
    apt-cache show "$need" >/dev/null
  done <needs
  libdir=$(dirname "$PWD"/root/usr/lib/*/libs2vk.so)
  export LD_LIBRARY_PATH="$libdir"
  use_prefix "$PWD/root/usr" "$libdir"
}

python_program() {
  for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import cffi'; then
      awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$src/docs/linking.md" >linking.py
      # shellcheck disable=SC2016 # of Markdown
      test "$("$python" linking.py "$src/include/s2vk/s2vk.h" "$build/src/libs2vk.so")" = \
        "$(sed -n 's/^It prints `\(.*\)`.*/\1/p' "$src/docs/linking.md")"
      return
    fi
  done
  skip "no cffi for Python here"
}

fetched() {
  git -C "$src" rev-parse HEAD || skip "no git clone here"
  git clone --quiet --no-hardlinks "$src" clone
  unset S2VK_COMPILED_SHADERS # once as others get it: from sources alone
  cmake -S "$tests" -B layout -DS2VK_FETCH="file://$PWD/clone" -DS2VK_CPU_SHADERS=OFF
  cmake --build layout --target layout
  layout/layout
}

meson_wrap() {
  command -v meson || skip "no meson here"
  mkdir -p app/subprojects
  ln -s "$src" app/subprojects/s2vk
  cp "$tests/layout.c" app
  cat >app/meson.build <<'END'
project('app', 'c', default_options: ['c_std=c11'])
cmake = import('cmake')
options = cmake.subproject_options()
options.add_cmake_defines({'S2VK_BUILD_TESTS': false, 'S2VK_BUILD_SAMPLES': false, 'S2VK_INSTALL': false,
  'S2VK_CPU_SHADERS': false})
s2vk = cmake.subproject('s2vk', options: options).dependency('s2vk')
m = meson.get_compiler('c').find_library('m', required: false)
executable('layout', 'layout.c', dependencies: [s2vk, m])
END
  meson setup app/build app
  ninja -C app/build
  app/build/layout
}

conan_recipe() {
  command -v conan || skip "no conan here"
  export CONAN_HOME="$PWD/home"
  env -u CC conan profile detect # it knows gcc and clang by name, not cc
  conan create "$src/packaging/conan" --no-remote
}

vcpkg_port() {
  cmake -DPORT="$src/packaging/vcpkg/s2vk" -DWORK="$PWD" -P "$tests/vcpkg.cmake"
  cmake -S "$tests" -B layout -DCMAKE_PREFIX_PATH="$PWD/packages"
  cmake --build layout
  layout/layout
}

versions() { # one version in all files that have one
  version=$(sed -n 's/^project(s2vk VERSION \([0-9.]*\).*/\1/p' "$src/CMakeLists.txt")
  grep -F "\"version\": \"$version\"" "$src/packaging/vcpkg/s2vk/vcpkg.json"
  grep -F "version = \"$version\"" "$src/packaging/conan/conanfile.py"
  grep -F "revision = v$version" "$src/packaging/meson/s2vk.wrap"
  grep -F "GIT_TAG v$version" "$src/docs/linking.md"
  grep -F "## $version" "$src/CHANGELOG.md"
}

# Layouts have no pipelines, so what packages hold for CPU drivers is left out of builds of the library alone.
check versions versions
check build make_build
check installed installed
check packed packed
check archive archive
check lintian linted
check debian debian
check python python_program
check fetchcontent fetched
check meson meson_wrap
check conan conan_recipe
check vcpkg vcpkg_port
exit $failed
