#!/bin/sh
# image_libraries.sh: prints the numbers of samples/common/image/README.md about libraries that could read images: the
# packages and the megabytes, to download and on the disk, that each adds to what the samples need anyway; and the
# number of CVEs that the changelogs of Debian's packages name. Installs nothing.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/status"

# install PACKAGE...: packages, MB to download and MB on the disk, as apt has it for a machine with nothing installed.
install() {
  apt-get --assume-no --no-install-recommends -o Dir::State::status="$work/status" -o Debug::NoLocking=1 \
    -o Dir::Cache::archives="$work" install "$@" 2>/dev/null |
    sed -n 's/.* \([0-9]*\) newly installed.*/\1/p
      s/^Need to get \([0-9.]*\) MB.*/\1/p
      s/^After this operation, \([0-9]*\).*/\1/p' |
    tr '\n' ' '
}

# cves PACKAGE...: those that their changelogs name.
cves() {
  for package in "$@"; do
    (cd "$work" && apt-get -qq download "$package" 2>/dev/null) || continue
    for file in "$work/$package"_*.deb; do
      dpkg-deb --fsys-tarfile "$file" | tar -xO --wildcards './usr/share/doc/*/changelog.Debian.gz' 2>/dev/null |
        gzip -dc 2>/dev/null || true
    done
  done | grep -oE 'CVE-[0-9]+-[0-9]+' | sort -u | wc -l
}

# shellcheck disable=SC2086 # a list of names
without=$(echo $S2VK_PACKAGES | tr ' ' '\n' | grep -vxF "$(echo $S2VK_FORMAT_PACKAGES | tr ' ' '\n')" | tr '\n' ' ')
# shellcheck disable=SC2086
base=$(install $without)
echo "without: $base(packages, MB to download, MB on the disk)"

# row NAME PACKAGES CHANGELOGS
row() {
  # shellcheck disable=SC2086
  got=$(install $without $2)
  # shellcheck disable=SC2086
  echo "$base $got $(cves $3)" |
    awk -v name="$1" '{
      printf "%-34s %4d packages %6.1f MB to download %5d MB on the disk %4d CVEs named\n", \
        name, $4-$1, $5-$2, $6-$3, $7
    }'
}

images="libgif-dev libheif-dev libjpeg62-turbo-dev liblcms2-dev libpng-dev libtiff-dev libwebp-dev"
row "one each: all of these" "$images" \
  "libgif7 libheif1 libjpeg62-turbo liblcms2-2 libpng16-16 libpng16-16t64 libtiff6 libwebp7"
row "  libjpeg-turbo" libjpeg62-turbo-dev libjpeg62-turbo
row "  libpng" libpng-dev "libpng16-16 libpng16-16t64"
row "  libwebp" libwebp-dev libwebp7
row "  giflib" libgif-dev libgif7
row "  libtiff" libtiff-dev libtiff6
row "  libheif" libheif-dev libheif1
row "  Little CMS" liblcms2-dev liblcms2-2
row "libvips" libvips-dev "libvips42 libvips42t64"
row "  and ImageMagick, which it loads" libvips-dev "libmagickcore-6.q16-6 libmagickcore-7.q16-10"
row "gdk-pixbuf" libgdk-pixbuf-2.0-dev libgdk-pixbuf-2.0-0
row "imlib2" libimlib2-dev "libimlib2 libimlib2t64"
