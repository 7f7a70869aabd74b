# Sourced by the tests of samples/onnx and samples/ncnn. It runs a program under validation, and checks its output. The
# caller sets program, compare and here.
export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
export VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# status EXPECTED ARGUMENT...: runs the program, output to log.
status() {
  expected=$1
  shift
  got=0
  "$program" "$@" >"$work/log" 2>&1 || got=$?
  [ "$got" -eq "$expected" ] || fail "exit status $got, not $expected: $* ($(cat "$work/log"))"
  if grep -E 'Validation|VUID|SYNC-HAZARD|runtime error' "$work/log" >&2; then
    fail "in the output of $*"
  fi
}

# says WORDS: whether the last run printed these words.
says() {
  grep -qF -- "$1" "$work/log" || fail "not in the output: $1 ($(cat "$work/log"))"
}

# agrees FEATURES LIMIT ARGUMENT...: whether the program's features agree with those of the original S2-Wrapper.
agrees() {
  features=$1 limit=$2
  shift 2
  status 0 "$here/image.npy" --img-sizes 28,56,84 --output "$work/made.npy" "$@"
  "$compare" "$work/made.npy" "$here/$features.npy" "$limit" || fail "other features than expected: $*"
}
