/* What is on the screen, once more, into a file. */
#ifndef VIEWER_SHOT_H
#define VIEWER_SHOT_H

#include "offscreen.h"
#include "viewer.h"

/* The window, or one panel, as PATH; extent and format: the window's. Waits for the device. False, with the reason as
 * the warning. */
bool shot_write(
    struct viewer *viewer, const char *path, bool panel, VkExtent2D extent, VkFormat format, uint32_t frame);

/* Does what actions have asked for: pictures under the next free names. */
void shot_serve(struct viewer *viewer, VkExtent2D extent, VkFormat format, uint32_t frame);

#endif
