/* What is kept from run to run: in $XDG_CONFIG_HOME/s2vk/viewer.conf, or ~/.config/s2vk/viewer.conf. */
#ifndef VIEWER_STORE_H
#define VIEWER_STORE_H

#include "app.h"

/* What cannot be read is as it is without the file. */
void store_read(struct app *app);

/* False, with the reason, if it cannot be written. */
bool store_write(const struct app *app, char error[ERROR_BYTES]);

#endif
