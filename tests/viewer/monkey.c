/* monkey FOLDER: moves, clicks, keys, drops and text at random, by a seed, on a viewer that draws without a window, for
 * S2VK_MONKEY_SECONDS (6 unless told otherwise); S2VK_MONKEY_SEED chooses another run. It prints what it did last if
 * something fails, and how much memory the process has in the end. Validation is switched on by the environment. */
#define _POSIX_C_SOURCE 200809L

#include "easel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state;

static uint32_t below(uint32_t bound) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((state >> 33) % bound);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Scales of some 6 take long on a CPU, and so are kept small; exports would fill the folder. */
static bool is_left_out(const struct app *app, enum action action) {
  const struct settings *settings = state_settings(&app->state);
  const double scale = settings->scales[app->state.look.selected];
  return action == ACTION_QUIT || (action == ACTION_LARGER && scale >= 1) ||
         (action == ACTION_ADD_SCALE &&
             (settings->scale_count >= 3 || settings->scales[settings->scale_count - 1] >= 0.5)) ||
         ((action == ACTION_EXPORT_FEATURES || action == ACTION_EXPORT_WINDOW || action == ACTION_EXPORT_PANEL ||
              action == ACTION_COPY_COMMAND || action == ACTION_COPY_CODE) &&
             below(8));
}

static void press_a_key(struct easel *easel) {
  const enum action action = (enum action)below(ACTION_COUNT);
  const char *keys = action_rows[action].keys;
  int key, modifiers;
  if (!keys || is_left_out(&easel->viewer.app, action) || !action_parse_key(keys, strcspn(keys, " "), &key, &modifiers))
    return;
  viewer_key(&easel->viewer, key, modifiers);
}

static void do_something(struct easel *easel, const char *folder) {
  struct viewer *viewer = &easel->viewer;
  const float width = (float)easel->offscreen.target.extent.width,
              height = (float)easel->offscreen.target.extent.height;
  switch (below(12)) {
  case 0:
  case 1:
  case 2:
  case 3:
    press_a_key(easel);
    break;
  case 4:
  case 5:
  case 6:
    viewer_move(viewer, (float)below(1000) * width / 1000, (float)below(1000) * height / 1000);
    break;
  case 7:
    if (viewer->app.input.down || viewer->app.layout.sidebar.width == 0 ||
        !rect_has(viewer->app.layout.sidebar, viewer->app.input.x, viewer->app.input.y) || below(4) == 0)
      viewer_press(viewer, !viewer->app.input.down);
    break;
  case 8:
    viewer_wheel(viewer, (float)below(7) - 3);
    break;
  case 9:
    viewer_type(viewer, (unsigned char)"aeimnstrop 12"[below(13)]);
    break;
  case 10:
    if (below(20) == 0)
      state_open(&viewer->app.state, below(3) ? folder : "/dev/null");
    break;
  default:
    viewer_press_other(viewer);
    break;
  }
}

int main(int argc, char **argv) {
  static struct easel easel;
  char *arguments[] = {"viewer", argv[1], "--size", "480x320", "--scales", "0.25,0.5", "--view", "similarity"};
  const char *seconds = getenv("S2VK_MONKEY_SECONDS"), *seed = getenv("S2VK_MONKEY_SEED");
  if (argc != 2) {
    fprintf(stderr, "Usage: monkey FOLDER\n");
    return 2;
  }
  state = seed ? strtoull(seed, NULL, 10) : 1;
  const double start = now(), end = start + (seconds ? strtod(seconds, NULL) : 6);
  bool done = easel_set_up(&easel, 8, arguments, false);
  uint64_t frames = 0;
  double early = 0;
  while (done && now() < end) {
    for (uint32_t i = below(4); i-- > 0;)
      do_something(&easel, argv[1]);
    easel.viewer.app.seconds = now();
    done = easel_frame(&easel) && !(easel.viewer.app.state.quit);
    if (easel.viewer.app.requests)
      shot_serve(&easel.viewer, easel.offscreen.target.extent, VK_FORMAT_R8G8B8A8_UNORM, easel.frames.index);
    frames++;
    if (early == 0 && now() > start + (end - start) / 2)
      early = easel_resident();
  }
  printf("%llu frames; %.0f MiB half way, %.0f MiB at the end%s\n", (unsigned long long)frames, early, easel_resident(),
      done ? "" : "; it ended early");
  if (!done)
    fprintf(stderr, "monkey: %s\n", easel.viewer.app.state.warning);
  free(easel.viewer.app.clipboard);
  easel_take_down(&easel);
  return !done;
}
