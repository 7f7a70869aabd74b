# Reads the output of `statistics` for a device (-v device=NAME), with the exceptions ahead of it. Prints a row for each
# kernel, with its worst numbers and its worst plan. Exit status 1: a pipeline spills or has scratch memory that no
# exception allows, or an exception for this device is not needed.

# A pattern of the shell as a regular expression.
function expression(pattern) {
  gsub(/[.]/, "[.]", pattern)
  gsub(/[*]/, ".*", pattern)
  return "^" pattern "$"
}

# The exception that allows it; 0: none does.
function allowed(kernel, spills, fills, scratch, i) {
  for (i = 1; i <= exceptions; i++)
    if (kernel ~ kernel_of[i] && spills <= spills_of[i] && fills <= fills_of[i] && scratch <= scratch_of[i])
      return i
  return 0
}

BEGIN { FS = "\t" }
FNR == NR {
  split($0, field, / +/)
  if ($0 !~ /^#/ && $0 != "" && device ~ expression(field[1])) {
    text_of[++exceptions] = $0
    kernel_of[exceptions] = expression(field[2])
    spills_of[exceptions] = field[3]
    fills_of[exceptions] = field[4]
    scratch_of[exceptions] = field[5]
  }
  next
}
$1 == "pipeline" {
  spills = fills = scratch = registers = occupancy = instructions = 0
  width = $5
  for (i = 6; i <= NF; i++) {
    name = $i
    value = $i
    sub(/=.*/, "", name)
    sub(/.*=/, "", value)
    value += 0
    # Adreno; NVIDIA, AMD; Apple, Mali; Intel; PowerVR; VideoCore
    if (name ~ /^(STP Count|Spills to memory|Spilled [SV]GPRs|Spills|Spill [Cc]ount|TMU Spills)$/) spills += value
    if (name ~ /^(LDP Count|Fills from memory|Fills|Fill [Cc]ount|TMU Fills)$/) fills += value
    if (name ~ /^(SLM size|Scratch|Scratch [Ss]ize|Scratch Memory Size|Spill Size)$/) scratch += value
    if (name ~ /^(Registers used|Number of GPRs|VGPRs|GPRs|Max live registers|Temp count)$/) registers = value
    if (name ~ /^(Max Waves Per Core|Max warps\/SM|Subgroups per SIMD|Threads|Thread Count)$/) occupancy = value
    if (name ~ /^(Instruction [Cc]ount|Instructions|Inst group count)$/) instructions = value
  }
  kernel = $3
  if (!(kernel in pipelines)) order[++kernels] = kernel
  pipelines[kernel]++
  if (registers > max_registers[kernel]) max_registers[kernel] = registers
  if (instructions > max_instructions[kernel]) max_instructions[kernel] = instructions
  if (!(kernel in min_width) || width < min_width[kernel]) min_width[kernel] = width
  if (!(kernel in min_occupancy) || occupancy < min_occupancy[kernel]) min_occupancy[kernel] = occupancy
  rank = (spills + fills) * 1e6 + scratch * 1e3 + registers
  if (!(kernel in worst) || rank > worst[kernel]) {
    worst[kernel] = rank
    worst_spills[kernel] = spills "/" fills
    worst_scratch[kernel] = scratch
    worst_plan[kernel] = $2 " " $4
  }
  if (spills + fills + scratch > 0) {
    spilling[kernel]++
    by = allowed(kernel, spills, fills, scratch)
    needed[by] = 1
    if (!by) {
      bad = 1
      printf "%s: %s of %s (%s) has %d spills, %d fills and %d bytes of scratch\n",
        device, kernel, $2, $4, spills, fills, scratch | "cat 1>&2"
    }
  }
  total++
}
END {
  for (i = 1; i <= kernels; i++) {
    kernel = order[i]
    printf "%-10s %-24s %5d %8d %5d %10d %9s %8d %5d %9d  %s\n", device, kernel, pipelines[kernel],
      spilling[kernel], max_registers[kernel], max_instructions[kernel], worst_spills[kernel],
      worst_scratch[kernel], min_width[kernel], min_occupancy[kernel], worst_plan[kernel]
  }
  for (i = 1; i <= exceptions; i++)
    if (!needed[i] && !partial) {
      bad = 1
      print device ": nothing needs this exception: " text_of[i] | "cat 1>&2"
    }
  exit bad || !total
}
