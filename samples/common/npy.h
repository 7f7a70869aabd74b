/* NumPy's .npy files: one dense row-major array each (format version 1.0 and 2.0, little-endian).
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef SAMPLES_NPY_H
#define SAMPLES_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NPY_MAX_RANK 8

struct npy {
  char type[4]; /* "f4", "f2", "u2", ...: numpy's kind and bytes of an element */
  size_t element_bytes;
  unsigned rank;
  size_t dims[NPY_MAX_RANK];
  size_t elements;
  void *data; /* elements * element_bytes */
};

/* Reads a file, checking every length against the file's size before allocating. False, with a reason in error, if it
 * cannot be read; array is then empty. Free with npy_free(). */
bool npy_read(const char *path, struct npy *array, char *error, size_t error_bytes);

/* Writes type, rank, dims and data of an array (elements and element_bytes are not looked at), as output.h says. */
bool npy_write(const char *path, const struct npy *array, char *error, size_t error_bytes);

void npy_free(struct npy *array);

#endif
