/* What a second scale adds, seen: tiles, features and similarities of a photograph. README.md says more. */
#include "frames.h"
#include "offscreen.h"
#include "options.h"
#include "output.h"
#include "output_check.h"
#include "window.h"

#include <stdio.h>

/* Draws into an image; no display server is asked for. */
static bool draw_offscreen(const struct options *o, struct gpu *gpu, struct viewer *viewer, struct offscreen *offscreen,
    struct frames *frames) {
  const float scale = o->ui_scale > 0 ? o->ui_scale : 1;
  const VkExtent2D extent = {(uint32_t)((float)o->size.width * scale), (uint32_t)((float)o->size.height * scale)};
  if (!gpu_open_instance(gpu, NULL, 0) || !gpu_open_device(gpu, o->device, VK_NULL_HANDLE))
    return false;
  VkResult result = offscreen_create(offscreen, gpu, VK_FORMAT_R8G8B8A8_UNORM, extent);
  if (!result)
    result = frames_create(frames, gpu);
  if (result) {
    fprintf(stderr, "viewer: no image of %u x %u can be drawn: VkResult %d\n", extent.height, extent.width, result);
    return false;
  }
  if (!viewer_create(viewer, gpu, offscreen->target.pass, &o->source, o->regular, o->bold, scale))
    return false;
  if (!viewer_open(viewer, o->image)) {
    fprintf(stderr, "viewer: %s\n", viewer->message);
    return false;
  }
  if (!options_apply(o, viewer))
    return false;
  viewer->patient = true;
  const uint32_t count = o->frames ? o->frames : 5;
  for (uint32_t i = 0; !result && !viewer->quit && i < count; i++) {
    VkCommandBuffer commands;
    const uint32_t index = frames->index;
    result = frames_wait(frames);
    if (!result)
      result = frames_begin(frames, &commands);
    if (result)
      break;
    viewer_record(viewer, index, commands, &offscreen->target);
    result = frames_end(frames, VK_NULL_HANDLE, VK_NULL_HANDLE);
  }
  if (result)
    fprintf(stderr, "viewer: a frame failed: VkResult %d\n", result);
  return !result && !viewer->quit && offscreen_write(offscreen, o->screenshot);
}

/* Before anything is drawn. */
static bool check_screenshot(const struct options *o) {
  const char *const inputs[] = {o->image, o->source.folder, o->regular, o->bold};
  char reason[OUTPUT_REASON_BYTES] = "is one of the inputs";
  bool done = output_check(o->screenshot, reason);
  for (size_t i = 0; done && i < sizeof inputs / sizeof *inputs; i++)
    done = !inputs[i] || !output_is_input(o->screenshot, inputs[i]);
  if (!done)
    fprintf(stderr, "viewer: --screenshot %s: %s\n", o->screenshot, reason);
  return done;
}

static bool take_screenshot(const struct options *o) {
  struct gpu gpu = {0};
  struct viewer viewer = {0};
  struct offscreen offscreen = {0};
  struct frames frames = {0};
  if (!check_screenshot(o))
    return false;
  const bool done = draw_offscreen(o, &gpu, &viewer, &offscreen, &frames);
  frames_destroy(&frames);
  viewer_destroy(&viewer);
  offscreen_destroy(&offscreen);
  gpu_close(&gpu);
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
  const bool done = options.list         ? list_devices()
                    : options.screenshot ? take_screenshot(&options)
                                         : window_run(&options);
  return output_finish("viewer", done ? 0 : 1);
}
