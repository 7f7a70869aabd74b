#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: extract IMAGE [options]\n"
    "Extracts multi-scale features from a photograph (JPEG or PNG): S2 around a vision transformer or, without --model, around a dense\n"
    "descriptor, which takes the mean colour and a histogram of gradient orientations of every patch. Options named as\n"
    "those of s2wrapper.forward() mean the same.\n"
    "\n"
    "  --model FOLDER             CLIP, SigLIP, DINOv2, ViT or DeiT as Hugging Face transformers saves it: config.json,\n"
    "                             preprocessor_config.json, model.safetensors. The photograph is preprocessed as they say\n"
    "  --layer N                  whose output to take: 1 for the first, -1 for the last (default), -2 for the one before\n"
    "  --without-cls              leave out CLS, distillation and register tokens\n"
    "  --final-norm WHICH         default (as transformers' hidden_states and last_hidden_state), on or off\n"
    "  --image-side N             side that the photograph is preprocessed to (default: the largest of --img-sizes, else\n"
    "                             as preprocessor_config.json says)\n"
    "\n"
    "  --scales S,...             factors (default 1,2)\n"
    "  --img-sizes HxW,...        image size of each scale instead; one number for a square\n"
    "  --max-split-size N         side of a tile (default 224, or as preprocessor_config.json says)\n"
    "  --split-mode MODE          resize (default) or pad: how an image is made a multiple of tiles\n"
    "  --resize-output-to-idx N   scale whose feature grid the output has; negative counts from the end\n"
    "                             (default 0, as in the original; -1 gives the sharpest picture)\n"
    "  --output-shape SHAPE       bnc (default) or bchw\n"
    "  --split-forward            one tile per model call\n"
    "  --tiles-per-call N         tiles per model call (default: all tiles of a scale that fit into one buffer)\n"
    "  --patch N                  side of the descriptor's patches, which divides the side of a tile (default 16)\n"
    "  --type TYPE                of the output: f32 (default), f16 or bf16\n"
    "  --output FILE              features, as NumPy's .npy (default features.npy)\n"
    "  --picture FILE             features in false colours, as .png (default features.png): the photograph, the first\n"
    "                             three principal components of each scale, and of all scales together; not with --model\n"
    "  --runs N                   runs it N times and says how long the fastest took (default 1)\n"
    "  --device N                 device to run on, as numbered by --list (default: the best one)\n"
    "  --list                     lists the devices\n"
    "  --help\n"
    "\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.\n";

void options_print_help(void) {
  fputs(help, stdout);
}

/* ---- Values ---- */

static bool parse_integer(const char *text, long min, long max, const char **end, long *value) {
  char *after;
  errno = 0;
  *value = strtol(text, &after, 10);
  if (after == text || errno || *value < min || *value > max)
    return false;
  *end = after;
  return true;
}

static bool parse_whole_integer(const char *text, long min, long max, long *value) {
  const char *end;
  return parse_integer(text, min, max, &end, value) && !*end;
}

static bool parse_count(const char *text, uint32_t *count) {
  long value;
  if (!parse_whole_integer(text, 1, INT32_MAX, &value))
    return false;
  *count = (uint32_t)value;
  return true;
}

/* The index of text in a list of words that ends with NULL; -1 if it is not there. */
static int find_word(const char *text, const char *const *words) {
  for (int i = 0; words[i]; i++)
    if (strcmp(text, words[i]) == 0)
      return i;
  return -1;
}

/* ---- Options ---- */

static bool set_scales(struct options *o, const char *text) {
  for (o->scale_count = 0; o->scale_count < MAX_SCALES; text++) {
    char *end;
    double scale = strtod(text, &end);
    if (end == text || !isfinite(scale) || scale <= 0)
      return false;
    o->scales[o->scale_count++] = scale;
    text = end;
    if (*text != ',')
      return !*text;
  }
  return false;
}

static bool set_img_sizes(struct options *o, const char *text) {
  for (o->img_size_count = 0; o->img_size_count < MAX_SCALES; text++) {
    long height, width;
    if (!parse_integer(text, 1, S2VK_MAX_SIDE, &text, &height))
      return false;
    width = height;
    if (*text == 'x' && !parse_integer(text + 1, 1, S2VK_MAX_SIDE, &text, &width))
      return false;
    o->img_sizes[o->img_size_count++] = (s2vk_size){(uint32_t)height, (uint32_t)width};
    if (*text != ',')
      return !*text;
  }
  return false;
}

static bool set_max_split_size(struct options *o, const char *text) {
  return parse_count(text, &o->max_split_size) && o->max_split_size <= S2VK_MAX_SIDE;
}

static bool set_split_mode(struct options *o, const char *text) {
  int word = find_word(text, (const char *const[]){"resize", "pad", NULL});
  o->split_mode = (s2vk_split_mode)word;
  return word >= 0;
}

static bool set_resize_output_to_idx(struct options *o, const char *text) {
  long value;
  if (!parse_whole_integer(text, INT32_MIN, INT32_MAX, &value))
    return false;
  o->resize_output_to_idx = (int32_t)value;
  return true;
}

static bool set_output_shape(struct options *o, const char *text) {
  int word = find_word(text, (const char *const[]){"bnc", "bchw", NULL});
  o->output_shape = (s2vk_output_shape)word;
  return word >= 0;
}

static bool set_split_forward(struct options *o, const char *text) {
  (void)text;
  return o->split_forward = true;
}

static bool set_tiles_per_call(struct options *o, const char *text) {
  return parse_count(text, &o->tiles_per_call);
}

static bool set_patch(struct options *o, const char *text) {
  return parse_count(text, &o->patch);
}

static bool set_type(struct options *o, const char *text) {
  int word = find_word(text, (const char *const[]){"f32", "f16", "bf16", NULL});
  o->type = (s2vk_type)word;
  return word >= 0;
}

static bool set_model(struct options *o, const char *text) {
  o->model = text;
  return true;
}

static bool set_layer(struct options *o, const char *text) {
  long value;
  if (!parse_whole_integer(text, -VIT_MAX_LAYERS, VIT_MAX_LAYERS, &value) || value == 0)
    return false;
  o->layer = (int32_t)value;
  return true;
}

static bool set_without_cls(struct options *o, const char *text) {
  (void)text;
  return o->without_cls = true;
}

static bool set_final_norm(struct options *o, const char *text) {
  int word = find_word(text, (const char *const[]){"default", "on", "off", NULL});
  o->norm = (enum vit_norm)word;
  return word >= 0;
}

static bool set_image_side(struct options *o, const char *text) {
  return parse_count(text, &o->image_side) && o->image_side <= 1u << 16;
}

static bool set_runs(struct options *o, const char *text) {
  return parse_count(text, &o->runs);
}

static bool set_output(struct options *o, const char *text) {
  o->output = text;
  return true;
}

static bool set_picture(struct options *o, const char *text) {
  o->picture = text;
  return true;
}

static bool set_device(struct options *o, const char *text) {
  uint32_t device;
  if (!parse_count(text, &device))
    return false;
  o->device = (int32_t)device;
  return true;
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
    {"layer", set_layer, "a layer: 1 for the first, -1 for the last"},
    {"without-cls", set_without_cls, NULL},
    {"final-norm", set_final_norm, "default, on or off"},
    {"image-side", set_image_side, "a number of pixels, at most 65536"},
    {"runs", set_runs, "a number of runs, at least 1"},
    {"scales", set_scales, "1 to 16 positive numbers, such as 1,2"},
    {"img-sizes", set_img_sizes, "1 to 16 sizes in pixels, such as 224,448 or 112x224,224x448 (height x width)"},
    {"max-split-size", set_max_split_size, "a number of pixels, such as 224"},
    {"split-mode", set_split_mode, "resize or pad"},
    {"resize-output-to-idx", set_resize_output_to_idx, "the index of a scale, such as 0, or -1 for the last"},
    {"output-shape", set_output_shape, "bnc or bchw"},
    {"split-forward", set_split_forward, NULL},
    {"tiles-per-call", set_tiles_per_call, "a number of tiles, at least 1"},
    {"patch", set_patch, "a number of pixels, such as 16"},
    {"type", set_type, "f32, f16 or bf16"},
    {"output", set_output, "a file"},
    {"picture", set_picture, "a file"},
    {"device", set_device, "the number of a device, as --list gives it"},
    {"list", set_list, NULL},
    {"help", set_help, NULL},
};
#define OPTION_COUNT (sizeof table / sizeof *table)

/* ---- What fits together ---- */

static bool check_model(const struct options *o) {
  if (o->model && o->output_shape != S2VK_OUTPUT_BNC)
    fprintf(stderr, "extract: --output-shape bchw: what --model returns are tokens: leave it out\n");
  else if (o->model && o->picture)
    fprintf(stderr, "extract: --picture %s: pictures are made of the descriptor's features: leave out --model\n",
        o->picture);
  else if (!o->model && (o->layer || o->without_cls || o->norm || o->image_side))
    fprintf(stderr, "extract: --layer, --without-cls, --final-norm and --image-side are for a --model\n");
  else
    return true;
  return false;
}

/* What depends on whether there is a model. */
static void set_defaults(struct options *o) {
  if (!o->model && !o->max_split_size)
    o->max_split_size = 224;
  if (!o->model && !o->picture)
    o->picture = "features.png";
}

static bool check_together(const struct options *o, bool has_scales) {
  uint32_t count = o->img_size_count ? o->img_size_count : o->scale_count;
  if (o->img_size_count && has_scales)
    fprintf(stderr, "extract: --scales and --img-sizes say the same in two ways: give one of them\n");
  else if (o->resize_output_to_idx >= (int64_t)count || o->resize_output_to_idx < -(int64_t)count)
    fprintf(stderr, "extract: --resize-output-to-idx %d names no scale: with %u of them it is %d to %u\n",
        o->resize_output_to_idx, count, -(int)count, count - 1);
  else if (!o->model && o->max_split_size % o->patch != 0)
    fprintf(stderr, "extract: --patch %u does not divide --max-split-size %u: give one that does\n", o->patch,
        o->max_split_size);
  else if (!o->model && o->max_split_size / o->patch > 1024)
    fprintf(stderr, "extract: --patch %u makes too many patches of tiles of --max-split-size %u: give at least %u\n",
        o->patch, o->max_split_size, (o->max_split_size + 1023) / 1024);
  else if (o->split_forward && o->tiles_per_call)
    fprintf(
        stderr, "extract: --split-forward is one tile per call: leave out --tiles-per-call %u\n", o->tiles_per_call);
  else
    return true;
  return false;
}

bool options_parse(struct options *o, int argc, char **argv) {
  *o = (struct options){
      .scales = {1, 2},
      .scale_count = 2,
      .patch = 16,
      .runs = 1,
      .output = "features.npy",
  };
  struct option long_options[OPTION_COUNT + 1] = {{0}};
  for (size_t i = 0; i < OPTION_COUNT; i++)
    long_options[i] =
        (struct option){.name = table[i].name, .has_arg = table[i].expected ? required_argument : no_argument};

  bool has_scales = false;
  int index;
  for (int found; (found = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
    if (found == '?') /* getopt_long() has said why */
      return false;
    if (!table[index].set(o, optarg)) {
      fprintf(stderr, "extract: --%s %s: expected %s\n", table[index].name, optarg, table[index].expected);
      return false;
    }
    has_scales |= table[index].set == set_scales;
  }
  if (o->help || o->list)
    return true;
  if (argc - optind != 1) {
    fprintf(stderr, "extract: expected one IMAGE, got %d; see --help\n", argc - optind);
    return false;
  }
  o->image = argv[optind];
  set_defaults(o);
  return check_model(o) && check_together(o, has_scales);
}
