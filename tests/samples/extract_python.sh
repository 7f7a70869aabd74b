# shellcheck shell=sh disable=SC2154
# Sourced by extract.sh: what goes into NumPy, torch and datasets; options that do not go together; other types.
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
