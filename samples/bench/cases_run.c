#include "cases_run.h"

#include "cases.h"
#include "output.h"
#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The results of a case. */
struct outcome {
  const struct family *family;
  char name[CASE_NAME_BYTES], text[SHAPE_TEXT_BYTES];
  uint64_t bytes;
  double ms, ns_per_byte; /* ms: by the host's clock; ns_per_byte: by the clock of ratios */
  struct summary ratio;   /* of ns_per_byte to the reference's, turn by turn */
  struct verification verification;
};

struct run {
  struct device *device;
  const struct machine *machine;
  const struct options *options;
  struct clock clock;
  bool cpu;              /* the clock of ratios: CPU time of all threads */
  s2vk_context *planner; /* without a device */
  struct plan_case reference_case;
  struct subject reference;
  struct outcome *outcomes;
  uint32_t count;
};

/* The samples for ratios. On a CPU driver they are the CPU time of all threads, which other processes hardly affect. */
static const struct samples *samples_of(const struct run *run, const struct job *job) {
  return run->cpu ? &job->cpu : run->clock.timestamps ? &job->timestamp : &job->host;
}

static const char *clock_name(const struct run *run) {
  return run->cpu                ? "CPU time of all threads, user and system"
         : run->clock.timestamps ? "GPU time, by timestamps"
                                 : "the host's clock around submission and wait";
}

/* ---- Measuring ---- */

/* The number of images that move about the same number of bytes as the reference. */
static bool choose_batch(const struct run *run, struct plan_case *c) {
  s2vk_plan *plan;
  if (!s2vk_succeeded(s2vk_plan_create(run->planner, &c->shape.info, &plan), c->name))
    return false;
  const struct moved moved = moved_find(&c->shape, plan);
  const uint64_t reference = moved_bytes(&run->reference.moved), one = moved_bytes(&moved);
  const uint64_t batch = (reference + one / 2) / one;
  c->shape.info.batch = batch < 1 ? 1 : batch > 64 ? 64 : (uint32_t)batch;
  s2vk_plan_destroy(&plan);
  return true;
}

/* Times a case in turn with the reference. */
static bool time_case(struct run *run, const struct subject *reference, struct subject *s, struct outcome *o) {
  struct job pair[2] = {reference->jobs[JOB_BOTH], s->jobs[JOB_BOTH]};
  const double seconds = run->options->seconds >= 0 ? run->options->seconds : 0.05;
  bool done = jobs_warm_up(run->device, pair, 2) && jobs_run(run->device, pair, 2, seconds);
  if (done) {
    const double bytes = (double)moved_bytes(&s->moved);
    const double per_byte = (double)moved_bytes(&reference->moved) / bytes;
    o->bytes = moved_bytes(&s->moved);
    o->ms = samples_summary(&pair[1].host).median;
    o->ns_per_byte = samples_summary(samples_of(run, &pair[1])).median * 1e6 / bytes;
    o->ratio = samples_ratio(samples_of(run, &pair[1]), samples_of(run, &pair[0]));
    o->ratio.median *= per_byte;
    o->ratio.p10 *= per_byte;
    o->ratio.p90 *= per_byte;
  }
  job_free_samples(&pair[0]);
  job_free_samples(&pair[1]);
  return done;
}

/* The same plan without strides. */
static bool create_dense(const struct run *run, const struct plan_case *c, struct shape *shape, struct subject *dense) {
  const struct wanted wanted = {.jobs = 1u << JOB_BOTH};
  *shape = c->shape;
  shape->info.tile_strides = shape->info.feature_strides = shape->info.output_strides = (s2vk_strides){0};
  return subject_create(run->device, shape, &wanted, dense);
}

static bool measure(struct run *run, struct plan_case *c, struct outcome *o) {
  const struct wanted wanted = {.jobs = 1u << JOB_BOTH};
  struct subject s, dense = {.device = run->device};
  struct shape dense_shape;
  if (!choose_batch(run, c))
    return false;
  snprintf(o->name, sizeof o->name, "%s", c->name);
  shape_describe(&c->shape, o->text);
  const struct subject *reference = o->family->strided ? &dense : &run->reference;
  bool done = !o->family->strided || create_dense(run, c, &dense_shape, &dense);
  done = subject_create(run->device, &c->shape, &wanted, &s) && done && time_case(run, reference, &s, o);
  if (done && run->options->verify)
    done = verify(&s, run->options->verify_all, &o->verification);
  subject_destroy(&s);
  subject_destroy(&dense);
  return done;
}

/* ---- Printing ---- */

static void print_head(const struct run *run) {
  const struct device *device = run->device;
  printf("Device    %s; %s\n", device->properties.deviceName, device->driver);
  printf("Machine   %s, %u cores\n", run->machine->cpu, run->machine->cores);
  printf("Clock     %s; ms are the host's around submission and wait\n", clock_name(run));
  printf("Seed      %" PRIu64 " (--seed)\n", run->options->seed);
  printf(
      "Bound     times the reference's time per byte that must move, measured in turns with it; for strides, times\n"
      "          that of the same plan without strides\n");
  char text[SHAPE_TEXT_BYTES];
  shape_describe(&run->reference_case.shape, text);
  printf("Reference %s\n\n", text);
  printf("  %-18s %8s %8s %8s %7s %15s  %s\n", "case", "MB", "ms", "ns/byte", "times", "(p10-p90)", "");
}

static bool is_over(const struct outcome *o) {
  return o->ratio.median > family_bound(o->family);
}

static const char *verdict(const struct run *run, const struct outcome *o) {
  if (run->options->verify && !o->verification.agrees)
    return "DIFFERS";
  return is_over(o) ? "OVER" : "met";
}

static void print_outcome(const struct run *run, const struct outcome *o) {
  printf("  %-18s %8.1f %8.2f %8.3f %7.2f (%5.2f - %5.2f)  %-4s  %s\n", o->name, (double)o->bytes / 1e6, o->ms,
      o->ns_per_byte, o->ratio.median, o->ratio.p10, o->ratio.p90, verdict(run, o), o->text);
  fflush(stdout);
}

static void print_families(const struct run *run) {
  printf("\nThe worst of each family, and its bound\n");
  for (uint32_t i = 0; i < run->count;) {
    const struct outcome *worst = &run->outcomes[i];
    const struct family *family = worst->family;
    uint32_t members = 0, over = 0;
    for (; i < run->count && run->outcomes[i].family == family; i++, members++) {
      if (run->outcomes[i].ratio.median > worst->ratio.median)
        worst = &run->outcomes[i];
      over += is_over(&run->outcomes[i]);
    }
    printf("  %-14s %6.2f  %.1f  %-4s  %u of %u over  %-18s %s\n", family->name, worst->ratio.median,
        family_bound(family), over ? "OVER" : "met", over, members, worst->name, family->text);
  }
}

/* ---- JSON ---- */

static bool write_json(const struct run *run, const char *path) {
  const bool standard = strcmp(path, "-") == 0;
  char reason[OUTPUT_REASON_BYTES];
  struct output output = {0};
  if (!standard && !output_open(&output, path, false, reason)) {
    fprintf(stderr, "bench: --json %s: %s\n", path, reason);
    return false;
  }
  FILE *file = standard ? stdout : output.file;
  /* Names and texts are of this program's own, without a character that JSON escapes. */
  fprintf(file, "{\"seed\": %" PRIu64 ", \"clock\": \"%s\", \"cases\": [", run->options->seed, clock_name(run));
  for (uint32_t i = 0; i < run->count; i++) {
    const struct outcome *o = &run->outcomes[i];
    fprintf(file,
        "%s\n {\"family\": \"%s\", \"name\": \"%s\", \"text\": \"%s\", \"bytes\": %" PRIu64
        ", \"ms\": %.4f, "
        "\"ns_per_byte\": %.5f, \"times\": %.4f, \"p10\": %.4f, \"p90\": %.4f, \"bound\": %g, \"met\": %s}",
        i ? "," : "", o->family->name, o->name, o->text, o->bytes, o->ms, o->ns_per_byte, o->ratio.median, o->ratio.p10,
        o->ratio.p90, family_bound(o->family), is_over(o) ? "false" : "true");
  }
  fputs("\n]}\n", file);
  const bool done = standard || output_close(&output, reason); /* main() checks stdout */
  if (!done)
    fprintf(stderr, "bench: --json %s: %s\n", path, reason);
  return done;
}

/* ---- All of them ---- */

static bool run_family(struct run *run, const struct family *family, bool table) {
  const uint32_t members = family->examples + run->options->draws;
  for (uint32_t i = 0; i < members; i++) {
    static struct plan_case c;
    case_draw(run->planner, family, i, run->options->seed, &c);
    if (!run->options->quiet)
      fprintf(stderr, "bench: %s\n", c.name);
    struct outcome *grown = realloc(run->outcomes, (run->count + 1) * sizeof *grown);
    if (!grown)
      return false;
    run->outcomes = grown;
    struct outcome *o = &run->outcomes[run->count];
    *o = (struct outcome){.family = family};
    if (!measure(run, &c, o)) {
      fprintf(stderr, "bench: %s: could not be measured: %s\n", c.name, o->text);
      return false;
    }
    run->count++;
    if (table)
      print_outcome(run, o);
  }
  return true;
}

static bool start(struct run *run) {
  const struct wanted wanted = {.jobs = 1u << JOB_BOTH};
  const s2vk_context_info none = {.struct_size = sizeof none, .log = run->device->info.log};
  case_reference(&run->reference_case);
  return clock_choose(run->device, &run->clock) && device_context(&none, VK_NULL_HANDLE, &run->planner) &&
         subject_create(run->device, &run->reference_case.shape, &wanted, &run->reference);
}

static int status_of(const struct run *run) {
  int status = 0;
  for (uint32_t i = 0; i < run->count; i++) {
    const struct outcome *o = &run->outcomes[i];
    if (run->options->verify && !o->verification.agrees) {
      fprintf(stderr, "bench: %s: tiles within %.2g and output within %.2g of the reference\n", o->name,
          o->verification.tile_error, o->verification.output_error);
      return 3;
    }
    if (run->options->strict && is_over(o))
      status = 4;
  }
  return status;
}

bool cases_run(struct device *device, const struct machine *machine, const struct options *options, int *status) {
  struct run run = {.device = device,
      .machine = machine,
      .options = options,
      .cpu = device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU,
      .reference = {.device = device}};
  const bool table = !options->json || strcmp(options->json, "-") != 0;
  bool done = start(&run);
  if (done && table)
    print_head(&run);
  for (uint32_t i = 0; done && i < options->family_count; i++)
    done = run_family(&run, options->families[i], table);
  if (done && table)
    print_families(&run);
  done = done && (!options->json || write_json(&run, options->json));
  *status = status_of(&run);
  subject_destroy(&run.reference);
  s2vk_context_destroy(&run.planner);
  free(run.outcomes);
  return done;
}
