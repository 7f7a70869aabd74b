#!/bin/sh
# Compiles every pipeline with the compilers of vendors whose GPUs are not here, and prints what these say of each
# kernel.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

usage() {
  cat <<EOF
vendors.sh [--all | --mobile | --intel | --model] [--kernel NAME] [--build FOLDER]

Fetches a newer Mesa (tools/mesa.sh --backports), whose drivers compile for GPUs that a shim of the kernel's driver
pretends to be: Adreno, NVIDIA, Apple M1 and AMD. Each compiles the pipelines of shape B, of photographs, of what phones
do, of the golden cases and of samples/vit; those with the fewest registers, all that can be prepared, too. Prints a row
for each kernel and device: the most registers, spills, fills, bytes of scratch memory; the least SIMD width and
occupancy; the worst plan. Fails if one spills or has scratch memory that tests/compile/exceptions.txt does not allow.
Then runs the golden cases and some suites on this Mesa's lavapipe, which has cooperative matrices for samples/vit.

  --all           all that can be prepared on every device, and every suite; some ten minutes
  --mobile        Mali, VideoCore and PowerVR, by qemu-user: shape B and what phones do. Builds for 64-bit ARM; an hour
                  or so
  --intel         Intel, of six generations, by a shim that is built from Debian's source of Mesa: all that can be
                  prepared
  --model         a time for shape B and for one image of it, of tensors, of pixels and of images, on one card of each
                  vendor, from what the compilers say and tests/compile/cards.txt; a minute. Intel, Mali, VideoCore and
                  PowerVR too, if --intel and --mobile were run before
  --kernel NAME   of kernels with NAME in their names alone, and nothing is run on lavapipe: after a change to one
                  shader
  --build FOLDER  where tests/statistics and the suites were built, and are again with the fetched glslc; without it
                  they are built in build/vendors/build

Exit status 77: there is no network to fetch Mesa by.
EOF
}

mode=short build='' kernel=''
while [ $# -gt 0 ]; do
  case $1 in
  --all | --mobile | --intel | --model) mode=${1#--} ;;
  --kernel)
    kernel=$2
    shift
    ;;
  --build)
    build=$(cd "$2" && pwd)
    shift
    ;;
  --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
  esac
  shift
done
work=$root/build/vendors
# Each shader is compiled once for all builds, those of tests/run.sh too.
export PATH="$root/tests/tools:$PATH" S2VK_SPIRV_CACHE="${S2VK_SPIRV_CACHE:-$root/build/tests-run/spirv}"
results=$work/out-$mode$kernel # of several that run at a time
mkdir -p "$results"

# shellcheck source=tools/apt.sh
. "$root/tools/apt.sh"
# shellcheck source=tools/report.sh
. "$root/tools/report.sh"

suites="test_plan test_binding test_record test_forward"
if [ "$mode" = all ]; then
  suites="$suites test_context test_debug test_device test_elements test_pixels test_cache test_sync test_random"
fi
mesa=$root/build/mesa-backports
if [ "$mode" != mobile ]; then
  sh "$root/tools/mesa.sh" --backports "$mesa" >"$work/mesa.log" 2>&1 || {
    tail -n 3 "$work/mesa.log"
    echo "SKIPPED: Mesa could not be fetched, so no compilers of other vendors"
    exit 77
  }
  tail -n 2 "$work/mesa.log" | head -n 1
fi

# Debian 12's glslc leaves a shader of samples/vit out, and so does a build with it: the fetched one makes it.
if [ "$mode" != mobile ]; then
  set -- "-DS2VK_COOPERATIVE_GLSLC=$mesa/glslc"
  if [ -z "$build" ]; then
    build=$work/build
    set -- "$@" -G Ninja -DCMAKE_BUILD_TYPE=Release
  fi
  # shellcheck disable=SC2086 # a list of names
  quiet build sh -c 'root=$1 build=$2 targets=$3 && shift 3 && cmake -S "$root" -B "$build" "$@" &&
    cmake --build "$build" --target $targets' sh "$root" "$build" "statistics conformance test_vit $suites" "$@"
fi

# Intel's shim is in no package: it is built from Debian's source of Mesa, here, and put beside the others.
build_intel() {
  to=$1
  shift
  private_apt "$(dpkg --print-architecture)" "$to.apt" trixie
  unpack_source "$to" mesa
  (cd "$to.apt" && apt-get download -qq "$@" && for package in *.deb; do dpkg-deb -x "$package" "$to.tools"; done)
  unset APT_CONFIG
  need bison flex g++ libdrm-dev libelf-dev libexpat1-dev python3-mako python3-packaging python3-yaml zlib1g-dev
  # Debian 12's meson is too old; what it needs of Python is Debian's, whose python3 may not be the first one.
  export PYTHONPATH="$to.tools/usr/lib/python3/dist-packages"
  own_path=$PATH PATH=/usr/bin:$PATH
  quiet meson python3 "$to.tools/usr/bin/meson" setup "$to.build" "$to" --buildtype=release -Dtools=drm-shim,intel \
    -Dplatforms= -Dllvm=disabled -Dglx=disabled -Degl=disabled -Dgbm=disabled -Dopengl=false -Dgles1=disabled \
    -Dgles2=disabled -Dvideo-codecs= -Dxmlconfig=disabled -Dshared-glapi=disabled -Dzstd=disabled \
    -Dgallium-drivers= -Dvulkan-drivers=
  quiet intel ninja -C "$to.build" src/intel/tools/libintel_noop_drm_shim.so
  unset PYTHONPATH
  PATH=$own_path
}

# Programs and drivers of 64-bit ARM.
arm_root() {
  to=$1
  shift
  private_apt arm64 "$to.apt" trixie trixie-backports
  unpack_packages "$to" -t trixie-backports "$@"
  unset APT_CONFIG
  [ -e "$to/lib" ] || ln -s usr/lib "$to/lib"
  mkdir -p "$to/icd"
  for file in "$to"/usr/share/vulkan/icd.d/*.json; do
    name=${file##*/}
    sed "s|\"library_path\": *\"\([^\"]*/\)\{0,1\}|\"library_path\": \"$to/usr/lib/aarch64-linux-gnu/|" "$file" \
      >"$to/icd/${name%%_icd*}.json"
  done
}

# shellcheck source=tools/packages.sh
. "$root/tools/packages.sh"
if [ "$mode" = intel ]; then
  once "$work/mesa-source" build_intel meson
  cp "$work/mesa-source.build/src/intel/tools/libintel_noop_drm_shim.so" \
    "$(dirname "$mesa"/root/usr/lib/*/libvulkan_lvp.so)"
elif [ "$mode" = mobile ]; then
  need gcc-aarch64-linux-gnu qemu-user
  arm=$work/arm64
  # shellcheck disable=SC2086 # a list of names
  once "$arm" arm_root libc6-dev libcjson-dev libcmocka-dev libgomp1 libstb-dev libvulkan-dev libvulkan-volk-dev \
    mesa-vulkan-drivers mesa-drm-shim $S2VK_FORMAT_PACKAGES
  build=$work/build-arm64
  export PKG_CONFIG_LIBDIR="$arm/usr/lib/aarch64-linux-gnu/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$arm"
  quiet arm64 cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DS2VK_SYSROOT="$arm" \
    -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/aarch64-linux-gnu.cmake" -DS2VK_TEST_DRIVERS=lavapipe
  quiet arm64-build cmake --build "$build" --target statistics
  quiet videocore aarch64-linux-gnu-gcc --sysroot="$arm" -shared -fPIC -O1 -o "$work/videocore.so" \
    "$root/tests/compile/videocore.c"
fi

if [ "$mode" = model ] && [ -e "$work/build-arm64/tests/statistics" ]; then
  quiet arm64-build cmake --build "$work/build-arm64" --target statistics
fi

# Lines of device, driver, shim, settings of the shim, and an option for statistics.
devices() {
  case $mode in
  short) echo "adreno618 freedreno freedreno FD_GPU_ID=618 --prepared
apple-m1 asahi asahi - --prepared
adreno660 freedreno freedreno FD_GPU_ID=660
adreno740 freedreno freedreno FD_GPU_ID=740
adreno830 freedreno freedreno FD_GPU_ID=830
nvidia nouveau nouveau -
ampere nouveau nouveau NOUVEAU_CHIPSET=0x172
polaris10 radeon amdgpu AMDGPU_GPU_ID=polaris10
navi31 radeon amdgpu AMDGPU_GPU_ID=navi31" ;;
  intel)
    for platform in skl icl tgl adl dg2 mtl; do
      echo "intel-$platform intel intel INTEL_STUB_GPU_PLATFORM=$platform --prepared"
    done
    ;;
  mobile) echo "mali-g610 panfrost panfrost PAN_GPU_ID=a867 --brief
mali-g310 panfrost panfrost PAN_GPU_ID=ac74 --brief
videocore6 broadcom v3d VIDEOCORE=4.2 --brief
videocore7 broadcom v3d VIDEOCORE=7.1 --brief
powervr powervr_mesa powervr PVR_I_WANT_A_BROKEN_VULKAN_DRIVER=1 --brief" ;;
  model)
    echo "adreno740 freedreno freedreno FD_GPU_ID=740
nvidia nouveau nouveau NOUVEAU_CHIPSET=0x172
apple-m1 asahi asahi -
navi31 radeon amdgpu AMDGPU_GPU_ID=navi31"
    [ ! -e "$(dirname "$mesa"/root/usr/lib/*/libvulkan_lvp.so)/libintel_noop_drm_shim.so" ] ||
      echo "intel-dg2 intel intel INTEL_STUB_GPU_PLATFORM=dg2"
    [ ! -e "$work/build-arm64/tests/statistics" ] || echo "mali-g610 panfrost panfrost PAN_GPU_ID=a867
videocore7 broadcom v3d VIDEOCORE=7.1
powervr powervr_mesa powervr PVR_I_WANT_A_BROKEN_VULKAN_DRIVER=1"
    ;;
  all)
    mode=short && devices | sed 's/ --prepared//; s/$/ --prepared/'
    for family in vega10 navi10 navi21; do
      echo "$family radeon amdgpu AMDGPU_GPU_ID=$family --prepared"
    done
    ;;
  esac
}

# compile DEVICE DRIVER SHIM SETTING [OPTION]: what statistics prints of it, into a file.
compile() {
  device=$1 driver=$2 shim=$3 setting=$4 option=${5:-}
  [ "$setting" = - ] && setting=S2VK_NO_SETTING=
  case $device in mali* | videocore* | powervr*) emulated=1 ;; *) emulated='' ;; esac
  if [ "$mode" = model ]; then option=--model; fi
  if [ -n "$emulated" ]; then
    libraries=$arm/usr/lib/aarch64-linux-gnu
    preload=$libraries/lib${shim}_noop_drm_shim.so
    [ "$shim" != v3d ] || preload=$work/videocore.so:$preload
    # shellcheck disable=SC2086 # an option, or none
    set -- qemu-aarch64 -L "$arm" -E "LD_PRELOAD=$preload" -E "VK_DRIVER_FILES=$arm/icd/$driver.json" \
      -E MESA_SHADER_CACHE_DISABLE=true \
      "$work/build-arm64/tests/statistics" $kernel "$option"
  elif [ "$mode" = model ]; then
    set -- "$mesa/run" --driver "$driver" --shim "$shim" "$build/tests/statistics" --model
  else
    # shellcheck disable=SC2086 # an option, or none
    set -- "$mesa/run" --driver "$driver" --shim "$shim" "$build/tests/statistics" $kernel $option "$root/tests/golden"
  fi
  env "$setting" "$@" \
    >"$results/$device.txt" 2>"$results/$device.log" || {
    tail -n 5 "$results/$device.log" >&2
    echo "$device: not all pipelines were made; all of the output is in $results/$device.log" >&2
    : >"$results/failed"
  }
}

rm -rf "${results:?}"/*
[ -z "$kernel" ] || kernel="--kernel $kernel"
arm=$work/arm64
headline "Pipelines of vendors that are not here"
devices >"$results.devices"
# As many at a time as there are cores; each takes the next that is left.
compile_some() {
  while read -r line; do
    # shellcheck disable=SC2086 # words
    ! mkdir "$results/${line%% *}" 2>/dev/null || compile $line </dev/null
  done <"$results.devices"
}
job=0
while [ $job -lt "$(nproc)" ]; do
  compile_some &
  job=$((job + 1))
done
wait
if [ -n "$kernel" ] && ! grep -q '^pipeline' "$results"/*.txt; then
  echo "vendors.sh: no device has a pipeline of a kernel like ${kernel#--kernel }" >&2
  exit 1
fi
if [ "$mode" = model ]; then
  echo "| device | plan | split, MB | us by bytes | times that | bound by | merge, MB | us by bytes | times that | bound by |"
  echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
  failed=
  while read -r device rest; do
    awk -v device="$device" -f "$root/tests/compile/model.awk" "$root/tests/compile/cards.txt" "$results/$device.txt" \
      || failed=1
  done <"$results.devices"
  [ -z "$failed" ] && [ ! -e "$results/failed" ]
  exit
fi
printf '%-10s %-24s %5s %8s %5s %10s %9s %8s %5s %9s  %s\n' device kernel made spilling regs instr. spills scratch \
  width occupancy "worst plan"
failed=
while read -r device rest; do
  awk -v device="$device" -v partial="$kernel" -f "$root/tests/compile/summary.awk" \
    "$root/tests/compile/exceptions.txt" "$results/$device.txt" || failed=1
done <"$results.devices"
if [ -n "$failed" ] || [ -e "$results/failed" ]; then
  echo "Some pipelines spill, or were not made" >&2
  exit 1
fi

[ "$mode" != mobile ] && [ -z "$kernel" ] || exit 0
headline "Newer lavapipe"
export VK_KHRONOS_VALIDATION_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1 # as in tests/CMakeLists.txt
vit="test_vit $root/tests/vit $results *cooperative*"
for command in "conformance $root/tests/golden" "$vit" $suites; do
  set -f
  # shellcheck disable=SC2086 # words
  set -- $command
  set +f
  program=$1
  shift
  quiet "$program" "$mesa/run" "$build/tests/$program" "$@"
  echo "$program: passed"
done
