/* Text of JSON. */
#ifndef EXTRACT_JSON_H
#define EXTRACT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool json_is_utf8(const char *text);

/* Writes text as a string, or counts its bytes if file is NULL; 0 if it is not UTF-8. */
size_t json_put_string(FILE *file, const char *text);

#endif
