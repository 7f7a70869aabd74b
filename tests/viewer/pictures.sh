#!/bin/sh
# pictures.sh VIEWER COMPARE EXTRACT REPOSITORY WORK FONT [short]: draws without a window and without a display server,
# under the validation layers of the environment, whose messages would be in the output, and compares what is drawn with
# the references. Also what the program refuses. short: one picture of each view, and no more.
set -eu
viewer=$1 compare=$2 extract=$3 repository=$4 work=$5 font=$6
references=$repository/tests/viewer/references photo=$repository/tests/vit/photo.png
rm -rf "$work"
mkdir -p "$work"
unset DISPLAY WAYLAND_DISPLAY

fail() {
  echo "$*" >&2
  exit 1
}

# References were drawn with this version of the font.
other_font=
if [ "$(sha256sum <"$font")" != "$(cat "$references/font.sha256")" ]; then
  other_font=--other-font
  echo "$font is not that of the references: text may be off"
fi

# picture NAME OPTION...
picture() {
  name=$1
  shift
  "$viewer" --screenshot "$work/$name.png" --without-times "$@" >"$work/log" 2>&1 || fail "$name: $(cat "$work/log")"
  [ ! -s "$work/log" ] || fail "$name: $(cat "$work/log")"
  "$compare" "$references/$name.png" "$work/$name.png" $other_font ||
    fail "$name is not as $references/$name.png: see $work"
}

# refused STATUS WORDS OPTION...
refused() {
  expected=$1 words=$2
  shift 2
  got=0
  "$viewer" "$@" >"$work/log" 2>&1 || got=$?
  [ "$got" -eq "$expected" ] || fail "exit status $got, not $expected: $* ($(cat "$work/log"))"
  grep -qF -- "$words" "$work/log" || fail "not said: $words ($(cat "$work/log"))"
}

# Every view, at the sizes of small, common and large windows.
picture tiles --view tiles --scales 0.5,1 --split-mode pad --size 720x480 --frames 1 --pointer 200,260
picture features --scales 0.5,1 --size 640x480 --frames 1 --press Tab,Tab,Tab,Tab
picture similarity --view similarity --scales 0.5,1.25 --pick 150,300 --overlay --zoom 3 --centre 180,330 \
  --size 420x340 \
  --ui-scale 1.5 --frames 7
picture difference --view difference --scales 0.5,1 --size 1280x720 --pointer 300,300
picture segments "$photo" --view segments --scales 2 --size 3840x2160 --frames 2
picture norms "$photo" --view norms --scales 1,3 --size 1600x1000 --press Shift+S
picture matches "$photo" "$repository/samples/photo/coffee.png" --view matches --scales 1 --size 800x600
if [ "${7:-}" = short ]; then exit 0; fi
# What is beside them; and with two pixels to a point.
picture overlay --view tiles --overlay --scales 0.5,1 --split-mode pad --size 720x480 --frames 1
picture tile --view tiles --scales 0.5,1 --press W,W,W --size 640x480 --frames 2
picture foreground --scales 0.5,1 --size 700x500 --press C --frames 2
picture twice --view norms --scales 0.5,1 --size 640x400 --ui-scale 2 --press E
picture both "$photo" "$repository/samples/photo/coffee.png" --view similarity --scales 1 --pick 20,50 --size 800x600
picture settings --scales 0.5 --press Shift+B,Up,Up,3 --size 800x600 --pointer 200,200
picture palette --scales 0.5 --size 640x480 --press Ctrl+P --frames 1
picture keys --view tiles --scales 1 --keys --size 620x600 --frames 1

# What leaves the program: the command line makes the features that are written, and their description; the plan
# compiles.
(cd "$work" && "$viewer" --screenshot shot.png --without-times --scales 0.5,1.25 --split-mode pad --filter lanczos3 \
  --size 640x480 \
  --press Ctrl+E,Ctrl+D,Ctrl+S,F12,Shift+F12,Ctrl+F12,F12 >log 2>&1) || fail "exports: $(cat "$work/log")"
[ ! -s "$work/log" ] || fail "exports: $(cat "$work/log")"
for file in viewer-1.sh viewer-1.c viewer-1.npy viewer-1.npy.json viewer-1.png viewer-2.png viewer-3.png; do
  [ -s "$work/$file" ] || fail "$file is not written"
done
"$compare" "$work/viewer-1.png" "$work/viewer-1.png" | grep -q "0.0000%" || fail "viewer-1.png is no picture"
# reproduces N: viewer-N.c compiles, and viewer-N.sh makes the features of viewer-N.npy. The photograph's bytes are read
# as texels by the one and as bytes by the other: equal but for rounding.
reproduces() {
  cc -std=c11 -Wall -Wextra -Werror -I "$repository/include" -c "$work/viewer-$1.c" -o "$work/plan.o" ||
    fail "viewer-$1.c does not compile"
  (cd "$work" && PATH=$(dirname "$extract"):$PATH sh -e "./viewer-$1.sh" >extract.log 2>&1) ||
    fail "viewer-$1.sh: $(cat "$work/extract.log")"
  python3 - "$work" "$1" <<'END' || fail "features of the viewer are not those of its command line, viewer-$1.sh"
import json, struct, sys
def floats(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return data[10:start], struct.unpack("<%df" % ((len(data) - start) // 4), data[start:])
names = ["%s/%s.npy" % (sys.argv[1], name) for name in ("viewer-" + sys.argv[2], "features")]
a, b = (floats(name) for name in names)
assert a[0] == b[0] and len(a[1]) > 1000, "not one shape"
worst = max(abs(x - y) for x, y in zip(a[1], b[1]))
assert worst < 2e-3, worst
a, b = (json.load(open(name + ".json")) for name in names)
a.pop("features"), b.pop("features")
assert a == b, (a, b)
END
}
reproduces 1
# The chains of language models, as extract has them: by an option, and chosen in the window.
count=1
chain() {
  preset=$1
  shift
  (cd "$work" && "$viewer" --screenshot shot.png --without-times --size 640x480 "$@" >log 2>&1) ||
    fail "$preset: $(cat "$work/log")"
  [ ! -s "$work/log" ] || fail "$preset: $(cat "$work/log")"
  count=$((count + 1))
  grep -q -- "$preset" "$work/viewer-$count.sh" ||
    fail "$preset is not in viewer-$count.sh: $(cat "$work/viewer-$count.sh")"
  reproduces "$count"
}
export='Ctrl+E,Ctrl+D,Ctrl+S'
chain "--preset clip" --preset clip --img-sizes 112,224 --press "$export"
chain "--preset siglip" --press "Y,Y,Delete,$export" --scales 1
chain "--preset llava" --preset llava --img-sizes 112,224 --press "$export" "$photo" --blocks
chain "--preset bunny" --preset bunny --img-sizes 128,256 --press "$export" "$photo"
chain "--preset nvila --dynamic-s2" --preset nvila --dynamic-s2 --img-sizes 64,128 --press "$export"
chain "--blocks" --scales 1 --grid split --blocks --press "$export"

# Two images share a model, which has the tensors of one of them at a time.
"$viewer" "$photo" "$repository/samples/photo/coffee.png" --model "$repository/tests/vit/dinov2-f32" --scales 0.25 \
  --screenshot "$work/shared.png" --view matches --size 640x480 >"$work/log" 2>&1 ||
  fail "two images: $(cat "$work/log")"
[ ! -s "$work/log" ] || fail "two images: $(cat "$work/log")"

# Sizes are scales, and a grid, a layer and a side of tiles are those of extract.
"$viewer" --screenshot "$work/sizes.png" --without-times --img-sizes 200x300,400x600 --size 720x480 --frames 1
"$viewer" --screenshot "$work/scales.png" --without-times --scales 0.5,1 --size 720x480 --frames 1
! cmp -s "$work/sizes.png" "$work/scales.png" || fail "the sidebar shows scales where sizes were given"
changes() {
  "$viewer" --screenshot "$work/other.png" --without-times --size 720x480 --frames 1 "$@" >"$work/log" 2>&1 ||
    fail "$*: $(cat "$work/log")"
  ! cmp -s "$work/scales.png" "$work/other.png" || fail "$* changes nothing"
}
changes --scales 0.5,1 --grid split
changes --scales 0.5,1 --max-split-size 160
changes --img-sizes 100x150,200x300
refused 2 "--scales and --img-sizes" --scales 1 --img-sizes 224
refused 2 "--grid square" --grid square
refused 2 "--layer -2: is for a --model" --layer -2
refused 2 "--preprocess: is for a --model" --preprocess
refused 2 "--scales: with --preset llava scales have sizes" --preset llava --scales 1,2
refused 2 "--filter bilinear: --preset nvila has a filter of its own" --preset nvila --filter bilinear
refused 2 "--dynamic-s2: is for --preset nvila" --dynamic-s2
refused 2 "--max-tiles 8: is less than the 9 tiles" --preset nvila --dynamic-s2 --max-tiles 8
refused 2 "expected clip, siglip, llava, bunny or nvila" --preset qwen
refused 2 "--press F13: expected keys" --press F13
refused 2 "--max-split-size 100: without a --model patches have 16 pixels" --max-split-size 100
refused 2 "--screenshot $work/a.jpg: it is written as .png" --screenshot "$work/a.jpg"
cp "$work/scales.png" "$work/photo.png"
ln "$work/photo.png" "$work/linked.png"
refused 1 "--screenshot $work/linked.png: is one of the inputs" "$work/photo.png" --screenshot "$work/linked.png" \
  --frames 1
cmp "$work/scales.png" "$work/photo.png" || fail "a screenshot was written over the photograph"
refused 0 "Usage: viewer [IMAGE|FOLDER [IMAGE]]" --help
refused 0 "1  " --list
refused 2 "--view map: expected tiles, features, similarity" --view map
refused 2 "--scales 0,1: expected" --scales 0,1
refused 2 "names no scale: with 2 of them it is -2 to 1" --resize-output-to-idx 2
refused 2 "--frames 2 is for a --screenshot" --frames 2
mkdir "$work/empty"
refused 1 "no photograph is in this folder" "$work/empty" --screenshot "$work/none.png"
refused 1 "$0: not an image that can be read" "$0" --screenshot "$work/none.png"
refused 1 "--pick 400,0: the photograph has 400 x 600 pixels" --pick 400,0 --screenshot "$work/none.png"
refused 1 "--font takes a TrueType or OpenType file" --font "$0" --screenshot "$work/none.png"
refused 1 "$work/config.json" --model "$work" --screenshot "$work/none.png"
got=$(VK_ICD_FILENAMES=/nowhere VK_DRIVER_FILES=/nowhere "$viewer" --screenshot "$work/none.png" 2>&1) &&
  fail "drawn without a driver"
case $got in *"no Vulkan driver is installed"*) ;; *) fail "without a driver it says $got" ;; esac
refused 1 "--device 99" --device 99 --screenshot "$work/none.png"
refused 1 "$work/none/a.png" --screenshot "$work/none/a.png" --scales 0.25 --size 64x64 --frames 1
[ ! -e "$work/none.png" ] || fail "a picture was left after a failure"
