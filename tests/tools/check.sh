# Sourced by scripts that check what a user of the installed library does. They set work, a folder, and end with: exit $failed
failed=0

# check NAME FUNCTION [ARGUMENT...]: runs it in WORK/NAME, an empty folder, and prints a line.
check() {
  name=$1
  shift
  rm -rf "${work:?}/$name"
  mkdir -p "$work/$name"
  log=$work/$name.log
  (
    cd "$work/$name"
    set -ex
    "$@"
  ) >"$log" 2>&1
  # shellcheck disable=SC2181 # an if around the subshell would turn off its set -e
  case $? in
  0) echo "$name: ok" ;;
  77) echo "$name: SKIPPED: $(tail -n 1 "$log")" ;;
  *)
    echo "$name: failed at $(sed -n 's/^++* //p' "$log" | tail -n 1); see $log"
    failed=1
    ;;
  esac
}
