#include "options.h"

#include "random.h"
#include "vocabulary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

/* Cuts the text at each separator. */
static bool cut(char *text, char separator, char **parts, uint32_t max, uint32_t *count) {
  for (*count = 0; text && *count < max;) {
    parts[(*count)++] = text;
    text = strchr(text, separator);
    if (text)
      *text++ = '\0';
  }
  return !text;
}

static bool set_models(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  return cut(text, ',', o->models, MAX_LISTED, &o->model_count);
}

static bool set_scales(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  char *lists[MAX_LISTED], *numbers[MAX_SCALES], *end;
  if (!cut(text, '/', lists, MAX_LISTED, &o->scales_count))
    return false;
  for (uint32_t i = 0; i < o->scales_count; i++) {
    struct scales *scales = &o->scales[i];
    if (!cut(lists[i], ',', numbers, MAX_SCALES, &scales->count))
      return false;
    for (uint32_t j = 0; j < scales->count; j++) {
      scales->values[j] = strtod(numbers[j], &end);
      if (end == numbers[j] || *end || !(scales->values[j] >= 0.01 && scales->values[j] <= 100))
        return false;
    }
  }
  return true;
}

static bool set_counts(char *text, uint32_t min, uint32_t *counts, uint32_t *count) {
  char *parts[MAX_LISTED];
  bool done = cut(text, ',', parts, MAX_LISTED, count);
  for (uint32_t i = 0; done && i < *count; i++)
    done = read_count(parts[i], min, 1000000, &counts[i]);
  return done;
}

static bool set_tiles_per_call(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  return set_counts(text, 0, o->tiles_per_call, &o->tiles_per_call_count);
}

static bool set_memory(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  o->memory_count = 0;
  return strcmp(text, "none") == 0 || set_counts(text, 1, o->memory, &o->memory_count);
}

/* ---- The rest ---------------------------------------------------------------------------------------------------- */

static bool set_type(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_TYPE, &word);
  ((struct options *)options)->type = (s2vk_type)word;
  return known;
}

static bool set_precision(void *options, const char *text) {
  struct options *o = options;
  o->precision = strcmp(text, "f16") == 0 ? VIT_PRECISION_F16 : VIT_PRECISION_F32;
  return o->precision || strcmp(text, "f32") == 0;
}

static bool set_seconds(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  char *end;
  o->seconds = strtod(text, &end);
  return end != text && !*end && isfinite(o->seconds) && o->seconds >= 0;
}

static bool set_runs(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  return read_count(text, 0, 1000000, &o->runs);
}

static bool set_input(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  o->input = text;
  return *text;
}

static bool set_output(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  o->output = text;
  return *text;
}

static bool set_json(void *options, const char *given) {
  struct options *o = options;
  char *text = (char *)(uintptr_t)given; /* of argv, and cut in place */
  o->json = text;
  return *text;
}

static bool set_variant(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_VARIANT, &word);
  ((struct options *)options)->variant = word ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU;
  return known;
}

static bool set_device(void *options, const char *text) {
  uint32_t device;
  bool done = read_count(text, 1, 1000, &device);
  ((struct options *)options)->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_quiet(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->quiet = true;
}

static bool set_list(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->list = true;
}

static const struct command_option table[] = {
    {.help = "What is timed:"},
    {.name = "model",
        .set = set_models,
        .initial = "b32,b16",
        .value = "NAME,...",
        .expected = "names or folders, such as b32,b16",
        .words = COMMAND_FOLDERS,
        .help = "models: names from above, or folders as Hugging Face transformers saves them"},
    {.name = "type", .set = set_type, .help = "type of random weights: f32, f16 or bf16"},
    {.name = "precision",
        .set = set_precision,
        .initial = "f32",
        .value = "TYPE",
        .expected = "f32 or f16",
        .words = "f32 f16",
        .help = "f16 for products of f16 with f32 sums, where the device multiplies cooperative matrices"},
    {.name = "scales",
        .set = set_scales,
        .initial = "1/1,2/1,2,3",
        .value = "LIST[/LIST]",
        .expected = "numbers from 0.01 to 100, such as 1,2 or 1/1,2",
        .help = "factors of the image's size, such as 1,2; a run for each list"},
    {.name = "tiles-per-call",
        .set = set_tiles_per_call,
        .initial = "0",
        .value = "N,...",
        .expected = "whole numbers, such as 1,5",
        .help = "tiles per model call; 0 for all of them"},
    {.name = "memory",
        .set = set_memory,
        .initial = "1,5,14",
        .value = "N,...",
        .expected = "whole numbers from 1, such as 1,5, or none",
        .help = "numbers of tiles per model call, or none: prints the memory of each, for the last list of scales"},
    {.name = "seconds", .set = set_seconds},
    {.name = "runs",
        .set = set_runs,
        .initial = "3",
        .value = "N",
        .expected = "a whole number",
        .help = "runs of each, at least; 0 for memory alone"},
    {.name = "input",
        .set = set_input,
        .initial = "noise",
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = ".npy of 1 x 3 x side x side in f32"},
    {.help = "Output:"},
    {.name = "output",
        .set = set_output,
        .value = "FILE",
        .expected = "a file",
        .words = COMMAND_FILES,
        .help = "writes the features of the last measurement, as .npy"},
    {.name = "json", .set = set_json},
    {.help = "Other:"},
    {.name = "variant",
        .set = set_variant,
        .help = "uses the kernels for a gpu or for a cpu, in passes and model, whatever the device is"},
    {.name = "device", .set = set_device},
    {.name = "list", .set = set_list},
    {.name = "quiet", .set = set_quiet, .help = HELP_QUIET},
};

/* Models with random weights, one on a line. */
static const char *describe_models(char *text, size_t bytes) {
  size_t length = (size_t)snprintf(text, bytes,
      "Runs one image at some scales, and times split, model and merge each by timestamps. Models with "
      "random weights:\n");
  for (uint32_t i = 0; random_name(i) && length < bytes; i++)
    length += (size_t)snprintf(text + length, bytes - length, "  %-6s %s\n", random_name(i), random_text(i));
  return text;
}

enum command_result options_parse(struct options *o, int argc, char **argv) {
  static char models[] = "b32,b16", scales[] = "1/1,2/1,2,3", memory[] = "1,5,14", all[] = "0", details[2048];
  const struct command command = {
      .name = "vit-bench",
      .usage = "[options]",
      .summary = "Times vision transformers with S2 around them",
      .details = describe_models(details, sizeof details),
      .endnote = "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.",
      .options = table,
      .option_count = sizeof table / sizeof *table,
  };
  char **operands;
  uint32_t count;
  *o = (struct options){.seconds = 1, .runs = 3};
  set_models(o, models);
  set_scales(o, scales);
  set_memory(o, memory);
  set_tiles_per_call(o, all);
  return command_parse(&command, o, argc, argv, &operands, &count);
}
