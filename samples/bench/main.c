/* bench: times s2vk beside copies of the same number of bytes, times kinds of plans beside a reference, and prints the
 * cost of a plan. */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "cases_run.h"
#include "devices.h"
#include "first_use.h"
#include "in_flight.h"
#include "output.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

#define COPIES_BYTES (32u << 20)

/* Moves the samples to a result, which outlives its subject. */
static void keep(struct subject *subject, struct result *result) {
  result->shape = subject->shape;
  result->layout = subject->layout;
  result->moved = subject->moved;
  result->copy_shader = subject->copy.shader;
  for (uint32_t i = 0; i < JOB_COUNT; i++) {
    result->jobs[i] = subject->jobs[i];
    result->taken[i] = subject->taken[i];
    subject->jobs[i].host = subject->jobs[i].cpu = subject->jobs[i].timestamp = (struct samples){0};
  }
}

static void tell(const struct options *o, const struct shape *shape, const char *what) {
  if (!o->quiet)
    fprintf(stderr, "bench: %s: %s\n", shape->name, what);
}

static bool measure(struct device *device, const struct options *o, const struct shape *shape, struct result *result) {
  struct subject subject;
  tell(o, shape, "making it");
  const struct wanted wanted = {
      .jobs = (o->brief ? JOBS_BRIEF : JOBS_ALL) | (o->peer ? 1u << JOB_PEER : 0), .plain_copies = o->plain_copies};
  bool done = subject_create(device, shape, &wanted, &subject);
  if (done) {
    tell(o, shape, "timing");
    done = subject_time(&subject, o->seconds >= 0 ? o->seconds : 1);
  }
  if (done && !o->brief) {
    tell(o, shape, "making plans");
    done = cost_measure(&subject, o->device, &result->cost);
  }
  if (done && o->verify) {
    tell(o, shape, "verifying");
    result->verified = done = verify(&subject, o->verify_all, &result->verification);
  }
  keep(&subject, result);
  subject_destroy(&subject);
  return done;
}

static bool measure_all(struct device *device, struct report *report, bool table) {
  const struct options *o = report->options;
  if (!clock_choose(device, &report->clock))
    return false;
  if (table)
    report_print_head(report);
  for (uint32_t i = 0; i < o->shape_count; i++) {
    struct result *result = &report->results[report->result_count++];
    if (!measure(device, o, o->shapes[i], result)) {
      fprintf(stderr, "bench: %s: could not be measured\n", o->shapes[i]->name);
      return false;
    }
    if (table)
      report_print_result(report, result);
  }
  if (table)
    report_print_tail(report);
  return !o->json || report_write_json(report, o->json);
}

static int status_of(const struct report *report) {
  for (uint32_t i = 0; i < report->result_count; i++)
    if (report->results[i].verified && !report->results[i].verification.agrees) {
      fprintf(stderr, "bench: %s: differs from the reference\n", report->results[i].shape->name);
      return 3;
    }
  return 0;
}

static bool run_shapes(
    struct device *device, const struct machine *machine, const struct options *options, int *status) {
  static struct report report;
  report = (struct report){.device = device, .machine = *machine, .options = options};
  const bool table = !options->json || strcmp(options->json, "-") != 0;
  const bool done = measure_all(device, &report, table);
  *status = status_of(&report);
  report_free(&report);
  return done;
}

static bool run(struct device *device, const struct options *options, int *status) {
  const struct machine machine = machine_find();
  switch (options->mode) {
  case MODE_LIST:
    return devices_print(device->info.instance, device->info.physical_device);
  case MODE_COPIES:
    return copy_print_all(device, COPIES_BYTES, options->seconds >= 0 ? options->seconds : 0.3);
  case MODE_CASES:
    return cases_run(device, &machine, options, status);
  case MODE_FIRST_USE:
    return first_use_run(device, &machine, options);
  case MODE_IN_FLIGHT:
    return in_flight_run(device, options);
  default:
    return run_shapes(device, &machine, options, status);
  }
}

int main(int argc, char **argv) {
  struct options options;
  const enum command_result result = options_parse(&options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish("bench", result == COMMAND_DONE ? 0 : 2);
  /* A cold plan must compile its pipelines. Mesa and NVIDIA cache compiled pipelines in files. */
  setenv("MESA_SHADER_CACHE_DISABLE", "true", 0);
  setenv("__GL_SHADER_DISK_CACHE", "0", 0);

  struct device device = {0};
  int status = 0;
  bool done = device_open(&device, options.device);
  device.info.variant = options.variant;
  device.info.log_user = options.describe ? &options : NULL;
  done = done && run(&device, &options, &status);
  device_close(&device);
  return output_finish("bench", done ? status : 1);
}
