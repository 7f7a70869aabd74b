/* Refuses an output that is an input of the program, or whose name fits another format. */
#ifndef SAMPLES_OUTPUT_CHECK_H
#define SAMPLES_OUTPUT_CHECK_H

#include <stdbool.h>

/* Whether the output is the input (by device and inode), or lies in it if the input is a folder. */
bool output_is_input(const char *path, const char *input);

/* The path's ending, such as ".jpg", if it belongs to another format than the one that is written; else NULL. own: the
 * endings of that format, such as ".npy .png". */
const char *output_foreign_ending(const char *path, const char *own);

#endif
