# Sourced by scripts that do one thing after another, with logs in $work.

# used_seconds: what the shell and all that it has waited for took of a processor. A pipe would give its own shell's.
used_seconds() {
  file=$(mktemp)
  times >"$file"
  used=$(awk '{ gsub("[ms]", " "); used += 60 * ($1 + $3) + $2 + $4 } END { printf "%d", used }' "$file")
  rm -f "$file"
}

# headline WORDS: a stage begins. First the time of the one before, and what it took of a processor.
headline() {
  now=$(date +%s)
  used_seconds
  [ -z "${stage:-}" ] ||
    printf -- '-- %d s, %d s of a processor: %s\n' $((now - stage_began)) $((used - stage_used)) "$stage"
  stage=$* stage_began=$now stage_used=$used
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
