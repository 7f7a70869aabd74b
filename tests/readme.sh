#!/bin/sh
# readme.sh SRC: the README's program is samples/hello/hello.c, to the letter, and is as short as it says.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1/README.md" >"$work/readme.c"
diff "$work/readme.c" "$1/samples/hello/hello.c"
[ "$(wc -l <"$work/readme.c")" -lt 60 ]
