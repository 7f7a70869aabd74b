#include "json.h"

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
