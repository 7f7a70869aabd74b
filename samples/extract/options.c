#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "options.h"

#include "output.h"
#include "output_check.h"
#include "progress.h"
#include "sources.h"
#include "vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What fits together ---- */

static bool refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("extract: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return false;
}

bool has_ending(const char *path, const char *ending) {
  size_t length = strlen(path), ending_length = strlen(ending);
  return length > ending_length && strcmp(path + length - ending_length, ending) == 0;
}

static bool check_model(const struct options *o) {
  if (!o->model && (o->layer || o->without_cls || o->norm || o->image_side))
    return refuse("--layer, --without-cls, --final-norm and --image-side are for a --model");
  return true;
}

/* Without --img-sizes, sizes are the preset's own, or multiples of the model's tile. With it, the first size is the
 * side of a tile. */
static void set_preset(struct options *o) {
  const bool each = o->preset == PRESET_NVILA;
  if (!o->has_scales && !o->img_size_count)
    o->scale_count = preset_scales(o->preset, o->scales);
  if (!o->max_split_size && o->img_size_count)
    o->max_split_size = o->img_sizes[0].height;
  if (!o->max_split_size && !o->model)
    o->max_split_size = preset_side(o->preset);
  if (!o->has_filter)
    o->filter = preset_filter(o->preset);
  if (each && !o->has_output)
    o->resize_output_to_idx = -1;
  o->blocks |= each;
}

/* Whether channels or tokens have an order that pictures do not support. */
static bool has_other_order(const struct options *o) {
  return o->prefix_only || o->by_columns || o->downsample > 1 || o->repeat > 1;
}

/* Options that depend on whether there is a model, and whether there are many images. */
static void set_defaults(struct options *o) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  o->many = o->input_count > 1 || sources_are_many(o->inputs[0]) || o->tars || o->shard.from || o->shards ||
            o->batch > 1 || o->stats || (o->output && has_ending(o->output, ".safetensors"));
  if (!o->output)
    o->output = o->many ? "features" : "features.npy";
  if (o->has_preset)
    set_preset(o);
  if (!o->model && !o->max_split_size)
    o->max_split_size = 224;
  if (!o->model && !o->picture && !o->many && !o->no_picture && !has_other_order(o))
    o->picture = "features.png";
  o->to_stdout = output_is_stdout(o->output) || (o->picture && output_is_stdout(o->picture));
  if (!o->decoders)
    o->decoders = cores < 1 ? 1 : cores < 8 ? (uint32_t)cores : 8;
}

/* Refuses outputs whose ending belongs to another format. */
static bool check_endings(const struct options *o) {
  const char *own = !o->many ? ".npy" : has_ending(o->output, ".safetensors") ? ".safetensors" : "";
  const char *other = output_foreign_ending(o->output, own);
  if (other && strcmp(other, ".safetensors") == 0)
    return refuse("--output %s: write .safetensors in small letters", o->output);
  if (other)
    return refuse("--output %s: features are written as .npy or .safetensors, and not as %s", o->output, other);
  other = o->picture ? output_foreign_ending(o->picture, ".png") : NULL;
  if (other)
    return refuse("--picture %s: a picture is written as .png, and not as %s", o->picture, other);
  if (o->picture && strcmp(o->picture, o->output) == 0 && output_is_regular(o->output))
    return refuse("--picture %s: is the --output, too", o->picture);
  return true;
}

static bool check_many(const struct options *o) {
  if (o->picture && o->no_picture)
    return refuse("--picture %s: there is --no-picture, too", o->picture);
  if (o->many && o->picture)
    return refuse("--picture %s: pictures are of one image, into a .npy file", o->picture);
  if (o->many && o->runs > 1)
    return refuse("--runs %u: is for one image, into a .npy file; --stats times many", o->runs);
  if (o->many && has_ending(o->output, ".npy"))
    return refuse("--output %s: holds one image: give a folder, or a file named *.safetensors", o->output);
  if (o->tiles_per_call && o->tiles_per_call < o->batch)
    return refuse("--tiles-per-call %u: with --batch %u it is at least that", o->tiles_per_call, o->batch);
  if (o->json && o->to_stdout)
    return refuse("--json: standard output has the features or the picture: send one of them elsewhere");
  if (o->kept_count && !o->tars)
    return refuse("--keep: is for the samples of tar files");
  return check_endings(o);
}

static bool check_order(const struct options *o) {
  const char *prefix = o->prefix_only ? "--prefix-only" : "--prefix-tokens tiles";
  if ((o->prefix_only || o->prefix_tokens) && (!o->model || o->without_cls))
    return refuse("%s: there are none %s", prefix, o->model ? "with --without-cls" : "without a --model");
  if (o->output_shape == S2VK_OUTPUT_BCHW && (o->prefix_only || o->prefix_tokens))
    return refuse("--output-shape bchw: has no prefix tokens, and %s is for these", prefix);
  if (o->output_shape == S2VK_OUTPUT_BCHW && (o->by_columns || o->downsample > 1))
    return refuse("--output-shape bchw: %s is for tokens", o->by_columns ? "--by-columns" : "--downsample");
  if (o->prefix_only && (o->blocks || o->by_columns || o->downsample > 1))
    return refuse("--prefix-only: leaves no grid, and %s is for one",
        o->blocks       ? (o->has_preset && o->preset == PRESET_NVILA ? "--preset nvila" : "--blocks")
        : o->by_columns ? "--by-columns"
                        : "--downsample");
  if (o->picture && has_other_order(o))
    return refuse(
        "--picture %s: shows a grid row by row: leave out --prefix-only, --by-columns, --downsample and "
        "--repeat",
        o->picture);
  return true;
}

static bool check_preset(const struct options *o) {
  const char *name = o->has_preset ? names_of_preset[o->preset] : "";
  const struct preset_choice choice = options_preset(o);
  char reason[PRESET_REASON_BYTES];
  if (o->blocks && o->output_shape == S2VK_OUTPUT_BCHW)
    return refuse("--output-shape bchw: %s%s puts tokens in blocks, and feature maps have none",
        o->has_preset ? "--preset " : "--blocks", name);
  if (o->has_preset && o->image_side)
    return refuse("--image-side %u: with --preset %s that is the largest of --img-sizes", o->image_side, name);
  const char *filter = o->has_filter ? names_of_filter[o->filter] : NULL;
  return preset_check(&choice, o->max_split_size, o->has_scales, filter, reason) || refuse("%s", reason);
}

static bool check_together(const struct options *o) {
  uint32_t count = o->img_size_count ? o->img_size_count : o->scale_count;
  if (o->img_size_count && o->has_scales)
    return refuse("--scales and --img-sizes say the same in two ways: give one of them");
  if (o->resize_output_to_idx >= (int64_t)count || o->resize_output_to_idx < -(int64_t)count)
    return refuse("--resize-output-to-idx %d names no scale: with %u of them it is %d to %u", o->resize_output_to_idx,
        count, -(int)count, count - 1);
  if (!o->model && o->max_split_size % o->patch != 0)
    return refuse("--patch %u does not divide --max-split-size %u: give one that does", o->patch, o->max_split_size);
  if (!o->model && o->max_split_size / o->patch > 1024)
    return refuse("--patch %u makes too many patches of tiles of --max-split-size %u: give at least %u", o->patch,
        o->max_split_size, (o->max_split_size + 1023) / 1024);
  if (o->split_forward && o->tiles_per_call)
    return refuse("--split-forward is one tile per call: leave out --tiles-per-call %u", o->tiles_per_call);
  if (o->grid == S2VK_GRID_SQUARE)
    return refuse("--grid square: has tiles of another side at each scale, and a model here takes one: image or split");
  return true;
}

/* Checks that all inputs are tar files, or none. */
static bool find_tars(struct options *o) {
  for (uint32_t i = 0; i < o->input_count; i++) {
    bool tar = sources_are_tar(o->inputs[i]) || (o->read_tar && strcmp(o->inputs[i], "-") == 0);
    if (i && tar != o->tars)
      return refuse("%s and %s: one run takes tar files or images, not both", o->inputs[0], o->inputs[i]);
    o->tars = tar;
  }
  if (o->read_tar && !o->tars)
    return refuse("--tar: is for - or tar files as inputs");
  return true;
}

bool options_check(struct options *o) {
  if (!o->input_count)
    return refuse("expected an IMAGE, a FOLDER, a LIST or a TAR; see --help");
  if (!find_tars(o))
    return false;
  set_defaults(o);
  progress_choose(o->quiet ? WHEN_NONE : o->progress);
  if (o->many && !o->shard.from && !shard_from_environment(o->shards, &o->shard))
    return false;
  return check_model(o) && check_many(o) && check_preset(o) && check_order(o) && check_together(o);
}

/* ---- Settings ---- */

static void append(char *text, size_t bytes, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, bytes - length, format, arguments);
  va_end(arguments);
}

void options_describe(const struct options *o, const char *identity, char *text, size_t bytes) {
  text[0] = 0;
  if (o->model)
    append(text, bytes, "model %s --layer %d%s --final-norm %s --image-side %u", identity, o->layer ? o->layer : -1,
        o->without_cls ? " --without-cls" : "", names_of_norm[o->norm], o->image_side);
  else
    append(text, bytes, "--patch %u", o->patch);
  for (uint32_t i = 0; i < o->img_size_count; i++)
    append(text, bytes, "%s%ux%u", i ? "," : " --img-sizes ", o->img_sizes[i].height, o->img_sizes[i].width);
  for (uint32_t i = 0; !o->img_size_count && i < o->scale_count; i++)
    append(text, bytes, "%s%.17g", i ? "," : " --scales ", o->scales[i]);
  append(text, bytes,
      " --max-split-size %u --split-mode %s --grid %s --filter %s --resize-output-to-idx %d --output-shape %s",
      o->max_split_size, names_of_split_mode[o->split_mode], names_of_grid[o->grid], names_of_filter[o->filter],
      o->resize_output_to_idx, names_of_output_shape[o->output_shape]);
  if (o->has_preset)
    append(text, bytes, " --preset %s", names_of_preset[o->preset]);
  const struct preset_choice choice = options_preset(o);
  if (o->dynamic_s2)
    append(text, bytes, " --dynamic-s2 --max-tiles %u", preset_max_tiles(&choice));
  if (o->blocks)
    append(text, bytes, " --blocks");
  if (o->downsample > 1)
    append(text, bytes, " --downsample %u", o->downsample);
  if (o->by_columns)
    append(text, bytes, " --by-columns");
  if (o->repeat > 1)
    append(text, bytes, " --repeat %u", o->repeat);
  if (o->prefix_tokens)
    append(text, bytes, " --prefix-tokens %s", names_of_prefix[o->prefix_tokens]);
  if (o->prefix_only)
    append(text, bytes, " --prefix-only");
  append(text, bytes, " --type %s%s --alpha %s --profiles %s\n", names_of_type[o->type],
      o->images.no_rotate ? " --no-rotate" : "", o->images.alpha == PHOTOGRAPH_ALPHA_DROP ? "drop" : "white",
      o->images.convert_profile ? "convert" : "keep");
}
