/* walk FOLDER STEPS: goes from each photograph of a folder to the next, STEPS times, with the thread that reads them,
 * and waits for its features each time. Fails if one does not come, or if the process has grown between a fifth of the
 * way and its end by more than a quarter and 32 MiB. */
#define _POSIX_C_SOURCE 200809L

#include "easel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_FRAMES 100000 /* until the features of a photograph are there */

static bool is_there(const struct state *state) {
  const struct side *side = &state->sides[0];
  return !side->loading && !side->pending && side->current &&
         (strcmp(side->current->picture->path, state->album.paths[state->look.number[0]]) == 0 || *state->warning);
}

static bool step(struct easel *easel, unsigned *unreadable) {
  const struct timespec pause = {0, 1000000};
  viewer_key(&easel->viewer, KEY_RIGHT, 0);
  for (int i = 0; i < MAX_FRAMES; i++) {
    if (!easel_frame(easel))
      return false;
    if (i > 1 && is_there(&easel->viewer.app.state)) {
      *unreadable += *easel->viewer.app.state.warning != 0;
      return true;
    }
    nanosleep(&pause, NULL);
  }
  return false;
}

int main(int argc, char **argv) {
  static struct easel easel;
  char *arguments[] = {"viewer", argv[1], "--size", "480x320", "--scales", "0.25,0.5", "--max-split-size", "64"};
  const int steps = argc == 3 ? atoi(argv[2]) : 0;
  if (steps <= 0) {
    fprintf(stderr, "Usage: walk FOLDER STEPS\n");
    return 2;
  }
  bool done = easel_set_up(&easel, 8, arguments, false) && easel_frame(&easel);
  double early = 0;
  unsigned unreadable = 0;
  for (int i = 0; done && i < steps; i++) {
    done = step(&easel, &unreadable);
    if (i == steps / 5)
      early = easel_resident();
  }
  const double late = easel_resident();
  printf("%d photographs, of which %u have no features; %.0f MiB after a fifth, %.0f MiB at the end\n", steps,
      unreadable, early, late);
  if (!done)
    fprintf(stderr, "walk: it ended early: %s\n", easel.viewer.app.state.warning);
  easel_take_down(&easel);
  return !done || late > 1.25 * early + 32;
}
