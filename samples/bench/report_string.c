#include "report_string.h"

void report_string(FILE *file, const char *text) {
  fputc('"', file);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      fputc('\\', file);
    if ((unsigned char)*text >= ' ')
      fputc(*text, file);
  }
  fputc('"', file);
}
