#include "options.h"

#include "random.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_head[] =
    "Usage: vit-bench [options]\n"
    "Times vision transformers with S2 around them: one image at some scales, split, model and merge each by timestamps.\n"
    "\n"
    "  --model NAME,...       of these with random weights, or folders of Hugging Face's (default b32,b16)\n";

static const char help_tail[] =
    "  --type f32|f16|bf16    of random weights (default f32)\n"
    "  --scales LIST[/LIST]   scales of a run, such as 1,2, and of other runs (default 1/1,2/1,2,3)\n"
    "  --tiles-per-call N,... tiles in a model call; 0 for all of them (default 0)\n"
    "  --memory N,...         tiles per call whose memory is told, for the last of the scales; or none (default\n"
    "                         1,5,14)\n"
    "  --seconds S            time per measurement (default 1)\n"
    "  --runs N               of each, at least (default 3); 0 for memory alone\n"
    "  --input FILE           .npy of 1 x 3 x side x side in f32 (default: noise)\n"
    "  --output FILE          writes the features of the last measurement, as .npy\n"
    "  --json FILE            writes everything, every sample included, as JSON; - for standard output, in place of the\n"
    "                         table\n"
    "  --variant NAME         shapes passes and model for a gpu or a cpu, whatever the device is\n"
    "  --device N             device to run on, as numbered by --list (default: the best one)\n"
    "  --list                 lists the devices\n"
    "  --help\n"
    "\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong.\n";

void options_print_help(void) {
  fputs(help_head, stdout);
  for (uint32_t i = 0; random_name(i); i++)
    printf("      %-6s %s\n", random_name(i), random_text(i));
  fputs(help_tail, stdout);
}

/* ---- Lists ----------------------------------------------------------------------------------------------------------- */

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

static bool set_models(struct options *o, char *text) {
  return cut(text, ',', o->models, MAX_LISTED, &o->model_count);
}

static bool set_scales(struct options *o, char *text) {
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

static bool read_count(const char *text, long min, long max, uint32_t *count) {
  char *end;
  long value = strtol(text, &end, 10);
  *count = (uint32_t)value;
  return end != text && !*end && value >= min && value <= max;
}

static bool set_counts(char *text, long min, uint32_t *counts, uint32_t *count) {
  char *parts[MAX_LISTED];
  bool done = cut(text, ',', parts, MAX_LISTED, count);
  for (uint32_t i = 0; done && i < *count; i++)
    done = read_count(parts[i], min, 1000000, &counts[i]);
  return done;
}

static bool set_tiles_per_call(struct options *o, char *text) {
  return set_counts(text, 0, o->tiles_per_call, &o->tiles_per_call_count);
}

static bool set_memory(struct options *o, char *text) {
  o->memory_count = 0;
  return strcmp(text, "none") == 0 || set_counts(text, 1, o->memory, &o->memory_count);
}

/* ---- The rest -------------------------------------------------------------------------------------------------------- */

static bool set_type(struct options *o, char *text) {
  static const char *const names[] = {[S2VK_TYPE_F32] = "f32", [S2VK_TYPE_F16] = "f16", [S2VK_TYPE_BF16] = "bf16"};
  for (int i = 0; i < 3; i++)
    if (strcmp(text, names[i]) == 0) {
      o->type = (s2vk_type)i;
      return true;
    }
  return false;
}

static bool set_seconds(struct options *o, char *text) {
  char *end;
  o->seconds = strtod(text, &end);
  return end != text && !*end && isfinite(o->seconds) && o->seconds >= 0;
}

static bool set_runs(struct options *o, char *text) {
  return read_count(text, 0, 1000000, &o->runs);
}

static bool set_input(struct options *o, char *text) {
  o->input = text;
  return *text;
}

static bool set_output(struct options *o, char *text) {
  o->output = text;
  return *text;
}

static bool set_json(struct options *o, char *text) {
  o->json = text;
  return *text;
}

static bool set_variant(struct options *o, char *text) {
  o->variant = strcmp(text, "gpu") == 0 ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  return o->variant == S2VK_VARIANT_GPU || strcmp(text, "cpu") == 0;
}

static bool set_device(struct options *o, char *text) {
  uint32_t device;
  bool done = read_count(text, 1, 1000, &device);
  o->device = (int32_t)device;
  return done;
}

static bool set_list(struct options *o, char *text) {
  (void)text;
  return o->list = true;
}

static bool set_help(struct options *o, char *text) {
  (void)text;
  return o->help = true;
}

static const struct {
  const char *name;
  bool (*set)(struct options *options, char *text);
  int argument;
  const char *expected;
} table[] = {
    {"model", set_models, required_argument, "names or folders, such as b32,b16"},
    {"type", set_type, required_argument, "f32, f16 or bf16"},
    {"scales", set_scales, required_argument, "numbers from 0.01 to 100, such as 1,2 or 1/1,2"},
    {"tiles-per-call", set_tiles_per_call, required_argument, "whole numbers, such as 1,5"},
    {"memory", set_memory, required_argument, "whole numbers from 1, such as 1,5, or none"},
    {"seconds", set_seconds, required_argument, "a number of seconds, such as 0.5"},
    {"runs", set_runs, required_argument, "a whole number"},
    {"input", set_input, required_argument, "a file"},
    {"output", set_output, required_argument, "a file"},
    {"json", set_json, required_argument, "a file, or -"},
    {"variant", set_variant, required_argument, "gpu or cpu"},
    {"device", set_device, required_argument, "the number of a device, as --list gives it"},
    {"list", set_list, no_argument, ""},
    {"help", set_help, no_argument, ""},
};
#define OPTION_COUNT (sizeof table / sizeof *table)

bool options_parse(struct options *o, int argc, char **argv) {
  static char models[] = "b32,b16", scales[] = "1/1,2/1,2,3", memory[] = "1,5,14", all[] = "0";
  *o = (struct options){.seconds = 1, .runs = 3};
  set_models(o, models);
  set_scales(o, scales);
  set_memory(o, memory);
  set_tiles_per_call(o, all);
  struct option long_options[OPTION_COUNT + 1] = {{0}};
  for (size_t i = 0; i < OPTION_COUNT; i++)
    long_options[i] = (struct option){.name = table[i].name, .has_arg = table[i].argument};
  int index;
  for (int found; (found = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
    if (found == '?') /* getopt_long() has said why */
      return false;
    char given[64] = "";
    if (optarg)
      snprintf(given, sizeof given, "%s", optarg);
    if (!table[index].set(o, optarg)) {
      fprintf(stderr, "vit-bench: --%s %s: expected %s\n", table[index].name, given, table[index].expected);
      return false;
    }
  }
  if (optind != argc)
    fprintf(stderr, "vit-bench: unexpected argument %s; see --help\n", argv[optind]);
  return optind == argc;
}
