#!/bin/sh
# format.sh [--check]: formats C by .clang-format and shaders by shaders/.clang-format, with clang-format 19. With
# --check it changes nothing, and fails if a file is not as it would be.
set -eu
cd "$(dirname "$0")/.."
check=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# shader FILE: the formatted text on stdout.
shader() {
  sed 's/\[\[unroll\]\] for/unroll_____for/' "$1" |
    clang-format-19 --style=file:shaders/.clang-format --assume-filename=shader.cpp |
    sed 's/unroll_____for/[[unroll]] for/'
}

find include src samples tests -name '*.[ch]' >"$work/c"
if [ "$check" = --check ]; then
  xargs clang-format-19 --dry-run -Werror <"$work/c" || failed=1
else
  xargs clang-format-19 -i <"$work/c"
fi
find shaders samples tests \( -name '*.comp' -o -name '*.glsl' -o -name '*.frag' -o -name '*.vert' \) >"$work/shaders"
while read -r file; do
  shader "$file" >"$work/formatted"
  if cmp -s "$file" "$work/formatted"; then
    continue
  elif [ "$check" = --check ]; then
    echo "$file is not as tools/format.sh makes it"
    failed=1
  else
    cp "$work/formatted" "$file"
  fi
done <"$work/shaders"
exit $failed
