/* Files that are whole or not there: what every program of samples/ writes by.
 *
 * Bytes go into PATH.part, in the same folder, which gets its name when all of them are on the disk. So there is the
 * old file or the new one under the name, also after a full disk, a kill or a power loss. A link is followed, and the
 * file behind it keeps its mode. What is no regular file (a device, a FIFO, a terminal, the program's own stdout) is
 * written to as it is. Two processes that write one file take turns. */
#ifndef SAMPLES_OUTPUT_H
#define SAMPLES_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OUTPUT_REASON_BYTES 256

struct output {
  FILE *file;    /* to write to */
  char *path;    /* that it gets, behind all links */
  char *partial; /* that it has until then; NULL: it is written to as it is */
  bool keep;     /* the partial file outlives a failure */
};

/* Each is false, with a reason that does not name the file, if it fails. */

/* keep: opens an existing PATH.part with what is in it, for a run that goes on, and leaves it there after a failure. */
bool output_open(struct output *output, const char *path, bool keep, char reason[OUTPUT_REASON_BYTES]);

/* Completes the file: flushes it to the disk and gives it its name. After a failure nothing has changed
 * under the name. */
bool output_close(struct output *output, char reason[OUTPUT_REASON_BYTES]);

/* Gives it up. Accepts an output that is not open. */
void output_abandon(struct output *output);

/* All of it at once. */
bool output_write(const char *path, const void *data, size_t bytes, char reason[OUTPUT_REASON_BYTES]);

/* Encodes height x width x 3 bytes as PNG in memory, and writes that. */
bool output_write_png(
    const char *path, const unsigned char *pixels, int height, int width, char reason[OUTPUT_REASON_BYTES]);

/* Whether a file of this name could be written, as far as that can be known without a change of it. */
bool output_check(const char *path, char reason[OUTPUT_REASON_BYTES]);

/* Whether there is a regular file behind the path, or nothing yet: not a device, a FIFO or the like. */
bool output_is_regular(const char *path);

/* Makes the folders that the path goes through. */
bool output_make_folders(const char *path, char reason[OUTPUT_REASON_BYTES]);

/* At the end of main(): the status, or 1 with the reason on stderr if stdout could not be written. */
int output_finish(const char *program, int status);

#endif
