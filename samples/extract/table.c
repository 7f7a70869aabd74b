/* The options of extract, one by one. */
#include "options.h"

#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

/* The setters of numbers, words and flags. */
#define SET(name) static bool set_##name(void *options, const char *text)
#define OF(field) (((struct options *)options)->field)
#define SET_FLAG(name, field)                                                                                          \
  SET(name) {                                                                                                          \
    (void)text;                                                                                                        \
    return OF(field) = true;                                                                                           \
  }
#define SET_TEXT(name, field)                                                                                          \
  SET(name) {                                                                                                          \
    return *(OF(field) = text) != 0;                                                                                   \
  }
#define SET_COUNT(name, field, min, max)                                                                               \
  SET(name) {                                                                                                          \
    return read_count(text, min, max, &OF(field));                                                                     \
  }
#define SET_WORD(name, field, words, type)                                                                             \
  SET(name) {                                                                                                          \
    int index;                                                                                                         \
    bool known = read_word(text, words, &index);                                                                       \
    OF(field) = (type)index;                                                                                           \
    return known;                                                                                                      \
  }

SET_TEXT(model, model)
SET_FLAG(without_cls, without_cls)
SET_WORD(final_norm, norm, WORDS_NORM, enum vit_norm)
SET_COUNT(image_side, image_side, 1, 65536)
SET_COUNT(max_split_size, max_split_size, 1, S2VK_MAX_SIDE)
SET_WORD(split_mode, split_mode, WORDS_SPLIT_MODE, s2vk_split_mode)
SET_WORD(grid, grid, WORDS_GRID, s2vk_grid_policy)
SET_WORD(output_shape, output_shape, WORDS_OUTPUT_SHAPE, s2vk_output_shape)
SET_FLAG(split_forward, split_forward)
SET_FLAG(dynamic_s2, dynamic_s2)
SET_COUNT(max_tiles, max_tiles, 1, S2VK_MAX_SIDE)
SET_FLAG(blocks, blocks)
SET_COUNT(downsample, downsample, 1, S2VK_MAX_DOWNSAMPLE)
SET_FLAG(by_columns, by_columns)
SET_COUNT(repeat, repeat, 1, 16)
SET_WORD(prefix_tokens, prefix_tokens, WORDS_PREFIX, s2vk_prefix_tokens)
SET_FLAG(prefix_only, prefix_only)
SET_COUNT(tiles_per_call, tiles_per_call, 1, INT32_MAX)
SET_COUNT(patch, patch, 1, INT32_MAX)
SET_WORD(type, type, WORDS_TYPE, s2vk_type)
SET_FLAG(no_rotate, images.no_rotate)
SET_WORD(alpha, images.alpha, "white drop", enum photograph_alpha)
SET_WORD(profiles, images.convert_profile, "keep convert", bool)
SET_TEXT(output, output)
SET_TEXT(picture, picture)
SET_FLAG(no_picture, no_picture)
SET_COUNT(runs, runs, 1, INT32_MAX)
SET_FLAG(null, nul_separated)
SET_FLAG(tar, read_tar)
SET_COUNT(batch, batch, 1, 1024)
SET_COUNT(shards, shards, 1, SHARD_MAX)
SET_COUNT(decoders, decoders, 1, 256)
SET_FLAG(overwrite, overwrite)
SET_FLAG(stats, stats)
SET_FLAG(quiet, quiet)
SET_FLAG(describe, describe)
SET_FLAG(json, json)
SET_WORD(progress, progress, "auto bar plain none", enum when)
SET_FLAG(list, list)

SET(layer) {
  long value;
  bool done = read_integer(text, -VIT_MAX_LAYERS, VIT_MAX_LAYERS, &value) && value;
  OF(layer) = done ? (int32_t)value : 0;
  return done;
}

SET(filter) {
  int index;
  bool known = read_word(text, WORDS_FILTER, &index);
  OF(filter) = (s2vk_filter)index;
  OF(has_filter) = true;
  return known;
}

SET(preset) {
  int index;
  bool known = read_word(text, WORDS_PRESET, &index);
  OF(preset) = (enum preset)index;
  OF(has_preset) = true;
  return known;
}

SET(scales) {
  OF(has_scales) = true;
  return read_numbers(text, 1e-6, 1e6, OF(scales), MAX_SCALES, &OF(scale_count));
}

SET(img_sizes) {
  return read_sizes(text, OF(img_sizes), MAX_SCALES, &OF(img_size_count));
}

SET(resize_output_to_idx) {
  long value;
  bool done = read_integer(text, INT32_MIN, INT32_MAX, &value);
  OF(resize_output_to_idx) = done ? (int32_t)value : 0;
  OF(has_output) = true;
  return done;
}

SET(max_pixels) {
  double value;
  bool done = read_number(text, 1, 1e12, &value) && value == (double)(uint64_t)value;
  OF(images.max_pixels) = done ? (uint64_t)value : 0;
  return done;
}

SET(shard) {
  return shard_parse(text, &OF(shard));
}

/* Keys, separated by commas. A point at the start of a key is left out. */
SET(keep) {
  free(OF(kept_text));
  OF(kept_count) = 0;
  OF(kept_text) = malloc(strlen(text) + 1);
  if (!OF(kept_text))
    return false;
  char *at = strcpy(OF(kept_text), text);
  while (OF(kept_count) < MAX_KEPT) {
    size_t length = strcspn(at, ",");
    bool last = !at[length];
    at[length] = 0;
    at += *at == '.';
    if (!*at)
      return false;
    OF(kept)[OF(kept_count)++] = at;
    if (last)
      return true;
    at += strlen(at) + 1;
  }
  return false;
}

SET(device) {
  uint32_t device;
  bool done = read_count(text, 1, INT32_MAX, &device);
  OF(device) = done ? (int32_t)device : 0;
  return done;
}

static const struct command_option table[] = {
    {.help = "Model:"},
    {.name = "model", .set = set_model},
    {.name = "layer", .set = set_layer, .initial = "-1"},
    {.name = "without-cls",
        .set = set_without_cls,
        .value = "",
        .help = "leaves out CLS, distillation and register tokens"},
    {.name = "final-norm",
        .set = set_final_norm,
        .initial = "default",
        .value = "WHICH",
        .expected = "default, on or off",
        .words = WORDS_NORM,
        .help = "default (as transformers' hidden_states and last_hidden_state), on or off"},
    {.name = "image-side",
        .set = set_image_side,
        .initial = "the largest of --img-sizes, else as preprocessor_config.json says",
        .value = "N",
        .expected = "a number of pixels, at most 65536",
        .help = "side of the photograph after preprocessing"},
    {.name = "patch",
        .set = set_patch,
        .initial = "16",
        .value = "N",
        .expected = "a number of pixels, such as 16",
        .help = "side of the built-in descriptor's patches, without --model; it divides the side of a tile"},
    {.help = "S2:"},
    {.name = "preset", .set = set_preset},
    {.name = "dynamic-s2", .set = set_dynamic_s2},
    {.name = "max-tiles", .set = set_max_tiles, .initial = "12, or those of the largest of --img-sizes"},
    {.name = "blocks", .set = set_blocks},
    {.name = "downsample", .set = set_downsample},
    {.name = "by-columns", .set = set_by_columns},
    {.name = "repeat", .set = set_repeat},
    {.name = "prefix-tokens", .set = set_prefix_tokens},
    {.name = "prefix-only", .set = set_prefix_only},
    {.name = "scales", .set = set_scales, .initial = "1,2"},
    {.name = "img-sizes", .set = set_img_sizes, .initial = "those of --preset, else none: --scales applies"},
    {.name = "max-split-size", .set = set_max_split_size, .initial = "224, or as preprocessor_config.json says"},
    {.name = "split-mode", .set = set_split_mode},
    {.name = "grid", .set = set_grid, .help = HELP_GRID},
    {.name = "filter", .set = set_filter},
    {.name = "resize-output-to-idx",
        .set = set_resize_output_to_idx,
        .initial = "0, as in the original, or -1 with --preset nvila; -1 gives the sharpest picture"},
    {.name = "output-shape", .set = set_output_shape},
    {.name = "split-forward", .set = set_split_forward},
    {.name = "tiles-per-call", .set = set_tiles_per_call},
    {.name = "type", .set = set_type},
    {.help = "Photographs:"},
    {.name = "no-rotate",
        .set = set_no_rotate,
        .value = "",
        .help = "does not rotate photographs as EXIF says; AVIF and HEIC are always rotated"},
    {.name = "alpha",
        .set = set_alpha,
        .initial = "white",
        .value = "HOW",
        .expected = "white or drop",
        .words = "white drop",
        .help = "how transparency is treated: white (composited on white, as transformers 5 does) or drop (ignored, as "
                "transformers 4 does)"},
    {.name = "profiles",
        .set = set_profiles,
        .initial = "keep",
        .value = "HOW",
        .expected = "keep or convert",
        .words = "keep convert",
        .help = "colours of another profile than sRGB: keep (their numbers are used, as transformers does) or convert"},
    {.name = "max-pixels",
        .set = set_max_pixels,
        .initial = "178956970, as Pillow's",
        .value = "N",
        .expected = "a number of pixels, such as 100000000",
        .help = "refuses larger images. No more pixels than this are decoded at one time, which bounds the memory. A "
                "larger JPEG, unless it is progressive, is decoded at 1/2, 1/4 or 1/8 if the --model makes it small "
                "anyway"},
    {.help = "Output:"},
    {.name = "output",
        .set = set_output,
        .initial = "features.npy for one image, the folder features for more",
        .value = "PATH",
        .words = COMMAND_FILES,
        .expected = "a file or a folder",
        .help = "a .npy file for one image; a folder or a .safetensors file for more"},
    {.name = "picture",
        .set = set_picture,
        .initial = "features.png; with --model none",
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help =
            "the features of one image in false colours, as .png: the photograph as the model sees it, and the first "
            "three principal components of each scale and of all scales"},
    {.name = "no-picture", .set = set_no_picture, .value = "", .help = "writes no picture"},
    {.name = "overwrite", .set = set_overwrite, .value = "", .help = "computes complete features again"},
    {.help = "Many images:"},
    {.name = "batch",
        .set = set_batch,
        .initial = "1",
        .value = "N",
        .expected = "a number of images, 1 to 1024",
        .help = "runs up to N images of one size together"},
    {.name = "null",
        .set = set_null,
        .letter = '0',
        .value = "",
        .help = "paths in a LIST end in NUL, as find -print0 prints them"},
    {.name = "tar", .set = set_tar, .value = "", .help = "standard input, -, is a tar file, not a list"},
    {.name = "keep",
        .set = set_keep,
        .value = "KEY,...",
        .expected = "1 to 16 keys, such as txt,json",
        .help =
            "keys of a tar file's samples, such as txt or json, whose contents go into the index beside the features"},
    {.name = "shard",
        .set = set_shard,
        .initial = "as the environment says",
        .value = "I/N",
        .expected = "I/N, such as 1/4 for the first of four shards",
        .help = "takes every N-th image, or tar file, from the I-th on; I is 1 to N. A safetensors file is then named "
                "FILE-0000I-of-0000N.safetensors. 1/1 takes everything"},
    {.name = "shards",
        .set = set_shards,
        .value = "N",
        .expected = "a number of shards, 1 to 99999",
        .help = "number of shards, if the environment gives only the index of this one"},
    {.name = "decoders",
        .set = set_decoders,
        .initial = "the number of cores, at most 8",
        .value = "N",
        .expected = "a number of threads, 1 to 256",
        .help = "threads that read images"},
    {.help = "Messages:"},
    {.name = "runs",
        .set = set_runs,
        .initial = "1",
        .value = "N",
        .expected = "a number of runs, at least 1",
        .help = "runs one image N times, and prints the time of the fastest run"},
    {.name = "stats",
        .set = set_stats,
        .value = "",
        .help = "for many images, prints how busy each stage was, and the peak of memory"},
    {.name = "json",
        .set = set_json,
        .value = "",
        .help = "prints a JSON object for each image, and one for the run, on standard output"},
    {.name = "progress",
        .set = set_progress,
        .initial = "auto",
        .value = "HOW",
        .expected = "auto, bar, plain or none",
        .words = "auto bar plain none",
        .help = "bar, plain (a line every ten seconds) or none; auto is bar on a terminal, plain in a pipe, none in a "
                "file"},
    {.name = "describe", .set = set_describe},
    {.name = "quiet", .set = set_quiet},
    {.help = "Other:"},
    {.name = "device", .set = set_device},
    {.name = "list", .set = set_list},
};

static const struct command command = {
    .name = PROGRAM_PREFIX "extract",
    .usage = "IMAGE|FOLDER|LIST|TAR... [options]",
    .summary = "Extracts multi-scale features from photographs",
    .details =
        "Runs S2 around a vision transformer or, without --model, around a built-in descriptor: the mean colour and "
        "a histogram of gradient orientations of every patch. Reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC. "
        "Options with the names of s2wrapper.forward()'s arguments mean the same.\n"
        "\n"
        "Inputs:\n"
        "  IMAGE   an image\n"
        "  FOLDER  all images in it and below, sorted by name\n"
        "  LIST    a file *.txt, or - for stdin: a path on each line\n"
        "  TAR     a file *.tar, *.tar.gz, *.tgz or *.tar.zst, or - for stdin with --tar: images, or WebDataset's "
        "samples\n"
        "\n"
        "Outputs:\n"
        "  for one IMAGE    a .npy file, and a picture\n"
        "  for TAR          a folder with a safetensors file, and its index, for each tar file\n"
        "  for all others   a folder with NAME.npy for each image, and NAME.npy.json with the record of how it was\n"
        "                   made; or, with --output FILE.safetensors, one file with a tensor NAME for each image.\n"
        "                   Both come with an index of all images and their features, in JSON Lines\n"
        "\n"
        "NAME is the file name of an IMAGE, the path of an image from its FOLDER on, or the path in a LIST or TAR, "
        "without leading /, ./ and ../. Files get their names when they are complete. Complete features are not "
        "computed again, so the same command continues where an earlier run ended.",
    .endnote =
        "The environment gives the shard in one of these ways, if --shard does not:\n"
        "  Slurm's array tasks (SLURM_ARRAY_TASK_ID, _MIN, _COUNT, _STEP), AWS Batch's (AWS_BATCH_JOB_ARRAY_INDEX, "
        "_SIZE), or\n"
        "  SGE's (SGE_TASK_ID, _FIRST, _LAST, _STEPSIZE), each divided again among\n"
        "  Open MPI's ranks (OMPI_COMM_WORLD_RANK, _SIZE) or, without those, srun's (SLURM_PROCID, SLURM_NTASKS);\n"
        "  with --shards N, Kubernetes' indexed jobs (JOB_COMPLETION_INDEX), PBS arrays (PBS_ARRAY_INDEX, "
        "PBS_ARRAYID) and\n"
        "  GNU parallel (PARALLEL_SEQ), modulo N\n"
        "\n"
        "Exit status: 0 if all is done, 1 if something failed, 2 if the command line or the environment is wrong, 3 "
        "if some images could not be read. These were reported and skipped.",
    .options = table,
    .option_count = sizeof table / sizeof *table,
    .operands = true,
};

enum options_result options_parse(struct options *o, int argc, char **argv) {
  *o = (struct options){
      .scales = {1, 2},
      .scale_count = 2,
      .patch = 16,
      .runs = 1,
      .batch = 1,
      .shard = {0, 1, NULL},
  };
  enum command_result result = command_parse(&command, o, argc, argv, &o->inputs, &o->input_count);
  if (result != COMMAND_RUN)
    return result == COMMAND_DONE ? OPTIONS_DONE : OPTIONS_WRONG;
  return o->list || options_check(o) ? OPTIONS_RUN : OPTIONS_WRONG;
}
