#!/bin/sh
# amd.sh COMPILE GOLDEN: compiles every pipeline of the golden cases' plans with AMD's real compiler, RADV's, for GPUs from
# GCN to RDNA 3, none of which has to be there. Prints a table of shape B's pipelines; fails if one of any plan spills
# registers or uses scratch memory in the variant for GPUs. Exit status 77: there is no RADV here.
set -eu
icd=
for file in /usr/share/vulkan/icd.d/radeon_icd.*json /usr/local/share/vulkan/icd.d/radeon_icd.*json; do
  [ -e "$file" ] && icd=$file
done
if [ -z "$icd" ]; then
  echo "SKIPPED: no RADV here"
  exit 77
fi
export VK_ICD_FILENAMES="$icd" RADV_DEBUG=shaderstats MESA_SHADER_CACHE_DISABLE=true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What a pipeline cache saves; statistics would keep RADV from using it.
RADV_DEBUG='' RADV_FORCE_FAMILY=navi21 "$1" --time 2>/dev/null
printf '%-10s %-8s %-8s %-9s %6s %6s %7s %7s %9s %9s\n' family plan variant pipeline VGPRs spills scratch waves latency inverse
for family in polaris10 vega10 navi10 navi21 gfx1100; do
  RADV_FORCE_FAMILY=$family "$1" "$2" >"$work/out" 2>"$work/stats" || {
    cat "$work/out"
    echo "$family: failed"
    exit 1
  }
  awk -v family="$family" '
    $1 == "plan" { plan = $2; variant = $3; number = 0 }
    /^VGPRs:/ { vgprs = $2 }
    /^Spilled VGPRs:|^Spilled SGPRs:/ { spills += $3 }
    /^Scratch size:/ { scratch = $3 }
    /^Subgroups per SIMD:/ { waves = $4 }
    /^Latency:/ { latency = $2 }
    /^Inverse Throughput:/ {
      number++
      pipelines++
      if (plan ~ /^B(-|$)/)
        printf "%-10s %-8s %-8s %-9d %6d %6d %7d %7d %9d %9d\n", family, plan, variant, number, vgprs, spills, scratch, waves, latency, $3
      if (variant == "gpu" && (spills > 0 || scratch > 0)) { print family ": " plan " spills"; bad = 1 }
      spills = 0
    }
    END { print family ": " pipelines " pipelines compiled"; exit bad || !pipelines }' "$work/stats"
done
