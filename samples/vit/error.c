#include "error.h"

#include <stdarg.h>
#include <stdio.h>

bool vit_fail(struct vit_error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return false;
}
