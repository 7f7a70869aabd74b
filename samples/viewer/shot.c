#include "shot.h"

#include "export.h"
#include "output.h"

#include <math.h>
#include <stdio.h>

/* The size of a panel's picture: the pixels that are seen, or the chosen size. */
static VkExtent2D panel_extent(const struct app *app, VkExtent2D window, float scale) {
  struct rect area = {0, 0, (float)window.width / scale, (float)window.height / scale};
  const struct session *session = state_session(&app->state, 0);
  if (app->layout.panel_count)
    area = app->layout.panels[app->layout.panel_count - 1].area;
  for (uint32_t i = 0; i < app->layout.panel_count; i++)
    if (rect_has(app->layout.panels[i].area, app->input.x, app->input.y))
      area = app->layout.panels[i].area;
  if (session && app->state.zoom > 1) { /* the whole photograph is written */
    const VkExtent2D all = session->picture->image.extent;
    area.height = area.width * (float)all.height / (float)all.width;
  }
  return (VkExtent2D){(uint32_t)fmaxf(roundf(area.width * scale), 1), (uint32_t)fmaxf(roundf(area.height * scale), 1)};
}

/* The factor that gives the longer side the chosen length. */
static float factor_of(const struct app *app, VkExtent2D extent) {
  const uint32_t longer = extent.width > extent.height ? extent.width : extent.height;
  return app->export_size ? (float)app->export_size / (float)longer : 1;
}

bool shot_write(
    struct viewer *viewer, const char *path, bool panel, VkExtent2D extent, VkFormat format, uint32_t frame) {
  struct app *app = &viewer->app;
  const float scale = viewer->painter.text.scale;
  const struct layout layout = app->layout;
  struct offscreen offscreen = {0};
  struct one_time one_time;
  extent = panel ? panel_extent(app, extent, scale) : extent;
  const float factor = factor_of(app, extent);
  extent = (VkExtent2D){(uint32_t)fmaxf(roundf((float)extent.width * factor), 1),
      (uint32_t)fmaxf(roundf((float)extent.height * factor), 1)};
  vkDeviceWaitIdle(app->state.gpu->device);
  const bool scaled = !panel && factor != 1;
  if (scaled && !viewer_set_scale(viewer, scale * factor))
    return false;
  VkResult result = offscreen_create(&offscreen, app->state.gpu, format, extent);
  if (!result)
    result = one_time_begin(&one_time, app->state.gpu);
  if (!result) {
    viewer_draw(viewer, frame, one_time.commands, &offscreen.target, panel);
    result = one_time_end(&one_time, app->state.gpu);
  }
  app->layout = layout;
  if (scaled && !viewer_set_scale(viewer, scale))
    return false;
  char reason[OUTPUT_REASON_BYTES] = "it cannot be drawn";
  const bool written = !result && offscreen_write(&offscreen, path, reason);
  if (!written)
    snprintf(app->state.warning, ERROR_BYTES, "%s: %s", path, reason);
  offscreen_destroy(&offscreen);
  return written;
}

void shot_serve(struct viewer *viewer, VkExtent2D extent, VkFormat format, uint32_t frame) {
  static const uint32_t kinds[] = {REQUEST_WINDOW_PNG, REQUEST_PANEL_PNG};
  struct app *app = &viewer->app;
  for (int i = 0; i < 2; i++) {
    char name[64];
    if (!(app->requests & kinds[i]))
      continue;
    app->requests &= ~kinds[i];
    export_name("png", name);
    if (shot_write(viewer, name, kinds[i] == REQUEST_PANEL_PNG, extent, format, frame))
      state_note(&app->state, "wrote %s", name);
  }
}
