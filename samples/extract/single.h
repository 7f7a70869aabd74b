/* Reads one photograph, writes a .npy file and a picture of its features, and prints what was done on stdout. */
#ifndef EXTRACT_SINGLE_H
#define EXTRACT_SINGLE_H

#include "options.h"

/* Returns the exit status. Reasons are on stderr. */
int single_run(const struct options *options);

#endif
