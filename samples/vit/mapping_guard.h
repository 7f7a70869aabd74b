/* Files that another process shortens while they are mapped: reading what is missing would end the process by SIGBUS.
 * Here it gives zeros, and is remembered. That takes a handler of the signal, which leaves all but these mappings to
 * the one before it. */
#ifndef VIT_MAPPING_GUARD_H
#define VIT_MAPPING_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* False if too many files are mapped. */
bool vit_guard_add(const void *data, size_t bytes);

/* Ahead of unmapping. Accepts what was not added. */
void vit_guard_remove(const void *data);

/* Whether all that was read of it so far was in the file. */
bool vit_guard_is_whole(const void *data);

#endif
