#!/bin/sh
# integrating.sh SRC: the code blocks of docs/integrating.md, one after the other, are samples/renderer/main.c, to the
# letter.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```c$/ { if (blocks++) print ""; inside = 1; next } /^```$/ { inside = 0 } inside' "$1/docs/integrating.md" \
  >"$work/integrating.c"
diff "$work/integrating.c" "$1/samples/renderer/main.c"
