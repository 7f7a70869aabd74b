#!/bin/sh
# mutate.sh [--jobs N] [FIRST [LAST]]: puts the faults of tests/mutations.txt into copies of the library and its
# shaders, one at a time, and runs suites until one notices. By hand, since it takes an hour or more. In three rounds a
# fault that none has noticed meets more suites: those of what the fault is in, all others that take seconds, and the
# long ones. S2VK_MUTATE_ROUNDS="1 2" leaves out a round. Works in build/mutate, with a copy for each of N jobs (2).
# Each outcome is a line of build/mutate/results at once, so a run that was stopped goes on where it was.
# mutate.sh --score: the score of build/mutate/results, and the faults that no suite noticed.
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

# ---- Results: the last line of a fault counts --------------------------------------------------------------------
# outcome_of NUMBER: the fault's outcome, or nothing.
outcome_of() {
  fault "$1"
  FAULT=" | $file: $old ==> $new" awk 'BEGIN { fault = ENVIRON["FAULT"] }
    (at = index($0, fault)) && at + length(fault) == length($0) + 1 { outcome = substr($0, 1, at - 1) }
    END { print outcome }' "$work/results"
}

score() {
  number=1
  while [ $number -le "$count" ]; do
    fault $number
    echo "$(outcome_of $number) | $file: $old ==> $new"
    number=$((number + 1))
  done >"$work/outcomes"
  found=$(grep -c '^found' "$work/outcomes" || true)
  unnoticed=$(grep -c '^unnoticed' "$work/outcomes" || true)
  met=$((found + unnoticed))
  echo "$found of $met faults were found, $((met ? found * 1000 / met : 0)) in a thousand." \
    "$(grep -c '^invalid' "$work/outcomes" || true) do not compile," \
    "$(grep -c '^ |' "$work/outcomes" || true) were not tried."
  grep '^found' "$work/outcomes" | sed 's/ | .*//' | sort | uniq -c | sort -rn
  grep '^unnoticed' "$work/outcomes" || true
}

mkdir -p "$work"
touch "$work/results"
if [ "${1:-}" = --score ]; then
  score
  exit
fi

# ---- A copy ------------------------------------------------------------------------------------------------------
jobs=2
if [ "${1:-}" = --jobs ]; then
  jobs=$2
  shift 2
fi
case ${1:-} in -*)
  sed -n 's/^# //p; /^set -eu$/q' "$0"
  exit 2
  ;;
esac
first=${1:-1} last=${2:-$count}
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$work}" CCACHE_NOHASHDIR=1
launcher=$(command -v ccache || true)
# A shader that a fault is taken out of is not compiled again.
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="$work/spirv"
# What is compiled here runs once, so lavapipe's compiler is not to optimise.
export GALLIVM_PERF=nopt

# copy JOB: makes its tree and configures it, for a quick build: shaders without what only SwiftShader is given, not
# optimised by glslc, which takes three times as long as all else that it does. What a job that was stopped had put in
# is built without it.
copy() {
  tree=$work/tree-$1 build=$work/tree-$1/build/mutate log=$work/job-$1
  mkdir -p "$tree"
  for part in CMakeLists.txt LICENSE README.md CHANGELOG.md cmake docs include samples shaders src tests tools; do
    rm -rf "${tree:?}/$part"
    cp -rp "$root/$part" "$tree/$part"
  done
  sed -i 's/ FIXED .*)/)/' "$tree/src/CMakeLists.txt"
  sed -i 's/ -O -mfmt=c / -O0 -mfmt=c /' "$tree/cmake/shaders.cmake"
  [ ! -e "$tree.fault" ] || touch "$tree/$(cat "$tree.fault")"
  cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG" \
    -DS2VK_TEST_DRIVERS=lavapipe -DS2VK_MOLTENVK_SHADERS=OFF "-DCMAKE_C_COMPILER_LAUNCHER=$launcher" >"$log.configure.log"
}

# suites_of FILE ROUND: suites, the likeliest to notice and the quickest first.
suites_of() {
  case $2 in
  1) case $1 in
    src/base/*) echo env bounds geometry cost adversarial ;;
    src/map/pixels.c | src/map/preprocess.c) echo bounds pixels_info elements plan adversarial chains pixels ;;
    src/map/*) echo geometry axis filters dynamic bounds kernels schedule cost adversarial conformance-gpu \
      overlap-gpu order ;;
    src/schedule/*) echo schedule kernels bounds commands conformance-gpu adversarial conformance.lavapipe.tiny ;;
    src/kernels/*) echo kernels schedule indices target commands conformance-gpu conformance conformance.lavapipe.few \
      pixels random ;;
    src/vulkan/*) echo mock target selection memory memory_types commands device context debug cache pixels_info \
      record ;;
    src/run/prepare.c) echo chains pipelines ;;
    src/run/*) echo dynamic bounds commands memory memory_types plan binding record forward context cache cost ;;
    shaders/input.glsl | shaders/resample* | shaders/split_convert.comp) echo conformance-gpu conformance \
      conformance.lavapipe.few chains pixels random ;;
    shaders/*) echo conformance-gpu conformance conformance.lavapipe.few order elements random ;;
    esac ;;
  2) echo geometry axis filters dynamic env mock selection memory memory_types commands target bounds kernels schedule \
    indices cost adversarial device context debug pixels_info plan binding record cache external sync engines forward \
    elements conformance-gpu conformance conformance-cpu overlap-gpu overlap-cpu order order-cases \
    conformance.lavapipe.smallest conformance.lavapipe.tiny conformance.lavapipe.few ;;
  3) echo random random.lavapipe.tiny chains pixels faults preprocess pipelines forward.lavapipe.smallest vit soak ;;
  esac
}

target_of() {
  case $1 in
  conformance* | overlap* | order-cases) echo conformance ;;
  *) echo "test_${1%%.*}" ;;
  esac
}

# notices SUITE: whether it fails. What has printed a failure is not waited for; what takes 400 seconds of a processor
# never ends.
notices() {
  # shellcheck disable=SC3045 # dash and bash have ulimit -t
  if (ulimit -t 400 && ctest --test-dir "$build" --timeout 3600 -V -R "^$1(\\.lavapipe)?\$" 2>&1) |
    tee "$log.suite.log" | grep -qE -m1 '\[  FAILED  \]|: not ok| not ok|\*\*\*(Failed|Exception|Timeout|Not Run)'; then
    return 0
  fi
  grep -q '100% tests passed' "$log.suite.log" || {
    echo "mutate.sh: no suite $1" >&2
    exit 1
  }
  return 1
}

# outcome ROUND SUITE...: found by which of them, unnoticed, or invalid. Each is built when its turn comes.
outcome() {
  round=$1
  shift
  for suite in "$@"; do
    if ! ninja -C "$build" -j 2 "$(target_of "$suite")" >"$log.build.log" 2>&1; then
      echo invalid
      return
    fi
    if notices "$suite"; then
      echo "found by $suite"
      return
    fi
  done
  echo "unnoticed in round $round"
}

# try NUMBER ROUND: puts the fault in, adds its outcome to the results, takes it out.
try() {
  fault "$1"
  result=invalid
  echo "$file" >"$tree.fault"
  # shellcheck disable=SC2046 # a list of names
  ! substitute "$root/$file" "$old" "$new" >"$tree/$file" || result=$(outcome "$2" $(suites_of "$file" "$2"))
  cp -p "$root/$file" "$tree/$file"
  touch "$tree/$file"
  echo "$result | $file: $old ==> $new" >>"$work/results"
  echo "$1 of $count: $result | $file: $old ==> $new"
}

# work JOB ROUND: tries faults that no other job has taken.
work() {
  copy "$1"
  number=$first
  while [ "$number" -le "$last" ]; do
    before=$(outcome_of "$number")
    case $before in
    '' | "unnoticed in round "[1-$(($2 - 1))])
      ! mkdir "$work/taken/$number" 2>/dev/null || try "$number" "$2"
      ;;
    esac
    number=$((number + 1))
  done
}

# ---- The rounds --------------------------------------------------------------------------------------------------
for round in ${S2VK_MUTATE_ROUNDS:-1 2 3}; do
  # Without a fault no suite may fail. What is of the first round is in the second, too.
  checked=$((round == 1 ? 2 : round))
  if ! [ -e "$work/checked-$checked" ]; then
    copy 1
    # shellcheck disable=SC2046 # a list of names
    unharmed=$(outcome "$checked" $(suites_of . "$checked"))
    [ "${unharmed#unnoticed}" != "$unharmed" ] || {
      echo "Without a fault: $unharmed; see $log.suite.log and $log.build.log"
      exit 1
    }
    touch "$work/checked-$checked"
  fi
  rm -rf "$work/taken"
  mkdir "$work/taken"
  job=1
  while [ $job -le "$jobs" ]; do
    work $job "$round" &
    job=$((job + 1))
  done
  wait
done
score
