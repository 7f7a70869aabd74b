/* A bound on what stb_image may allocate, so that a file of a few bytes cannot ask for gigabytes. */
#ifndef SAMPLES_STB_H
#define SAMPLES_STB_H

#include <stddef.h>

/* Bounds the allocations of stb_image on this thread by what an image in a file of this size may need. Without a call
 * there is no bound. */
void stb_bound_by_file(size_t file_bytes);

#endif
