#include "options.h"

#include "share.h"
#include "vocabulary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPECTED_VIEW "tiles, features, similarity, difference, segments, norms or matches"

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static bool parse_two(const char *text, char between, double min, double max, double values[2]) {
  char first[32];
  const char *at = strchr(text, between);
  if (!at || (size_t)(at - text) >= sizeof first)
    return false;
  memcpy(first, text, (size_t)(at - text));
  first[at - text] = 0;
  return read_number(first, min, max, &values[0]) && read_number(at + 1, min, max, &values[1]);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static bool set_model(void *options, const char *text) {
  struct options *o = options;
  if (o->source.folder_count == MAX_MODELS)
    return false;
  o->source.folders[o->source.folder_count++] = text;
  return true;
}

static bool set_norm(void *options, const char *text) {
  int word;
  const bool known = read_word(text, WORDS_NORM, &word);
  ((struct options *)options)->source.norm = (enum vit_norm)word;
  return known;
}

static bool set_preprocess(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->has_settings = o->settings.preprocess = true;
}

static bool set_layer(void *options, const char *text) {
  long layer;
  const bool done = read_integer(text, -1024, 1024, &layer) && layer;
  ((struct options *)options)->source.layer = done ? (int32_t)layer : 0;
  return done;
}

static bool set_max_split_size(void *options, const char *text) {
  return read_count(text, 1, 16384, &((struct options *)options)->source.side);
}

static bool set_img_sizes(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  struct settings *settings = &((struct options *)options)->settings;
  settings->sized = true;
  return read_sizes(text, settings->sizes, MAX_SCALES, &settings->scale_count);
}

static bool set_grid(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  int word;
  const bool known = read_word(text, WORDS_GRID, &word);
  ((struct options *)options)->settings.grid = (s2vk_grid_policy)word;
  return known;
}

static bool set_quiet(void *options, const char *text) {
  (void)options, (void)text;
  return true; /* it says no more than that */
}

static bool set_scales(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  struct settings *settings = &((struct options *)options)->settings;
  ((struct options *)options)->has_scales = true;
  return read_numbers(text, MIN_SCALE, MAX_SCALE, settings->scales, MAX_SCALES, &settings->scale_count);
}

static bool set_split_mode(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  int word;
  const bool known = read_word(text, WORDS_SPLIT_MODE, &word);
  ((struct options *)options)->settings.split_mode = (s2vk_split_mode)word;
  return known;
}

/* Negative numbers count from the end. It is not known yet; options_parse() resolves them. */
static bool set_output(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  long value;
  const bool done = read_integer(text, -MAX_SCALES, MAX_SCALES - 1, &value);
  ((struct options *)options)->settings.output = done ? (uint32_t)(int32_t)value : 0;
  return done;
}

static bool set_tiles_per_call(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  return read_count(text, 1, 1000000, &((struct options *)options)->settings.tiles_per_call);
}

static bool set_filter(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  int word;
  const bool known = read_word(text, WORDS_FILTER, &word);
  ((struct options *)options)->settings.filter = (s2vk_filter)word;
  ((struct options *)options)->has_filter = true;
  ((struct options *)options)->filter = (s2vk_filter)word;
  return known;
}

static bool set_preset(void *options, const char *text) {
  struct options *o = options;
  int word;
  const bool known = read_word(text, WORDS_PRESET, &word);
  o->settings.preset = (enum preset)word;
  return o->has_settings = o->settings.has_preset = known;
}

static bool set_dynamic_s2(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->has_settings = o->settings.dynamic_s2 = true;
}

static bool set_max_tiles(void *options, const char *text) {
  ((struct options *)options)->has_settings = true;
  return read_count(text, 1, 1000000, &((struct options *)options)->settings.max_tiles);
}

static bool set_blocks(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->has_settings = o->settings.blocks = true;
}

static bool set_view(void *options, const char *text) {
  struct options *o = options;
  int word;
  const bool known = read_word(text, WORDS_VIEW, &word);
  o->view = (enum view)word;
  o->has_view = true;
  return known;
}

static bool set_overlay(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->overlay = true;
}

static bool set_select(void *options, const char *text) {
  struct options *o = options;
  return read_count(text, 1, MAX_SCALES, &o->select);
}

static bool set_place(const char *text, float place[2], bool *has) {
  double values[2];
  if (!parse_two(text, ',', 0, S2VK_MAX_SIDE, values))
    return false;
  place[0] = (float)values[0];
  place[1] = (float)values[1];
  return *has = true;
}

static bool set_pick(void *options, const char *text) {
  struct options *o = options;
  return set_place(text, o->pick, &o->has_pick);
}

static bool set_centre(void *options, const char *text) {
  struct options *o = options;
  return set_place(text, o->centre, &o->has_centre);
}

static bool set_zoom(void *options, const char *text) {
  struct options *o = options;
  double value;
  if (!read_number(text, 1, 1000, &value))
    return false;
  o->zoom = (float)value;
  return true;
}

static bool set_keys(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->show_help = true;
}

static bool set_size(void *options, const char *text) {
  struct options *o = options;
  double values[2];
  if (!parse_two(text, 'x', 64, 8192, values))
    return false;
  o->size = (VkExtent2D){(uint32_t)values[0], (uint32_t)values[1]};
  return true;
}

static bool set_ui_scale(void *options, const char *text) {
  struct options *o = options;
  double value;
  if (!read_number(text, 0.5, 4, &value))
    return false;
  o->ui_scale = (float)value;
  return true;
}

static bool set_font(void *options, const char *text) {
  struct options *o = options;
  o->regular = text;
  return true;
}

static bool set_bold(void *options, const char *text) {
  struct options *o = options;
  o->bold = text;
  return true;
}

static bool set_screenshot(void *options, const char *text) {
  struct options *o = options;
  o->screenshot = text;
  return true;
}

static bool set_frames(void *options, const char *text) {
  struct options *o = options;
  return read_count(text, 1, 1000000, &o->frames);
}

static bool set_without_times(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->without_times = true;
}

static bool set_device(void *options, const char *text) {
  struct options *o = options;
  uint32_t device;
  const bool done = read_count(text, 1, INT32_MAX, &device);
  o->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_press(void *options, const char *text) {
  struct options *o = options;
  for (;;) {
    const size_t length = *text == ',' ? 1 : strcspn(text, ",");
    if (o->pressed_count == MAX_PRESSED ||
        !action_parse_key(text, length, &o->pressed[o->pressed_count].key, &o->pressed[o->pressed_count].modifiers))
      return false;
    o->pressed_count++;
    text += length;
    if (!*text)
      return true;
    text++;
  }
}

static bool set_pointer(void *options, const char *text) {
  struct options *o = options;
  double values[2];
  if (!parse_two(text, ',', 0, 16384, values))
    return false;
  o->pointer[0] = (float)values[0];
  o->pointer[1] = (float)values[1];
  return o->has_pointer = true;
}

static bool set_bench_hover(void *options, const char *text) {
  return read_count(text, 1, 100000, &((struct options *)options)->bench_hover);
}

static bool set_fresh(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->fresh = true;
}

static bool set_tell(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->tell = true;
}

static bool set_list(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->list = true;
}

static const struct command_option table[] = {
    {.help = "Features:"},
    {.name = "model",
        .set = set_model,
        .expected = "a folder, and 4 of them at most",
        .help =
            "CLIP, SigLIP, DINOv2, DINOv3, ViT, ConvNeXt or another as Hugging Face transformers, timm or open_clip "
            "saves it. If it is given more than once, the key D goes from one model to the next"},
    {.name = "layer", .set = set_layer, .initial = "-1"},
    {.name = "final-norm",
        .set = set_norm,
        .initial = "default",
        .value = "WHICH",
        .expected = "default, on or off",
        .words = WORDS_NORM,
        .help = "default (as transformers' hidden_states and last_hidden_state), on or off"},
    {.name = "preprocess",
        .set = set_preprocess,
        .value = "",
        .help = "resizes and crops the photograph as the model's image processor and extract do; without it, it "
                "takes the whole photograph"},
    {.name = "preset", .set = set_preset},
    {.name = "dynamic-s2", .set = set_dynamic_s2},
    {.name = "max-tiles", .set = set_max_tiles, .initial = "12, or those of the last of --img-sizes"},
    {.name = "blocks",
        .set = set_blocks,
        .help = "exports tokens in blocks, one for each tile of the scale of --resize-output-to-idx, row by row in a "
                "block; pictures show the grid"},
    {.name = "scales",
        .set = set_scales,
        .initial = "1,2",
        .expected = "1 to 4 numbers from 0.25 to 6, such as 1,2",
        .help = "1 to 4 factors of the image's size, from 0.25 to 6"},
    {.name = "img-sizes",
        .set = set_img_sizes,
        .expected = "1 to 4 sizes in pixels, such as 224,448 or 112x224,224x448 (height x width)"},
    {.name = "max-split-size", .set = set_max_split_size, .initial = "224, or as preprocessor_config.json says"},
    {.name = "split-mode", .set = set_split_mode},
    {.name = "grid", .set = set_grid, .help = HELP_GRID},
    {.name = "resize-output-to-idx",
        .set = set_output,
        .initial = "-1, the last",
        .help = "scale whose feature grid is shown; negative counts from the end"},
    {.name = "tiles-per-call", .set = set_tiles_per_call},
    {.name = "filter", .set = set_filter},
    {.help = "What is shown:"},
    {.name = "view",
        .set = set_view,
        .initial = "features",
        .value = "VIEW",
        .expected = EXPECTED_VIEW,
        .words = WORDS_VIEW,
        .help = EXPECTED_VIEW},
    {.name = "overlay", .set = set_overlay, .value = "", .help = "draws on the photograph, not beside it"},
    {.name = "select",
        .set = set_select,
        .value = "N",
        .expected = "the number of a scale, from 1 on",
        .help = "the scale shown beside all of them: 1 for the first"},
    {.name = "pick",
        .set = set_pick,
        .value = "ROW,COLUMN",
        .expected = "a pixel of the photograph, ROW,COLUMN",
        .help = "the patch of similarities, by a pixel of the photograph"},
    {.name = "zoom",
        .set = set_zoom,
        .initial = "1",
        .value = "Z",
        .expected = "a number from 1 on",
        .help = "enlarges the pictures by this factor, from 1 on"},
    {.name = "centre",
        .set = set_centre,
        .value = "ROW,COLUMN",
        .expected = "a pixel of the photograph, ROW,COLUMN",
        .help = "the pixel of the photograph in the middle of the pictures"},
    {.name = "keys", .set = set_keys, .value = "", .help = "shows the page of keys"},
    {.help = "Window and pictures:"},
    {.name = "size",
        .set = set_size,
        .initial = "1280x800",
        .value = "WxH",
        .expected = "WIDTHxHEIGHT, from 64x64 to 8192x8192",
        .help = "size of the window, in points"},
    {.name = "ui-scale",
        .set = set_ui_scale,
        .initial = "the screen's",
        .value = "S",
        .expected = "a number from 0.5 to 4",
        .help = "pixels of a point, from 0.5 to 4"},
    {.name = "font",
        .set = set_font,
        .initial = "Inter",
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = "font, TrueType or OpenType"},
    {.name = "bold",
        .set = set_bold,
        .initial = "Inter SemiBold",
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = "font of headings, TrueType or OpenType"},
    {.name = "screenshot",
        .set = set_screenshot,
        .value = "FILE.png",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = "draws without a window, writes the last frame and ends"},
    {.name = "frames",
        .set = set_frames,
        .initial = "5",
        .value = "N",
        .expected = "a number of frames, at least 1",
        .help = "frames that --screenshot draws"},
    {.name = "press",
        .set = set_press,
        .value = "KEY,...",
        .expected = "keys as the page of keys has them, such as 3,Shift+Right,Ctrl+P",
        .help = "presses keys, one in each frame"},
    {.name = "pointer",
        .set = set_pointer,
        .value = "X,Y",
        .expected = "a place in the window, X,Y in points",
        .help = "place of the pointer in a screenshot, in points"},
    {.name = "bench-hover",
        .set = set_bench_hover,
        .value = "N",
        .expected = "a number of moves, at least 1",
        .help = "moves the pointer N times over the similarity view, without a window, and prints the time from each "
                "move to its picture"},
    {.name = "fresh", .set = set_fresh, .value = "", .help = "begins without the settings of the last run"},
    {.name = "tell",
        .set = set_tell,
        .value = "",
        .help = "for scripts: prints a line on standard output that describes the screen, each time that it has "
                "changed and everything is computed"},
    {.name = "without-times",
        .set = set_without_times,
        .value = "",
        .help = "hides what differs from run to run: times and the device's name"},
    {.help = "Other:"},
    {.name = "quiet", .set = set_quiet},
    {.name = "device", .set = set_device},
    {.name = "list", .set = set_list},
};

static const struct command command = {
    .name = PROGRAM_PREFIX "viewer",
    .usage = "[IMAGE|FOLDER [IMAGE]] [options]",
    .summary = "Shows what a model sees of a photograph at several scales",
    .details =
        "Its views are tiles, features in false colours, similarities, the difference of two scales, segments, "
        "lengths, and matches of two images. Reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC. With a FOLDER, "
        "the arrow keys go from image to image. A second IMAGE is shown beside the first. Photographs, folders and "
        "models can be dropped on the window. H lists the keys, and Ctrl+P finds every action. Settings are kept in "
        "$XDG_CONFIG_HOME/s2vk/viewer.conf.",
    .endnote = "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.",
    .options = table,
    .option_count = sizeof table / sizeof *table,
    .operands = true,
};

enum command_result options_parse(struct options *o, int argc, char **argv) {
  char **operands;
  uint32_t count;
  static char paths[3][SHARE_PATH_BYTES];
  *o = (struct options){
      .image = share_find(VIEWER_PHOTOGRAPH, paths[0]),
      .regular = share_find(VIEWER_FONT, paths[1]),
      .bold = share_find(VIEWER_BOLD_FONT, paths[2]),
      .size = {1280, 800},
      .settings = {.scales = {1, 2}, .scale_count = 2, .output = UINT32_MAX},
      .view = VIEW_FEATURES,
      .zoom = 1,
  };
  enum command_result result = command_parse(&command, o, argc, argv, &operands, &count);
  if (result != COMMAND_RUN)
    return result;
  if (count > 2) {
    fprintf(stderr, "viewer: expected one IMAGE or two, got %u; see --help\n", count);
    return COMMAND_WRONG;
  }
  if (count)
    o->image = operands[0];
  if (count > 1)
    o->second = operands[1];
  return options_check(o) ? COMMAND_RUN : COMMAND_WRONG;
}
