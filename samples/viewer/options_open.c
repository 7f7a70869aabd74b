#include "options.h"

#include "output_check.h"
#include "vocabulary.h"

#include <math.h>
#include <stdio.h>

/* ---- What fits together -------- */

/* What the preset has of its own where options say nothing, as extract has it. */
static void take_preset(struct options *o) {
  const struct settings given = o->settings;
  settings_take_preset(&o->settings, true, given.preset);
  o->settings.sized = given.sized;
  o->settings.dynamic_s2 = given.dynamic_s2;
  o->settings.max_tiles = given.max_tiles;
  o->settings.blocks |= given.blocks;
  o->settings.output = given.output;
  if (given.sized) {
    o->settings.scale_count = given.scale_count;
    if (!o->source.side)
      o->source.side = given.sizes[0].height;
  }
}

static bool check_preset(const struct options *o) {
  const struct settings *s = &o->settings;
  const struct preset_choice choice = {.given = s->has_preset,
      .preset = s->preset,
      .img_sizes = s->sizes,
      .img_size_count = s->sized ? s->scale_count : 0,
      .scales = s->scales,
      .scale_count = s->scale_count,
      .dynamic_s2 = s->dynamic_s2,
      .max_tiles = s->max_tiles};
  char reason[PRESET_REASON_BYTES];
  if (preset_check(&choice, o->source.side, o->has_scales, o->has_filter ? names_of_filter[o->filter] : NULL, reason))
    return true;
  fprintf(stderr, "viewer: %s\n", reason);
  return false;
}

static bool check_together(struct options *o) {
  const uint32_t count = o->settings.scale_count, side = o->source.side;
  const int64_t output = (int32_t)o->settings.output;
  if (o->has_scales && o->settings.sized)
    fprintf(stderr, "viewer: --scales and --img-sizes say the same in two ways: give one of them\n");
  else if (o->bench_hover && o->screenshot)
    fprintf(stderr, "viewer: --bench-hover and --screenshot: give one of them\n");
  else if (!o->source.folder_count && o->source.layer)
    fprintf(stderr, "viewer: --layer %d: is for a --model\n", o->source.layer);
  else if (!o->source.folder_count && o->settings.preprocess)
    fprintf(stderr, "viewer: --preprocess: is for a --model\n");
  else if (!o->source.folder_count && o->source.norm)
    fprintf(stderr, "viewer: --final-norm %s: is for a --model\n", names_of_norm[o->source.norm]);
  else if (!o->source.folder_count && (side % DESCRIPTOR_PATCH || side / DESCRIPTOR_PATCH > 1024))
    fprintf(stderr,
        "viewer: --max-split-size %u: without a --model patches have %d pixels: give a multiple of that, up to "
        "%d\n",
        side, DESCRIPTOR_PATCH, 1024 * DESCRIPTOR_PATCH);
  else if (o->settings.grid == S2VK_GRID_SQUARE)
    fprintf(stderr,
        "viewer: --grid square: has tiles of another side at each scale, and a model here takes one: image or "
        "split\n");
  else if (output >= count || output < -(int64_t)count)
    fprintf(stderr, "viewer: --resize-output-to-idx %d names no scale: with %u of them it is %d to %u\n", (int)output,
        count, -(int)count, count - 1);
  else if (o->select > count)
    fprintf(stderr, "viewer: --select %u names no scale: there are %u\n", o->select, count);
  else if (o->screenshot && output_foreign_ending(o->screenshot, ".png"))
    fprintf(stderr, "viewer: --screenshot %s: it is written as .png\n", o->screenshot);
  else if (o->frames && !o->screenshot)
    fprintf(stderr, "viewer: --frames %u is for a --screenshot\n", o->frames);
  else {
    if (output < -1 || output == count - 1)
      o->settings.output = output == count - 1 ? UINT32_MAX : (uint32_t)(output + count);
    return true;
  }
  return false;
}

bool options_check(struct options *o) {
  if (o->settings.has_preset)
    take_preset(o);
  return check_preset(o) && check_together(o);
}

/* ---- The first look -------- */

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
    settings.scales[i] = settings.has_preset
                             ? fmax(1, floor((double)settings.sizes[i].height / settings.sizes[0].height))
                             : nearest_scale((double)settings.sizes[i].height / height);
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
