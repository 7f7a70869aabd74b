#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "options.h"

#include "sources.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BATCH 1024
#define MAX_DECODERS 256

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

static bool set_batch(struct options *o, const char *text) {
  return parse_count(text, &o->batch) && o->batch <= MAX_BATCH;
}

static bool set_shard(struct options *o, const char *text) {
  return shard_parse(text, &o->shard);
}

static bool set_decoders(struct options *o, const char *text) {
  return parse_count(text, &o->decoders) && o->decoders <= MAX_DECODERS;
}

static bool set_overwrite(struct options *o, const char *text) {
  (void)text;
  return o->overwrite = true;
}

static bool set_stats(struct options *o, const char *text) {
  (void)text;
  return o->stats = true;
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
    {"batch", set_batch, "a number of images, 1 to 1024"},
    {"shard", set_shard, "I/N, such as 1/4 for the first of four shards"},
    {"decoders", set_decoders, "a number of threads, 1 to 256"},
    {"overwrite", set_overwrite, NULL},
    {"stats", set_stats, NULL},
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
  else if (!o->model && (o->layer || o->without_cls || o->norm || o->image_side))
    fprintf(stderr, "extract: --layer, --without-cls, --final-norm and --image-side are for a --model\n");
  else
    return true;
  return false;
}

static bool has_suffix(const char *path, const char *suffix) {
  size_t length = strlen(path), suffix_length = strlen(suffix);
  return length > suffix_length && strcmp(path + length - suffix_length, suffix) == 0;
}

/* What depends on whether there is a model, and whether there are many images. */
static void set_defaults(struct options *o) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  o->many = o->input_count > 1 || sources_are_many(o->inputs[0]) || o->shard.from || o->batch > 1 || o->stats ||
            o->overwrite || (o->output && has_suffix(o->output, ".safetensors"));
  if (!o->output)
    o->output = o->many ? "features" : "features.npy";
  if (!o->model && !o->max_split_size)
    o->max_split_size = 224;
  if (!o->model && !o->picture && !o->many)
    o->picture = "features.png";
  if (!o->decoders)
    o->decoders = cores < 1 ? 1 : cores < 8 ? (uint32_t)cores : 8;
}

static bool check_many(const struct options *o) {
  if (o->many && o->picture)
    fprintf(stderr, "extract: --picture %s: pictures are of one image, into a .npy file\n", o->picture);
  else if (o->many && o->runs > 1)
    fprintf(stderr, "extract: --runs %u: is for one image, into a .npy file; --stats times many\n", o->runs);
  else if (o->many && has_suffix(o->output, ".npy"))
    fprintf(stderr, "extract: --output %s: holds one image: give a folder, or a file named *.safetensors\n", o->output);
  else if (o->tiles_per_call && o->tiles_per_call < o->batch)
    fprintf(stderr, "extract: --tiles-per-call %u: with --batch %u it is at least that\n", o->tiles_per_call, o->batch);
  else
    return true;
  return false;
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
      .batch = 1,
      .shard = {0, 1, NULL},
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
  if (argc == optind) {
    fprintf(stderr, "extract: expected an IMAGE, a FOLDER or a LIST; see --help\n");
    return false;
  }
  o->inputs = argv + optind;
  o->input_count = (uint32_t)(argc - optind);
  set_defaults(o);
  if (o->many && !o->shard.from && !shard_from_environment(&o->shard))
    return false;
  return check_model(o) && check_many(o) && check_together(o, has_scales);
}

/* ---- Settings ---- */

static void append(char *text, size_t bytes, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, bytes - length, format, arguments);
  va_end(arguments);
}

void options_describe(const struct options *o, char *text, size_t bytes) {
  static const char *const types[] = {"f32", "f16", "bf16"}, *const norms[] = {"default", "on", "off"};
  text[0] = 0;
  if (o->model)
    append(text, bytes, "--model %s --layer %d%s --final-norm %s --image-side %u", o->model, o->layer ? o->layer : -1,
        o->without_cls ? " --without-cls" : "", norms[o->norm], o->image_side);
  else
    append(text, bytes, "--patch %u", o->patch);
  for (uint32_t i = 0; i < o->img_size_count; i++)
    append(text, bytes, "%s%ux%u", i ? "," : " --img-sizes ", o->img_sizes[i].height, o->img_sizes[i].width);
  for (uint32_t i = 0; !o->img_size_count && i < o->scale_count; i++)
    append(text, bytes, "%s%.17g", i ? "," : " --scales ", o->scales[i]);
  append(text, bytes, " --max-split-size %u --split-mode %s --resize-output-to-idx %d --output-shape %s --type %s\n",
      o->max_split_size, o->split_mode == S2VK_SPLIT_PAD ? "pad" : "resize", o->resize_output_to_idx,
      o->output_shape == S2VK_OUTPUT_BCHW ? "bchw" : "bnc", types[o->type]);
}
