/* What stderr shows while many images are on their way: a bar with rate and time left on a terminal, a line now and then
 * elsewhere; and messages, which do not run into the bar. Any thread may call these. */
#ifndef EXTRACT_PROGRESS_H
#define EXTRACT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__MINGW32__)
#define MESSAGE_PRINTF __attribute__((format(gnu_printf, 1, 2)))
#elif defined(__GNUC__)
#define MESSAGE_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define MESSAGE_PRINTF
#endif

/* Prints "extract: ...", on a line of its own. */
void message_print(const char *format, ...) MESSAGE_PRINTF;

/* Seconds from some moment on, and never back. */
double seconds_now(void);

/* Starts counting; there is one progress at a time. */
void progress_start(size_t total);
void progress_add(size_t images);

/* Ends the bar, and says how many seconds it took. */
double progress_stop(void);

#endif
