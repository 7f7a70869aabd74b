#!/bin/sh
# mutate.sh [FIRST [LAST]]: puts the faults of tests/mutations.txt into a copy of the library and its shaders, one at a
# time, and runs suites until one notices. By hand, since it takes hours. In three rounds, the quickest first, a fault
# that none has noticed meets more suites: see suites_of(). Works in build/mutate; each outcome is a line of
# build/mutate/results at once, and a fault that is there already is not put in again. S2VK_MUTATE_ROUNDS=1 has the
# suites that need no device alone, "1 2" those on lavapipe, too, of what the fault is in.
# mutate.sh --check: which faults' lines are no longer in their files, once; fails if fewer than 150 are left.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
faults=$root/tests/mutations.txt
work=$root/build/mutate

# substitute FILE OLD NEW: prints FILE with NEW in place of OLD; fails unless it is there once.
substitute() {
  OLD=$2 NEW=$3 awk 'BEGIN { old = ENVIRON["OLD"]; new = ENVIRON["NEW"] }
    (at = index($0, old)) {
      found++
      rest = substr($0, at + length(old))
      found += index(rest, old) > 0
      $0 = substr($0, 1, at - 1) new rest
    }
    { print }
    END { exit found != 1 }' "$1"
}

# fault NUMBER: sets file, old and new.
fault() {
  line=$(grep -v '^#' "$faults" | sed -n "$1p")
  file=${line%%: *}
  line=${line#*: }
  old=${line%% ==> *}
  new=${line#* ==> }
}

count=$(grep -cv '^#' "$faults")
if [ "${1:-}" = --check ]; then
  left=0
  number=1
  while [ $number -le "$count" ]; do
    fault $number
    if substitute "$root/$file" "$old" "$new" >/dev/null; then
      left=$((left + 1))
    else
      echo "fault $number: this is not in $file once: $old"
    fi
    number=$((number + 1))
  done
  echo "$left of $count faults can be put in"
  [ "$left" -ge 150 ]
  exit
fi

# ---- The copy ----------------------------------------------------------------------------------------------------
mkdir -p "$work/tree"
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="${S2VK_SPIRV_CACHE:-$work/spirv}"
for part in CMakeLists.txt README.md cmake docs include samples shaders src tests tools; do
  rm -rf "$work/tree/${part:?}"
  cp -rp "$root/$part" "$work/tree/$part"
done
# What a run that was stopped had put in is built without it.
[ ! -e "$work/current" ] || touch "$work/tree/$(cat "$work/current")"
build=$work/tree/build/mutate
launcher=$(command -v ccache || true)
cmake -S "$work/tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG" -DS2VK_TEST_DRIVERS=lavapipe \
  "-DCMAKE_C_COMPILER_LAUNCHER=$launcher" >"$work/configure.log"

# suites_of FILE ROUND: the suites of what is in a file, the quickest first. First those that need no device; then those
# on lavapipe; then all others, of which the last is soak.
suites_of() {
  case $2 in
  1) case $1 in
    src/base/*) echo env bounds geometry cost ;;
    src/map/pixels.c) echo bounds ;;
    src/map/*) echo geometry axis filters dynamic bounds cost kernels schedule ;;
    src/schedule/*) echo schedule kernels bounds commands ;;
    src/kernels/*) echo kernels schedule indices target commands ;;
    src/vulkan/*) echo mock target selection memory memory_types commands ;;
    src/run/*) echo dynamic bounds commands memory ;;
    esac ;;
  2) case $1 in
    src/map/pixels.c | src/kernels/split* | shaders/input.glsl | shaders/split*) echo pixels_info conformance-gpu pixels adversarial conformance random ;;
    src/vulkan/*) echo device context debug cache pipelines record ;;
    src/run/*) echo plan binding adversarial record forward context ;;
    *) echo conformance-gpu adversarial conformance random elements ;;
    esac ;;
  *) echo geometry axis filters dynamic schedule kernels indices target bounds cost env mock selection memory memory_types commands adversarial \
    pixels_info context device debug plan binding record forward elements cache sync external conformance conformance-gpu conformance-cpu \
    overlap-gpu overlap-cpu random pixels conformance.lavapipe.smallest conformance.lavapipe.tiny conformance.lavapipe.few random.lavapipe.tiny \
    faults pipelines preprocess soak ;;
  esac
}

target_of() {
  case $1 in
  conformance* | overlap*) echo conformance ;;
  *) echo "test_${1%%.*}" ;;
  esac
}

# outcome SUITE...: found by which of them, unnoticed, or invalid. A suite that takes a minute of a processor never
# ends. Each is built when its turn comes.
outcome() {
  for suite in "$@"; do
    if ! ninja -C "$build" "$(target_of "$suite")" >"$work/build.log" 2>&1; then
      echo invalid
      return
    fi
    # shellcheck disable=SC3045 # dash and bash have it
    if ! (ulimit -t 60 && S2VK_TEST_PLANS=40 ctest --test-dir "$build" --timeout 7200 -R "^$suite(\\.lavapipe)?\$") >"$work/suite.log" 2>&1; then
      echo "found by $suite"
      return
    fi
    grep -q '100% tests passed' "$work/suite.log" || {
      echo "mutate.sh: no suite $suite" >&2
      exit 1
    }
  done
  case " $* " in
  *" soak "*) echo SURVIVED ;;
  *) echo unnoticed ;;
  esac
}

# try NUMBER SUITE...: puts the fault in, adds its outcome to the results, takes it out.
try() {
  number=$1
  shift
  fault "$number"
  result=invalid
  echo "$file" >"$work/current"
  ! substitute "$root/$file" "$old" "$new" >"$work/tree/$file" || result=$(outcome "$@")
  cp -p "$root/$file" "$work/tree/$file"
  touch "$work/tree/$file"
  # An earlier outcome of the same fault goes.
  { grep -vF " | $file: $old ==> $new" "$work/results" || true; } >"$work/results.new"
  echo "$result | $file: $old ==> $new" >>"$work/results.new"
  mv "$work/results.new" "$work/results"
  echo "$number of $count: $result | $file: $old ==> $new"
}

# has OUTCOME NUMBER: whether the results have this outcome, a pattern, of the fault.
has() {
  fault "$2"
  grep -F " | $file: $old ==> $new" "$work/results" | grep -q "^$1"
}

touch "$work/results"
first=${1:-1} last=${2:-$count}
if ! [ -e "$work/checked" ]; then
  # shellcheck disable=SC2046 # a list of names
  unharmed=$(outcome $(suites_of . 3))
  [ "$unharmed" = SURVIVED ] || {
    echo "Without a fault: $unharmed; see $work/suite.log and $work/build.log"
    exit 1
  }
  touch "$work/checked"
fi

# ---- The faults --------------------------------------------------------------------------------------------------
for round in ${S2VK_MUTATE_ROUNDS:-1 2 3}; do
  number=$first
  while [ "$number" -le "$last" ]; do
    fault "$number"
    # shellcheck disable=SC2046 # a list of names
    if ! has . "$number" || { [ "$round" -gt 1 ] && has unnoticed "$number"; }; then
      try "$number" $(suites_of "$file" "$round")
    fi
    number=$((number + 1))
  done
done

found=$(grep -c '^found' "$work/results" || true)
survived=$(grep -cE '^(SURVIVED|unnoticed)' "$work/results" || true)
echo "$found found of $((found + survived)) faults that compile; $(grep -c '^invalid' "$work/results" || true) do not"
grep -E '^(SURVIVED|unnoticed)' "$work/results" || true
