#!/bin/sh
# links.sh SRC: every link of the documents to a file of the repository leads to one, and every anchor to a heading.
set -eu
cd "$1"
files=$(git ls-files --cached --others --exclude-standard '*.md' 2>/dev/null || true)
[ -n "$files" ] || files=$(find . -name '*.md' ! -path './build*' ! -path './shared*')
# What a forge makes of a heading.
anchors() {
  sed -n 's/^##* //p' "$1" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}
failed=0
links=0
for file in $files; do
  for link in $(awk '/^```/ { code = !code } !code' "$file" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' |
    grep -v '^[a-z]*:'); do
    links=$((links + 1))
    path=${link%%#*} anchor=
    case $link in *\#*) anchor=${link#*#} ;; esac
    target=$file
    [ -z "$path" ] || target=$(dirname "$file")/$path
    if [ ! -e "$target" ]; then
      echo "$file: $link leads nowhere"
      failed=1
    elif [ -n "$anchor" ] && ! anchors "$target" | grep -qx -- "$anchor"; then
      echo "$file: $link: there is no such heading"
      failed=1
    fi
  done
done
[ "$links" -ge 50 ] || failed=1
exit $failed
