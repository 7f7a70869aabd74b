#!/bin/sh
# amd.sh [--brief] COMPILE GOLDEN: compiles every pipeline of the golden cases' plans, and those of samples/vit, with
# AMD's real compiler, RADV's, for GPUs from GCN to RDNA 3, none of which has to be there; for the oldest and the
# newest of them all that can be prepared, too. Prints a table of shape B's pipelines and of the split of photographs
# (P: RGBA8 pixels, and of f32, RGB8 and an image; with windows too wide to hold), with what bounds them, and of
# samples/vit's; fails if one of any plan spills registers or uses scratch memory in the variant for GPUs, or loads or
# stores less at once than compile/main.c demands of it. --brief: the oldest alone; tests/vendors.sh has the newest.
# Exit status 77: there is no RADV here.
set -eu
brief=
if [ "$1" = --brief ]; then
  brief=1
  shift
fi
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
# SIMDs, MHz (boost) and GB/s of a card of each family, as AMD published them: RX 480, Vega 64, RX 5700 XT, RX 6900 XT,
# RX 7900 XTX.
cards="polaris10 144 1266 256
vega10 256 1546 484
navi10 80 1905 448
navi21 160 2250 512
navi31 192 2499 960"
[ -z "$brief" ] || cards=$(echo "$cards" | head -n 1)
cat <<EOF
Shape B, both passes, and photographs, the split. us: time that a card takes at least, by instructions (inverse
throughput of the compiler's model, which guesses how often loops go round) and by bytes; the larger bounds the pass.
/copy: beside what bytes take. Loads (of the pass's source; of the tables; by scalar instructions) and stores: bytes
that an invocation moves at once, and how many instructions do so, without those that run only where the input is not
finite.
EOF
printf '%-10s %-8s %-7s %-21s %6s %6s %7s %6s %8s %8s %9s %8s %6s %-12s %-15s %-15s %-15s %s\n' family plan variant \
  pipeline VGPRs \
  spills scratch waves latency inverse 'us instr.' 'us bytes' /copy bound loads tables scalar stores
# Mesa before 23.0 calls Navi 31 by its architecture.
navi31=navi31
[ -n "$brief" ] || RADV_DEBUG='' RADV_FORCE_FAMILY=navi31 "$1" --time >"$work/out" 2>&1 || navi31=gfx1100
echo "$cards" | while read -r family simds mhz gbs; do
  name=$family
  [ "$family" != navi31 ] || name=$navi31
  case $family in
  polaris10 | navi31) prepared=--prepared ;;
  *) prepared='' ;;
  esac
  # shellcheck disable=SC2086 # an option, or none
  RADV_FORCE_FAMILY=$name "$1" $prepared "$2" >"$work/out" 2>"$work/stats" || {
    cat "$work/out"
    echo "$family: failed"
    exit 1
  }
  sed -n 's/^/'"$family: "'/;/ wide/p' "$work/out"
  awk -v family="$family" -v simds="$simds" -v mhz="$mhz" -v gbs="$gbs" '
    $1 == "plan" { plan = $2; variant = $3; made = 0; shown = 0 }
    /^VGPRs:/ { vgprs = $2 }
    /^Spilled VGPRs:|^Spilled SGPRs:/ { spills += $3 }
    /^Scratch size:/ { scratch = $3 }
    /^Subgroups per SIMD:/ { waves = $4 }
    /^Latency:/ { latency = $2 }
    /^Inverse Throughput:/ {
      row[++made] = sprintf("%6d %6d %7d %6d %8d %8d", vgprs, spills, scratch, waves, latency, $3)
      inverse[made] = $3
      pipelines++
      if (variant == "gpu" && (spills > 0 || scratch > 0)) { print family ": " plan " spills"; bad = 1 }
      spills = 0
    }
    $1 == "widths" {
      printf "%-10s %-8s %-7s %-21s %s %38s %-15s %-15s %-15s %s\n", family, "vit", variant, substr(plan, 5), \
        row[made], "", $2, $3, $4, $5
    }
    $1 == "hidden" { shown++ }
    $1 == "work" {
      shown++
      instructions = $3 * int(($4 + 63) / 64) * inverse[shown] / simds / mhz
      bytes = $5 / gbs / 1000
      larger = (instructions > bytes ? instructions : bytes)
      printf "%-10s %-8s %-7s %-21s %s %9.0f %8.0f %6.2f %-12s %-15s %-15s %-15s %s\n", family, plan, variant, $2, \
        row[shown], instructions, bytes,
        larger / bytes, (instructions > bytes ? "instructions" : "bytes"), $6, $7, $8, $9
    }
    END { print family ": " pipelines " pipelines compiled"; exit bad || !pipelines }' "$work/stats"
done
