#!/bin/sh
# renderer.sh RENDERER: runs the renderer under the validation layers. Their messages would appear in its output.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
export VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
"$1" "$work/screen.ppm" >"$work/out"
echo "screen, features at row 7, column 10: 0.75 0.53 0.50" | diff - "$work/out"
[ "$(wc -c <"$work/screen.ppm")" -eq $((15 + 448 * 224 * 3)) ]
[ "$("$1" --help 2>&1 | head -n 1)" = "Usage: renderer [FILE.ppm]" ]
