/* The program in a window, by GLFW. */
#ifndef VIEWER_WINDOW_H
#define VIEWER_WINDOW_H

#include "options.h"

/* Runs until the window is closed. On failure returns false and prints the reason on stderr. */
bool window_run(const struct options *options);

#endif
