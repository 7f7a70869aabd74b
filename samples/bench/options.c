#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "options.h"

#include "first_use.h"
#include "peer.h"
#include "vocabulary.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Values ---- */

static bool set_device(void *options, const char *text) {
  uint32_t device;
  const bool done = read_count(text, 1, INT32_MAX, &device);
  ((struct options *)options)->device = done ? (int32_t)device : 0;
  return done;
}

static bool set_variant(void *options, const char *text) {
  int word;
  const bool known = read_word(text, WORDS_VARIANT, &word);
  ((struct options *)options)->variant = word ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU;
  return known;
}

static bool set_seconds(void *options, const char *text) {
  return read_number(text, 0, 1e9, &((struct options *)options)->seconds);
}

static bool set_seed(void *options, const char *text) {
  char *end;
  ((struct options *)options)->seed = strtoull(text, &end, 10);
  return end != text && !*end && *text != '-';
}

static bool set_draws(void *options, const char *text) {
  return read_count(text, 0, 1000, &((struct options *)options)->draws);
}

static bool set_count(void *options, const char *text) {
  return read_count(text, 1, 100000, &((struct options *)options)->count);
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

static bool set_shapes(void *options, const char *text) {
  struct options *o = options;
  o->shape_count = 0;
  return for_names(o, text, add_shape);
}

/* Without names it takes a shape of many calls. */
static bool set_in_flight(void *options, const char *text) {
  ((struct options *)options)->mode = MODE_IN_FLIGHT;
  return set_shapes(options, text ? text : "B-tile");
}

static bool set_cases(void *options, const char *text) {
  struct options *o = options;
  o->mode = MODE_CASES;
  o->family_count = 0;
  for (uint32_t i = 0; !text && i < family_count(); i++)
    o->families[o->family_count++] = family_at(i);
  return !text || for_names(o, text, add_family);
}

static bool set_first_use(void *options, const char *text) {
  struct options *o = options;
  o->mode = MODE_FIRST_USE;
  o->stream_count = 0;
  for (uint32_t i = 0; !text && i < stream_count(); i++)
    o->streams[o->stream_count++] = stream_at(i);
  return !text || for_names(o, text, add_stream);
}

static bool set_json(void *options, const char *text) {
  struct options *o = options;
  o->json = text;
  return *text;
}

static bool set_verify(void *options, const char *text) {
  struct options *o = options;
  o->verify = true;
  o->verify_all = text != NULL;
  return !text || strcmp(text, "all") == 0;
}

static bool set_peer(void *options, const char *text) {
  struct options *o = options;
  (void)text;
  return o->peer = peer_built();
}

/* Options without a value. */
#define FLAG(name, field, value)                                                                                       \
  static bool set_##name(void *options, const char *text) {                                                            \
    (void)text;                                                                                                        \
    ((struct options *)options)->field = value;                                                                        \
    return true;                                                                                                       \
  }
FLAG(brief, brief, true)
FLAG(plain_copies, plain_copies, true)
FLAG(strict, strict, true)
FLAG(describe, describe, true)
FLAG(quiet, quiet, true)
FLAG(copies, mode, MODE_COPIES)
FLAG(list, mode, MODE_LIST)

/* ---- The table ---- */

static const struct command_option table[] = {
    {.help = "In place of shapes, run:"},
    {.name = "cases",
        .set = set_cases,
        .value = "[=FAMILY,...]",
        .expected = "names of families, such as sides,maps; see --help",
        .help = "times families of plans: all, or the named ones"},
    {.name = "first-use",
        .set = set_first_use,
        .value = "[=STREAM,...]",
        .expected = "names of streams, such as pixels; see --help",
        .help = "times the first use of each shape, in streams of photographs: all, or the named ones"},
    {.name = "in-flight",
        .set = set_in_flight,
        .value = "[=SHAPE,...]",
        .expected = "names of shapes, such as B-tile,H; see --help",
        .help = "times model calls one after the other, and two in flight, with a model that takes as long as the "
                "passes: shape B-tile, or the named ones"},
    {.name = "copies",
        .set = set_copies,
        .value = "",
        .help = "times every copy shader and vkCmdCopyBuffer, for --seconds each"},
    {.name = "list", .set = set_list},
    {.help = "Shapes:"},
    {.name = "shapes",
        .set = set_shapes,
        .initial = "A to L",
        .value = "NAME,...",
        .expected = "names of shapes, such as A,B; see --help",
        .help = "shapes to run"},
    {.name = "brief",
        .set = set_brief,
        .value = "",
        .help = "times only split+merge and the copies: no single passes, no forward, no plan creation"},
    {.name = "plain-copies",
        .set = set_plain_copies,
        .value = "",
        .help = "leaves out the copy shaders with 64-bit integers, which are the fastest ones on CPU drivers"},
    {.name = "peer",
        .set = set_peer,
        .value = "",
        .expected = "a build with OpenMP",
        .help = "also times split and merge on the CPU, in plain C with OpenMP; needs a build that found OpenMP"},
    {.help = "Cases and streams:"},
    {.name = "seed",
        .set = set_seed,
        .initial = "by the clock; it is printed",
        .value = "N",
        .expected = "a whole number",
        .help = "seed of the random members"},
    {.name = "draws",
        .set = set_draws,
        .initial = "1",
        .value = "N",
        .expected = "a number from 0 to 1000",
        .help = "random members of each family, beside its examples"},
    {.name = "strict",
        .set = set_strict,
        .value = "",
        .help = "exits with status 4 if a case is over its family's bound"},
    {.name = "count",
        .set = set_count,
        .initial = "1000",
        .value = "N",
        .expected = "a number from 1 to 100000",
        .help = "shapes of a stream"},
    {.help = "Shapes and cases:"},
    {.name = "seconds",
        .set = set_seconds,
        .initial = "1; for cases 0.05",
        .help = "time of each measurement. There are at least 7 rounds, or 3 if 7 take over ten times as long"},
    {.name = "verify",
        .set = set_verify,
        .value = "[=all]",
        .expected = "all, or nothing",
        .words = "all",
        .help =
            "checks results against a double-precision reference: the first and the last image of the batch, or all"},
    {.name = "describe", .set = set_describe},
    {.name = "json", .set = set_json},
    {.help = "Other:"},
    {.name = "variant", .set = set_variant},
    {.name = "device", .set = set_device},
    {.name = "quiet", .set = set_quiet, .help = HELP_QUIET},
};

/* ---- What there is to choose from ---- */

struct text {
  char text[8192];
  size_t length;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (text->length < sizeof text->text)
    text->length += (size_t)vsnprintf(text->text + text->length, sizeof text->text - text->length, format, arguments);
  va_end(arguments);
}

static const char *describe_choices(struct text *text) {
  add(text, "These shapes are compared with copies of the same number of bytes:\n\n");
  for (uint32_t i = 0; i < shape_count(); i++) {
    char line[SHAPE_TEXT_BYTES];
    shape_describe(shape_at(i), line);
    add(text, "%s  %-12s %s\n", i == shape_default_count() ? "\n" : "", shape_at(i)->name, line);
  }
  add(text,
      "\nFamilies of plans for --cases. A plan's time per byte is divided by that of tiles of 336 at scales 1, 2, 3 "
      "with 576 x 1024 features in f32. On a CPU driver, time is the CPU time of all threads. Each family has "
      "examples, and members that a seed draws:\n\n");
  for (uint32_t i = 0; i < family_count(); i++)
    add(text, "  %-14s %s\n", family_at(i)->name, family_at(i)->text);
  add(text,
      "\nStreams of photographs for --first-use. Every photograph has another size. It prints the CPU time of each "
      "plan with its binding, the pipelines that exist, and the memory of the process:\n\n");
  for (uint32_t i = 0; i < stream_count(); i++)
    add(text, "  %-12s %s\n", stream_name(stream_at(i)), stream_text(stream_at(i)));
  return text->text;
}

#define ENDNOTE                                                                                                        \
  "The driver's own disk caches are off, unless MESA_SHADER_CACHE_DISABLE and __GL_SHADER_DISK_CACHE are set.\n\n"     \
  "Exit status: 0 if done, 1 if something failed, 2 if the command line is wrong, 3 if --verify found differences, "   \
  "4 if --strict found a case over its bound."

static uint64_t seed_by_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000) % 1000000000;
}

enum command_result options_parse(struct options *o, int argc, char **argv) {
  struct text details = {.length = 0};
  const struct command command = {
      .name = "bench",
      .usage = "[options]",
      .summary =
          "Times s2vk's passes on one device, in turn with copies or other plans, so that noise affects both alike",
      .details = describe_choices(&details),
      .endnote = peer_built() ? ENDNOTE : "--peer is not in this build, which found no OpenMP.\n\n" ENDNOTE,
      .options = table,
      .option_count = sizeof table / sizeof *table,
  };
  char **operands;
  uint32_t operand_count;
  *o = (struct options){
      .seconds = -1, .shape_count = shape_default_count(), .draws = 1, .seed = seed_by_clock(), .count = 1000};
  for (uint32_t i = 0; i < o->shape_count; i++)
    o->shapes[i] = shape_at(i);
  enum command_result result = command_parse(&command, o, argc, argv, &operands, &operand_count);
  if (result == COMMAND_RUN && o->mode != MODE_SHAPES && o->mode != MODE_CASES && (o->json || o->verify)) {
    fprintf(stderr, "bench: --%s is only for shapes and cases\n", o->json ? "json" : "verify");
    return COMMAND_WRONG;
  }
  return result;
}
