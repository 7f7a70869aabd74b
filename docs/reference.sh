#!/bin/sh
# reference.sh SRC OUT: the reference in OUT/html, from the public header and the documents; the README is its main
# page. Fails on any warning, and if the main page is empty. Exit status 77: there is no doxygen here.
set -eu
command -v doxygen >/dev/null || {
  echo "SKIPPED: no doxygen here"
  exit 77
}
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$1"
rm -rf "$out/pages" "$out/html"
mkdir "$out/pages"
pages=$(echo README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md)
for page in $pages; do
  awk -v from="$page" -v pages=" $pages " -f docs/pages.awk "$page" >"$out/pages/$(echo "$page" | tr / _)"
done
{
  cat docs/Doxyfile
  echo "INPUT = include/s2vk/s2vk.h \"$out/pages\""
  echo "USE_MDFILE_AS_MAINPAGE = \"$out/pages/README.md\""
  echo "HTML_EXTRA_FILES = docs/modules.svg docs/split.svg docs/merge.svg"
  echo "HTML_EXTRA_FILES += samples/photo/features.png samples/viewer/viewer.png"
  echo "PROJECT_NUMBER = $(sed -n 's/^project(s2vk VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)"
  echo "OUTPUT_DIRECTORY = \"$out\""
} | doxygen -

# What a reader sees first, and where it leads.
grep -q "I have a Vulkan application" "$out/html/index.html"
failed=0
links=$(grep -ho '\(href\|src\)="[^"#]*' "$out"/html/*.html | sed 's/^[a-z]*="//' | grep -v : | sort -u)
for link in $links; do
  [ -e "$out/html/$link" ] || {
    echo "a page links $link, and there is none"
    failed=1
  }
done
exit $failed
