#!/bin/sh
# Builds and runs every test. It needs Debian 12 or 13, or a similar system. As root it installs missing packages. The
# drivers run on the CPU, so any machine will do. A GPU is tested, too, if there is one.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/tests-run
work=$build/logs
mkdir -p "$work"

# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
# shellcheck source=tools/report.sh
. "$root/tools/report.sh"
# shellcheck disable=SC2086 # a list of names
need $S2VK_PACKAGES $S2VK_VIEWER_PACKAGES binutils chromium-common clang-format-19 doxygen fish g++ groff-base \
  libclang-rt-dev libcmocka-dev libx11-dev lintian make meson openbox openmpi-bin python3-cffi python3-numpy \
  spirv-cross vulkan-validationlayers xdotool xvfb xz-utils zsh

# shellcheck disable=SC2046 # a list of names
need $(there_are libvulkan-memory-allocator-dev) # Debian 13 and later

# What later stages download comes while this one builds; with S2VK_FETCH_CROSS=1 also what tests/cross/run.sh does.
fetch() {
  sh "$root/tools/mesa.sh" --backports || true # tests/vendors.sh says why it is left out
  [ -z "${S2VK_FETCH_CROSS:-}" ] || sh "$root/tests/cross/run.sh" --fetch || true
}
aside fetch fetch

headline "Style"
if command -v clang-format-19 >/dev/null; then # which Debian 12 and 13 both have
  sh "$root/tools/format.sh" --check
else
  echo "SKIPPED: no clang-format-19"
fi

drivers="lavapipe;swiftshader"

# Each shader is compiled once for all builds.
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="$build/spirv"

# configure FOLDER OPTION...: configures and builds, quietly unless it fails. Without debugging information, which would
# take a fifth longer.
configure() {
  folder=$1
  shift
  mkdir -p "$folder"
  # shellcheck disable=SC2086 # a list of options
  { cmake -S "$root" -B "$folder" -G Ninja -DS2VK_WERROR=ON "-DS2VK_TEST_DRIVERS=$drivers" \
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG" "$@" &&
    cmake --build "$folder" ${targets:-}; } >"$folder/build.log" 2>&1 || {
    tail -n 40 "$folder/build.log" >&2
    echo "The build failed; all of its output is in $folder/build.log" >&2
    exit 1
  }
}

run() {
  ctest --test-dir "$1" --output-on-failure -j "$(nproc)"
}

headline "gcc: every test, on lavapipe and on SwiftShader"
sh "$root/tools/onnxruntime.sh" "$build/onnxruntime" || echo "SKIPPED: no ONNX Runtime, so no samples/onnx"
configure "$build/gcc" -DCMAKE_C_COMPILER=gcc "-DCMAKE_PREFIX_PATH=$build/onnxruntime"
devices=$("$build/gcc/tests/conformance" --list)
echo "Devices: $devices"
if echo "$devices" | grep ' (best)' | grep -qv ', CPU,'; then
  configure "$build/gcc" "-DS2VK_TEST_DRIVERS=$drivers;default"
else
  echo "SKIPPED: no GPU here, so no test on one"
fi
run "$build/gcc"

# The other builds take the shaders that this one has compiled.
export S2VK_COMPILED_SHADERS="$build/gcc"

# Beside the stages that follow, because hardly any of this keeps two cores busy.
thread() {
  headline "ThreadSanitizer: eight threads, and the threads of extract"
  targets="--target test_threads extract cut_images unpack_tensors" configure "$build/thread" \
    -DCMAKE_C_COMPILER=gcc "-DCMAKE_C_FLAGS_RELEASE=-O2 -g1 -DNDEBUG" -DS2VK_SANITIZE=thread \
    -DS2VK_TEST_DRIVERS=lavapipe
  ctest --test-dir "$build/thread" --output-on-failure -R '^(threads|extract)\.'
}
products() {
  headline "Consumers: installed, found and linked in every way"
  "$root/tests/consumers/run.sh" "$root" "$build" "$build/consumers"

  headline "Packages: made, installed or unpacked, and used"
  "$root/tests/packages/run.sh" "$root" "$build" "$build/packages"
  thread
}
aside products products

collect fetch
headline "Other vendors' compilers: no kernel spills; newer lavapipe"
sh "$root/tests/vendors.sh" --build "$build/gcc" || [ $? -eq 77 ]

headline "AddressSanitizer and UndefinedBehaviorSanitizer: every suite, on lavapipe"
# With gcc: clang's LeakSanitizer has no names for the modules of drivers in C++, and cannot distinguish their leaks
# from ours.
configure "$build/sanitize" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g1" \
  -DS2VK_SANITIZE=address,undefined
run "$build/sanitize"

headline "clang: no warning, and fuzzers run five seconds each, from their corpora on"
targets="--target fuzzers hello" configure "$build/fuzz" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
  "-DCMAKE_C_FLAGS_DEBUG=-O1 -g1" -DS2VK_SANITIZE=address,undefined -DS2VK_BUILD_FUZZERS=ON \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
sh "$root/tests/tools/syntax.sh" "$build/fuzz"
"$root/tests/fuzz/run.sh" "$build/fuzz" 5

collect products
headline "All passed"
