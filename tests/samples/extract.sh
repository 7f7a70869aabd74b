#!/bin/sh
# extract.sh SRC BUILD WORK [short]: runs extract on many images, under validation. Checks what it writes, what it
# skips, and its exit status. Results must be the same bytes with other batches and shards, and after a run that was
# killed halfway.
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
[ $# -eq 3 ] || exit 0

# ---- Into NumPy, torch and datasets ------------------------------------------------------------------------------
python=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c "import numpy" 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || fail "no Python with NumPy here: apt-get install python3-numpy"
"$python" "$src/tests/samples/load.py" "$src" all all/index.jsonl all.jsonl
mkdir presets
(cd presets && status 0 "$python" "$src/tests/samples/presets.py" "$src" "$extract" && cp log ..)
# What does not go together: OPTIONS... and the reason.
contradicts() {
  reason=$1
  shift
  status 2 "$extract" in/00000.png --output contradiction.npy "$@"
  says "$reason"
}
contradicts "--scales: with --preset llava scales have sizes: give --img-sizes" --preset llava --scales 1,2
contradicts "--filter bilinear: --preset nvila has a filter of its own" --preset nvila --filter bilinear
contradicts "--image-side 48: with --preset clip" --preset clip --image-side 48 --model "$src/tests/vit/clip-f32"
contradicts "--img-sizes 28x56: with --preset bunny each is a square" --preset bunny --img-sizes 28,28x56
contradicts "--dynamic-s2: is for --preset nvila" --dynamic-s2
contradicts "--dynamic-s2: is for --preset nvila" --dynamic-s2 --preset siglip
contradicts "--max-tiles 12: is for --dynamic-s2" --preset nvila --max-tiles 12
contradicts "--max-tiles 8: is less than the 9 tiles" --preset nvila --dynamic-s2 --max-tiles 8
contradicts "--max-tiles 15: is less than the 16 tiles" --preset nvila --dynamic-s2 --max-tiles 15 --img-sizes 28,112
contradicts "--img-sizes 42x42: with --dynamic-s2" --preset nvila --dynamic-s2 --img-sizes 28,42
contradicts "--max-split-size 14: with --dynamic-s2 a tile is the first of --img-sizes, 28" \
  --preset nvila --dynamic-s2 --img-sizes 28,56 --max-split-size 14 --patch 7
contradicts "--output-shape bchw: --preset nvila puts tokens in blocks" --preset nvila --output-shape bchw
contradicts "--output-shape bchw: --blocks puts tokens in blocks" --blocks --output-shape bchw
status 1 "$extract" in/00000.png --output contradiction.npy --no-picture --blocks --scales 0.75 --max-split-size 16 \
  --patch 8
says "blocks are of whole tiles: give --img-sizes that --max-split-size divides, or --grid split"
status 0 "$extract" in/00000.png --output split.npy --no-picture --blocks --scales 0.75 --max-split-size 16 --patch 8 \
  --grid split
contradicts "--prefix-only: there are none without a --model" --prefix-only
contradicts "--prefix-tokens tiles: there are none with --without-cls" --prefix-tokens tiles \
  --without-cls --model "$src/tests/vit/clip-f32"
contradicts "--output-shape bchw: has no prefix tokens" --prefix-only --output-shape bchw \
  --model "$src/tests/vit/clip-f32"
contradicts "--output-shape bchw: --downsample is for tokens" --downsample 2 --output-shape bchw
contradicts "--prefix-only: leaves no grid, and --preset nvila is for one" --prefix-only --preset nvila \
  --model "$src/tests/vit/clip-f32"
contradicts "--prefix-only: leaves no grid, and --by-columns is for one" \
  --prefix-only --by-columns --model "$src/tests/vit/clip-f32"
contradicts "--picture other.png: shows a grid row by row" --repeat 2 --picture other.png
contradicts "expected 1 to 16 tokens" --downsample 17
contradicts "expected mean or tiles" --prefix-tokens sum
status 1 "$extract" in/00000.png --output contradiction.npy --downsample 2 --model "$src/tests/vit/clip-f32"
says "--downsample is for a grid without other tokens: give --without-cls"
contradicts "expected clip, siglip, llava, bunny or nvila" --preset qwen
for options in "--type bf16" "--type f16 --output-shape bchw" \
  "--split-mode pad --grid split --filter lanczos3 --resize-output-to-idx 1"; do
  # shellcheck disable=SC2086 # words
  status 0 run in/00000.png in/00001.png --output other $options
  # shellcheck disable=SC2086
  status 0 run in/00000.png in/00001.png --output other.safetensors $options
  # shellcheck disable=SC2086
  "$python" - "$src" $options <<'END'
import sys
sys.path.insert(0, sys.argv[1] + "/samples/extract")
from load import load
for (record, folder), (_, file) in zip(load("other/index.jsonl"), load("other.jsonl")):
    assert (folder == file).all() and list(file.shape[:2]) == record["grid"], (record, file.shape)
    assert abs(float(file.mean())) < 1 and file.shape[2] == 24, file.shape
END
  rm -r other other.safetensors other.jsonl
done

mkdir raw
cp in/00000.png "raw/$(printf 'a\377.png')"
cp in/00001.png "raw/$(printf 'a\376.png')"
status 0 run raw --output raw-features
status 0 "$python" "$src/samples/extract/load.py" raw-features/index.jsonl
[ "$(wc -l <log)" -eq 2 ] || fail "not the features of both names that are not UTF-8: $(cat log)"
status 0 run raw --output raw-features
says "0 of 2 images to do"

# ---- Batches, and one image after the other ----------------------------------------------------------------------
status 3 run in --output single
same single
status 3 run in --output single.safetensors
status 0 "$unpack" unpacked single.safetensors
same unpacked

# ---- Lists -------------------------------------------------------------------------------------------------------
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
slurm_array() {
  SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=5 SLURM_ARRAY_TASK_COUNT=2 \
    SLURM_PROCID=$2 SLURM_NTASKS=2 run in --output slurm >log 2>&1 || [ $? -eq 3 ] || fail "Slurm $1 $2: $(cat log)"
  says "shard    $3 of 4"
}
slurm_array 10 0 1
slurm_array 10 1 2
slurm_array 15 0 3
[ ! -e slurm/00004.png.npy ] || fail "a shard has what is another one's"
slurm_array 15 1 4
same slurm
status 2 env SLURM_PROCID=2 SLURM_NTASKS=2 "$extract" in
says "SLURM_PROCID=2"
status 2 env SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=5 SLURM_ARRAY_TASK_COUNT=2 \
  "$extract" in
says "SLURM_ARRAY_TASK_ID=12"
# Others, by what they set: VARIABLE=VALUE... SHARD.
scheduler() {
  shard=$1
  shift
  status 0 env "$@" "$extract" in/sub in/00000.png in/00001.png --output "by-$shard" --max-split-size 16 --patch 8 \
    ${shards:-}
  says "shard    $shard of 2, by ${1%%=*}"
  rm -r "by-$shard"
}
scheduler 2 AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2
scheduler 2 SGE_TASK_ID=13 SGE_TASK_FIRST=10 SGE_TASK_LAST=13 SGE_TASK_STEPSIZE=3
shards="--shards 2"
scheduler 2 JOB_COMPLETION_INDEX=1
scheduler 2 PBS_ARRAY_INDEX=3
scheduler 2 PBS_ARRAYID=7
scheduler 2 PARALLEL_SEQ=1
status 3 env SGE_TASK_ID=undefined PARALLEL_SEQ=2 "$extract" in/00004b.jpg in/00000.png --output unsharded
status 2 env JOB_COMPLETION_INDEX=1 "$extract" in
says "JOB_COMPLETION_INDEX=1: gives the index of the shard but not their number: give --shards N"
status 2 env PBS_ARRAY_INDEX=1 "$extract" in
status 2 "$extract" in --shards 2
says "the environment does not give the index of this one"
status 2 env AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=2 "$extract" in
says "AWS_BATCH_JOB_ARRAY_INDEX=2"
status 2 env AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 "$extract" in --shards 3
says "AWS_BATCH_JOB_ARRAY_INDEX says that there are 2"
if command -v mpirun >/dev/null; then
  OMPI_MCA_plm=isolated OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    mpirun -n 2 "$extract" in --output mpi.safetensors --batch 3 --max-split-size 16 --patch 8 >log 2>&1 ||
    [ $? -eq 3 ] || fail "mpirun: $(cat log)"
  says "shard    1 of 2, by OMPI_COMM_WORLD_RANK"
  says "shard    2 of 2, by OMPI_COMM_WORLD_RANK"
  status 0 "$unpack" unpacked mpi-0000?-of-00002.safetensors
  says "10 tensors"
  same unpacked
else
  echo "SKIPPED: no mpirun, so no ranks of Open MPI"
fi

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
