#!/bin/sh
# Measures and tests s2vk on a GPU, in ten minutes, on a machine that has nothing but a driver.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  cat <<EOT
gpu.sh --pack FOLDER [--build BUILD]
gpu.sh [--dry] [--out FOLDER] [--seconds N]
gpu.sh --dry [--build BUILD] [--out FOLDER]

The first form is for the repository. It makes a folder of under 60 MiB to carry along: this script, the tests and
benchmarks, their data, and the libraries that a bare machine may lack, the Vulkan loader and the validation layer among
them.

The second form is for that folder, on the machine with the GPU. It runs, in this order: device and driver; golden
cases, by the kernels for GPUs and by those for CPUs; the suites, with validation; 400 random plans; bench; vit-bench;
first use; tests of what only hardware can do. It writes FOLDER/summary.md anew after each step.

The third form does both in the repository, shortened, on lavapipe.

  --build BUILD  a folder with tests and samples, already built; without it they are built in build/gpu/build
  --out FOLDER   for the results of each step (default: results/ in the folder, or build/gpu/results)
  --seconds N    for all steps; a step for which no time is left is not run (default: 600)
  --dry          shortened, and also on a CPU driver

Exit status: 0 if nothing failed, 1 if a step failed or was not run, 2 for wrong usage, 3 if there is no GPU.
EOT
}

pack='' dry='' build='' out='' seconds=600
while [ $# -gt 0 ]; do
  case $1 in
  --dry) dry=1 ;;
  --help)
    usage
    exit 0
    ;;
  --pack | --build | --out | --seconds)
    [ $# -gt 1 ] || {
      usage >&2
      exit 2
    }
    case $1 in
    --pack) pack=$2 ;;
    --build) build=$(cd "$2" && pwd) ;;
    --out) out=$2 ;;
    --seconds) seconds=$2 ;;
    esac
    shift
    ;;
  *)
    usage >&2
    exit 2
    ;;
  esac
  shift
done

suites="context debug device plan binding record forward elements pixels cache sync external threads preprocess"
suites="$suites faults soak large vit"

# ---- The folder to carry along -----------------------------------------------------------------------------------

# copy_libraries FOLDER PROGRAM...: the libraries that these load. The C library is left out, because a driver needs the
# machine's own.
copy_libraries() {
  to=$1
  shift
  for program in "$@"; do ldd "$program"; done | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
    while read -r library; do
      case ${library##*/} in
      libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.*) ;;
      *) cp -L "$library" "$to/" ;;
      esac
    done
}

# library NAME: its file on this machine.
library() {
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p |
    sed -n "s/^[[:space:]]*$1 .*x86-64.* => //p; s/^[[:space:]]*$1 .*AArch64.* => //p" | head -n 1
}

make_pack() {
  root=$(cd "$here/.." && pwd)
  if [ -z "$build" ]; then
    build=$root/build/gpu/build
    glslc=$root/build/mesa-backports/glslc # by tools/mesa.sh --backports; it knows cooperative matrices
    [ -x "$glslc" ] || glslc=
    # shellcheck disable=SC2046 # a list of names
    {
      cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DS2VK_COOPERATIVE_GLSLC=$glslc" &&
        cmake --build "$build" --target conformance test_random bench vit-bench \
          $(echo " $suites" | sed 's/ / test_/g')
    } >"$root/build/gpu/build.log" 2>&1 || {
      tail -n 20 "$root/build/gpu/build.log" >&2
      exit 1
    }
  fi
  rm -rf "$pack"
  mkdir -p "$pack/lib" "$pack/stage/bin" "$pack/stage/lib" "$pack/stage/layer" "$pack/stage/data"
  for name in conformance test_random $(echo " $suites" | sed 's/ / test_/g'); do
    strip -o "$pack/stage/bin/$name" "$build/tests/$name"
  done
  strip -o "$pack/stage/bin/bench" "$build/samples/bench/bench"
  strip -o "$pack/stage/bin/vit-bench" "$build/samples/vit/bench/vit-bench"
  cp -r "$root/tests/golden" "$root/tests/overlap" "$root/tests/preprocess" "$root/tests/vit" "$pack/stage/data/"
  description=$(find /usr/share/vulkan/explicit_layer.d /usr/local/share/vulkan/explicit_layer.d \
    -name 'VkLayer_khronos_validation.json' 2>/dev/null | head -n 1)
  layer=$(library libVkLayer_khronos_validation.so)
  layer=${layer:-$(find /usr/lib -name libVkLayer_khronos_validation.so | head -n 1)}
  sed 's|"library_path": *"[^"]*"|"library_path": "./libVkLayer_khronos_validation.so"|' "$description" \
    >"$pack/stage/layer/VkLayer_khronos_validation.json"
  strip -o "$pack/stage/layer/libVkLayer_khronos_validation.so" "$layer"
  copy_libraries "$pack/stage/lib" "$pack"/stage/bin/* "$layer"
  cp -L "$(library libvulkan.so.1)" "$pack/stage/lib/"
  # What unpacks it is carried along, too. A window of 64 MB sees that all programs hold the same shaders.
  cp -L "$(command -v xz)" "$pack/xz"
  copy_libraries "$pack/lib" "$pack/xz"
  tar -C "$pack/stage" -c bin lib layer data | xz --lzma2=preset=0,dict=64MiB >"$pack/programs.tar.xz"
  rm -r "$pack/stage"
  { git -C "$root" log -1 --format='s2vk of commit %h' 2>/dev/null || echo "s2vk of no commit"; } >"$pack/version"
  cp "$here/gpu.sh" "$pack/gpu.sh"
  size=$(du -sk "$pack" | cut -f 1)
  echo "$pack: $((size / 1024 + 1)) MiB"
  [ "$size" -lt 61440 ] || {
    echo "gpu.sh: that is not under 60 MiB" >&2
    exit 1
  }
}

if [ ! -e "$here/programs.tar.xz" ]; then
  root=$(cd "$here/.." && pwd)
  if [ -z "$pack" ] && [ -z "$dry" ]; then
    echo "gpu.sh: here it makes a folder to carry along (--pack FOLDER), or runs shortened (--dry); see --help" >&2
    exit 2
  fi
  mkdir -p "$root/build/gpu"
  folder=${pack:-$root/build/gpu/pack}
  pack=$folder
  make_pack
  [ -n "$dry" ] || exit 0
  if [ -z "${VK_ICD_FILENAMES:-${VK_DRIVER_FILES:-}}" ]; then
    VK_ICD_FILENAMES=$(find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' | head -n 1)
    export VK_ICD_FILENAMES
  fi
  exec sh "$folder/gpu.sh" --dry --out "${out:-$root/build/gpu/results}" --seconds "$seconds"
fi

# ---- The machine with the GPU ------------------------------------------------------------------------------------
out=${out:-$here/results}
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$here/unpacked
begun=$(date +%s)
mkdir -p "$work"
chmod +x "$here/xz"
LD_LIBRARY_PATH=$here/lib "$here/xz" -dc "$here/programs.tar.xz" | tar -C "$work" -x
bin=$work/bin data=$work/data

# Libraries that the machine lacks are the folder's; all others are its own, which its driver was made for.
mkdir -p "$work/used"
for file in "$work"/lib/*; do
  name=${file##*/}
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q "^[[:space:]]*$name " || cp "$file" "$work/used/"
done
export LD_LIBRARY_PATH="$work/used${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" VK_LAYER_PATH="$work/layer"
# As in tests/CMakeLists.txt.
export VK_KHRONOS_VALIDATION_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1

# In containers NVIDIA's driver may be there without the file that tells the loader of it.
if [ -z "${VK_ICD_FILENAMES:-${VK_DRIVER_FILES:-}}" ] &&
  ! grep -qs nvidia /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; then
  for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    if PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "$name"; then
      echo "{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"$name\", \"api_version\": \"1.3.0\"}}" \
        >"$work/nvidia.json"
      export VK_ICD_FILENAMES="$work/nvidia.json" VK_DRIVER_FILES="$work/nvidia.json"
      break
    fi
  done
fi

# ---- Steps: each has a limit of its own, and its output and its outcome are on disk at once ----------------------

# step NAME SECONDS COMMAND...: its output is in $out/NAME.txt, its outcome a line of $out/steps.
step() {
  name=$1 limit=$2
  shift 2
  start=$(date +%s) outcome=passed
  left=$((seconds - start + begun))
  if [ -n "$dry" ]; then # where the processor may be busy with something else
    limit=$((limit * 20))
  elif [ "$limit" -gt "$left" ]; then
    limit=$left
  fi
  if [ "$limit" -le 0 ]; then
    outcome="not run"
  else
    timeout -k 5 "$limit" "$@" >"$out/$name.txt" 2>"$out/$name.err" || case $? in
    77) outcome=skipped ;;
    124 | 137) outcome="over $limit s" ;;
    *) outcome=FAILED ;;
    esac
  fi
  echo "$name|$outcome|$(($(date +%s) - start)) s" >>"$out/steps"
  echo "$name: $outcome"
}

# ---- The summary -------------------------------------------------------------------------------------------------

# Medians of the rounds of bench, from its JSON, which has a line for each job.
bench_table() {
  ls "$out"/bench-*.json >/dev/null 2>&1 || return 0
  awk '
    function number(line, clock, at) {
      at = index(line, "\"" clock "\": {\"median\": ")
      return at ? substr(line, at + length(clock) + 15) + 0 : 0
    }
    function median(job, clock, values, n, i, k, x) {
      n = 0
      for (i = 1; i <= rounds[shape_now, job]; i++) {
        x = of[shape_now, job, clock, i]
        for (k = n++; k > 0 && values[k] > x; k--) values[k + 1] = values[k]
        values[k + 1] = x
      }
      return n ? values[int((n + 1) / 2)] : 0
    }
    function ratio(a, b) { return b ? sprintf("%.2f", a / b) : "" }
    /"name": "[^"]*", "text"/ {
      split($0, part, "\"")
      shape = part[4]
      if (!(shape in seen)) order[++shapes] = shape
      seen[shape] = 1
    }
    /^ *"(empty|split|merge|split\+merge|copy: split\+merge|copy shader: split\+merge)": \{"bytes"/ {
      split($0, part, "\"")
      job = part[2]
      i = ++rounds[shape, job]
      of[shape, job, "host_ms", i] = number($0, "host_ms")
      of[shape, job, "timestamp_ms", i] = number($0, "timestamp_ms")
      bytes[shape, job] = substr($0, index($0, "\"bytes\": ") + 9) + 0
    }
    END {
      print "| shape | MB | split, ms | merge, ms | both, ms | GB/s | /copy | /copy shader | " \
        "both over an empty submission, by the host, us |"
      print "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
      for (s = 1; s <= shapes; s++) {
        shape_now = order[s]
        both = median("split+merge", "timestamp_ms")
        moved = bytes[shape_now, "split+merge"] / 1e6
        printf "| %s | %.1f | %.3f | %.3f | %.3f | %.3g | %s | %s | %.0f |\n", shape_now, moved,
          median("split", "timestamp_ms"), median("merge", "timestamp_ms"), both, (both ? moved / both : 0),
          ratio(both, median("copy: split+merge", "timestamp_ms")),
          ratio(both, median("copy shader: split+merge", "timestamp_ms")),
          (median("split+merge", "host_ms") - median("empty", "host_ms")) * 1e3
      }
    }' "$out"/bench-*.json
}

# quoted NAME...: the output of these steps.
quoted() {
  for name in "$@"; do
    [ ! -s "$out/$name.txt" ] || {
      printf '\n%s:\n\n' "$name"
      sed 's/^/    /' "$out/$name.txt"
    }
  done
}

# proven WHAT TEST FILE ABSENT: a row of what only hardware proves; ABSENT is what the suite prints where the device
# lacks it.
proven() {
  state=FAILED
  if [ ! -e "$out/$3.txt" ]; then
    state="not run"
  elif grep -qE "$4" "$out/$3.txt" "$out/$3.err"; then
    state="not here"
  elif grep -qE "\[ +OK \] $2" "$out/$3.txt" "$out/$3.err"; then
    state=passed
  fi
  echo "| $1 | $state |"
}

summary() {
  card=$(sed -n 's/^[0-9]*  \(.*\) (best)$/\1/p' "$out/device.txt" 2>/dev/null | head -n 1)
  echo "## ${card:-No device}"
  echo
  echo "\`sh gpu.sh${dry:+ --dry}\`, $(cat "$here/version"), $(date -u +%Y-%m-%d)."
  echo
  sed -n 's/^Device *//p' "$out"/bench-1.txt 2>/dev/null || true
  sed -n 's/^Machine *//p' "$out"/bench-1.txt 2>/dev/null || true
  echo
  echo "| step | outcome | time |"
  echo "| --- | --- | --- |"
  sed 's/|/ | /g; s/^/| /; s/$/ |/' "$out/steps"
  echo
  echo "Shapes, medians of the medians of the rounds, by timestamps but for the last column:"
  echo
  bench_table
  echo
  echo "| only hardware proves | |"
  echo "| --- | --- |"
  proven "ownership transfer between queue families" another_queue_family hardware-sync \
    'SKIPPED: a transfer of ownership'
  proven "eight threads on queues of their own" forwards_of_many_contexts hardware-threads 'threads on 1 queue,'
  proven "memory exported and imported as opaque file descriptors" opaque_fd hardware-external 'SKIPPED *\] opaque_fd'
  proven "dma-buf" dma_buf hardware-external 'SKIPPED *\] dma_buf'
  quoted vit-bench-b16-f32 vit-bench-b16-f16 vit-bench-l14-f32 vit-bench-l14-f16 vit-bench-tiny-f32 \
    vit-bench-tiny-f16 first-use-cold first-use-warm
}

# done_with NAME SECONDS COMMAND...: a step, and the summary with it.
done_with() {
  step "$@"
  summary >"$out/summary.new"
  mv "$out/summary.new" "$out/summary.md"
}

# ---- All steps ---------------------------------------------------------------------------------------------------
: >"$out/steps"
done_with device 30 "$bin/conformance" --list
if [ -z "$dry" ] && ! grep ' (best)' "$out/device.txt" | grep -qv ', CPU,'; then
  echo "gpu.sh: no GPU here: $(cat "$out/device.txt" "$out/device.err")" >&2
  exit 3
fi

cases="$data/golden $data/overlap" plans=400 shapes=A,B,B-tile,C,D-resize,D-pad,E,F,G,H,P rounds="1 2 3" time=0.2
models="b16 l14" scales=1,2,3 count=40
if [ -n "$dry" ]; then
  cases="$data/golden/odd_pad $data/golden/seven_by_seven" plans=2 shapes=A rounds=1 time=0.01
  models=tiny scales=1,2 count=2 suites="device binding"
fi
# shellcheck disable=SC2086 # a list of folders
for variant in gpu cpu; do
  done_with "golden-$variant" 40 "$bin/conformance" --quiet --variant $variant $cases
done

# The suites, a few at a time. What they print goes to files of their own.
suite() {
  case $1 in
  vit) set -- vit "$data/vit" "$work/vit" ;;
  preprocess) set -- preprocess "$data/preprocess" ;;
  esac
  suite=$1
  shift
  step "suite-$suite" 45 "$bin/test_$suite" "$@"
}
mkdir -p "$work/vit"
parallel=$(($(getconf _NPROCESSORS_ONLN) / 4))
running=0
for name in $suites; do
  suite "$name" &
  running=$((running + 1))
  [ $running -lt $parallel ] || {
    wait
    running=0
  }
done
wait
summary >"$out/summary.md"

export S2VK_TEST_PLANS=$plans
done_with random 90 "$bin/test_random"
for round in $rounds; do
  done_with "bench-$round" 40 "$bin/bench" --quiet --shapes $shapes --seconds $time ${dry:+--plain-copies} \
    --json "$out/bench-$round.json"
done
for model in $models; do
  for precision in f32 f16; do # the latter where the device has cooperative matrices, and else f32 once more
    name=vit-bench-$model-$precision
    done_with "$name" 40 "$bin/vit-bench" --quiet --precision $precision --model "$model" --scales $scales \
      --memory none --seconds $time --json "$out/$name.json"
  done
done

# The drivers' caches on disk, in a folder that is empty at first. bench keeps these variables if they are set.
export MESA_SHADER_CACHE_DISABLE=false MESA_SHADER_CACHE_DIR="$work/cache"
export __GL_SHADER_DISK_CACHE=1 __GL_SHADER_DISK_CACHE_PATH="$work/cache"
mkdir -p "$work/cache"
for cache in cold warm; do
  done_with "first-use-$cache" 30 "$bin/bench" --quiet --first-use=pixels --seed 1 --count "$count"
done

done_with hardware-sync 30 "$bin/test_sync"
done_with hardware-external 30 "$bin/test_external"
done_with hardware-threads 60 "$bin/test_threads" ${dry:+forwards_of_many_contexts}
echo "$out/summary.md"
! grep -qvE '\|(passed|skipped)\|' "$out/steps"
