#!/bin/sh
# manuals.sh BUILD: man pages and completions have every option of --help, and shells accept them.
set -eu
build=$1
share=$build/share

fail() {
  echo "$*" >&2
  exit 1
}

for program in extract/extract viewer/viewer bench/bench vit/bench/vit-bench onnx/onnx ncnn/ncnn-s2; do
  name=${program##*/}
  path=$build/samples/$program
  if [ ! -f "$path" ]; then
    echo "SKIPPED: no $name here"
    continue
  fi
  "$path" --help >"$build/manual.help"
  options=$(sed -n 's/^  \(-., \|    \)--\([a-z0-9-]*\).*/\2/p' "$build/manual.help")
  [ "$(echo "$options" | wc -l)" -ge 10 ] || fail "$name --help has few options: $options"
  "$path" -h | cmp - "$build/manual.help" || fail "$name -h is not --help"
  "$path" --version | grep -qx "$name (s2vk) [0-9.]*" || fail "$name --version: $("$path" --version)"
  for option in $options; do
    grep -q -- "^\\(.*, \\)\\?\\\\fB\\\\-\\\\-$(echo "$option" | sed 's/-/\\\\-/g')\\\\fR" "$share/man/man1/$name.1" ||
      fail "$name.1 has no --$option"
    for file in "bash-completion/completions/$name" "zsh/site-functions/_$name"; do
      grep -q -- "--$option" "$share/$file" || fail "$file has no --$option"
    done
    grep -q -- "-l $option" "$share/fish/vendor_completions.d/$name.fish" || fail "fish's completion has no --$option"
  done
  if command -v groff >/dev/null; then
    problems=$(groff -man -Tutf8 -ww -z "$share/man/man1/$name.1" 2>&1)
    [ -z "$problems" ] || fail "$name.1: $problems"
  else
    echo "SKIPPED: no groff to look at $name.1"
  fi
  for file in "bash-completion/completions/$name" "zsh/site-functions/_$name" "fish/vendor_completions.d/$name.fish"; do
    shell=${file%%[-/]*} file=$share/$file
    if command -v $shell >/dev/null; then
      $shell -n "$file"
    else
      echo "SKIPPED: no $shell to look at $file"
    fi
  done
done

# The completions that bash returns.
completed=$(bash -c '. "$1"
  COMP_WORDS=(extract --split-mode p) COMP_CWORD=2; _extract; echo "${COMPREPLY[@]}"
  COMP_WORDS=(extract --resi) COMP_CWORD=1; _extract; echo "${COMPREPLY[@]}"' \
  sh "$share/bash-completion/completions/extract")
[ "$completed" = "pad
--resize-output-to-idx" ] || fail "bash completes: $completed"
