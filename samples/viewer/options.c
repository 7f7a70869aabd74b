#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: viewer [IMAGE] [options]\n"
    "Shows what a model sees of a photograph (JPEG or PNG) at several scales: tiles, features in false colours, and how\n"
    "similar each patch is to one of them. Other photographs can be dropped on the window; H shows the keys.\n"
    "\n"
    "  --model FOLDER             a vision transformer beside the built-in descriptor: CLIP, SigLIP, DINOv2, ViT or DeiT, as\n"
    "                             Hugging Face transformers saves it\n"
    "  --scales S,...             1 to 4 factors from 0.25 to 6 (default 1,2)\n"
    "  --split-mode MODE          resize (default) or pad: how an image is made a multiple of tiles\n"
    "  --resize-output-to-idx N   scale whose feature grid is shown (default -1, the last)\n"
    "  --tiles-per-call N         tiles per model call (default: all tiles of a scale that fit into one buffer)\n"
    "  --filter NAME              bicubic (default), bilinear, nearest, bicubic-antialiased, bilinear-antialiased, lanczos3\n"
    "\n"
    "  --view VIEW                tiles, features (default) or similarity\n"
    "  --overlay                  on the photograph, in place of beside it\n"
    "  --select N                 the scale shown beside all of them: 1 for the first\n"
    "  --pick ROW,COLUMN          the patch of similarities, by a pixel of the photograph\n"
    "  --zoom Z                   from 1 on (default 1)\n"
    "  --centre ROW,COLUMN        the pixel in the middle of what is seen\n"
    "  --keys                     the page of keys\n"
    "\n"
    "  --size WxH                 of the window, in points (default 1280x800)\n"
    "  --ui-scale S               pixels of a point, from 0.5 to 4 (default: the screen's)\n"
    "  --font FILE, --bold FILE   TrueType or OpenType, in place of Inter\n"
    "  --screenshot FILE.png      draws without a window, writes the last frame and ends\n"
    "  --frames N                 so many frames (default 5)\n"
    "  --without-times            leaves out what differs from run to run: times and the device's name\n"
    "  --device N                 device to run on, as numbered by --list (default: the best one)\n"
    "  --list                     lists the devices\n"
    "  --help\n"
    "\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.\n";

void options_print_help(void) {
  fputs(help, stdout);
}

/* ---- Values ------------------------------------------------------------------------------------------------------- */

static bool parse_number(const char **text, double min, double max, double *value) {
  char *end;
  *value = strtod(*text, &end);
  if (end == *text || !isfinite(*value) || *value < min || *value > max)
    return false;
  *text = end;
  return true;
}

static bool parse_whole(const char *text, double min, double max, double *value) {
  return parse_number(&text, min, max, value) && !*text;
}

static bool parse_count(const char *text, double max, uint32_t *count) {
  double value;
  if (!parse_whole(text, 1, max, &value) || value != floor(value))
    return false;
  *count = (uint32_t)value;
  return true;
}

static bool parse_two(const char *text, char between, double min, double max, double values[2]) {
  return parse_number(&text, min, max, &values[0]) && *text++ == between && parse_number(&text, min, max, &values[1]) &&
         !*text;
}

static bool find_word(const char *text, const char *const *words, int *index) {
  for (*index = 0; words[*index]; ++*index)
    if (strcmp(text, words[*index]) == 0)
      return true;
  return false;
}

/* ---- Options ------------------------------------------------------------------------------------------------------ */

static bool set_model(struct options *o, const char *text) {
  o->model = text;
  return true;
}

static bool set_scales(struct options *o, const char *text) {
  struct settings *settings = &o->settings;
  for (settings->scale_count = 0; settings->scale_count < MAX_SCALES; text++) {
    if (!parse_number(&text, MIN_SCALE, MAX_SCALE, &settings->scales[settings->scale_count++]))
      return false;
    if (*text != ',')
      return !*text;
  }
  return false;
}

static bool set_split_mode(struct options *o, const char *text) {
  int word;
  const bool known = find_word(text, (const char *const[]){"resize", "pad", NULL}, &word);
  o->settings.split_mode = (s2vk_split_mode)word;
  return known;
}

/* Negative ones count from the end, which is not known yet: options_parse() sees to it. */
static bool set_output(struct options *o, const char *text) {
  double value;
  if (!parse_whole(text, -MAX_SCALES, MAX_SCALES - 1, &value) || value != floor(value))
    return false;
  o->settings.output = (uint32_t)(int32_t)value;
  return true;
}

static bool set_tiles_per_call(struct options *o, const char *text) {
  return parse_count(text, 1e6, &o->settings.tiles_per_call);
}

static bool set_filter(struct options *o, const char *text) {
  int word;
  const bool known = find_word(text,
      (const char *const[]){
          "bicubic", "bilinear", "nearest", "bicubic-antialiased", "bilinear-antialiased", "lanczos3", NULL},
      &word);
  o->settings.filter = (s2vk_filter)word;
  return known;
}

static bool set_view(struct options *o, const char *text) {
  int word;
  const bool known = find_word(text, (const char *const[]){"tiles", "features", "similarity", NULL}, &word);
  o->view = (enum view)word;
  return known;
}

static bool set_overlay(struct options *o, const char *text) {
  (void)text;
  return o->overlay = true;
}

static bool set_select(struct options *o, const char *text) {
  return parse_count(text, MAX_SCALES, &o->select);
}

static bool set_place(const char *text, float place[2], bool *has) {
  double values[2];
  if (!parse_two(text, ',', 0, S2VK_MAX_SIDE, values))
    return false;
  place[0] = (float)values[0];
  place[1] = (float)values[1];
  return *has = true;
}

static bool set_pick(struct options *o, const char *text) {
  return set_place(text, o->pick, &o->has_pick);
}

static bool set_centre(struct options *o, const char *text) {
  return set_place(text, o->centre, &o->has_centre);
}

static bool set_zoom(struct options *o, const char *text) {
  double value;
  if (!parse_whole(text, 1, 1000, &value))
    return false;
  o->zoom = (float)value;
  return true;
}

static bool set_keys(struct options *o, const char *text) {
  (void)text;
  return o->show_help = true;
}

static bool set_size(struct options *o, const char *text) {
  double values[2];
  if (!parse_two(text, 'x', 64, 8192, values))
    return false;
  o->size = (VkExtent2D){(uint32_t)values[0], (uint32_t)values[1]};
  return true;
}

static bool set_ui_scale(struct options *o, const char *text) {
  double value;
  if (!parse_whole(text, 0.5, 4, &value))
    return false;
  o->ui_scale = (float)value;
  return true;
}

static bool set_font(struct options *o, const char *text) {
  o->regular = text;
  return true;
}

static bool set_bold(struct options *o, const char *text) {
  o->bold = text;
  return true;
}

static bool set_screenshot(struct options *o, const char *text) {
  o->screenshot = text;
  return true;
}

static bool set_frames(struct options *o, const char *text) {
  return parse_count(text, 1e6, &o->frames);
}

static bool set_without_times(struct options *o, const char *text) {
  (void)text;
  return o->without_times = true;
}

static bool set_device(struct options *o, const char *text) {
  uint32_t device;
  const bool done = parse_count(text, INT32_MAX, &device);
  o->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_list(struct options *o, const char *text) {
  (void)text;
  return o->list = true;
}

static bool set_help(struct options *o, const char *text) {
  (void)text;
  return o->help = true;
}

static const struct {
  const char *name;
  bool (*set)(struct options *options, const char *text);
  const char *expected; /* NULL: the option has no value */
} table[] = {
    {"model", set_model, "a folder"},
    {"scales", set_scales, "1 to 4 numbers from 0.25 to 6, such as 1,2"},
    {"split-mode", set_split_mode, "resize or pad"},
    {"resize-output-to-idx", set_output, "the index of a scale, such as 0, or -1 for the last"},
    {"tiles-per-call", set_tiles_per_call, "a number of tiles, at least 1"},
    {"filter", set_filter, "bicubic, bilinear, nearest, bicubic-antialiased, bilinear-antialiased or lanczos3"},
    {"view", set_view, "tiles, features or similarity"},
    {"overlay", set_overlay, NULL},
    {"select", set_select, "the number of a scale, from 1 on"},
    {"pick", set_pick, "a pixel of the photograph, ROW,COLUMN"},
    {"zoom", set_zoom, "a number from 1 on"},
    {"centre", set_centre, "a pixel of the photograph, ROW,COLUMN"},
    {"keys", set_keys, NULL},
    {"size", set_size, "WIDTHxHEIGHT, from 64x64 to 8192x8192"},
    {"ui-scale", set_ui_scale, "a number from 0.5 to 4"},
    {"font", set_font, "a file"},
    {"bold", set_bold, "a file"},
    {"screenshot", set_screenshot, "a file"},
    {"frames", set_frames, "a number of frames, at least 1"},
    {"without-times", set_without_times, NULL},
    {"device", set_device, "the number of a device, as --list gives it"},
    {"list", set_list, NULL},
    {"help", set_help, NULL},
};
#define OPTION_COUNT (sizeof table / sizeof *table)

static bool check_together(struct options *o) {
  const uint32_t count = o->settings.scale_count;
  const int64_t output = (int32_t)o->settings.output;
  if (output >= count || output < -(int64_t)count)
    fprintf(stderr, "viewer: --resize-output-to-idx %d names no scale: with %u of them it is %d to %u\n", (int)output,
        count, -(int)count, count - 1);
  else if (o->select > count)
    fprintf(stderr, "viewer: --select %u names no scale: there are %u\n", o->select, count);
  else if (o->frames && !o->screenshot)
    fprintf(stderr, "viewer: --frames %u is for a --screenshot\n", o->frames);
  else {
    if (output < -1 || output == count - 1)
      o->settings.output = output == count - 1 ? UINT32_MAX : (uint32_t)(output + count);
    return true;
  }
  return false;
}

bool options_parse(struct options *o, int argc, char **argv) {
  *o = (struct options){
      .image = VIEWER_PHOTOGRAPH,
      .regular = VIEWER_FONT,
      .bold = VIEWER_BOLD_FONT,
      .size = {1280, 800},
      .settings = {.scales = {1, 2}, .scale_count = 2, .output = UINT32_MAX},
      .view = VIEW_FEATURES,
      .zoom = 1,
  };
  struct option long_options[OPTION_COUNT + 1] = {{0}};
  for (size_t i = 0; i < OPTION_COUNT; i++)
    long_options[i] =
        (struct option){.name = table[i].name, .has_arg = table[i].expected ? required_argument : no_argument};
  int index;
  for (int found; (found = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
    if (found == '?') /* getopt_long() has said why */
      return false;
    if (!table[index].set(o, optarg)) {
      fprintf(stderr, "viewer: --%s %s: expected %s\n", table[index].name, optarg, table[index].expected);
      return false;
    }
  }
  if (argc - optind > 1) {
    fprintf(stderr, "viewer: expected one IMAGE, got %d; see --help\n", argc - optind);
    return false;
  }
  if (argc - optind == 1)
    o->image = argv[optind];
  return check_together(o);
}

static bool place_of(const struct viewer *viewer, const char *name, const float pixel[2], float place[2]) {
  const VkExtent2D extent = viewer->photograph.extent;
  if (pixel[0] >= (float)extent.height || pixel[1] >= (float)extent.width) {
    fprintf(stderr, "viewer: --%s %g,%g: the photograph has %u x %u pixels (height x width)\n", name, (double)pixel[0],
        (double)pixel[1], extent.height, extent.width);
    return false;
  }
  place[0] = (pixel[1] + 0.5f) / (float)extent.width;
  place[1] = (pixel[0] + 0.5f) / (float)extent.height;
  return true;
}

bool options_apply(const struct options *o, struct viewer *viewer) {
  struct settings settings = o->settings;
  settings.vit = o->model != NULL;
  viewer_set(viewer, &settings);
  viewer->view = o->view;
  viewer->overlay = o->overlay;
  viewer->selected = o->select ? o->select - 1 : 0;
  viewer->help = o->show_help;
  viewer->without_times = o->without_times;
  viewer->zoom = o->zoom;
  viewer->pinned = o->has_pick;
  return (!o->has_pick || place_of(viewer, "pick", o->pick, viewer->pick)) &&
         (!o->has_centre || place_of(viewer, "centre", o->centre, viewer->centre));
}
