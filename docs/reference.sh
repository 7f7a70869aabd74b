#!/bin/sh
# reference.sh SRC OUT: the reference in OUT/html, from the public header, docs/integrating.md and docs/semantics.md; fails on any warning.
# Exit status 77: there is no doxygen here.
set -eu
command -v doxygen >/dev/null || {
  echo "SKIPPED: no doxygen here"
  exit 77
}
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$1"
{
  cat docs/Doxyfile
  echo "PROJECT_NUMBER = $(sed -n 's/^project(s2vk VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)"
  echo "OUTPUT_DIRECTORY = \"$out\""
} | doxygen -
