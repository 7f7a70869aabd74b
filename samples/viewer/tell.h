/* Says in a line what is on the screen, for scripts and tests that wait for it. */
#ifndef VIEWER_TELL_H
#define VIEWER_TELL_H

#include "app.h"

#define TELL_BYTES 512

/* The window's own state. */
struct tell_window {
  VkExtent2D extent; /* in pixels */
  bool focused;
};

/* Prints the line on stdout unless it is the last one that was printed. Does nothing while something is being computed
 * or read. */
void tell_state(const struct app *app, const struct tell_window *window, char last[TELL_BYTES]);

#endif
