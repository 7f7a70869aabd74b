/* NumPy's .npy files, each with one dense row-major array (format versions 1.0 and 2.0, little-endian).
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

/* Reads a file. It compares every length with the file's size before it allocates. On failure returns false, sets the
 * reason, and leaves the array empty. Free the array by npy_free(). */
bool npy_read(const char *path, struct npy *array, char *error, size_t error_bytes);

/* Writes an array from type, rank, dims and data, as a file of output.h. The other fields are not read. */
bool npy_write(const char *path, const struct npy *array, char *error, size_t error_bytes);

void npy_free(struct npy *array);

#endif
