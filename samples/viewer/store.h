/* Settings that are kept from run to run, in $XDG_CONFIG_HOME/s2vk/viewer.conf, or ~/.config/s2vk/viewer.conf. */
#ifndef VIEWER_STORE_H
#define VIEWER_STORE_H

#include "app.h"

/* Values that cannot be read keep their defaults. */
void store_read(struct app *app);

/* On failure returns false and the reason. */
bool store_write(const struct app *app, char error[ERROR_BYTES]);

#endif
