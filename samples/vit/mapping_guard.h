/* Guards mapped files that another process shortens. Reading the missing part would end the process by SIGBUS. The
 * guard's signal handler makes such reads return zeros, and remembers them. For other addresses it calls the handler
 * that was there before. */
#ifndef VIT_MAPPING_GUARD_H
#define VIT_MAPPING_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* False if too many files are mapped. */
bool vit_guard_add(const void *data, size_t bytes);

/* Call it before the file is unmapped. Accepts a mapping that was not added. */
void vit_guard_remove(const void *data);

/* Whether all bytes that were read so far were in the file. */
bool vit_guard_is_whole(const void *data);

#endif
