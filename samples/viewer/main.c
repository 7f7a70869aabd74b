/* The viewer: shows what a second scale adds to the features of a photograph. README.md describes it. */
#define _POSIX_C_SOURCE 200809L

#include "frames.h"
#include "offscreen.h"
#include "options.h"
#include "output.h"
#include "output_check.h"
#include "shot.h"
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* All that draws a picture without a window. */
struct easel {
  struct gpu gpu;
  struct viewer viewer;
  struct offscreen offscreen;
  struct frames frames;
};

static bool set_up(struct easel *easel, const struct options *o) {
  const float scale = o->ui_scale > 0 ? o->ui_scale : 1;
  const VkExtent2D extent = {(uint32_t)((float)o->size.width * scale), (uint32_t)((float)o->size.height * scale)};
  if (!gpu_open_instance(&easel->gpu, NULL, 0) || !gpu_open_device(&easel->gpu, o->device, VK_NULL_HANDLE))
    return false;
  VkResult result = offscreen_create(&easel->offscreen, &easel->gpu, VK_FORMAT_R8G8B8A8_UNORM, extent);
  if (!result)
    result = frames_create(&easel->frames, &easel->gpu);
  if (result) {
    fprintf(stderr, "viewer: no image of %u x %u can be drawn: VkResult %d\n", extent.height, extent.width, result);
    return false;
  }
  const struct viewer_info info = {
      &easel->gpu, easel->offscreen.target.pass, o->source, o->regular, o->bold, scale, true, NULL};
  return viewer_create(&easel->viewer, &info) && options_open(o, &easel->viewer);
}

static void take_down(struct easel *easel) {
  frames_destroy(&easel->frames);
  viewer_destroy(&easel->viewer);
  offscreen_destroy(&easel->offscreen);
  gpu_close(&easel->gpu);
}

static bool draw_frame(struct easel *easel) {
  VkCommandBuffer commands;
  const uint32_t index = easel->frames.index;
  VkResult result = frames_wait(&easel->frames);
  if (!result)
    result = frames_begin(&easel->frames, &commands);
  if (!result) {
    viewer_record(&easel->viewer, index, commands, &easel->offscreen.target);
    result = frames_end(&easel->frames, VK_NULL_HANDLE, VK_NULL_HANDLE);
  }
  if (result)
    fprintf(stderr, "viewer: a frame failed: VkResult %d\n", result);
  return !result && !easel->viewer.app.state.quit;
}

/* Keys are pressed in the first frames. The pointer moves after them, because keys may move what is under it. */
static bool draw_frames(struct easel *easel, const struct options *o) {
  const uint32_t count = (o->frames ? o->frames : 5) + o->pressed_count;
  bool done = true;
  for (uint32_t i = 0; done && i < count; i++) {
    easel->viewer.app.seconds = i;
    done = draw_frame(easel);
    if (i < o->pressed_count)
      viewer_key(&easel->viewer, o->pressed[i].key, o->pressed[i].modifiers);
    if (i + 1 == o->pressed_count || (i == 0 && !o->pressed_count))
      if (o->has_pointer)
        viewer_move(&easel->viewer, o->pointer[0], o->pointer[1]);
    if (easel->viewer.app.requests)
      shot_serve(&easel->viewer, easel->offscreen.target.extent, easel->offscreen.image.format, easel->frames.index);
  }
  return done;
}

/* Called before anything is drawn. */
static bool check_screenshot(const struct options *o) {
  const char *const inputs[] = {o->image, o->second, o->regular, o->bold};
  char reason[OUTPUT_REASON_BYTES] = "is one of the inputs";
  bool done = output_check(o->screenshot, reason);
  for (size_t i = 0; done && i < sizeof inputs / sizeof *inputs; i++)
    done = !inputs[i] || !output_is_input(o->screenshot, inputs[i]);
  if (!done)
    fprintf(stderr, "viewer: --screenshot %s: %s\n", o->screenshot, reason);
  return done;
}

static bool take_screenshot(const struct options *o) {
  static struct easel easel;
  if (!check_screenshot(o))
    return false;
  char error[OUTPUT_REASON_BYTES] = "";
  const bool done =
      set_up(&easel, o) && draw_frames(&easel, o) && offscreen_write(&easel.offscreen, o->screenshot, error);
  if (!done && *error)
    fprintf(stderr, "viewer: --screenshot %s: %s\n", o->screenshot, error);
  take_down(&easel);
  return done;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Measures the time from a move of the pointer until the GPU has computed and drawn the similarities. */
static bool hover(struct easel *easel, double *milliseconds, uint32_t count) {
  const struct panel *panel = &easel->viewer.app.layout.panels[0];
  for (uint32_t i = 0; i < count; i++) {
    const float across = (float)(i * 37 % 101) / 101, down = (float)(i * 53 % 97) / 97;
    const double start = now();
    viewer_move(&easel->viewer, panel->area.x + across * panel->area.width, panel->area.y + down * panel->area.height);
    if (!draw_frame(easel) || vkQueueWaitIdle(easel->gpu.queue))
      return false;
    milliseconds[i] = 1e3 * (now() - start);
  }
  return true;
}

static bool bench_hover(const struct options *given) {
  static struct easel easel;
  struct options o = *given;
  o.view = VIEW_SIMILARITY;
  o.has_view = true;
  double *milliseconds = calloc(o.bench_hover, sizeof *milliseconds);
  const bool done =
      milliseconds && set_up(&easel, &o) && draw_frames(&easel, &o) && hover(&easel, milliseconds, o.bench_hover);
  if (done) {
    qsort(milliseconds, o.bench_hover, sizeof *milliseconds, by_size);
    printf("pointer to picture, %u moves, %u x %u pixels, %s: median %.1f ms, 95%% within %.1f ms, slowest %.1f ms\n",
        o.bench_hover, easel.offscreen.target.extent.height, easel.offscreen.target.extent.width,
        easel.gpu.properties.deviceName, milliseconds[o.bench_hover / 2],
        milliseconds[(uint32_t)((double)o.bench_hover * 0.95)], milliseconds[o.bench_hover - 1]);
  }
  take_down(&easel);
  free(milliseconds);
  return done;
}

static bool list_devices(void) {
  struct gpu gpu = {0};
  const bool done = gpu_open_instance(&gpu, NULL, 0) && gpu_list(&gpu);
  gpu_close(&gpu);
  return done;
}

int main(int argc, char **argv) {
  struct options options;
  const enum command_result result = options_parse(&options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish("viewer", result == COMMAND_DONE ? 0 : 2);
  const bool done = options.list          ? list_devices()
                    : options.screenshot  ? take_screenshot(&options)
                    : options.bench_hover ? bench_hover(&options)
                                          : window_run(&options);
  return output_finish("viewer", done ? 0 : 1);
}
