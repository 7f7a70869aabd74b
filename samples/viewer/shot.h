/* Draws the screen again, into a file. */
#ifndef VIEWER_SHOT_H
#define VIEWER_SHOT_H

#include "offscreen.h"
#include "viewer.h"

/* Waits for the device, and writes the window or one panel to PATH. extent, format: the window's. On failure returns
 * false and shows the reason as the warning. */
bool shot_write(
    struct viewer *viewer, const char *path, bool panel, VkExtent2D extent, VkFormat format, uint32_t frame);

/* Writes the pictures that actions have requested, under the next free names. */
void shot_serve(struct viewer *viewer, VkExtent2D extent, VkFormat format, uint32_t frame);

#endif
