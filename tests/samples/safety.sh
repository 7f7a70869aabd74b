#!/bin/sh
# safety.sh SRC BUILD FULL_DISK WORK: checks that extract keeps its user's files, and its own files if the disk is full,
# if two runs write at once, or if a model or an image has changed.
set -eu
src=$1
extract=$2/samples/extract/extract
viewer=$2/samples/viewer/viewer
cut=$2/tests/cut_images
full_disk=$3
work=$4
rm -rf "$work"
mkdir -p "$work/in"
cd "$work"
# shellcheck source=tests/samples/common.sh
. "$src/tests/samples/common.sh"
"$cut" "$src/samples/photo/coffee.png" in 4 24x40 40x24
cp in/00000.png one.png

# ---- Inputs are not outputs --------------------------------------------------------------------------------------
kept() {
  cmp one.png in/00000.png || fail "an input was written over by: $*"
}
ln one.png hard.npy
ln -s one.png soft.npy
for output in hard.npy soft.npy; do
  status 1 run one.png --output $output --no-picture
  says "--output $output: is one of the inputs"
  kept $output
done
ln one.png hard.png
status 1 run one.png --output f.npy --picture hard.png
says "--picture hard.png: is one of the inputs"
kept --picture
[ ! -e f.npy ] || fail "f.npy was written before --picture was looked at"
status 2 run one.png --output one.png
kept --output
cp -r "$src/tests/vit/clip-f32" net
status 1 "$extract" in --model net --output net/model.safetensors --overwrite
says "is one of the inputs"
cmp net/model.safetensors "$src/tests/vit/clip-f32/model.safetensors"
echo '{"caption": "mine"}' >mine.jsonl
status 1 run in --output mine.safetensors
says "mine.jsonl: is no index of extract, and would be written over"
mkdir mine
echo notes >mine/settings.txt
status 1 run in --output mine --overwrite
says "mine/settings.txt: is no file of extract, and would be written over"
[ "$(cat mine/settings.txt)" = notes ] || fail "a file settings.txt of the user's was written over"

# ---- Files that nobody named, and whose places are wanted ---------------------------------------------------------
cp one.png other.png
ln other.png f.npy.part
status 1 run other.png --output f.npy --no-picture
says "--output f.npy: is one of the inputs"
status 0 run one.png --output f.npy --no-picture
cmp one.png other.png || fail "a file was written over through its other name f.npy.part"
rm f.npy f.npy.json
cp one.png f.png.part
status 1 run f.png.part --output f.npy --picture f.png
says "--picture f.png: is one of the inputs"
cmp one.png f.png.part || fail "an input was written over on the way to f.png"
rm f.png.part
echo mine >f.npy.json
status 1 run one.png --output f.npy --no-picture
says "f.npy.json: is no record of extract, and would be written over"
[ "$(cat f.npy.json)" = mine ] && [ ! -e f.npy ] || fail "a JSON file of the user's was written over"
rm f.npy.json
for file in 00001.png.npy 00002.png.npy.json; do
  mkdir -p theirs
  echo mine >theirs/$file
  status 1 run in --output theirs
  says "theirs/$file: is no file of extract, and would be written over"
  [ "$(cat theirs/$file)" = mine ] || fail "theirs/$file was written over"
  rm -r theirs
done
echo mine >g.safetensors.lock
status 1 run in --output g.safetensors
says "g.safetensors.lock: is no lock, and would be written over"
[ "$(cat g.safetensors.lock)" = mine ] || fail "a file of the user's was taken for a lock"
rm g.safetensors.lock

# ---- Standard output has the features, or lines, and not both ----------------------------------------------------
status 0 run one.png --output f.npy --no-picture
run one.png --output /dev/stdout --no-picture 2>log | cmp - f.npy || fail "lines among the features: $(cat log)"
status 2 run one.png --output /dev/stdout --no-picture --json
rm f.npy f.npy.json

# ---- Names that say something else -------------------------------------------------------------------------------
status 2 run one.png --output f.npz
status 2 run one.png --output f.SAFETENSORS
says "write .safetensors in small letters"
status 2 run one.png --output f.npy --picture f.jpg
status 2 run one.png --output same --picture same
status 1 run one.png --output nowhere/f.npy
status 1 run one.png --output f.npy --picture nowhere/f.png
[ ! -e f.npy ] || fail "f.npy was written before --picture was looked at"

# ---- A full disk: files are as they were, or not there -----------------------------------------------------------
limited() {
  (
    export LD_PRELOAD="$full_disk" FULL_DISK_BYTES=4096 ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}"
    "$@"
  )
}
status 0 run one.png --output f.npy --picture f.png
cp f.npy f0.npy
status 1 limited run one.png --output f.npy --no-picture --scales 1,2,3,4,5,6,7,8
says "--output f.npy: No space left on device"
cmp f.npy f0.npy
status 1 limited run one.png --output g.npy --picture g.png
says "--picture g.png: No space left on device"
[ ! -e g.png ] && [ ! -e g.png.part ] || fail "there is a g.png that is cut"
status 1 limited run in --output g.safetensors --scales 1,2,3,4,5,6
[ ! -e g.safetensors ] || fail "there is a g.safetensors that is cut"
status 0 run in --output g.safetensors --scales 1,2,3,4,5,6
for arguments in --help --list --version --man; do
  status 1 sh -c "'$extract' $arguments >/dev/full"
  says "standard output: No space left on device"
done
if [ -x "$viewer" ]; then
  status 1 sh -c "'$viewer' --help >/dev/full"
  status 1 limited env -u VK_LAYER_ENABLES -u VK_INSTANCE_LAYERS "$viewer" --screenshot s.png --frames 1
  says "s.png: No space left on device"
  [ ! -e s.png ] && [ ! -e s.png.part ] || fail "there is a screenshot that is cut"
fi

# ---- Two at once: one is refused, and the other is as if alone ---------------------------------------------------
mkfifo in/00001b.png
ls -d in/* >list.txt
"$extract" list.txt --output two.safetensors --max-split-size 16 --patch 8 >first 2>&1 &
first=$!
until [ -s two.safetensors.lock ] && grep -q '^window 2 ' two.safetensors.journal 2>/dev/null; do
  kill -0 $first || fail "it did not wait at the pipe: $(cat first)"
  sleep 0.05
done
status 1 run list.txt --output two.safetensors
says "--output two.safetensors: another process writes it: process $first on "
status 1 run list.txt --output two.safetensors --scales 1
says "process $first on "
kill -9 $first
wait $first 2>/dev/null || true
rm in/00001b.png
cp in/00002.png in/00001b.png
status 0 run list.txt --output two.safetensors
says "3 of 5 images to do, 2 are done already"
status 0 run list.txt --output alone.safetensors
cmp two.safetensors alone.safetensors
[ "$(find . -name '*.lock' -o -name '*.part' -o -name '*.journal' | wc -l)" -eq 0 ] || fail "something is left: $(ls)"

mkfifo wait.png
"$extract" wait.png in/00001.png --output shards --shard 2/2 --max-split-size 16 --patch 8 >shard 2>&1 || fail "$(cat shard)"
"$extract" in/00001.png wait.png --output shards --shard 2/2 --max-split-size 16 --patch 8 >shard 2>&1 &
first=$!
until [ -s shards/.extract-00002-of-00002.lock ]; do
  kill -0 $first || fail "it did not wait at the pipe: $(cat shard)"
  sleep 0.05
done
sleep 0.5 # until it has the settings, too
status 1 run in --output shards --shard 1/2 --scales 1 --overwrite
says "another process writes features with other options there"
"$extract" wait.png --output held.npy --no-picture --max-split-size 16 --patch 8 >single 2>&1 &
second=$!
until [ -s held.npy.lock ]; do
  kill -0 $second || fail "it did not wait at the pipe: $(cat single)"
  sleep 0.05
done
status 1 run one.png --output held.npy --no-picture
says "--output held.npy: another process writes it: process $second on "
kill -9 $first $second
wait $first $second 2>/dev/null || true
status 0 run one.png --output held.npy --no-picture
rm wait.png

# ---- Features of earlier options, after an end halfway, are not taken for new ones ---------------------------------
ls -d in/*.png >list.txt
status 0 run list.txt --output again
mv in/00001b.png hidden.png
mkfifo in/00001b.png
"$extract" list.txt --output again --overwrite --scales 1 --max-split-size 16 --patch 8 >first 2>&1 &
first=$!
until grep -q 'scales 1 ' again/settings.txt; do
  kill -0 $first || fail "it did not wait at the pipe: $(cat first)"
  sleep 0.05
done
kill -9 $first
wait $first 2>/dev/null || true
status 0 run in --output pipes
says "left out 1 files whose names are not those of images: 1 *.png"
rm in/00001b.png
mv hidden.png in/00001b.png
status 0 run list.txt --output again --scales 1
status 0 run list.txt --output anew --scales 1
diff -r -x index.jsonl again anew || fail "features of other options are among those of a run that was ended"

# ---- A journal that somebody has changed -------------------------------------------------------------------------
mkfifo in/00002b.png
ls -d in/* >list.txt
"$extract" list.txt --output changed.safetensors --max-split-size 16 --patch 8 >first 2>&1 &
first=$!
until grep -q '^window 4 ' changed.safetensors.journal 2>/dev/null; do
  kill -0 $first || fail "it did not wait at the pipe: $(cat first)"
  sleep 0.05
done
kill -9 $first
wait $first 2>/dev/null || true
rm in/00002b.png
cp in/00002.png in/00002b.png
sed -i 's/^tensor 3 /tensor 99999999 /' changed.safetensors.journal
status 0 run list.txt --output changed.safetensors
says "3 of 6 images to do, 3 are done already"
status 0 run list.txt --output unchanged.safetensors
cmp changed.safetensors unchanged.safetensors

# ---- Progress: on a terminal, and not in a file ------------------------------------------------------------------
mkfifo slow.png
printf '%s\n' in/00001.png slow.png >slow.txt
for where in terminal file; do
  rm -rf slow
  command="'$extract' slow.txt --output slow --max-split-size 16 --patch 8"
  if [ $where = terminal ]; then
    TERM=xterm NO_COLOR=1 script -qec "$command" terminal.log >/dev/null 2>&1 &
  else
    sh -c "$command" >file.log 2>&1 &
  fi
  pid=$!
  until [ -e slow/in/00001.png.npy.json ]; do
    kill -0 $pid 2>/dev/null || fail "it did not wait at the pipe: $(cat $where.log)"
    sleep 0.05
  done
  sleep 1.1 # from which on there is something to show
  : >slow.png
  wait $pid && fail "a pipe was read as an image" || [ $? -eq 3 ] || fail "$(cat $where.log)"
done
grep -q '\[#*  *\] 1 of 2 images, \|\[##*\] 2 of 2 images, ' terminal.log ||
  fail "no bar on a terminal: $(cat terminal.log)"
! grep -q "$(printf '\033')" terminal.log || fail "escape sequences with NO_COLOR"
! grep -q 'of 2 images, ' file.log || fail "progress in a file: $(cat file.log)"
rm slow.png

# ---- Images and models are what they hold ------------------------------------------------------------------------
status 0 run in --output folder
status 0 run in --output folder
says "0 of 6 images to do, 6 are done already"
cp in/00003.png in/00000.png
status 0 run in --output folder
says "1 of 6 images to do, 5 are done already"
[ "$(wc -l <folder/index.jsonl)" -eq 6 ] || fail "not a line for each image: $(cat folder/index.jsonl)"
cmp folder/00000.png.npy folder/00003.png.npy
status 1 run list.txt --output unchanged.safetensors
says "of images that have changed"
rm folder/index.jsonl
status 0 run in --output folder
says "0 of 6 images to do, 6 are done already"
[ "$(wc -l <folder/index.jsonl)" -eq 6 ] || fail "the index was not made again: $(cat folder/index.jsonl)"
status 0 "$extract" in --model net --output by-model
status 0 "$extract" in --model ./net/ --output by-model
says "0 of 6 images to do"
cp -r net other
status 0 "$extract" in --model other --output by-model
says "0 of 6 images to do"
printf '\001' | dd of=net/model.safetensors bs=1 seek=70000 conv=notrunc 2>/dev/null
status 1 "$extract" in --model net --output by-model
says "made with other options"

# ---- Memory ------------------------------------------------------------------------------------------------------
status 0 run in --output small --max-pixels 960 --decoders 2
status 3 run in "$src/tests/images/rgb.heic" --output large --max-pixels 1000
says "rgb.heic: not an image that can be read: HEIC: its 48 x 64 pixels are more than the 1000 that are read"
