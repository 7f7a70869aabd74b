/* One photograph in; a .npy file and a picture of its features out, and what was done told on stdout. */
#ifndef EXTRACT_SINGLE_H
#define EXTRACT_SINGLE_H

#include "options.h"

/* False, with the reason on stderr, if it fails. */
bool single_run(const struct options *options);

#endif
