/* Output files that are complete or absent. All programs of samples/ write by these functions.
 *
 * Bytes go into PATH.part in the same folder. This file gets its final name when all bytes are on the disk. The name
 * therefore has the old file or the new one, also after a full disk, a kill or a power loss.
 *
 * A link is followed, and the file that it leads to keeps its mode. A file that is not regular (a device, a FIFO, a
 * terminal, the program's own stdout) is written to directly. Two processes that write one file take turns. */
#ifndef SAMPLES_OUTPUT_H
#define SAMPLES_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OUTPUT_REASON_BYTES 256

struct output {
  FILE *file;    /* to write to */
  char *path;    /* the final name, after all links */
  char *partial; /* the name until then; NULL: the file is written to directly */
  bool keep;     /* the partial file is kept after a failure */
};

/* These functions return false and set the reason if they fail. The reason does not name the file. */

/* Opens a file. keep: for a run that continues an earlier one. It opens an existing PATH.part with its content, and
 * keeps it after a failure. */
bool output_open(struct output *output, const char *path, bool keep, char reason[OUTPUT_REASON_BYTES]);

/* Completes the file: flushes it to the disk and gives it its final name. After a failure the old file is unchanged. */
bool output_close(struct output *output, char reason[OUTPUT_REASON_BYTES]);

/* Closes the file and removes it. Accepts an output that is not open. */
void output_abandon(struct output *output);

/* Writes a whole file at once. */
bool output_write(const char *path, const void *data, size_t bytes, char reason[OUTPUT_REASON_BYTES]);

/* Encodes height x width x 3 bytes as PNG in memory, and writes that. */
bool output_write_png(
    const char *path, const unsigned char *pixels, int height, int width, char reason[OUTPUT_REASON_BYTES]);

/* Checks that a file of this name could be written, as far as this can be known without changing it. */
bool output_check(const char *path, char reason[OUTPUT_REASON_BYTES]);

/* Whether the path leads to a regular file or to nothing, and not to a device, a FIFO or the like. */
bool output_is_regular(const char *path);

/* Whether what is written there goes to the program's own stdout. */
bool output_is_stdout(const char *path);

/* Makes the folders that a path contains. */
bool output_make_folders(const char *path, char reason[OUTPUT_REASON_BYTES]);

/* For the end of main(): returns status. If stdout could not be written, prints the reason on stderr and returns 1. */
int output_finish(const char *program, int status);

#endif
