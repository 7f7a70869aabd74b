/* The program in a window, by GLFW. */
#ifndef VIEWER_WINDOW_H
#define VIEWER_WINDOW_H

#include "options.h"

/* Until it is closed. False, with the reason on stderr, if something fails. */
bool window_run(const struct options *options);

#endif
