#include "engine_options.h"

#include "vocabulary.h"

#include <stdio.h>
#include <string.h>

static bool set_model(void *options, const char *text) {
  ((struct engine_options *)options)->model = text;
  return *text;
}

static bool set_input(void *options, const char *text) {
  ((struct engine_options *)options)->input = text;
  return *text;
}

static bool set_storage(void *options, const char *text) {
  int word;
  bool known = read_word(text, "f32 f16", &word);
  ((struct engine_options *)options)->f16 = word;
  return known;
}

static bool set_features(void *options, const char *text) {
  ((struct engine_options *)options)->features = text;
  return *text;
}

static bool set_output(void *options, const char *text) {
  ((struct engine_options *)options)->output = text;
  return *text;
}

static bool set_scales(void *options, const char *text) {
  struct engine_options *o = options;
  return read_numbers(text, 1e-6, 1e6, o->scales, MAX_SCALES, &o->scale_count);
}

static bool set_img_sizes(void *options, const char *text) {
  struct engine_options *o = options;
  return read_sizes(text, o->img_sizes, MAX_SCALES, &o->img_size_count);
}

static bool set_max_split_size(void *options, const char *text) {
  return read_count(text, 1, S2VK_MAX_SIDE, &((struct engine_options *)options)->max_split_size);
}

static bool set_split_mode(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_SPLIT_MODE, &word);
  ((struct engine_options *)options)->split_mode = (s2vk_split_mode)word;
  return known;
}

static bool set_filter(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_FILTER, &word);
  ((struct engine_options *)options)->filter = (s2vk_filter)word;
  return known;
}

static bool set_resize_output_to_idx(void *options, const char *text) {
  long index;
  bool done = read_integer(text, -MAX_SCALES, MAX_SCALES - 1, &index);
  ((struct engine_options *)options)->resize_output_to_idx = (int32_t)index;
  return done;
}

static bool set_num_prefix_token(void *options, const char *text) {
  long count;
  bool done = read_integer(text, 0, 1000000, &count);
  ((struct engine_options *)options)->num_prefix_token = (int32_t)count;
  return done;
}

static bool set_tiles_per_call(void *options, const char *text) {
  return read_count(text, 1, 1000000, &((struct engine_options *)options)->tiles_per_call);
}

static bool set_normalization(void *options, const char *text) {
  struct engine_options *o = options;
  int word;
  bool known = read_word(text, "none clip imagenet signed", &word);
  o->no_normalization = !word;
  o->normalization = (s2vk_normalization)word;
  return known;
}

static bool set_device(void *options, const char *text) {
  uint32_t device;
  bool done = read_count(text, 1, 1000, &device);
  ((struct engine_options *)options)->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_list(void *options, const char *text) {
  (void)text;
  return ((struct engine_options *)options)->list = true;
}

#define MAX_OPTIONS 24

/* Adds the options of the model, which differ between programs. */
static size_t add_model(const struct engine_program *program, struct command_option *table) {
  size_t count = 0;
  table[count++] = (struct command_option){.help = "The model:"};
  table[count++] = (struct command_option){.name = "model",
      .set = set_model,
      .value = program->model_value,
      .expected = "a file",
      .words = COMMAND_FILES,
      .help = program->model_help};
  if (program->names_input)
    table[count++] = (struct command_option){.name = "input",
        .set = set_input,
        .value = "NAME",
        .expected = "the name of one of the model's inputs",
        .initial = "its only one",
        .help = "input that takes images"};
  table[count++] = (struct command_option){.name = "features",
      .set = set_features,
      .value = "NAME",
      .expected = "the name of one of the model's outputs",
      .initial = program->names_input ? "its last one" : "the first with tokens or maps",
      .help = "output that is taken"};
  if (program->chooses_storage)
    table[count++] = (struct command_option){.name = "storage",
        .set = set_storage,
        .value = "TYPE",
        .expected = "f32 or f16",
        .words = "f32 f16",
        .initial = "f32",
        .help = "what tensors are stored in: f32 or f16"};
  table[count++] = (struct command_option){.name = "tiles-per-call",
      .set = set_tiles_per_call,
      .initial = program->one_tile ? "1" : "the model's batch, or all of a scale"};
  return count;
}

static const struct command_option shared[] = {
    {.name = "num-prefix-token",
        .set = set_num_prefix_token,
        .value = "N",
        .expected = "a number of tokens, such as 1",
        .initial = "the smallest number that leaves a square number of tokens",
        .help = "tokens ahead of the patches', such as CLS"},
    {.name = "max-split-size",
        .set = set_max_split_size,
        .initial = "the model's",
        .help = "side of a tile, of a model that takes any"},
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

enum command_result engine_options_parse(
    const struct engine_program *program, struct engine_options *o, int argc, char **argv) {
  struct command_option table[MAX_OPTIONS];
  const size_t own = add_model(program, table);
  memcpy(table + own, shared, sizeof shared);
  const struct command command = {
      .name = program->name,
      .usage = "IMAGE --model FILE [options]",
      .summary = program->summary,
      .details = program->details,
      .endnote = "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.",
      .options = table,
      .option_count = own + sizeof shared / sizeof *shared,
      .operands = true,
  };
  char **operands;
  uint32_t count;
  *o = (struct engine_options){.output = "features.npy",
      .num_prefix_token = -1,
      .tiles_per_call = program->one_tile,
      .normalization = S2VK_NORMALIZATION_IMAGENET};
  enum command_result result = command_parse(&command, o, argc, argv, &operands, &count);
  if (result != COMMAND_RUN || o->list)
    return result;
  const char *wrong = count != 1                            ? "one image is needed"
                      : !o->model                           ? "--model is needed"
                      : o->scale_count && o->img_size_count ? "--scales and --img-sizes are given both"
                                                            : NULL;
  if (wrong) {
    fprintf(stderr, "%s: %s; --help has more\n", program->name, wrong);
    return COMMAND_WRONG;
  }
  o->image = operands[0];
  return COMMAND_RUN;
}
