#!/bin/sh
# run.sh BUILD SECONDS [TARGET...]: runs each fuzz target of a build with S2VK_BUILD_FUZZERS for SECONDS, beginning with
# its corpus. Fails if a target has a finding; the input is then in BUILD/fuzz-findings. New inputs go to
# BUILD/fuzz-corpus. tests/fuzz/README.md has the command that adds them to the repository.
set -eu
corpus=$(cd "$(dirname "$0")" && pwd)/corpus
build=$1
seconds=$2
shift 2
[ $# -gt 0 ] || set -- npy picture journal case plan binding config safetensors
if [ $# -gt 1 ]; then
  printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 "$0" "$build" "$seconds"
  exit
fi
target=$1
export LSAN_OPTIONS="suppressions=$corpus/../../lsan.supp:print_suppressions=0"
mkdir -p "$build/fuzz-corpus/$target" "$build/fuzz-findings"
echo "$target: $(find "$corpus/$target" -type f | wc -l) inputs, then $seconds seconds of new ones"
"$build/tests/fuzz/fuzz_$target" -seed=1 -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=4096 \
  -close_fd_mask=2 -print_final_stats=1 -artifact_prefix="$build/fuzz-findings/$target-" "$build/fuzz-corpus/$target" \
  "$corpus/$target" >"$build/fuzz-$target.log" 2>&1 || {
  tail -n 60 "$build/fuzz-$target.log" >&2
  exit 1
}
grep -E 'number_of_executed_units|slowest_unit' "$build/fuzz-$target.log" | sed "s/^/$target: /"
