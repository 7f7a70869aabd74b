# awk -v from=docs/linking.md -v pages=" README.md docs/linking.md " -f pages.awk: a document for Doxygen. Links to
# other documents and to the header lead to their pages. Links to files that the reference does not have become plain
# text. The README is the main page.
function resolve(link, parts, kept, count, i, path) {
  path = from
  if (!sub(/\/[^\/]*$/, "", path)) path = ""
  path = path == "" ? link : path "/" link
  count = split(path, parts, "/")
  kept = 0
  for (i = 1; i <= count; i++) {
    if (parts[i] == "..") kept--
    else if (parts[i] != ".") parts[++kept] = parts[i]
  }
  path = parts[1]
  for (i = 2; i <= kept; i++) path = path "/" parts[i]
  return path
}

function convert(line, out, text, link, image) {
  out = ""
  while (match(line, /!?\[[^]]*\]\([^)]*\)/)) {
    out = out substr(line, 1, RSTART - 1)
    text = substr(line, RSTART, RLENGTH)
    line = substr(line, RSTART + RLENGTH)
    image = text ~ /^!/
    link = text
    sub(/^[^(]*\]\(/, "", link)
    sub(/\)$/, "", link)
    sub(/\]\([^)]*\)$/, "", text)
    sub(/^!?\[/, "", text)
    if (link ~ /^[a-z]+:/) out = out "[" text "](" link ")"
    else {
      sub(/#.*/, "", link)
      link = resolve(link)
      if (image) {
        sub(/.*\//, "", link)
        out = out "<img src=\"" link "\" alt=\"" text "\" style=\"max-width: 100%\"/>"
      } else if (index(pages, " " link " ")) out = out "@ref " name_of(link) " \"" text "\""
      else if (link == "include/s2vk/s2vk.h") out = out "@ref s2vk.h \"" text "\""
      else out = out text
    }
  }
  return out line
}

# The page's name, that Doxygen links by.
function name_of(path) {
  if (path == "README.md") return "index"
  sub(/\.md$/, "", path)
  gsub(/[^A-Za-z0-9]/, "_", path)
  return "page_" path
}

/^```/ { code = !code }
code || /^    / { print; next }
/^# / && !titled {
  titled = 1
  print $0 (from == "README.md" ? " {#mainpage}" : " {#" name_of(from) "}")
  next
}
{
  line = $0
  while (line ~ /\[[^\]]*$/ && (getline following) > 0) line = line " " following # a link that goes on in the next line
  print convert(line)
}
