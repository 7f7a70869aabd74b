#!/bin/sh
# integrating.sh SRC: the code blocks of docs/integrating.md, one after the other, are samples/renderer/main.c, to the letter.
set -eu
awk '/^```c$/ { if (blocks++) print ""; inside = 1; next } /^```$/ { inside = 0 } inside' "$1/docs/integrating.md" >integrating.c
diff integrating.c "$1/samples/renderer/main.c"
