#!/bin/sh
# Reads the includes of the library's sources. A folder may include the folders below it. No two files may include each
# other, directly or through others. A file is NAME.c together with NAME.h.
#   structure.sh SRC
set -eu
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# Pairs of files without suffix: the first includes the second. Then the lines among them that point up or aside.
edges() {
  (cd "$1" && grep -rHo --include='*.[ch]' '^#include "[^"]*"' .) |
    sed 's/^\.\///; s/:#include "/ /; s/"$//; s/\.[ch]\( \|$\)/\1/g' | awk '$1 != $2'
}
arrows() {
  edges "$1" | awk '
    BEGIN {
      split("base:0 map:1 vulkan:1 schedule:2 kernels:3 run:4", list)
      for (i in list) { split(list[i], f, ":"); level[f[1]] = f[2] }
    }
    $2 ~ /^(s2vk\/s2vk|\.\.\/shaders\/constants|modules)$/ { next } # beneath all folders
    {
      split($1, from, "/"); split($2, to, "/")
      if (!(from[1] in level) || !(to[1] in level))
        print $1 " includes " $2 ": a folder that tests/structure.sh does not know"
      else if (from[1] != to[1] && level[to[1]] >= level[from[1]]) print $1 " includes " $2 ", which is not below it"
    }'
}
circles() {
  edges "$1" | tsort 2>&1 >/dev/null | sed 's/^tsort: *-*:* *//' || true
}
check() {
  { arrows "$1"; circles "$1"; } >"$temporary/found"
  test ! -s "$temporary/found"
}

# Checks that this script finds such faults.
mkdir -p "$temporary/src/base" "$temporary/src/run"
echo '#include "base/a.h"' >"$temporary/src/run/b.c"
check "$temporary/src" || { echo "a tree without a fault is refused"; cat "$temporary/found"; exit 1; }
echo '#include "run/b.h"' >"$temporary/src/base/a.c"
check "$temporary/src" && { echo "an arrow back up goes unseen"; exit 1; }
echo '#include "run/c.h"' >"$temporary/src/run/b.c"
echo '#include "run/b.h"' >"$temporary/src/run/c.c"
rm "$temporary/src/base/a.c"
check "$temporary/src" && { echo "a circle goes unseen"; exit 1; }

check "$1" || { cat "$temporary/found"; exit 1; }
echo "$(edges "$1" | wc -l) includes, none of them back"
