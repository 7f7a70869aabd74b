/* What stderr shows while work is on its way: a bar with rate and time left on a terminal, a line every ten seconds in
 * a pipe, nothing in a file; and messages, which do not run into the bar. Any thread may call these. */
#ifndef EXTRACT_PROGRESS_H
#define EXTRACT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum when { WHEN_AUTO, WHEN_BAR, WHEN_PLAIN, WHEN_NONE };

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

/* What is shown from here on; WHEN_AUTO, which is the default, goes by what stderr is. */
void progress_choose(enum when when);

/* Starts counting; there is one progress at a time. total 0: it is not known. */
void progress_start(const char *what, const char *unit, uint64_t total);
void progress_add(uint64_t count);

/* How far it is, in place of counting up to there. */
void progress_set(uint64_t done);

/* Ends the bar, and says how many seconds it took. */
double progress_stop(void);

#endif
