#!/bin/sh
# manual.sh PROGRAM SHARE: writes the program's man page and completions, made of the table of its options, below SHARE.
set -eu
program=$1
share=$2
name=${program##*/}
mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
  "$share/fish/vendor_completions.d"
"$program" --man >"$share/man/man1/$name.1"
"$program" --completion bash >"$share/bash-completion/completions/$name"
"$program" --completion zsh >"$share/zsh/site-functions/_$name"
"$program" --completion fish >"$share/fish/vendor_completions.d/$name.fish"
