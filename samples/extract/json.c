#include "json.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at the start of text; 0: it is not one. */
static size_t character_bytes(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  size_t bytes = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < bytes; i++)
    if ((at[i] & 0xC0) != 0x80)
      return 0;
  bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
  bool surrogate = at[0] == 0xED && at[1] > 0x9F, too_large = at[0] == 0xF4 && at[1] > 0x8F;
  return overlong || surrogate || too_large ? 0 : bytes;
}

size_t json_put_string(FILE *file, const char *text) {
  size_t total = 2;
  if (file)
    fputc('"', file);
  for (size_t bytes; *text; text += bytes) {
    char escaped[8];
    int length;
    if (!(bytes = character_bytes(text)))
      return 0;
    if (*text == '"' || *text == '\\')
      length = snprintf(escaped, sizeof escaped, "\\%c", *text);
    else if ((unsigned char)*text < 0x20)
      length = snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*text);
    else
      length = snprintf(escaped, sizeof escaped, "%.*s", (int)bytes, text);
    if (file)
      fwrite(escaped, 1, (size_t)length, file);
    total += (size_t)length;
  }
  if (file)
    fputc('"', file);
  return total;
}

bool json_is_utf8(const char *text) {
  for (size_t bytes; *text; text += bytes)
    if (!(bytes = character_bytes(text)))
      return false;
  return true;
}

/* ---- Compact ---- */

#define MAX_DEPTH 256

/* What is left to read, which ends in 0, and where it is copied to. */
struct copy {
  const char *at;
  char *to;
};

static void skip_space(struct copy *c) {
  while (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r')
    c->at++;
}

static void copy_bytes(struct copy *c, size_t bytes) {
  memcpy(c->to, c->at, bytes);
  c->at += bytes;
  c->to += bytes;
}

static bool copy_if(struct copy *c, const char *one_of) {
  bool is_one = *c->at && strchr(one_of, *c->at);
  if (is_one)
    copy_bytes(c, 1);
  return is_one;
}

static bool copy_digits(struct copy *c) {
  const size_t digits = strspn(c->at, "0123456789");
  copy_bytes(c, digits);
  return digits;
}

static bool copy_number(struct copy *c) {
  copy_if(c, "-");
  if (!copy_if(c, "0") && !copy_digits(c))
    return false;
  if (copy_if(c, ".") && !copy_digits(c))
    return false;
  if (!copy_if(c, "eE"))
    return true;
  copy_if(c, "+-");
  return copy_digits(c);
}

static bool copy_string(struct copy *c) {
  if (!copy_if(c, "\""))
    return false;
  while (!copy_if(c, "\"")) {
    if ((unsigned char)*c->at < 0x20) /* the end, too */
      return false;
    if (!copy_if(c, "\\"))
      copy_bytes(c, 1);
    else if (*c->at == 'u' ? strspn(c->at + 1, "0123456789abcdefABCDEF") < 4 : !*c->at || !strchr("\"\\/bfnrt", *c->at))
      return false;
    else
      copy_bytes(c, *c->at == 'u' ? 5 : 1);
  }
  return true;
}

static bool copy_value(struct copy *c, int depth);

static bool copy_items(struct copy *c, bool object, int depth) {
  const char *end = object ? "}" : "]";
  skip_space(c);
  if (copy_if(c, end))
    return true;
  do {
    skip_space(c);
    if (object && !copy_string(c))
      return false;
    skip_space(c);
    if ((object && !copy_if(c, ":")) || !copy_value(c, depth - 1))
      return false;
  } while (copy_if(c, ","));
  return copy_if(c, end);
}

static bool copy_word(struct copy *c) {
  static const char *const words[] = {"true", "false", "null"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strncmp(c->at, words[i], strlen(words[i])) == 0) {
      copy_bytes(c, strlen(words[i]));
      return true;
    }
  return false;
}

static bool copy_value(struct copy *c, int depth) {
  bool done;
  skip_space(c);
  if (!depth)
    return false;
  if (copy_if(c, "{["))
    done = copy_items(c, c->at[-1] == '{', depth);
  else if (*c->at == '"')
    done = copy_string(c);
  else if (*c->at == '-' || (*c->at >= '0' && *c->at <= '9'))
    done = copy_number(c);
  else
    done = copy_word(c);
  skip_space(c);
  return done;
}

char *json_compact(const char *text, size_t bytes) {
  char *made = strlen(text) == bytes && json_is_utf8(text) ? malloc(bytes + 1) : NULL;
  struct copy copy = {text, made};
  if (made && copy_value(&copy, MAX_DEPTH) && !*copy.at) {
    *copy.to = 0;
    return made;
  }
  free(made);
  return NULL;
}
