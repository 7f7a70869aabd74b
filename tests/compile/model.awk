# Reads tests/compile/cards.txt, then what `statistics --model` printed for a device (-v device=NAME). Prints a row of a Markdown table for
# each plan: of each pass the MB that it has to move, the time that they take at the card's bandwidth, the modelled time beside it, and
# what bounds that. The modelled time is the sum over pipelines of the longer one of two:
# - their bytes over the bandwidth;
# - their instructions, times how often the code is gone through, times invocations, over the card's lanes and clock.
# What split_polyphase does once, before its loops and after them (the general gather, if input is not finite), has about
# as many instructions as split_gather of tensors. So many count once, and the others count in each round. All of
# split_gather counts in each round, also what runs once. Caches are ideal, and a dispatch fills the card.
BEGIN { FS = "\t" }
FNR == NR {
  if ($0 !~ /^#/) {
    split($0, field, / +/)
    if (field[1] == device) {
      bandwidth = field[2] * 1e3 # bytes of a microsecond
      rate = field[3] * field[4] # instructions of invocations, likewise
    }
  }
  next
}
function finish_pass() {
  if (pass == "") return
  printf " %.1f | %.0f | %.2f | %s |", least / 1e6, least / bandwidth, time / (least / bandwidth), (by_instructions > by_bytes ? "instructions" : "bytes")
  pass = ""
}
$1 == "pass" {
  finish_pass()
  if ($2 != plan) {
    if (plan != "") print ""
    printf "| %s | %s |", device, $2
  }
  plan = $2
  pass = $3
  least = $4
  time = by_bytes = $5 / bandwidth # of copies
  by_instructions = 0
}
# Those of a line's statistics. AMD's scalar unit works beside the others.
function instructions_of(i, value, all, scalar) {
  for (i = 9; i <= NF; i++) {
    value = $i
    sub(/.*=/, "", value)
    if ($i ~ /^(Instruction [Cc]ount|Instructions|Inst group count)=/) all = value + 0
    if ($i ~ /^SALU=/) scalar = value + 0
  }
  return all - scalar
}
$1 == "gather" {
  finish_pass()
  if ($2 !~ /-/) gather = instructions_of() # of tensors; they come first
}
$1 == "work" {
  instructions = instructions_of()
  once = $4 == "split_polyphase" && gather < instructions ? gather : 0
  if ($6 < 0 || instructions == 0) {
    print device ", " $2 ": the time of " $4 " is not known" | "cat 1>&2"
    bad = 1
  }
  of_instructions = $5 * (once + $6 * (instructions - once)) / rate
  of_bytes = $7 / bandwidth
  time += of_instructions > of_bytes ? of_instructions : of_bytes
  if (of_instructions > of_bytes) by_instructions += of_instructions
  else by_bytes += of_bytes
}
END {
  finish_pass()
  print ""
  exit bad || plan == "" || !bandwidth
}
