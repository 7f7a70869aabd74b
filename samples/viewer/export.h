/* Exports: features in the files that extract writes, and text that reproduces them. */
#ifndef VIEWER_EXPORT_H
#define VIEWER_EXPORT_H

#include "session.h"

/* Return the command line of extract that computes a session's features, and the plan as C source. The caller frees the
 * strings. NULL: there is no memory for them. */
char *export_command(const struct session *session);
char *export_code(const struct session *session);

/* Waits for the queue, and writes path and path.json as extract does. On failure returns false and the reason in
 * error. */
bool export_features(const struct session *session, const char *path, char error[ERROR_BYTES]);

/* Finds the first free name of viewer-1.ENDING, viewer-2.ENDING and so on in the current folder. */
void export_name(const char *ending, char name[64]);

#endif
