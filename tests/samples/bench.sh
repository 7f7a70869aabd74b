#!/bin/sh
# bench.sh BENCH WORK [short]: runs bench in each of its ways, as short as they get, and checks what it prints and exits
# with. short: without what only repeats a run or moves more.
set -eu
bench=$1
work=$2
rm -rf "$work"
mkdir -p "$work"

fail() {
  echo "$*" >&2
  exit 1
}

# status EXPECTED OPTION...: runs bench, output to $work/log, which goes on to be seen.
status() {
  expected=$1
  shift
  got=0
  "$bench" "$@" >"$work/log" 2>&1 || got=$?
  cat "$work/log"
  [ "$got" -eq "$expected" ] || fail "exit status $got, not $expected: bench $*"
}

# says WORDS: whether the last run said so.
says() {
  grep -qF -- "$1" "$work/log" || fail "not in the output: $1"
}

# number KEY FILE: the first of that name in a file of JSON.
number() {
  sed -n 's/.*"'"$1"'": \([0-9.]*\).*/\1/p' "$2" | head -n 1
}

status 0 --help
says "  L            1 x 3 x 336 x 336, sizes 336x336, 672x672, 1008x1008, features 576 x 1024"
peer=--peer
if grep -qF "not in this build" "$work/log"; then
  peer=
  status 2 --peer
  says "--peer: expected a build with OpenMP"
fi
status 0 --version
says "bench (s2vk) "
status 0 --list
says "1  "

status 0 --shapes A --brief --seconds 0 --verify $peer --json "$work/shapes.json"
says "verified: tiles within"
[ "$(number bytes "$work/shapes.json")" -eq 0 ] || fail "an empty submission moves bytes"
grep -qF '"copy shader: split+merge": {"bytes": 7827456' "$work/shapes.json" || fail "A moves other bytes"
[ -z "$peer" ] || grep -qF '"peer": {"bytes": 7827456' "$work/shapes.json" || fail "the peer moves other bytes"
status 0 --shapes A --brief --seconds 0 --plain-copies --describe
says " an invocation; calls 1, dispatches 1, workgroups "
says "copy shader: "
! grep -F "copy shader: " "$work/log" | grep -qF 64- || ! grep -F "copy shader: " "$work/log" | grep -qF uint64 ||
  fail "--plain-copies used 64-bit integers"

# Seeds repeat what is drawn, family by family, whatever others there are.
status 0 --cases=small --draws 1 --seed 7 --seconds 0 --verify --json "$work/one.json"
says "small.2"
says "Seed      7"
if [ "${3:-}" != short ]; then
  status 0 --cases=small --draws 1 --seed 7 --seconds 0 --json "$work/two.json"
  sed 's/"ms".*//' "$work/one.json" >"$work/one"
  sed 's/"ms".*//' "$work/two.json" | diff "$work/one" -
  status 0 --cases=small --draws 1 --seed 8 --seconds 0 --json "$work/two.json"
  ! sed 's/"ms".*//' "$work/two.json" | diff -q "$work/one" - || fail "another seed draws the same"
fi

status 0 --first-use=dynamic-s2 --count 1 --seed 3
says "pipelines alive"

if [ "${3:-}" != short ]; then
  status 0 --in-flight=H
  says "in flight"
fi
status 2 --in-flight=none
says "names of shapes"

status 2 --shapes A,X
says "names of shapes"
status 2 --cases=small,none
says "names of families"
status 2 --first-use=none
says "names of streams"
status 2 --first-use --json "$work/no.json"
says "--json is only for shapes and cases"
status 2 --seed x
says "a whole number"
status 2 --brif
says "did you mean --brief?"
status 2 --see 3 # an abbreviation
says "did you mean --seed?"
status 1 --device 99 --brief
says "--device 99"
