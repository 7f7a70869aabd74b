#!/bin/sh
# window.sh VIEWER COMPARE DROP IMAGE WORK: the viewer in a window of Xvfb, moved by keys and mouse (xdotool), an image
# dropped on it, under the validation layers of the environment, whose messages would be in its output. What is on the
# screen is compared with what it draws without a window when the options say the same as keys and mouse did. Once more
# with a window manager (openbox): a folder, full screen, the palette, a chain, and what is kept from run to run.
set -eu
viewer=$1 compare=$2 drop=$3 image=$4 work=$5
for program in Xvfb xdotool; do
  command -v "$program" >/dev/null || {
    echo "SKIPPED: no $program here"
    exit 77
  }
done
rm -rf "$work"
mkdir -p "$work/screen"
cd "$work"
unset WAYLAND_DISPLAY
export XDG_CONFIG_HOME="$work/config"
# Where there is none, GLFW 3.4 says so when it looks for Wayland.
export XDG_RUNTIME_DIR="$work"

server= window= manager=
stop() {
  [ -z "$manager" ] || kill "$manager" 2>/dev/null || true
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
}
trap stop EXIT

fail() {
  echo "$*" >&2
  cat "$work/log" >&2
  exit 1
}

# soon COMMAND...: whether it succeeds within a minute or so.
soon() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt "${S2VK_TEST_TRIES:-300}" ] || return 1
    [ -z "$window" ] || kill -0 "$window" 2>/dev/null || return 1
    sleep 0.2
  done
}

# find NAME: sets id to the window of that name, once it is on the screen, which a window manager may delay.
is_found() {
  id=$(xdotool search --onlyvisible --name "$1")
}
find() {
  soon is_found "$1" || fail "no window is called $1"
}

# shown OPTION...: the screen comes to look as the options say.
step=0
shown() {
  step=$((step + 1))
  "$viewer" --screenshot "$work/$step.png" --without-times --frames 5 "$@" >"$work/offscreen.log" 2>&1 ||
    fail "$(cat "$work/offscreen.log")"
  [ ! -s "$work/offscreen.log" ] || fail "$(cat "$work/offscreen.log")"
  if ! soon "$compare" "$work/$step.png" "$work/screen.xwd"; then
    cp "$work/screen.xwd" "$work/$step.xwd"
    fail "step $step: $work/$step.xwd is not as $work/$step.png, which has $*"
  fi
  echo "step $step: $*"
}

# act COMMAND...: of xdotool; then the pointer leaves the window.
act() {
  xdotool "$@" mousemove 1390 890
}

Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp -noreset -fbdir "$work/screen" 3>"$work/display" \
  2>"$work/server.log" &
server=$!
ln -s screen/Xvfb_screen0 "$work/screen.xwd"
soon test -s "$work/display" || fail "Xvfb does not start: $(cat "$work/server.log")"
DISPLAY=:$(cat "$work/display")
export DISPLAY
xdotool mousemove 1390 890

size="--size 1280x800"
"$viewer" --without-times --scales 0.5,1 >"$work/log" 2>&1 &
window=$!
shown $size --scales 0.5,1
find "s2vk viewer"
xdotool windowfocus "$id"

# Keys, and the patch by the mouse: the first picture is at (40, 86), with 0.735 points to a pixel.
act key 3 mousemove 266 196 click 1
shown $size --scales 0.5,1 --view similarity --pick 150,308
act key shift+Right key o
shown $size --scales 0.5,1 --view similarity --pick 150,324 --overlay
# Wheel and drag, and back.
act mousemove 260 196 click 4 click 4 mousedown 1 mousemove 300 220 mousemove 320 240 mouseup 1 key Home key o key \
  Escape key 1
shown $size --scales 0.5,1 --view tiles
# Every setting: by keys, and by the buttons of the sidebar: "resize", and "+" of the first scale.
act key a key s key Down key m key g key f key t key t
shown $size --scales 0.5,0.75,2 --view tiles --split-mode pad \
  --resize-output-to-idx 0 --filter bilinear --tiles-per-call 2 --select 2
act key BackSpace key shift+t key shift+t key shift+f key 2 key g mousemove 1130 227 click 1
shown $size --scales 0.5,2 --select 2
act mousemove 1248 105 click 1
shown $size --scales 0.75,2
# Another size, out of sight and back, and the page of keys.
xdotool windowunmap "$id" windowmap "$id" windowsize "$id" 700 500
xdotool windowfocus "$id" key h
shown --size 700x500 --scales 0.75,2 --keys
# What cannot be read leaves all as it was, once Esc has taken its message away; then another image.
xdotool key Escape
"$drop" "$0" 100 100 || fail "the drop fails"
xdotool key Escape
shown --size 700x500 --scales 0.75,2
"$drop" "$image" 100 100 || fail "the drop fails"
shown "$image" --size 700x500 --scales 0.75,2
xdotool key F12
soon test -s viewer-1.png || fail "F12 leaves no viewer-1.png"
soon "$compare" viewer-1.png viewer-1.png || fail "viewer-1.png is no picture"
cp viewer-1.png first.png
xdotool key F12
soon test -s viewer-2.png || fail "F12 leaves no viewer-2.png"
cmp viewer-1.png first.png || fail "F12 writes over an earlier picture"
# Esc ends nothing; Ctrl+Q does.
xdotool key Escape key Escape key Escape key 3
shown "$image" --size 700x500 --scales 0.75,2 --view similarity
xdotool key ctrl+q
leave() {
  status=0
  wait "$window" || status=$?
  window=
  [ "$status" -eq 0 ] || fail "exit status $status"
  [ ! -s "$work/log" ] || fail "it said something"
}
leave
grep -q '^view=similarity$' config/s2vk/viewer.conf || fail "the view is not kept: $(cat config/s2vk/viewer.conf)"

command -v openbox >/dev/null || {
  echo "SKIPPED: no openbox here; without a window manager all is well"
  exit 77
}
openbox >"$work/manager.log" 2>&1 &
manager=$!
# Programs that start before it is ready take it that there is none.
soon xdotool get_desktop || fail "openbox does not start: $(cat "$work/manager.log")"
mkdir folder
cp "$image" folder/a.png
cp "$image" folder/b.png
echo "no picture" >folder/c.png

# The program says on its standard output what is on the screen: nothing below waits for a time.
# told WORD...: its last line comes to have all of the words.
is_told() {
  for word in "$@"; do
    tail -n 1 "$work/told" | grep -q -- "\b$word\b" || return 1
  done
}
told() {
  soon is_told "$@" || fail "it does not come to $*: $(cat "$work/told")"
}
# press_until KEY WORD...: presses a key again and again until it is told. For keys that do no more the second time:
# while a window manager changes the focus, keys may reach no window.
press_until() {
  key=$1
  shift
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    xdotool key "$key"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
      ! is_told "$@" || return 0
      sleep 0.2
    done
  done
  fail "$key does not lead to $*: $(cat "$work/told")"
}
start() {
  "$viewer" --tell --without-times --size 640x480 "$@" folder >"$work/told" 2>"$work/log" &
  window=$!
  told image=a.png
  find "^a.png – s2vk viewer"
  xdotool mousemove 1390 890
  xdotool windowactivate "$id"
  told focus=1 pointer=out
}
start --scales 1
xdotool key Right
told image=b.png
find "^b.png – s2vk viewer"
press_until Left image=a.png
xdotool key F11
told full=1 size=1400x900
press_until Escape full=0 size=640x480
xdotool windowactivate "$id"
told focus=1 pointer=out
xdotool key ctrl+p
told palette=open
xdotool type norms
told palette=open:norms
xdotool key Return
told palette=closed view=norms thumbs=3
rm -f viewer-*.png
xdotool key F12
soon test -s viewer-1.png || fail "F12 leaves no viewer-1.png under a window manager"
"$viewer" --screenshot "$work/folder.png" --without-times --size 640x480 --scales 1 --view norms folder
soon "$compare" viewer-1.png "$work/folder.png" || fail "the window of a folder is not as $work/folder.png"
# A chain, which is kept with the rest.
xdotool key y
told preset=clip
xdotool key ctrl+q
leave
start
told view=norms preset=clip
xdotool key ctrl+q
leave
grep -q '^view=norms$' config/s2vk/viewer.conf || fail "what was kept is not read again: $(cat config/s2vk/viewer.conf)"
grep -q '^preset=clip$' config/s2vk/viewer.conf || fail "the chain is not kept: $(cat config/s2vk/viewer.conf)"
grep -q '^scales=1,2,3$' config/s2vk/viewer.conf || fail "scales are not kept: $(cat config/s2vk/viewer.conf)"
grep -q "^recent=$work/folder\$" config/s2vk/viewer.conf || fail "the folder is not among the recent ones"
