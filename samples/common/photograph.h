/* Photographs, from files that may hold anything. */
#ifndef SAMPLES_PHOTOGRAPH_H
#define SAMPLES_PHOTOGRAPH_H

#include <s2vk/s2vk.h>

#define PHOTOGRAPH_REASON_BYTES 512

struct photograph {
  unsigned char *pixels; /* height x width x 3 */
  s2vk_size size;
};

/* Reads a JPEG or PNG file, and allocates no more than an image in a file of that size can need. False, with a reason that
 * does not name the file, if it cannot be read. Any thread. */
bool photograph_read(struct photograph *photograph, const char *path, char reason[PHOTOGRAPH_REASON_BYTES]);

void photograph_free(struct photograph *photograph);

#endif
