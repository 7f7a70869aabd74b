/* A file appears under its name when it is complete; until then it has another one in the same folder. What a run that was ended
 * leaves there, the next one writes over. */
#ifndef EXTRACT_PARTIAL_H
#define EXTRACT_PARTIAL_H

#include <stdbool.h>

/* The name until then, path.part: a new string; NULL if there is no memory. */
char *partial_name(const char *path);

/* Gives a complete file its name. False, with errno set, if that fails. */
bool partial_complete(const char *partial, const char *path);

#endif
