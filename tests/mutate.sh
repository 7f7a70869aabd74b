#!/bin/sh
# mutate.sh [FIRST [LAST]]: puts the faults of tests/mutations.txt into a copy of the library and its shaders, one at a time, and runs
# suites until one notices: first `ctest -L fast`, then all that are on lavapipe and take no minutes. By hand, since it takes hours. Works
# in build/mutate; each fault's outcome is a line of build/mutate/results, and a fault that is there already is not put in again.
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

# ---- The copy ----------------------------------------------------------------------------------------------------------------
mkdir -p "$work/tree"
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="$work/spirv"
for part in CMakeLists.txt README.md cmake docs include samples shaders src tests tools; do
  rm -rf "$work/tree/${part:?}"
  cp -r "$root/$part" "$work/tree/$part"
done
build=$work/tree/build/mutate
cmake -S "$work/tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2VK_TEST_DRIVERS=lavapipe >"$work/configure.log"
slow='(extract|vit|viewer|viewer-window|analysis|bench|safety|tar|soak|large|preprocess|threads|renderer)'

compile() {
  ninja -C "$build" >"$work/build.log" 2>&1
}

# passes: whether no suite notices. A suite that never ends notices, too.
passes() {
  run="ctest --test-dir $build --stop-on-failure --timeout 300 -j $(nproc)"
  $run -L fast >"$work/fast.log" 2>&1 && $run -LE fast -R '\.lavapipe|pipelines|without' -E "^${slow}[.]" >"$work/rest.log" 2>&1
}

compile || { tail "$work/build.log" && exit 1; }
passes || { echo "Suites fail without a fault: see $work/fast.log and $work/rest.log" && exit 1; }

# ---- The faults --------------------------------------------------------------------------------------------------------------
touch "$work/results"
number=${1:-1}
last=${2:-$count}
while [ "$number" -le "$last" ]; do
  fault "$number"
  if ! grep -qF " $file: $old ==> $new" "$work/results"; then
    if ! substitute "$root/$file" "$old" "$new" >"$work/tree/$file" || ! compile; then
      outcome=invalid
    elif passes; then
      outcome=SURVIVED
    else
      outcome=found
    fi
    echo "$outcome $file: $old ==> $new" >>"$work/results"
    echo "$number of $count: $outcome $file: $old ==> $new"
    cp "$root/$file" "$work/tree/$file"
  fi
  number=$((number + 1))
done
found=$(grep -c '^found' "$work/results" || true)
survived=$(grep -c '^SURVIVED' "$work/results" || true)
echo "$found found of $((found + survived)) faults that compile"
grep '^SURVIVED' "$work/results" || true
