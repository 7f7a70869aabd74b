/* Files that a program needs while it runs, such as a font: where the build found them or, on a machine where the
 * program was installed, below share/s2vk beside the program's folder. */
#ifndef SAMPLES_SHARE_H
#define SAMPLES_SHARE_H

#define SHARE_PATH_BYTES 4096

/* built if that file can be read. Else the installed file of the same name, as a path in installed; if there is none
 * either, built, for the error message. */
const char *share_find(const char *built, char installed[SHARE_PATH_BYTES]);

#endif
