#!/bin/sh
# extract.sh SRC BUILD WORK [short | brief]: runs extract on many images, under validation. Checks what it writes, what
# it skips, and its exit status. Results must be the same bytes with other batches and shards, and after a run that was
# killed halfway. short: one folder in two ways. brief: without what reads options, names and lists, and without
# schedulers.
set -eu
src=$1
extract=$2/samples/extract/extract
cut=$2/tests/cut_images
unpack=$2/tests/unpack_tensors
work=$3
rm -rf "$work"
mkdir -p "$work/in/sub/deeper"
cd "$work"
# shellcheck source=tests/samples/common.sh
. "$src/tests/samples/common.sh"

# same FOLDER: whether a folder has the same files as the run on all images.
same() {
  diff -r -x '*.json' -x '*.jsonl' -x settings.txt all "$1" >&2 || fail "$1 differs from all"
}

# ---- A folder, with images of two sizes and a broken one ---------------------------------------------------------
"$cut" "$src/samples/photo/coffee.png" in 10 24x40 40x24
mv in/00003.png in/sub/
mv in/00006.png in/sub/deeper/b.PNG
echo "no image" >in/00004b.jpg
echo "no image" >in/notes.md
status 3 run in --output all --batch 3 --stats
says "in/00004b.jpg: not an image that can be read"
says "1 images could not be read"
says "left out 1 files whose names are not those of images: 1 *.md"
says "10 images in"
says "device   "
[ "$(find all -name '*.npy' | wc -l)" -eq 10 ] || fail "not a file for each image: $(find all)"
[ "$(find all -type f | wc -l)" -eq 22 ] || fail "not a record for each image, settings and index: $(find all)"
[ "$(wc -l <all/index.jsonl)" -eq 10 ] || fail "not a line for each image: $(cat all/index.jsonl)"
[ -f all/sub/deeper/b.PNG.npy ] || fail "no all/sub/deeper/b.PNG.npy"
status 0 run in/sub/00003.png --output one.npy --picture one.png
cmp one.npy all/sub/00003.png.npy || fail "an image in a batch has other features than alone"
status 3 run in --output all.safetensors --batch 3
mkdir -p unpacked/sub/deeper
status 0 "$unpack" unpacked all.safetensors
says "10 tensors"
same unpacked
[ "${4:-}" != short ] || exit 0

# ---- Into NumPy, torch and datasets ------------------------------------------------------------------------------
# shellcheck source=tests/samples/extract_python.sh
[ "${4:-}" = brief ] || . "$src/tests/samples/extract_python.sh"

# ---- Batches, and one image after the other ----------------------------------------------------------------------
status 3 run in --output single
same single
status 3 run in --output single.safetensors
status 0 "$unpack" unpacked single.safetensors
same unpacked

# ---- Lists -------------------------------------------------------------------------------------------------------
# shellcheck source=tests/samples/extract_lists.sh
[ "${4:-}" = brief ] || . "$src/tests/samples/extract_lists.sh"

# ---- An image of no pixels at half its size ----------------------------------------------------------------------
mkdir tiny
"$cut" "$src/samples/photo/coffee.png" tiny 3 24x40 1x1
status 3 run tiny --output tiny.safetensors --scales 0.5,1 --batch 2
says "tiny/00001.png: skipped"
status 3 run tiny --output tiny.safetensors --scales 0.5,1
says "0 of 3 images to do, 2 are done already"

# ---- Once more: nothing to do; other options: refused ------------------------------------------------------------
status 3 run in --output all --batch 2
says "1 of 11 images to do, 10 are done already"
status 3 run in --output all.safetensors
says "0 of 11 images to do, 10 are done already"
status 1 run in --output all --scales 1
says "made with other options"
status 1 run in --output all.safetensors --scales 1
says "with other options"
status 2 run in --output all.npy
says "--output all.npy"
status 2 run in --picture all.png
says "--picture all.png"
status 3 run in --output single --scales 1 --overwrite --batch 3
says "11 of 11 images to do"

# ---- Shards: by option, by each scheduler ------------------------------------------------------------------------
for i in 1 2 3; do
  run in --output shards --shard $i/3 --batch 2 >log 2>&1 || [ $? -eq 3 ] || fail "shard $i: $(cat log)"
  run in --output shards.safetensors --shard $i/3 --batch 2 >log 2>&1 || [ $? -eq 3 ] || fail "shard $i: $(cat log)"
  says "shard    $i of 3, by --shard"
done
same shards
status 0 "$unpack" unpacked shards-0000?-of-00003.safetensors
says "10 tensors"
same unpacked
# shellcheck source=tests/samples/extract_schedulers.sh
[ "${4:-}" = brief ] || . "$src/tests/samples/extract_schedulers.sh"

# ---- An end halfway: it waits at a pipe that nobody writes to, and is killed -------------------------------------
find in -name '*.png' -o -name '*.PNG' | sort >halfway.txt
run halfway.txt --output whole --batch 1 >log 2>&1 || fail "halfway.txt: $(cat log)"
run halfway.txt --output whole.safetensors --batch 1 >log 2>&1 || fail "halfway.txt: $(cat log)"
mv in/00005.png hidden.png
mkfifo in/00005.png

# halfway OUTPUT COMMAND...: kills extract when the command shows that it has reached the pipe.
halfway() {
  output=$1
  shift
  "$extract" halfway.txt --output "$output" --max-split-size 16 --patch 8 >log 2>&1 &
  pid=$!
  until "$@" 2>/dev/null; do
    kill -0 $pid 2>/dev/null || fail "it did not wait at the pipe: $(cat log)"
    sleep 0.05
  done
  kill -9 $pid
  wait $pid 2>/dev/null || true
}
halfway half test -e half/in/00004.png.npy # which comes after the record beside it
halfway half.safetensors grep -q '^window 4 ' half.safetensors.journal
[ ! -e half.safetensors ] || fail "there is a half.safetensors that is not complete"
rm in/00005.png
mv hidden.png in/00005.png
echo "what a run left" >half/in/00005.png.npy.part
printf 'what a run left' >>half.safetensors.part
printf 'tensor 4 123' >>half.safetensors.journal
status 0 run halfway.txt --output half
says "6 of 10 images to do, 4 are done already"
diff -r -x '*.jsonl' half whole || fail "a run that was ended halfway and went on has other features"
status 0 run halfway.txt --output half.safetensors
says "6 of 10 images to do, 4 are done already"
cmp half.safetensors whole.safetensors || fail "a run that was ended halfway and went on has other features"
for rest in half.safetensors.journal half.safetensors.part; do
  [ ! -e $rest ] || fail "there is a $rest beside a complete file"
done

# ---- A model -----------------------------------------------------------------------------------------------------
model="--model $src/tests/vit/clip-f32 --type f16 --scales 1,3"
# shellcheck disable=SC2086 # words
status 3 "$extract" in --output clip.safetensors $model --batch 4 --tiles-per-call 8 --stats
# shellcheck disable=SC2086
status 3 "$extract" in --output clip $model --tiles-per-call 2
rm -r unpacked
mkdir -p unpacked/sub/deeper
status 0 "$unpack" unpacked clip.safetensors
diff -r -x '*.json' -x '*.jsonl' -x settings.txt clip unpacked ||
  fail "a model's features in batches differ from those of single images"

# ---- Ever larger images, for which buffers grow, of more sizes than plans are kept for; by both models -----------
mkdir grow uncropped
"$cut" "$src/samples/photo/coffee.png" grow 11 16x16 24x24 24x40 40x40 40x72 72x72 72x96 96x96 24x16 96x120 16x16
cp "$src/tests/vit/clip-f32/"*.safetensors "$src/tests/vit/clip-f32/config.json" uncropped
sed 's/"do_center_crop": true/"do_center_crop": false/; s/"do_resize": true/"do_resize": false/' \
  "$src/tests/vit/clip-f32/preprocessor_config.json" >uncropped/preprocessor_config.json
grown() {
  output=$1
  shift
  status 0 "$extract" grow --output "$output" --max-split-size 16 "$@"
  for i in 00003 00009; do
    status 0 "$extract" grow/$i.png --output one.npy --picture one.png --max-split-size 16 "$@"
    cmp one.npy "$output/$i.png.npy" || fail "grow/$i.png has other features among others than alone: $*"
  done
}
grown grown --patch 8
grown grown-clip --model uncropped --scales 1
