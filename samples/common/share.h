/* Finds files that a program needs while it runs, such as a font. They are where the build found them. On a machine
 * where the program is installed, they are in share/s2vk beside the program's folder. */
#ifndef SAMPLES_SHARE_H
#define SAMPLES_SHARE_H

#define SHARE_PATH_BYTES 4096

/* Returns `built` if this file can be read. Otherwise writes the path of the installed file of the same name to
 * `installed`, and returns it. If neither exists, returns `built`, for the error message. */
const char *share_find(const char *built, char installed[SHARE_PATH_BYTES]);

#endif
