/* Why a function of this folder returned false. */
#ifndef VIT_ERROR_H
#define VIT_ERROR_H

#include <stdbool.h>

struct vit_error {
  char text[512]; /* names the file, the field or tensor, its value, and what would be right */
};

#if defined(__MINGW32__)
#define VIT_PRINTF(string, first) __attribute__((format(gnu_printf, string, first)))
#elif defined(__GNUC__)
#define VIT_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define VIT_PRINTF(string, first)
#endif

/* Sets the text and returns false. */
bool vit_fail(struct vit_error *error, const char *format, ...) VIT_PRINTF(2, 3);

#endif
