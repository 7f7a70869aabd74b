#!/bin/sh
# syntax.sh BUILD: has the compiler of a build folder look at each source that is not compiled there yet, and make
# nothing of it. clang finds all of its warnings that way. The folder needs -DCMAKE_EXPORT_COMPILE_COMMANDS=ON.
set -eu
cd "$1"
sed -n 's/^ *"command": "\(.*\)",$/\1/p' compile_commands.json | sed 's/\\\(["\\]\)/\1/g' | while read -r command; do
  object=${command##* -o }
  object=${object%% *}
  [ -e "$object" ] || printf '%s -fsyntax-only -c %s\n' "${command%% -o *}" "${command##* -c }"
done >syntax
echo "$(wc -l <syntax) sources checked alone, $(grep -c '"command"' compile_commands.json) in all"
xargs -d '\n' -P "$(nproc)" -n 1 sh -c <syntax
