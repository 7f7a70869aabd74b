#!/bin/sh
# film.sh VIEWER REPOSITORY: makes the pictures of samples/viewer/README.md again, after a change of what they show.
set -eu
viewer=$1 repository=$2
out=$repository/samples/viewer

# frame NAME OPTION...
frame() {
  name=$1
  shift
  "$viewer" --screenshot "$out/$name.png" --without-times "$@"
}

frame viewer --view similarity --pick 211,396 --size 1120x740
frame film-open --scales 0.5 --size 900x520
frame film-hover --scales 0.5 --view similarity --pointer 226,203 --size 900x520
frame film-second --scales 0.5,1.5 --view similarity --pointer 191,148 --size 900x520
frame film-two "$repository/samples/photo/coffee.png" "$repository/tests/vit/photo.png" --view similarity \
  --pointer 129,151 --size 900x520
frame film-chain --preset llava --view tiles --size 900x520
