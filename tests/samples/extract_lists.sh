# shellcheck shell=sh disable=SC2154
# Sourced by extract.sh: images by lists, from files and from stdin.
(cd in && find . -name '*.png' -o -name '*.PNG' | sort) >in/list.txt
(cd in && run list.txt --output ../listed >../log 2>&1) || fail "list.txt: $(cat log)"
same listed
find in -name '*.png' -o -name '*.PNG' >names
run - --output from-stdin <names >log 2>&1 || fail "-: $(cat log)"
same from-stdin/in
find in -name '*.png' -print0 -o -name '*.PNG' -print0 >nul.txt
status 0 run nul.txt -0 --output nul
same nul/in
status 1 run nul.txt --output nul2
says "nul.txt: has NUL bytes: if it is of find -print0, give -0"
printf '\357\273\277in/00000.png\r\n\r\nin/00001.png' >bom.txt
status 0 run bom.txt --output bom
[ -f bom/in/00000.png.npy ] && [ -f bom/in/00001.png.npy ] || fail "a list with a BOM: $(find bom)"
status 3 run bom.txt in/sub/deeper/b.PNG in/00004b.jpg --output bom --json
grep -q '"path":"in/sub/deeper/b.PNG".*"grid":\[[35],[35]\]' log || fail "no line for an image: $(cat log)"
grep -q '"path":"in/00004b.jpg","error":"not an image' log || fail "no line for a broken image: $(cat log)"
grep -q '"images":3,"new":1,"broken":1' log || fail "no summary: $(cat log)"
status 0 run in/00000.png --output json.npy --no-picture --json
[ "$(wc -l <log)" -eq 2 ] && tail -n 1 log | grep -q '"done":true.*"images":1,"new":1,"broken":0' ||
  fail "no summary of one image: $(cat log)"
status 3 run bom.txt in/00004b.jpg --output bom --quiet
[ "$(wc -l <log)" -eq 2 ] || fail "--quiet says more than what went wrong: $(cat log)"
status 0 run in/00000.png --output described.npy --no-picture --describe
says " an invocation; calls 1, dispatches 1, workgroups "
says "; tables of "
printf '\377\376i\0n\0' >utf16.txt
status 1 run utf16.txt --output bom
says "is UTF-16"
echo in >folder.txt
status 3 run folder.txt --output bom
says "in: is a folder; an image is a file"
echo missing.png >missing.txt
status 3 run missing.txt in/00000.png --output missing
says "missing.png: No such file or directory"
[ -f missing/00000.png.npy ] || fail "an image after one that is missing was not done"
status 1 run in/00000.png in/sub/../00000.png --output twice
says "the features of both would be named 00000.png"
status 1 run nowhere.txt --output twice
says "nowhere.txt"
