#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_head[] =
    "Usage: bench [options]\n"
    "Times s2vk's passes beside copies of as many bytes, on one device and in turns, so that noise hits all alike.\n"
    "\n";

static const char help_tail[] =
    "\n"
    "  --shapes NAME,...    these instead of A to H\n"
    "  --kinds              those from prefix to forward, beside B: is any kind of plan much slower for its bytes?\n"
    "  --seconds S          time per measurement (default 1); each is taken at least 7 times all the same, or 3\n"
    "                       times where that takes over ten times as long\n"
    "  --brief              split+merge and the copies alone: no single passes, no forward, no plan creation\n"
    "  --verify[=all]       checks each timed result against a double-precision reference: the first and the last\n"
    "                       image of the batch, or all of them\n"
    "  --json FILE          writes everything, every sample included, as JSON too; - for standard output, in place of\n"
    "                       the table\n"
    "  --variant NAME       shapes the passes for a gpu or a cpu, whatever the device is\n"
    "  --device N           device to run on, as numbered by --list (default: the best one)\n"
    "  --list               lists the devices\n"
    "  --help\n"
    "\n"
    "The driver's own disk caches are off, unless MESA_SHADER_CACHE_DISABLE and __GL_SHADER_DISK_CACHE are set.\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong, 3 if --verify found differences.\n";

void options_print_help(void) {
  fputs(help_head, stdout);
  for (uint32_t i = 0; i < shape_count(); i++) {
    char text[SHAPE_TEXT_BYTES];
    shape_describe(shape_at(i), text);
    if (i == shape_default_count())
      printf("\n");
    printf("  %-9s %s\n", shape_at(i)->name, text);
  }
  fputs(help_tail, stdout);
}

static bool set_device(struct options *o, const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  o->device = (int32_t)value;
  return end != text && !*end && value >= 1 && value <= INT32_MAX;
}

static bool set_variant(struct options *o, const char *text) {
  o->variant = strcmp(text, "gpu") == 0 ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  return o->variant == S2VK_VARIANT_GPU || strcmp(text, "cpu") == 0;
}

static bool set_seconds(struct options *o, const char *text) {
  char *end;
  o->seconds = strtod(text, &end);
  return end != text && !*end && isfinite(o->seconds) && o->seconds >= 0;
}

static bool set_shapes(struct options *o, const char *text) {
  o->shape_count = 0;
  for (;;) {
    size_t length = strcspn(text, ",");
    const struct shape *shape = shape_find(text, length);
    if (!shape || o->shape_count == SHAPE_MAX)
      return false;
    o->shapes[o->shape_count++] = shape;
    if (!text[length])
      return true;
    text += length + 1;
  }
}

static bool set_json(struct options *o, const char *text) {
  o->json = text;
  return *text;
}

static bool set_verify(struct options *o, const char *text) {
  o->verify = true;
  o->verify_all = text != NULL;
  return !text || strcmp(text, "all") == 0;
}

static bool set_brief(struct options *o, const char *text) {
  (void)text;
  return o->brief = true;
}

static bool set_peer(struct options *o, const char *text) {
  (void)text;
  return o->peer = true;
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
  int argument;
  const char *expected;
} table[] = {
    {"shapes", set_shapes, required_argument, "names of shapes, such as A,B; see --help"},
    {"peer", set_peer, no_argument, ""},
    {"seconds", set_seconds, required_argument, "a number of seconds, such as 0.5"},
    {"brief", set_brief, no_argument, ""},
    {"verify", set_verify, optional_argument, "all, or nothing"},
    {"json", set_json, required_argument, "a file, or -"},
    {"device", set_device, required_argument, "the number of a device, as --list gives it"},
    {"variant", set_variant, required_argument, "gpu or cpu"},
    {"list", set_list, no_argument, ""},
    {"help", set_help, no_argument, ""},
};
#define OPTION_COUNT (sizeof table / sizeof *table)

bool options_parse(struct options *o, int argc, char **argv) {
  *o = (struct options){.seconds = 1, .shape_count = shape_default_count()};
  for (uint32_t i = 0; i < o->shape_count; i++)
    o->shapes[i] = shape_at(i);
  struct option long_options[OPTION_COUNT + 1] = {{0}};
  for (size_t i = 0; i < OPTION_COUNT; i++)
    long_options[i] = (struct option){.name = table[i].name, .has_arg = table[i].argument};
  int index;
  for (int found; (found = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
    if (found == '?') /* getopt_long() has said why */
      return false;
    if (!table[index].set(o, optarg)) {
      fprintf(stderr, "bench: --%s %s: expected %s\n", table[index].name, optarg, table[index].expected);
      return false;
    }
  }
  if (optind != argc)
    fprintf(stderr, "bench: unexpected argument %s; see --help\n", argv[optind]);
  return optind == argc;
}
