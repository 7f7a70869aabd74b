#!/bin/sh
# pictures.sh VIEWER COMPARE REFERENCES WORK: draws without a window and without a display server, under the validation layers of the
# environment, whose messages would be in the output, and compares what is drawn with the references. Also what the program refuses.
set -eu
viewer=$1 compare=$2 references=$3 work=$4
rm -rf "$work"
mkdir -p "$work"
unset DISPLAY WAYLAND_DISPLAY

fail() {
  echo "$*" >&2
  exit 1
}

# picture NAME OPTION...
picture() {
  name=$1
  shift
  "$viewer" --screenshot "$work/$name.png" --without-times "$@" >"$work/log" 2>&1 || fail "$name: $(cat "$work/log")"
  [ ! -s "$work/log" ] || fail "$name: $(cat "$work/log")"
  "$compare" "$references/$name.png" "$work/$name.png" || fail "$name is not as $references/$name.png: see $work"
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

picture tiles --view tiles --overlay --scales 0.5,1 --split-mode pad --size 720x480 --frames 1
picture features --scales 0.5,1 --size 720x480 --frames 1
picture similarity --view similarity --scales 0.5,1.25 --pick 150,300 --overlay --zoom 3 --centre 180,330 --size 420x340 \
  --ui-scale 1.5 --frames 3
picture keys --view tiles --scales 1 --keys --size 620x600 --frames 1

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
refused 2 "--max-split-size 100: without a --model patches have 16 pixels" --max-split-size 100
refused 2 "--screenshot $work/a.jpg: it is written as .png" --screenshot "$work/a.jpg"
cp "$work/scales.png" "$work/photo.png"
ln "$work/photo.png" "$work/linked.png"
refused 1 "--screenshot $work/linked.png: is one of the inputs" "$work/photo.png" --screenshot "$work/linked.png" --frames 1
cmp "$work/scales.png" "$work/photo.png" || fail "a screenshot was written over the photograph"
refused 0 "Usage: viewer [IMAGE]" --help
refused 0 "1  " --list
refused 2 "--view map: expected tiles, features or similarity" --view map
refused 2 "--scales 0,1: expected" --scales 0,1
refused 2 "names no scale: with 2 of them it is -2 to 1" --resize-output-to-idx 2
refused 2 "--frames 2 is for a --screenshot" --frames 2
refused 1 "$0: not an image that can be read" "$0" --screenshot "$work/none.png"
refused 1 "--pick 400,0: the photograph has 400 x 600 pixels" --pick 400,0 --screenshot "$work/none.png"
refused 1 "--font takes a TrueType or OpenType file" --font "$0" --screenshot "$work/none.png"
refused 1 "$work/config.json" --model "$work" --screenshot "$work/none.png"
refused 1 "--device 99" --device 99 --screenshot "$work/none.png"
refused 1 "$work/none/a.png" --screenshot "$work/none/a.png" --scales 0.25 --size 64x64 --frames 1
[ ! -e "$work/none.png" ] || fail "a picture was left after a failure"
