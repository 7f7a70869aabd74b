# Sourced by scripts that do one thing after another, with logs in $work.

# used_seconds: what the shell and all that it has waited for took of a processor. A pipe would give its own shell's.
used_seconds() {
  file=$(mktemp)
  times >"$file"
  used=$(awk '{ gsub("[ms]", " "); used += 60 * ($1 + $3) + $2 + $4 } END { printf "%d", used }' "$file")
  rm -f "$file"
}

# headline WORDS: a stage begins.
headline() {
  stage_end
  stage=$* stage_began=$(date +%s) stage_used=$used
  printf '\n== %s\n' "$*"
}

# stage_end: prints the time of the stage that ends here, if there is one, and what it took of a processor.
stage_end() {
  used_seconds
  [ -z "${stage:-}" ] ||
    printf -- '-- %d s, %d s of a processor: %s\n' $(($(date +%s) - stage_began)) $((used - stage_used)) "$stage"
  stage=
}

# aside NAME FUNCTION: runs a function, which may have stages, beside what follows. Its output is in $work/NAME.log.
asides=
aside() {
  (
    stage=
    "$2"
    stage_end
  ) >"$work/$1.log" 2>&1 &
  eval "aside_$1=$!"
  asides="$asides $!"
  trap 'kill $asides 2>/dev/null || :' EXIT # if something else fails
}

# collect NAME: the end of a stage; waits for what runs aside, prints its output, and fails if it did.
collect() {
  stage_end
  collected=0
  eval "wait \$aside_$1" || collected=$?
  cat "$work/$1.log"
  if [ $collected -ne 0 ]; then exit $collected; fi
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
