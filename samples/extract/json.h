/* Writes JSON strings. */
#ifndef EXTRACT_JSON_H
#define EXTRACT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool json_is_utf8(const char *text);

/* Writes text as a JSON string, and returns its bytes. If file is NULL, only counts them. Returns 0 if text is not
 * UTF-8. */
size_t json_put_string(FILE *file, const char *text);

#endif
