#include "options.h"

#include <math.h>
#include <stdio.h>

static bool place_of(const struct viewer *viewer, const char *name, const float pixel[2], float place[2]) {
  const VkExtent2D extent = viewer->app.state.sides[0].picture->image.extent;
  if (pixel[0] >= (float)extent.height || pixel[1] >= (float)extent.width) {
    fprintf(stderr, "viewer: --%s %g,%g: the photograph has %u x %u pixels (height x width)\n", name, (double)pixel[0],
        (double)pixel[1], extent.height, extent.width);
    return false;
  }
  place[0] = (pixel[1] + 0.5f) / (float)extent.width;
  place[1] = (pixel[0] + 0.5f) / (float)extent.height;
  return true;
}

static double nearest_scale(double scale) {
  return fmin(fmax(round(scale / SCALE_STEP) * SCALE_STEP, MIN_SCALE), MAX_SCALE);
}

static bool open_images(const struct options *o, struct viewer *viewer) {
  struct state *state = &viewer->app.state;
  if (!state_open(state, o->image)) {
    fprintf(stderr, "viewer: %s\n", state->warning);
    return false;
  }
  if (!o->second)
    return true;
  if (!album_add(&state->album, o->second))
    return false;
  state->look.second = SECOND_IMAGE;
  state->look.number[1] = state->album.count - 1;
  return true;
}

/* Scales that are given as sizes have no factors yet; actions that change scales need them. */
static struct settings settings_of(const struct options *o, const struct viewer *viewer) {
  struct settings settings = o->settings;
  const uint32_t height = viewer->app.state.sides[0].picture->image.extent.height;
  for (uint32_t i = 0; settings.sized && i < settings.scale_count; i++)
    settings.scales[i] = nearest_scale((double)settings.sizes[i].height / height);
  return settings;
}

bool options_open(const struct options *o, struct viewer *viewer) {
  struct state *state = &viewer->app.state;
  struct look *look = &state->look;
  if (!open_images(o, viewer))
    return false;
  struct settings settings = o->has_settings ? settings_of(o, viewer) : look->settings[0];
  settings.model = o->source.folder_count > 0;
  look->settings[0] = look->settings[1] = settings;
  if (o->has_view)
    look->view = o->view;
  look->overlay |= o->overlay;
  look->selected = o->select ? o->select - 1 : 0;
  viewer->app.help = o->show_help;
  state->without_times = o->without_times;
  state->zoom = o->zoom;
  state->pinned = o->has_pick;
  if (look->compared[1] >= settings.scale_count)
    look->compared[1] = settings.scale_count - 1;
  return (!o->has_pick || place_of(viewer, "pick", o->pick, state->pick)) &&
         (!o->has_centre || place_of(viewer, "centre", o->centre, state->centre));
}
