/* One photograph in; a .npy file and a picture of its features out, and what was done told on stdout. */
#ifndef EXTRACT_SINGLE_H
#define EXTRACT_SINGLE_H

#include "options.h"

/* The exit status; reasons are on stderr. */
int single_run(const struct options *options);

#endif
