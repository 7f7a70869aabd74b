#!/bin/sh
# tar.sh SRC BUILD WORK: runs extract on tar files as WebDataset and img2dataset write them: plain and compressed, from
# standard input, cut, in shards, and a second time; also with fields that are kept.
set -eu
src=$1
extract=$2/samples/extract/extract
cut=$2/tests/cut_images
unpack=$2/tests/unpack_tensors
work=$3
rm -rf "$work"
mkdir -p "$work/in" "$work/tars"
cd "$work"
# shellcheck source=tests/samples/common.sh
. "$src/tests/samples/common.sh"
"$cut" "$src/samples/photo/coffee.png" in 12 24x40 40x24
for image in in/*.png; do
  key=${image%.png}
  echo "a caption of ${key#in/}" >"$key.txt"
  echo "{\"url\": \"http://example.org/${key#in/}\", \"width\": 24}" >"$key.json"
done
echo "no image" >in/00005.png
for part in 0 1 2; do
  files=$(cd in && seq -f '%05g.*' $((part * 4)) $((part * 4 + 3)) | xargs -I{} sh -c 'echo {}')
  # shellcheck disable=SC2086 # a list of names
  (cd in && tar -cf "../tars/0000$part.tar" $files)
done

# ---- A file of features for each, the same as from files ---------------------------------------------------------
status 3 run tars/*.tar --output out --batch 3
says "tar      tars/00001.tar: 3 images, 1 that could not be read"
says "tars/00001.tar/00005.png: not an image"
wanted=$(for part in 0 1 2; do printf '%s\n' "0000$part.jsonl" "0000$part.safetensors"; done)
[ "$(ls out)" = "$wanted" ] || fail "not a file of features and an index for each: $(ls out)"
status 3 run in --output files
mkdir unpacked
status 0 "$unpack" unpacked out/*.safetensors
says "11 tensors"
diff -r -x '*.json' -x '*.jsonl' -x settings.txt files unpacked || fail "features of members differ from those of files"
! grep -q caption out/00000.jsonl || fail "a caption is kept that nobody asked for"

# ---- Again: done; one more: that one alone; changed: refused -----------------------------------------------------
status 3 run tars --output out
says "tars/00002.tar: is done already"
cp tars/00000.tar tars/00003.tar
status 3 run tars --output out --batch 3
says "tar      tars/00003.tar: 4 images"
[ "$(grep -c 'is done already' log)" -eq 3 ] || fail "not three are done already: $(cat log)"
status 1 run tars --output out --scales 1
says "made of other images"

# ---- Compressed, and from standard input -------------------------------------------------------------------------
gzip -k tars/00000.tar
status 1 run tars --output gz
says "the features of both would be named 00000"
mv tars/00000.tar.gz .
status 0 run 00000.tar.gz --output gz
cmp -s gz/00000.safetensors out/00000.safetensors && fail "the identity of another tar file is the same"
head -c 1000000 tars/00000.tar | run - --tar --output stdin.safetensors >log 2>&1 || fail "$(cat log)"
mkdir one
status 0 "$unpack" one stdin.safetensors
for name in one/*.npy; do
  cmp "$name" "unpacked/${name#one/}"
done

# ---- What is kept ------------------------------------------------------------------------------------------------
status 3 run tars/*.tar --output kept --keep txt,.json --batch 4
sample='{"json":{"url":"http://example.org/00003","width":24},"txt":"a caption of 00003\\n"}'
grep -q '"name":"00003.png".*"sample":'"$sample" kept/00000.jsonl ||
  fail "what belongs to an image is not in the index: $(cat kept/00000.jsonl)"
[ "$(grep -c caption kept/00000.jsonl)" -eq 4 ] || fail "not a caption for each image"

# To the digit; what is no JSON, as text.
mkdir digits
cp in/00000.png digits/a.png
printf '{"uid": 12345678901234567890,\n "x": 0.30000000000000004}' >digits/a.json
cp in/00000.png digits/b.png
printf '{"x": NaN}' >digits/b.json
(cd digits && tar -cf ../digits.tar -- *)
status 0 run digits.tar --output digits.safetensors --keep json
grep -qF '"sample":{"json":{"uid":12345678901234567890,"x":0.30000000000000004}}' digits.jsonl ||
  fail "numbers of a JSON are others in the index: $(cat digits.jsonl)"
grep -qF '"sample":{"json":"{\"x\": NaN}"}' digits.jsonl || fail "what is no JSON is lost: $(cat digits.jsonl)"

# ---- Cut, or no tar file: reported, and the others are done ------------------------------------------------------
head -c 9000 tars/00001.tar >cut.tar
bytes=$(($(tar -tRf tars/00001.tar | sed -n '5s/^block \([0-9]*\):.*/\1/p') * 512)) # where the fifth member begins
head -c $bytes tars/00001.tar >between.tar
status 1 run between.tar --output broken
says "between.tar: ends without the zeros that a tar file ends with: it was cut"
echo "no tar file, but long enough to be looked at" >no.tar
status 1 run cut.tar no.tar tars/00002.tar --output broken
says "cut.tar: "
says "no.tar: "
says "2 tar files are not done"
[ "$(ls broken)" = "$(printf '%s\n' 00002.jsonl 00002.safetensors)" ] ||
  fail "something is left of a cut tar file: $(ls broken)"

# ---- Shards take tar files ---------------------------------------------------------------------------------------
for i in 1 2; do
  run tars --output sharded --shard $i/2 --batch 3 >log 2>&1 || [ $? -eq 3 ] || fail "shard $i: $(cat log)"
  says "shard    $i of 2, by --shard: 2 of 4 tar files"
done
diff -r out sharded || fail "the union of shards differs from a run of everything"

# ---- Names that lead elsewhere, or are there twice ---------------------------------------------------------------
mkdir evil
cp in/00000.png evil/a.png
(cd evil && tar -cPf ../evil.tar --hard-dereference a.png a.png ../in/00001.png "$PWD/a.png")
status 3 run evil.tar --output evil.safetensors
says "evil.tar/a.png: is there a second time"
grep -q '"tensor":"in/00001.png"' evil.jsonl || fail "a name leads out of the folder: $(cat evil.jsonl)"
mkdir terminal
cp in/00005.png "terminal/$(printf 'a\033[31m.png')"
tar -cf terminal.tar terminal
status 3 run terminal.tar --output terminal.safetensors
says "terminal.tar/terminal/a?[31m.png: not an image"
status 2 run tars/00000.tar in/00000.png --output mixed
says "one run takes tar files or images, not both"
