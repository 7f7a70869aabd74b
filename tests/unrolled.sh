#!/bin/sh
# unrolled.sh SHADERS: a loop that is to be unrolled has one condition. spirv-opt leaves others as they are, and
# SwiftShader, which unrolls nothing, then takes up to twelve times as long.
set -eu
find_others() {
  grep -rn 'unroll\]\] for ([^;]*;[^;]*\(&&\|||\)' "$@"
}
echo '[[unroll]] for (uint i = 0u; i < N && WANTED; i++)' | find_others - >/dev/null || {
  echo "a second condition goes unseen"
  exit 1
}
if find_others "$1"; then
  echo "these loops have a second condition: put an if around them"
  exit 1
fi
