# Reads tests/compile/cards.txt, then what `statistics --model` printed for a device (-v device=NAME). Prints a row of a Markdown table for
# each plan: of each pass the MB that it has to move, the time that they take at the card's bandwidth, the modelled time beside it, and
# what bounds that. The modelled time is the sum over pipelines of the longer one of two:
# - their bytes over the bandwidth;
# - their instructions, times how often the code is gone through, times invocations, over the card's lanes and clock.
# Of split_polyphase it is known how many instructions an input row takes, and a row of the tile: statistics makes
# pipelines that have one of them twice. But the rows that are kept move down once for two of them, so that these moves
# are added. All other code counts once, also that for input that is not finite. The FIXED pipelines of split_polyphase
# have no such pipelines beside them, nor has split_convert: about as many instructions as the general gather of tensors
# has count once, and the others in each round. Caches are ideal, and a dispatch
# fills the card.
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
# Those of a line's statistics. AMD's scalar unit works beside the others. Of Mali's units Mesa tells the cycles of a core
# that has 64, 64 and 16 lanes. The instructions of all three are issued one after the other, and those of the last one
# take four cycles; loads, stores, texture reads and branches are issued beside them (Arm's libGPUCounters,
# MaliALUIssueCy of Mali-G710). slow: what the last one alone takes.
function instructions_of(slow, i, value, all, scalar, arithmetic, special) {
  for (i = 2; i <= NF; i++) {
    value = $i
    sub(/.*=/, "", value)
    if ($i ~ /^(Instruction [Cc]ount|Instructions|Inst group count)=/) all = value + 0
    if ($i ~ /^SALU=/) scalar = value + 0
    if ($i ~ /^(FMA|CVT)=/) arithmetic += 64 * value
    if ($i ~ /^SFU=/) special = 16 * value
  }
  if (slow) return 4 * special
  return arithmetic > 0 ? arithmetic + special : all - scalar
}
$1 == "gather" {
  finish_pass()
  if ($2 ~ /-/) next # of tensors; they come first
  gather[0] = instructions_of(0)
  gather[1] = instructions_of(1)
}
$1 == "twice" {
  twice[$2, $3, $4, 0] = instructions_of(0)
  twice[$2, $3, $4, 1] = instructions_of(1)
}
# Instructions of an invocation.
function executed(slow, plan, key, passes, lines, rows, moves, all, line, row, once) {
  all = instructions_of(slow)
  if ($4 == "split_polyphase" && (plan, "lines", key, slow) in twice) {
    line = twice[plan, "lines", key, slow] - all + (slow ? 0 : moves)
    row = twice[plan, "rows", key, slow] - all
    if (verbose && !slow) print plan ": " all "; a line " line " x " lines ", a row " row " x " rows | "cat 1>&2"
    return all - line - row + line * lines + row * rows
  }
  once = $4 ~ /^split_(polyphase|convert)$/ && gather[slow] < all ? gather[slow] : 0
  return once + passes * (all - once)
}
$1 == "work" {
  if ($7 < 0 || instructions_of(0) == 0) {
    print device ", " $2 ": the time of " $4 " is not known" | "cat 1>&2"
    bad = 1
  }
  instructions = executed(0, $2, $5, $7, $9, $10, $11)
  special = executed(1, $2, $5, $7, $9, $10, $11)
  of_instructions = $6 * (instructions > special ? instructions : special) / rate
  of_bytes = $8 / bandwidth
  time += of_instructions > of_bytes ? of_instructions : of_bytes
  if (of_instructions > of_bytes) by_instructions += of_instructions
  else by_bytes += of_bytes
}
END {
  finish_pass()
  print ""
  exit bad || plan == "" || !bandwidth
}
