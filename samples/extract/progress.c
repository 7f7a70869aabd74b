#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define BAR_SECONDS 0.1  /* from one drawing to the next */
#define LINE_SECONDS 10. /* from one line to the next, without a terminal */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  size_t done, total;
  double start, drawn;
  bool running, terminal, on_line; /* on_line: the bar is where the cursor is */
} progress;

double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void message_print(const char *format, ...) {
  va_list arguments;
  pthread_mutex_lock(&lock);
  if (progress.on_line) {
    fputs("\r\033[K", stderr);
    progress.drawn = 0;
  }
  progress.on_line = false;
  fputs("extract: ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  pthread_mutex_unlock(&lock);
}

static void print_left(double seconds) {
  unsigned long left = (unsigned long)(seconds + 0.5);
  fprintf(stderr, "%lu:%02lu:%02lu left", left / 3600, left / 60 % 60, left % 60);
}

static void draw(double now) {
  double rate = (double)progress.done / (now - progress.start);
  int filled = (int)(progress.done * BAR_WIDTH / progress.total);
  if (progress.terminal)
    fprintf(stderr, "\r[%.*s%*s] ", filled, "##############################", BAR_WIDTH - filled, "");
  else
    fputs("extract: ", stderr);
  fprintf(stderr, "%zu of %zu images, %.2f/s, ", progress.done, progress.total, rate);
  print_left((double)(progress.total - progress.done) / rate);
  fputs(progress.terminal ? "\033[K" : "\n", stderr);
  progress.on_line = progress.terminal;
  progress.drawn = now;
}

void progress_start(size_t total) {
  pthread_mutex_lock(&lock);
  progress.done = 0;
  progress.total = total;
  progress.start = progress.drawn = seconds_now();
  progress.terminal = isatty(STDERR_FILENO) == 1;
  progress.running = true;
  pthread_mutex_unlock(&lock);
}

void progress_add(size_t images) {
  pthread_mutex_lock(&lock);
  double now = seconds_now();
  progress.done += images;
  if (progress.running && progress.done && now - progress.drawn >= (progress.terminal ? BAR_SECONDS : LINE_SECONDS))
    draw(now);
  pthread_mutex_unlock(&lock);
}

double progress_stop(void) {
  pthread_mutex_lock(&lock);
  double now = seconds_now(), seconds = now - progress.start;
  if (progress.on_line) {
    draw(now);
    fputc('\n', stderr);
  }
  progress.on_line = progress.running = false;
  pthread_mutex_unlock(&lock);
  return seconds;
}
