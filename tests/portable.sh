#!/bin/sh
# portable.sh FOLDER: checks the SPIR-V of every module that a Mac gets, in a folder of the build (src/shaders).
# spirv-cross must translate it to Metal's language, as MoltenVK does. No array may have a specialization constant as
# its size, because MoltenVK before 1.3.0 uses the constant's default. Exit status 77: there is no spirv-cross here.
set -eu
if ! command -v spirv-cross >/dev/null; then
  echo "SKIPPED: no spirv-cross here"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The words of a list for C as a file: octal escapes, four for each word.
words() {
  tr -c '0-9a-fA-Fx\n' '\n' <"$1" | awk '
    BEGIN { for (i = 0; i < 16; i++) digit[sprintf("%x", i)] = i }
    function byte(text, at) { return digit[substr(text, at, 1)] * 16 + digit[substr(text, at + 1, 1)] }
    /^0x/ { hex = tolower(substr($0, 3)); while (length(hex) < 8) hex = "0" hex
      printf "\\%03o\\%03o\\%03o\\%03o", byte(hex, 7), byte(hex, 5), byte(hex, 3), byte(hex, 1) }' >"$work/escaped"
  # shellcheck disable=SC2059 # the escapes are the format
  printf "$(cat "$work/escaped")" >"$2"
}

# check MODULE.spv: prints what is wrong with a module.
check() {
  spirv-cross --msl --msl-version 20100 "$1" >"$work/metal" 2>"$work/error" || {
    echo "no Metal: $(head -n 1 "$work/error")"
    return
  }
  if grep -q 'SPIRV_CROSS_CONSTANT_ID' "$work/metal"; then echo "a specialization constant sizes an array"; fi
}

failed=0 count=0
for header in "$1"/*_sized.spv.h; do
  words "$header" "$work/module.spv"
  check "$work/module.spv" >"$work/found"
  count=$((count + 1))
  if [ -s "$work/found" ]; then
    sed "s|^|$(basename "$header" .spv.h): |" "$work/found"
    failed=1
  fi
done
echo "$count modules"
if [ $failed -ne 0 ] || [ $count -eq 0 ]; then exit 1; fi

# The check finds such arrays: the modules for other devices have some.
words "$1/split_polyphase_tensor_plain.spv.h" "$work/module.spv"
if ! check "$work/module.spv" | grep -q 'sizes an array'; then
  echo "an array that a constant sizes goes unseen"
  exit 1
fi
