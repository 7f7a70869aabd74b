#!/bin/sh
# duplicates.sh SRC: blocks of eight and more equal lines that stand twice in samples/. Each must be in
# tests/duplicates.txt with its reason, and there must be five at most. Blank lines, lone punctuation, comments and
# includes do not count.
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016 # of awk
found=$(find samples \( -name '*.[ch]' -o -name '*.glsl' -o -name '*.comp' -o -name '*.frag' -o -name '*.vert' \) |
  LC_ALL=C sort |
  xargs awk -v length_of_block=8 '
    function counts(line) { return line !~ /^([[:punct:]]*|\/\*.*|\*.*|\/\/.*|#include.*)$/ }
    FNR == 1 { n[FILENAME] = 0; files[++file_count] = FILENAME }
    {
      gsub(/^[ \t]+|[ \t]+$/, "")
      if (counts($0)) { lines[FILENAME, ++n[FILENAME]] = $0; at[FILENAME, n[FILENAME]] = FNR }
    }
    END {
      for (f = 1; f <= file_count; f++) {
        file = files[f]
        for (i = 1; i + length_of_block - 1 <= n[file]; i++) {
          block = ""
          for (j = 0; j < length_of_block; j++) block = block "\n" lines[file, i + j]
          if (block in first) {
            split(first[block], other, SUBSEP)
            pair = other[1] " " file
            # A run of more lines is one pair: what follows the last one found does not count again.
            if (!(pair in seen)) { seen[pair] = 1; print pair, at[other[1], other[2]], at[file, i] }
          } else first[block] = file SUBSEP i
        }
      }
    }')
failed=0
echo "$found" | awk 'NF { print $1, $2 }' | sort -u >"$work/found"
sed 's/ *#.*//; /^$/d' tests/duplicates.txt | sort -u >"$work/reasons"
if ! diff "$work/reasons" "$work/found"; then
  echo "< is in tests/duplicates.txt alone, > in samples/ alone, at:"
  echo "$found"
  failed=1
fi
count=$(wc -l <"$work/found")
if [ "$count" -gt 5 ]; then
  echo "$count pairs of files share eight lines, and five at most are wanted"
  failed=1
fi
exit $failed
