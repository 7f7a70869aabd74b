#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "options.h"

#include "first_use.h"
#include "peer.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help_head[] =
    "Usage: bench [options]\n"
    "       bench --cases[=FAMILY,...] [options]\n"
    "       bench --first-use[=STREAM,...] [options]\n"
    "       bench --copies | --list | --help\n"
    "Times s2vk's passes on one device, in turns with what they are compared to, so that noise hits all alike. These shapes\n"
    "are compared to copies of as many bytes:\n"
    "\n";

static const char help_families[] =
    "\n"
    "Families of plans for --cases. Their time per byte is compared to that of tiles of 336 at scales 1, 2, 3 with 576 x 1024\n"
    "features in f32. On a CPU driver it is the CPU time of all threads. Each family has examples, and members that a seed\n"
    "draws:\n"
    "\n";

static const char help_streams[] =
    "\n"
    "Streams of photographs for --first-use, no two of one size. It prints the CPU time of each plan with its binding, the\n"
    "pipelines that exist, and the memory of the process:\n"
    "\n";

static const char help_options[] =
    "\n"
    "Shapes:\n"
    "  --shapes NAME,...    these instead of A to L\n"
    "  --brief              split+merge and the copies alone: no single passes, no forward, no plan creation\n"
    "  --plain-copies       no copy shaders of 64-bit integers, which a driver on the CPU runs faster\n"
    "  --variant NAME       shapes the passes for a gpu or a cpu, whatever the device is\n";

static const char help_cases[] =
    "Cases and streams:\n"
    "  --seed N             of what is drawn at random (default: by the clock; it is printed)\n"
    "  --draws N            members drawn of each family, beside its examples (default 1)\n"
    "  --strict             exit status 4 if a case is over its family's bound\n"
    "  --count N            shapes of a stream (default 1000)\n";

static const char help_tail[] =
    "Shapes and cases:\n"
    "  --seconds S          time per measurement (default 1, of cases 0.05); each is taken at least 7 times all the same, or\n"
    "                       3 times where that takes over ten times as long\n"
    "  --verify[=all]       checks results against a double-precision reference: the first and the last image of the\n"
    "                       batch, or all of them\n"
    "  --json FILE          writes everything as JSON too, of shapes every sample; - for standard output, in place of the\n"
    "                       table\n"
    "All:\n"
    "  --device N           device to run on, as numbered by --list (default: the best one)\n"
    "  --copies             times every copy shader, and vkCmdCopyBuffer; --seconds of each\n"
    "  --list               lists the devices\n"
    "  --help\n"
    "\n"
    "The driver's own disk caches are off, unless MESA_SHADER_CACHE_DISABLE and __GL_SHADER_DISK_CACHE are set.\n"
    "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong, 3 if --verify found differences, 4 if\n"
    "--strict found a case over its bound.\n";

void options_print_help(void) {
  fputs(help_head, stdout);
  for (uint32_t i = 0; i < shape_count(); i++) {
    char text[SHAPE_TEXT_BYTES];
    shape_describe(shape_at(i), text);
    if (i == shape_default_count())
      printf("\n");
    printf("  %-12s %s\n", shape_at(i)->name, text);
  }
  fputs(help_families, stdout);
  for (uint32_t i = 0; i < family_count(); i++)
    printf("  %-14s %s\n", family_at(i)->name, family_at(i)->text);
  fputs(help_streams, stdout);
  for (uint32_t i = 0; i < stream_count(); i++)
    printf("  %-12s %s\n", stream_name(stream_at(i)), stream_text(stream_at(i)));
  fputs(help_options, stdout);
  printf("  --peer               split and merge on the CPU in plain C with OpenMP, too%s\n",
      peer_built() ? "" : ": not in this build, which found no OpenMP");
  fputs(help_cases, stdout);
  fputs(help_tail, stdout);
}

/* ---- Values ---- */

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value) {
  char *end;
  *value = strtoull(text, &end, 10);
  return end != text && !*end && *text != '-' && *value >= low && *value <= high;
}

static bool set_device(struct options *o, const char *text) {
  uint64_t value;
  if (!parse_number(text, 1, INT32_MAX, &value))
    return false;
  o->device = (int32_t)value;
  return true;
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

static bool set_seed(struct options *o, const char *text) {
  return parse_number(text, 0, UINT64_MAX, &o->seed);
}

static bool set_draws(struct options *o, const char *text) {
  uint64_t value;
  const bool done = parse_number(text, 0, 1000, &value);
  o->draws = (uint32_t)value;
  return done;
}

static bool set_count(struct options *o, const char *text) {
  uint64_t value;
  const bool done = parse_number(text, 1, 100000, &value);
  o->count = (uint32_t)value;
  return done;
}

/* Calls add for each name of a list with commas. */
static bool for_names(
    struct options *o, const char *text, bool (*add)(struct options *options, const char *name, size_t length)) {
  for (;;) {
    size_t length = strcspn(text, ",");
    if (!add(o, text, length))
      return false;
    if (!text[length])
      return true;
    text += length + 1;
  }
}

static bool add_shape(struct options *o, const char *name, size_t length) {
  const struct shape *shape = shape_find(name, length);
  if (!shape || o->shape_count == SHAPE_MAX)
    return false;
  o->shapes[o->shape_count++] = shape;
  return true;
}

static bool add_family(struct options *o, const char *name, size_t length) {
  const struct family *family = family_find(name, length);
  if (!family || o->family_count == FAMILY_MAX)
    return false;
  o->families[o->family_count++] = family;
  return true;
}

static bool add_stream(struct options *o, const char *name, size_t length) {
  const struct stream *stream = stream_find(name, length);
  if (!stream || o->stream_count == STREAM_MAX)
    return false;
  o->streams[o->stream_count++] = stream;
  return true;
}

static bool set_shapes(struct options *o, const char *text) {
  o->shape_count = 0;
  return for_names(o, text, add_shape);
}

static bool set_cases(struct options *o, const char *text) {
  o->mode = MODE_CASES;
  o->family_count = 0;
  for (uint32_t i = 0; !text && i < family_count(); i++)
    o->families[o->family_count++] = family_at(i);
  return !text || for_names(o, text, add_family);
}

static bool set_first_use(struct options *o, const char *text) {
  o->mode = MODE_FIRST_USE;
  o->stream_count = 0;
  for (uint32_t i = 0; !text && i < stream_count(); i++)
    o->streams[o->stream_count++] = stream_at(i);
  return !text || for_names(o, text, add_stream);
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

static bool set_peer(struct options *o, const char *text) {
  (void)text;
  return o->peer = peer_built();
}

/* Those that are there or not. */
#define FLAG(name, field, value)                                                                                       \
  static bool set_##name(struct options *o, const char *text) {                                                        \
    (void)text;                                                                                                        \
    o->field = value;                                                                                                  \
    return true;                                                                                                       \
  }
FLAG(brief, brief, true)
FLAG(plain_copies, plain_copies, true)
FLAG(strict, strict, true)
FLAG(copies, mode, MODE_COPIES)
FLAG(list, mode, MODE_LIST)
FLAG(help, mode, MODE_HELP)

static const struct {
  const char *name;
  bool (*set)(struct options *options, const char *text);
  int argument;
  const char *expected;
} table[] = {
    {"shapes", set_shapes, required_argument, "names of shapes, such as A,B; see --help"},
    {"cases", set_cases, optional_argument, "names of families, such as sides,maps; see --help"},
    {"first-use", set_first_use, optional_argument, "names of streams, such as pixels; see --help"},
    {"seconds", set_seconds, required_argument, "a number of seconds, such as 0.5"},
    {"seed", set_seed, required_argument, "a whole number"},
    {"draws", set_draws, required_argument, "a number from 0 to 1000"},
    {"count", set_count, required_argument, "a number from 1 to 100000"},
    {"brief", set_brief, no_argument, ""},
    {"plain-copies", set_plain_copies, no_argument, ""},
    {"strict", set_strict, no_argument, ""},
    {"verify", set_verify, optional_argument, "all, or nothing"},
    {"peer", set_peer, no_argument, "a build with OpenMP"},
    {"json", set_json, required_argument, "a file, or -"},
    {"device", set_device, required_argument, "the number of a device, as --list gives it"},
    {"variant", set_variant, required_argument, "gpu or cpu"},
    {"copies", set_copies, no_argument, ""},
    {"list", set_list, no_argument, ""},
    {"help", set_help, no_argument, ""},
};
#define OPTION_COUNT (sizeof table / sizeof *table)

static uint64_t seed_by_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000) % 1000000000;
}

bool options_parse(struct options *o, int argc, char **argv) {
  *o = (struct options){
      .seconds = -1, .shape_count = shape_default_count(), .draws = 1, .seed = seed_by_clock(), .count = 1000};
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
      fprintf(stderr, "bench: --%s%s%s: expected %s\n", table[index].name, optarg ? " " : "", optarg ? optarg : "",
          table[index].expected);
      return false;
    }
  }
  if (optind != argc) {
    fprintf(stderr, "bench: unexpected argument %s; see --help\n", argv[optind]);
    return false;
  }
  if (o->mode != MODE_SHAPES && o->mode != MODE_CASES && (o->json || o->verify)) {
    fprintf(stderr, "bench: --%s is for shapes and cases alone\n", o->json ? "json" : "verify");
    return false;
  }
  return true;
}
