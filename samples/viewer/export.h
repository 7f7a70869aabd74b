/* What leaves the program: features as extract writes them, and the text that reproduces them. */
#ifndef VIEWER_EXPORT_H
#define VIEWER_EXPORT_H

#include "session.h"

/* The command line of extract that computes the features of a session; and the plan as C that compiles. New strings, or
 * NULL if there is no memory for them. */
char *export_command(const struct session *session);
char *export_code(const struct session *session);

/* Waits for the queue, and writes path and path.json as extract does. False, with the reason in error. */
bool export_features(const struct session *session, const char *path, char error[ERROR_BYTES]);

/* The first of viewer-1.ENDING, viewer-2.ENDING and so on in the current folder that is not there. */
void export_name(const char *ending, char name[64]);

#endif
