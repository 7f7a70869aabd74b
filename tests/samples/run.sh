#!/bin/sh
# run.sh SRC BUILD WORK: runs the built samples as a user would, and checks their output, files and exit status.
set -eu
src=$1
bin=$2/samples
work=$3
rm -rf "$work"
mkdir -p "$work"
photo=$src/samples/photo/coffee.png

fail() {
  echo "$*" >&2
  exit 1
}

# status EXPECTED COMMAND...: runs a command with its output in $work/log, and checks its exit status.
status() {
  expected=$1
  shift
  got=0
  "$@" >"$work/log" 2>&1 || got=$?
  [ "$got" -eq "$expected" ] || fail "exit status $got, not $expected: $* ($(cat "$work/log"))"
}

# says WORDS: whether the last command printed these words.
says() {
  grep -qF -- "$1" "$work/log" || fail "not in the output: $1 ($(cat "$work/log"))"
}

# shape FILE NUMPY_SHAPE
shape() {
  head -c 128 "$1" | tr '\0' ' ' | grep -aqF "'shape': $2" || fail "$1 does not have shape $2"
}

status 0 "$bin/hello/hello"
says "1 x 196 x 6, row 7, column 10: 0.748 0.533 0.500 0.748 0.533 0.500"

extract() {
  "$bin/extract/extract" "$photo" --output "$work/f.npy" --picture "$work/f.png" "$@"
}
status 0 extract
shape "$work/f.npy" "(1, 950, 24)"
[ "$(head -c 8 "$work/f.png" | tail -c 7 | head -c 3)" = PNG ] || fail "f.png is no PNG"
status 0 extract --img-sizes 224x448,448x896 # no output sums over tiles, so that the bits are the same
mv "$work/f.npy" "$work/whole.npy"
status 0 extract --img-sizes 224x448,448x896 --split-forward
cmp "$work/f.npy" "$work/whole.npy" || fail "--split-forward changes the features"
status 0 extract --img-sizes 112x168,224x336 --max-split-size 112 --split-mode pad --resize-output-to-idx -1 \
  --output-shape bchw --type f16
shape "$work/f.npy" "(1, 24, 14, 21)"

vit() {
  "$bin/extract/extract" "$photo" --output "$work/v.npy" --model "$@"
}
status 0 vit "$src/tests/vit/clip-f32"
says "CLIP, 2 layers of 32"
shape "$work/v.npy" "(1, 17, 64)"
status 0 vit "$src/tests/vit/clip-f32" --img-sizes 16,32,48 --layer -2 --without-cls --type f16
shape "$work/v.npy" "(1, 16, 96)"
status 0 vit "$src/tests/vit/dinov2-bf16" --scales 1 --max-split-size 36 --image-side 72 --final-norm off --runs 2
shape "$work/v.npy" "(1, 145, 32)"
status 0 vit "$src/tests/vit/convnext-f32" --output-shape bchw
shape "$work/v.npy" "(1, 128, 2, 2)"
grep -q '"tile_side":[[:space:]]*32,' "$work/v.npy.json" ||
  fail "the record has no tile side: $(cat "$work/v.npy.json")"
status 0 vit "$src/tests/vit/dinov2-f32" --output-shape bchw --layer 1 --overwrite
shape "$work/v.npy" "(1, 64, 4, 4)"
status 1 vit "$work"
says "$work/config.json"
status 1 vit "$src/tests/vit/clip-f32" --layer 3
says "layer is 3"
status 1 vit "$src/tests/vit/clip-f32" --max-split-size 3
says "side is 3"
status 0 vit "$src/tests/vit/clip-f32" --picture "$work/m.png"
says "$work/m.png: photograph, each scale, all scales"
status 2 extract --without-cls
says "--model"

bench() {
  "$bin/vit/bench/vit-bench" --seconds 0 --runs 2 "$@"
}
# bytes KEY: the value that --json gave for the last result.
bytes() {
  sed -n '$ s/.*"'"$1"'": \([0-9]*\).*/\1/p' "$work/b.json"
}
status 0 bench --model "tiny,$src/tests/vit/dinov2-f16" --scales 1/1,2 --tiles-per-call 0,2 --memory 1,5
[ "$(grep -c '^  tiny ' "$work/log")" -eq 10 ] || fail "not 4 speeds and 6 lines of memory: $(cat "$work/log")"
says "  dinov2-f16 1,2         5     3"
status 0 bench --model tiny --type bf16 --scales 1,2,3 --memory 14 --json "$work/b.json" --output "$work/b.npy"
shape "$work/b.npy" "(1, 17, 96)"
sum=$(($(bytes weights) + $(bytes workspace) + $(bytes calls) + $(bytes ends)))
# Four places allocate at least a megabyte each: the library for the device and for the host, vit, and vit-bench.
blocks=$((4 << 20))
[ "$(bytes allocated)" -ge $sum ] && [ "$(bytes allocated)" -lt $((sum + blocks + 16384)) ] ||
  fail "$(bytes allocated) bytes were allocated, and $sum are printed"
status 1 bench --model "$work"
says "$work/config.json"
status 1 bench --model tiny --input "$work/b.npy"
says "not 1 x 3 x 16 x 16"
cp "$work/b.npy" "$work/input.npy"
status 1 bench --model tiny --input "$work/input.npy" --output "$work/input.npy"
says "--output $work/input.npy: is one of the inputs"
cp -r "$src/tests/vit/clip-f32" "$work/net"
ln -s net/config.json "$work/link.json"
status 1 bench --model "$work/net" --json "$work/link.json"
says "--json $work/link.json: is one of the inputs"
status 1 bench --model tiny --output "$work/b.npz"
says "--output $work/b.npz: is written as .npy, and not as .npz"
status 2 bench --scales 1,x
says "--scales 1,x"

pictures=$src/tests/fuzz/corpus/picture
status 0 "$bin/extract/extract" "$pictures/seed-jpeg" --output "$work/f.npy" --picture "$work/f.png"
says "seed-jpeg, 9 x 17 (height x width)"
for name in found-jpeg-huffman-table-too-long seed-png-huge seed-png-long-chunk; do
  status 1 "$bin/extract/extract" "$pictures/$name" --output "$work/g.npy" --picture "$work/g.png"
  says "$name: not an image that can be read: "
done
status 0 "$bin/extract/extract" --help
says "Usage: extract IMAGE"
status 0 "$bin/extract/extract" "$src/samples/photo" --output "$work/quiet" --json --quiet --scales 0.25
[ "$(grep -c '^{' "$work/log")" -eq 3 ] && [ "$(wc -l <"$work/log")" -eq 3 ] ||
  fail "not an object of each image and of the run alone: $(cat "$work/log")"
status 0 "$bin/extract/extract" --list
says "1"
status 2 "$bin/extract/extract"
status 2 extract --scales 1,x
says "--scales"
status 2 extract --split-mode stretch
says "stretch"
status 1 "$bin/extract/extract" "$work/log" --output "$work/g.npy" --picture "$work/g.png"
says "$work/log"
[ ! -e "$work/g.npy" ] || fail "a file was left after a failure"
