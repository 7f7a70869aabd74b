#!/bin/sh
# map.sh SRC: docs/architecture.md has a row for every kernel, permutation and folder of the library, and for no kernel
# that is gone; and every file that it names is there.
set -eu
cd "$1"
page=docs/architecture.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^ *&s2_\([a-z_]*\),/\1/p' src/kernels/kernels.c | sort >"$work/kernels"
# shellcheck disable=SC2016 # of Markdown
sed -n '/^## Kernels/,/^## /s/^| `\([a-z_]*\)` |.*/\1/p' $page | sort >"$work/rows"
[ -s "$work/kernels" ]
diff "$work/kernels" "$work/rows"
sed -n 's/^ *S2_PERMUTATION_\([A-Z0-9]*\),.*/\1/p' src/vulkan/pipeline.h | sort | grep -v COUNT >"$work/permutations"
# shellcheck disable=SC2016 # of Markdown
sed -n '/^## Shaders/,/^## /s/^| `\([A-Z0-9]*\)` |.*/\1/p' $page | sort | diff "$work/permutations" -
for folder in src/*/; do
  grep -q "^| \`${folder%/}\` |" $page || {
    echo "$page has no row for $folder"
    exit 1
  }
done
# shellcheck disable=SC2016 # of Markdown
for file in $(grep -oE '`(src|shaders|tests|tools|include)/[A-Za-z0-9_/.-]*`' $page | tr -d '`' | grep -v 'NAME'); do
  [ -e "$file" ] || {
    echo "$page names $file, which is not there"
    exit 1
  }
done
