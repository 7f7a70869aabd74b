# Sourced by scripts that do one thing after another, with logs in $work.

headline() {
  printf '\n== %s\n' "$*"
}

# quiet NAME COMMAND...: its output only if it fails. All of it is in $work/NAME.log.
quiet() {
  log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "Failed; all of the output is in $log" >&2
    return 1
  }
}
