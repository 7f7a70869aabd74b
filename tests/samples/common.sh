# Sourced by the tests of extract. It runs extract under validation, and checks its output.
export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
export VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
unset SLURM_ARRAY_TASK_ID SLURM_PROCID OMPI_COMM_WORLD_RANK AWS_BATCH_JOB_ARRAY_INDEX SGE_TASK_ID JOB_COMPLETION_INDEX \
  PBS_ARRAY_INDEX PBS_ARRAYID PARALLEL_SEQ

fail() {
  echo "$*" >&2
  exit 1
}

# status EXPECTED COMMAND...: runs a command with its output in log, and checks its exit status.
status() {
  expected=$1
  shift
  got=0
  "$@" >log 2>&1 || got=$?
  [ "$got" -eq "$expected" ] || fail "exit status $got, not $expected: $* ($(cat log))"
  if grep -E 'Validation|VUID|SYNC-HAZARD|runtime error' log >&2; then
    fail "in the output of $*"
  fi
}

# says WORDS: whether the last command printed these words.
says() {
  grep -qF -- "$1" log || fail "not in the output: $1 ($(cat log))"
}

run() {
  "$extract" "$@" --max-split-size 16 --patch 8
}
