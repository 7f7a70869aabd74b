#include "easel.h"

#include <stdio.h>
#include <unistd.h>

bool easel_set_up(struct easel *easel, int argc, char **argv, bool patient) {
  struct options o;
  if (options_parse(&o, argc, argv) != COMMAND_RUN)
    return false;
  const float scale = o.ui_scale > 0 ? o.ui_scale : 1;
  const VkExtent2D extent = {(uint32_t)((float)o.size.width * scale), (uint32_t)((float)o.size.height * scale)};
  *easel = (struct easel){0};
  if (!gpu_open_instance(&easel->gpu, NULL, 0) || !gpu_open_device(&easel->gpu, 0, VK_NULL_HANDLE) ||
      offscreen_create(&easel->offscreen, &easel->gpu, VK_FORMAT_R8G8B8A8_UNORM, extent) ||
      frames_create(&easel->frames, &easel->gpu))
    return false;
  const struct viewer_info info = {
      &easel->gpu, easel->offscreen.target.pass, o.source, o.regular, o.bold, scale, patient, NULL};
  return viewer_create(&easel->viewer, &info) && options_open(&o, &easel->viewer);
}

bool easel_frame(struct easel *easel) {
  VkCommandBuffer commands;
  const uint32_t index = easel->frames.index;
  if (frames_wait(&easel->frames) || frames_begin(&easel->frames, &commands))
    return false;
  viewer_record(&easel->viewer, index, commands, &easel->offscreen.target);
  return !frames_end(&easel->frames, VK_NULL_HANDLE, VK_NULL_HANDLE);
}

void easel_take_down(struct easel *easel) {
  frames_destroy(&easel->frames);
  viewer_destroy(&easel->viewer);
  offscreen_destroy(&easel->offscreen);
  gpu_close(&easel->gpu);
}

double easel_resident(void) {
  long pages = 0, all;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &all, &pages) != 2)
    pages = 0;
  if (file)
    fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}
