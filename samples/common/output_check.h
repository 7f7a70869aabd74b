/* Refuses an output that is an input of the program, or whose name fits another format. */
#ifndef SAMPLES_OUTPUT_CHECK_H
#define SAMPLES_OUTPUT_CHECK_H

#include <stdbool.h>

/* Whether both are one file, by device and inode, or the input is a folder that has it. */
bool output_is_input(const char *path, const char *input);

/* The path's ending, such as ".jpg", where it says something else than is written; NULL: it does not.
 * own: ".npy .png" */
const char *output_foreign_ending(const char *path, const char *own);

#endif
