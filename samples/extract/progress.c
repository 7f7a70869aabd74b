#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_BYTES 16384 /* room for two settings, or two paths */
#define BAR_WIDTH 30
#define BAR_SECONDS 0.1  /* from one drawing to the next */
#define FIRST_SECONDS 1. /* before the bar is drawn first */
#define LINE_SECONDS 10. /* between lines, without a terminal */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  enum when when;
  const char *what, *unit;
  uint64_t done, total;
  double start, drawn;
  bool running;
  int drawn_bytes; /* bytes of the bar in the line of the cursor; 0: there is no bar */
} progress = {.when = WHEN_AUTO};

double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Blanks in place of an escape sequence: they work on every terminal, and with NO_COLOR. */
static void wipe(void) {
  if (progress.drawn_bytes)
    fprintf(stderr, "\r%*s\r", progress.drawn_bytes, "");
  progress.drawn_bytes = 0;
}

/* Names are anybody's, and go to a terminal: no control characters, of ASCII or of UTF-8. */
static void print_plain(const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    const bool wide = c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
    fputc((*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7F || wide ? '?' : *c, stderr);
    c += wide;
  }
}

void message_print(const char *format, ...) {
  va_list arguments;
  char text[MESSAGE_BYTES];
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  pthread_mutex_lock(&lock);
  wipe();
  fputs("extract: ", stderr);
  print_plain(text);
  fputc('\n', stderr);
  pthread_mutex_unlock(&lock);
}

void progress_choose(enum when when) {
  struct stat status;
  const char *terminal = getenv("TERM");
  if (when == WHEN_AUTO && isatty(STDERR_FILENO) == 1 && terminal && strcmp(terminal, "dumb") != 0)
    when = WHEN_BAR;
  else if (when == WHEN_AUTO)
    when = fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode) ? WHEN_NONE : WHEN_PLAIN;
  pthread_mutex_lock(&lock);
  progress.when = when;
  pthread_mutex_unlock(&lock);
}

static void draw(double now) {
  char text[256], left[32] = "";
  double seconds = now - progress.start, rate = seconds > 0 ? (double)progress.done / seconds : 0;
  if (progress.total && rate > 0) {
    uint64_t rest = (uint64_t)((double)(progress.total - progress.done) / rate + 0.5);
    snprintf(
        left, sizeof left, ", %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left", rest / 3600, rest / 60 % 60, rest % 60);
  }
  int length = snprintf(text, sizeof text, "%s%s%" PRIu64, progress.what, *progress.what ? " " : "", progress.done);
  if (progress.total)
    length += snprintf(text + length, sizeof text - (size_t)length, " of %" PRIu64, progress.total);
  length += snprintf(text + length, sizeof text - (size_t)length, " %s, %.2f/s%s", progress.unit, rate, left);
  if (progress.when == WHEN_PLAIN) {
    fprintf(stderr, "extract: %s\n", text);
  } else {
    wipe();
    if (progress.total) {
      int filled = (int)(progress.done * BAR_WIDTH / progress.total);
      length += fprintf(stderr, "[%.*s%*s] ", filled, "##############################", BAR_WIDTH - filled, "");
    }
    fputs(text, stderr);
    progress.drawn_bytes = length;
  }
  progress.drawn = now;
}

void progress_start(const char *what, const char *unit, uint64_t total) {
  pthread_mutex_lock(&lock);
  if (progress.when == WHEN_AUTO) {
    pthread_mutex_unlock(&lock);
    progress_choose(WHEN_AUTO);
    pthread_mutex_lock(&lock);
  }
  progress.what = what;
  progress.unit = unit;
  progress.done = 0;
  progress.total = total;
  progress.start = progress.drawn = seconds_now();
  progress.running = true;
  pthread_mutex_unlock(&lock);
}

static void update(uint64_t done) {
  double now = seconds_now();
  bool bar = progress.when == WHEN_BAR, first = progress.drawn == progress.start;
  progress.done = progress.total && done > progress.total ? progress.total : done;
  if (progress.running && progress.when != WHEN_NONE &&
      now - progress.drawn >= (!bar       ? LINE_SECONDS
                                  : first ? FIRST_SECONDS
                                          : BAR_SECONDS))
    draw(now);
}

void progress_add(uint64_t count) {
  pthread_mutex_lock(&lock);
  update(progress.done + count);
  pthread_mutex_unlock(&lock);
}

void progress_set(uint64_t done) {
  pthread_mutex_lock(&lock);
  update(done);
  pthread_mutex_unlock(&lock);
}

double progress_stop(void) {
  pthread_mutex_lock(&lock);
  double now = seconds_now(), seconds = now - progress.start;
  if (progress.drawn_bytes) {
    draw(now);
    fputc('\n', stderr);
  }
  progress.drawn_bytes = 0;
  progress.running = false;
  pthread_mutex_unlock(&lock);
  return seconds;
}
