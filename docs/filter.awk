# Turns the comments of the header into Doxygen's. A comment before a declaration documents the declaration. A comment
# after a member documents the member. A comment before a paragraph of members or functions documents all of them. Other
# files stay as they are.
function own(line) { return line ~ /^ *\/\*/ && line !~ /\/\* ----/ }

{ lines[NR] = $0 }

END {
  if (FILENAME !~ /\.h$/) {
    for (i = 1; i <= NR; i++) print lines[i]
    exit
  }
  for (i = 1; i <= NR; i++) {
    line = lines[i]
    if (grouped && (line ~ /^$/ || line ~ /^}/)) {
      print "/**@}*/"
      grouped = 0
    }
    if (own(line) && !inside) {
      members = 0
      for (j = i; j <= NR && lines[j] !~ /^$/ && lines[j] !~ /^}/; j++)
        members += lines[j] ~ /^ +[A-Za-z].*[;,]/ || lines[j] ~ /^S2VK_API|^#define S2VK_[A-Z_]+ [0-9]/
      if (members > 1 && lines[i - 1] !~ /typedef/ && line !~ /^\/\* s2vk:/ && !starts_type(i)) {
        print "/**@{*/"
        grouped = 1
      }
      sub(/\/\*/, i == 1 ? "/** @file\n *" : "/**", line)
    } else if (!inside && line ~ /[;,] *\/\* /) {
      sub(/\/\* /, "/**< ", line)
    } else if (!inside && line ~ /[A-Za-z0-9] *\/\* /) {
      sub(/\/\* /, "/**< ", line)
    }
    inside = line ~ /\/\*/ ? line !~ /\*\// : inside && line !~ /\*\//
    print line
  }
}

# Whether the comment from line i on is that of a struct or an enumeration.
function starts_type(i) {
  while (lines[i] !~ /\*\// ) i++
  return lines[i + 1] ~ /^typedef/
}
