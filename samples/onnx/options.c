#include "options.h"

#include "vocabulary.h"

#include <stdio.h>

static bool set_model(void *options, const char *text) {
  ((struct options *)options)->model = text;
  return *text;
}

static bool set_features(void *options, const char *text) {
  ((struct options *)options)->features = text;
  return *text;
}

static bool set_output(void *options, const char *text) {
  ((struct options *)options)->output = text;
  return *text;
}

static bool set_scales(void *options, const char *text) {
  struct options *o = options;
  return read_numbers(text, 1e-6, 1e6, o->scales, MAX_SCALES, &o->scale_count);
}

static bool set_img_sizes(void *options, const char *text) {
  struct options *o = options;
  return read_sizes(text, o->img_sizes, MAX_SCALES, &o->img_size_count);
}

static bool set_max_split_size(void *options, const char *text) {
  return read_count(text, 1, S2VK_MAX_SIDE, &((struct options *)options)->max_split_size);
}

static bool set_split_mode(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_SPLIT_MODE, &word);
  ((struct options *)options)->split_mode = (s2vk_split_mode)word;
  return known;
}

static bool set_filter(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_FILTER, &word);
  ((struct options *)options)->filter = (s2vk_filter)word;
  return known;
}

static bool set_resize_output_to_idx(void *options, const char *text) {
  long index;
  bool done = read_integer(text, -MAX_SCALES, MAX_SCALES - 1, &index);
  ((struct options *)options)->resize_output_to_idx = (int32_t)index;
  return done;
}

static bool set_num_prefix_token(void *options, const char *text) {
  long count;
  bool done = read_integer(text, 0, 1000000, &count);
  ((struct options *)options)->num_prefix_token = (int32_t)count;
  return done;
}

static bool set_tiles_per_call(void *options, const char *text) {
  return read_count(text, 1, 1000000, &((struct options *)options)->tiles_per_call);
}

static bool set_normalization(void *options, const char *text) {
  struct options *o = options;
  int word;
  bool known = read_word(text, "none clip imagenet signed", &word);
  o->no_normalization = !word;
  o->normalization = (s2vk_normalization)word;
  return known;
}

static bool set_device(void *options, const char *text) {
  uint32_t device;
  bool done = read_count(text, 1, 1000, &device);
  ((struct options *)options)->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_list(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->list = true;
}

static const struct command_option table[] = {
    {.help = "The model:"},
    {.name = "model",
        .set = set_model,
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = ".onnx of a model whose one input is images, batch x 3 x height x width"},
    {.name = "features",
        .set = set_features,
        .value = "NAME",
        .expected = "the name of one of the model's outputs",
        .initial = "the first with tokens or maps",
        .help = "output that is taken"},
    {.name = "num-prefix-token",
        .set = set_num_prefix_token,
        .value = "N",
        .expected = "a number of tokens, such as 1",
        .initial = "as many as leave a square number of tokens",
        .help = "tokens ahead of the patches', such as CLS"},
    {.name = "max-split-size",
        .set = set_max_split_size,
        .initial = "the model's",
        .help = "side of a tile, of a model that takes any"},
    {.name = "tiles-per-call", .set = set_tiles_per_call, .initial = "the model's batch, or all of a scale"},
    {.help = "The image:"},
    {.name = "scales", .set = set_scales},
    {.name = "img-sizes", .set = set_img_sizes, .initial = "one tile, and twice that"},
    {.name = "split-mode", .set = set_split_mode},
    {.name = "filter", .set = set_filter},
    {.name = "resize-output-to-idx", .set = set_resize_output_to_idx, .initial = "0"},
    {.name = "normalization",
        .set = set_normalization,
        .value = "NAME",
        .initial = "imagenet",
        .expected = "none, clip, imagenet or signed",
        .words = "none clip imagenet signed",
        .help = "of a photograph, as the model was trained with: none (0 to 1), clip, imagenet or signed (-1 to 1)"},
    {.help = "Other:"},
    {.name = "output",
        .set = set_output,
        .value = "FILE",
        .initial = "features.npy",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = ".npy of f32"},
    {.name = "device", .set = set_device},
    {.name = "list", .set = set_list},
};

enum command_result options_parse(struct options *o, int argc, char **argv) {
  static const struct command command = {
      .name = "onnx",
      .usage = "IMAGE --model FILE [options]",
      .summary = "Multi-scale features of an image from any vision model in an ONNX file",
      .details =
          "IMAGE is a photograph, or a .npy of 1 x 3 x height x width in f32, which the model's normalization was applied to. "
          "The model runs on the CPU, by ONNX Runtime; the rest of S2 runs on a Vulkan device.",
      .endnote = "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.",
      .options = table,
      .option_count = sizeof table / sizeof *table,
      .operands = true,
  };
  char **operands;
  uint32_t count;
  *o = (struct options){.output = "features.npy", .num_prefix_token = -1, .normalization = S2VK_NORMALIZATION_IMAGENET};
  enum command_result result = command_parse(&command, o, argc, argv, &operands, &count);
  if (result != COMMAND_RUN || o->list)
    return result;
  const char *wrong = count != 1                            ? "one image is needed"
                      : !o->model                           ? "--model is needed"
                      : o->scale_count && o->img_size_count ? "--scales and --img-sizes are given both"
                                                            : NULL;
  if (wrong) {
    fprintf(stderr, "onnx: %s; --help has more\n", wrong);
    return COMMAND_WRONG;
  }
  o->image = operands[0];
  return COMMAND_RUN;
}
