/* Writes JSON strings. */
#ifndef EXTRACT_JSON_H
#define EXTRACT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool json_is_utf8(const char *text);

/* The same JSON without the space between its parts, to the digit; NULL if it is none, or without memory. What RFC 8259
 * does not allow is none: NaN, text behind it, bytes that are not UTF-8. */
char *json_compact(const char *text, size_t bytes);

/* Writes text as a JSON string, and returns its bytes. If file is NULL, only counts them. Returns 0 if text is not
 * UTF-8. */
size_t json_put_string(FILE *file, const char *text);

#endif
