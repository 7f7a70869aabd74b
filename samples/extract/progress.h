/* Progress and messages on stderr. Progress is a bar with the rate and the time left on a terminal, a line every ten
 * seconds in a pipe, and nothing in a file. Messages do not run into the bar. Any thread may call these functions. */
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

/* Seconds since some moment. They never decrease. */
double seconds_now(void);

/* Chooses what is shown from now on. WHEN_AUTO, the default, depends on what stderr is. */
void progress_choose(enum when when);

/* Starts a progress. There is one at a time. total 0: not known. */
void progress_start(const char *what, const char *unit, uint64_t total);
void progress_add(uint64_t count);

/* Sets the progress, in place of counting. */
void progress_set(uint64_t done);

/* Ends the progress, and returns its seconds. */
double progress_stop(void);

#endif
