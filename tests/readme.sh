#!/bin/sh
# readme.sh SRC: the README's program is samples/hello/hello.c, to the letter, and is as short as it says.
set -eu
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1/README.md" >readme.c
diff readme.c "$1/samples/hello/hello.c"
[ "$(wc -l <readme.c)" -lt 60 ]
