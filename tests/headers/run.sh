#!/bin/sh
# run.sh SRC WORK: s2vk.h compiles beside other headers that declare Vulkan, ahead of them and after them, in C and in
# C++, and its structs are the same whoever declares Vulkan's types. CC and CXX name the compilers. Prints a line for
# each that fails.
set -u

if [ $# -ne 2 ]; then
  echo "usage: $0 SRC WORK" >&2
  exit 2
fi
src=$(cd "$1" && pwd) || exit 2
mkdir -p "$2" && cd "$2" || exit 2
flags="-Wall -Wextra -Wpedantic -Werror -I$src/include -I$src/tests/headers ${CPPFLAGS:-}"
checked=0
failed=0

# lines WORD...: a source that includes headers in that order; NAME=1 defines a macro, !NAME wants one undefined at the
# end.
lines() {
  for word in "$@"; do
    case $word in
    *=1) echo "#define ${word%=1}" ;;
    !*) printf '#ifdef %s\n#error %s is defined\n#endif\n' "${word#!}" "${word#!}" ;;
    *) echo "#include <$word>" ;;
    esac
  done
  echo 's2vk_binding_info info;'
}

# compiles LANGUAGE STANDARD WORD...
compiles() {
  language=$1 standard=$2
  shift 2
  checked=$((checked + 1))
  lines "$@" >case.c
  compiler=${CC:-cc}
  [ "$language" = c ] || compiler=${CXX:-c++}
  # shellcheck disable=SC2086 # flags are words
  if ! "$compiler" -x "$language" -std="$standard" $flags -fsyntax-only case.c 2>log; then
    echo "$language $standard, $*: failed"
    cat log
    failed=1
  fi
}

# everywhere WORD...: in both languages.
everywhere() {
  compiles c c11 "$@"
  compiles c++ c++11 "$@"
}

own=S2VK_NO_VULKAN_HEADER=1
everywhere s2vk/s2vk.h
compiles c c17 s2vk/s2vk.h
compiles c++ c++20 s2vk/s2vk.h
everywhere s2vk/s2vk.h vulkan/vulkan.h
everywhere vulkan/vulkan.h s2vk/s2vk.h
everywhere $own s2vk/s2vk.h !VULKAN_CORE_H_
everywhere $own s2vk/s2vk.h vulkan/vulkan.h
everywhere $own vulkan/vulkan.h s2vk/s2vk.h
everywhere own.h s2vk/s2vk.h !VULKAN_CORE_H_
everywhere $own own.h s2vk/s2vk.h !VULKAN_CORE_H_
everywhere $own s2vk/s2vk.h own.h !VULKAN_CORE_H_
if [ -f /usr/include/volk.h ] || [ -n "${VOLK:-}" ]; then
  everywhere volk.h s2vk/s2vk.h
  everywhere VK_NO_PROTOTYPES=1 s2vk/s2vk.h volk.h
  everywhere $own s2vk/s2vk.h volk.h
else
  echo "no volk.h here: not checked beside it"
fi
if [ -f /usr/include/vulkan/vulkan.hpp ] || [ -n "${VULKAN_HPP:-}" ]; then
  for order in 'vulkan/vulkan.hpp s2vk/s2vk.h' 's2vk/s2vk.h vulkan/vulkan.hpp' "$own s2vk/s2vk.h vulkan/vulkan.hpp"; do
    # shellcheck disable=SC2086 # an order is words
    compiles c++ c++20 $order
  done
else
  echo "no vulkan.hpp here: not checked beside it"
fi

# The same structs, whoever declares Vulkan's types.
for kind in headers own engine; do
  define=-DUNUSED
  [ $kind = headers ] || define=-DS2VK_NO_VULKAN_HEADER
  include=stddef.h
  [ $kind != engine ] || include=$src/tests/headers/own.h
  # shellcheck disable=SC2086 # flags are words
  "${CC:-cc}" -std=c11 $flags $define -include "$include" "$src/tests/headers/sizes.c" -o sizes-$kind || failed=1
  ./sizes-$kind >$kind.txt || failed=1
  cmp headers.txt $kind.txt || failed=1
done

echo "$checked orders of headers"
exit $failed
