# shellcheck shell=sh
# Sourced by scripts that use the installed library as its users do. They set the folder $work, and end with exit
# $failed. S2VK_CHECKS="NAME NAME" runs only these checks.
failed=0

# check NAME FUNCTION [ARGUMENT...]: runs a function in WORK/NAME, an empty folder, and prints a line.
check() {
  name=$1
  shift
  case " ${S2VK_CHECKS:-$name} " in
  *" $name "*) ;;
  *) return ;;
  esac
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
    # shellcheck disable=SC2034 # the script that sources this one ends with it
    failed=1
    ;;
  esac
}
