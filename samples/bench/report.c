#include "report.h"

#include "peer.h"

#include <stdlib.h>
#include <string.h>

#define MB 1e6

const struct samples *report_samples(const struct report *report, const struct job *job) {
  return report->clock.timestamps ? &job->timestamp : &job->host;
}

static double median(const struct samples *samples) {
  return samples_summary(samples).median;
}

void report_print_head(const struct report *report) {
  const struct device *device = report->device;
  const struct clock *clock = &report->clock;
  printf("Device    %s; %s; Vulkan %u.%u\n", device->properties.deviceName, device->driver,
      VK_API_VERSION_MAJOR(device->properties.apiVersion), VK_API_VERSION_MINOR(device->properties.apiVersion));
  printf("Machine   %s, %u cores\n", report->machine.cpu, report->machine.cores);
  printf("Clock     ratios are taken by %s\n",
      clock->timestamps ? "timestamps" : "the host's clock around submission and wait");
  printf("          an empty submission takes %.3f ms, a fill of 64 MiB %.3f ms", clock->empty_ms, clock->fill_host_ms);
  if (device->timestamp_bits)
    printf(" and by timestamps %.3f ms", clock->fill_timestamp_ms);
  printf("\nCaches    the driver's disk caches are %s\n", report->machine.disk_caches_off ? "off" : "on");
  printf(
      "Bytes     MB (10^6) read and written: input, tiles, features and output, once each. Rows of the input that no\n"
      "          scale reads do not count. The copy beside a pass reads and writes the same number. p10, p90:\n"
      "          percentiles. /copy, /shader: turn by turn. cores: the number that the process kept busy.\n");
}

/* ---- One shape ---- */

static void print_summary(const struct samples *samples) {
  struct summary s = samples_summary(samples);
  if (samples->count)
    printf("  %8.3f %8.3f %8.3f %8.3f", s.median, s.min, s.p10, s.p90);
  else
    printf("  %8s %8s %8s %8s", "-", "-", "-", "-");
}

/* The ratio of a job's time to that of another one, turn by turn. The median is 0 if one was not measured. */
static struct summary ratio_to(const struct report *report, const struct result *result, uint32_t job, uint32_t other) {
  if (!result->taken[job] || !result->taken[other])
    return (struct summary){0};
  const bool clock = result->jobs[other].run == NULL; /* called jobs have the host's time alone */
  return samples_ratio(clock ? report_samples(report, &result->jobs[job]) : &result->jobs[job].host,
      clock ? report_samples(report, &result->jobs[other]) : &result->jobs[other].host);
}

static void print_ratio(double ratio) {
  if (ratio > 0)
    printf(" %7.2f", ratio);
  else
    printf(" %7s", "-");
}

static void print_jobs(const struct report *report, const struct result *result) {
  static const char columns[] = "    median      min      p10      p90";
  printf("  %-25s %8s     ms, by %-25s     ms, by %s\n", "", "", "the host's clock", "timestamps");
  printf("  %-25s %8s%s%s  %5s %7s %7s %7s\n", "", "MB", columns, columns, "cores", "GB/s", "/copy", "/shader");
  for (uint32_t i = 0; i < JOB_COUNT; i++) {
    const struct job *job = &result->jobs[i];
    if (!result->taken[i])
      continue;
    printf("  %-25s %8.2f", job->name, (double)job->bytes / MB);
    print_summary(&job->host);
    print_summary(&job->timestamp);
    printf("  %5.2f", job_cores(job));
    double ms = median(job->timestamp.count ? report_samples(report, job) : &job->host);
    if (job->bytes && ms > 0)
      printf(" %7.2f", (double)job->bytes / ms / 1e6);
    if (i >= JOB_SPLIT && i <= JOB_BOTH) {
      print_ratio(ratio_to(report, result, i, i - JOB_SPLIT + JOB_COPY_SPLIT).median);
      print_ratio(ratio_to(report, result, i, i - JOB_SPLIT + JOB_SHADER_SPLIT).median);
    }
    putchar('\n');
  }
}

static void print_cost(const struct cost *cost) {
  printf(
      "  plan creation: cold (new device, empty pipeline cache) %.2f ms, and the first forward after it %.1f ms; in a\n"
      "    new context with a warm pipeline cache %.3f ms; in a context that has the pipelines %.3f ms\n",
      median(&cost->plan_cold), median(&cost->forward_first), median(&cost->plan_cached), median(&cost->plan_again));
  struct summary record = samples_summary(&cost->record);
  printf("  recording: %.1f us of CPU time, min %.1f, p10-p90 %.1f-%.1f\n", record.median * 1e3, record.min * 1e3,
      record.p10 * 1e3, record.p90 * 1e3);
}

static void print_verification(const struct result *result) {
  const struct verification *v = &result->verification;
  printf(
      "  %s: tiles within %.2g and output within %.2g of the reference%s; %u of %u images, %.1f M elements of tiles, "
      "%.1f M of output\n",
      v->agrees ? "verified" : "DIFFERS", v->tile_error, v->output_error,
      result->shape->info.output_type ? " beyond half a unit in the last place" : "", v->images,
      result->shape->info.batch, (double)v->tile_count / 1e6, (double)v->output_count / 1e6);
}

void report_print_result(const struct report *report, const struct result *result) {
  char text[SHAPE_TEXT_BYTES], copy[COPY_NAME_BYTES];
  shape_describe(result->shape, text);
  copy_shader_name(result->copy_shader, copy);
  printf("\n%s: %s\n  %llu tiles in %u model calls; %u rounds; copy shader: %s\n", result->shape->name, text,
      (unsigned long long)result->layout.tile_count, result->layout.call_count, result->jobs[JOB_BOTH].host.count,
      copy);
  print_jobs(report, result);
  if (result->cost.record.count)
    print_cost(&result->cost);
  if (result->verified)
    print_verification(result);
  fflush(stdout);
}

/* ---- All shapes ---- */

/* The time per byte of both passes, divided by that of shape B; 0 if B was not measured. */
static double beside_b(const struct report *report, const struct result *result) {
  for (uint32_t i = 0; i < report->result_count; i++) {
    const struct job *job = &result->jobs[JOB_BOTH], *b = &report->results[i].jobs[JOB_BOTH];
    if (strcmp(report->results[i].shape->name, "B") == 0)
      return median(report_samples(report, job)) / (double)job->bytes /
             (median(report_samples(report, b)) / (double)b->bytes);
  }
  return 0;
}

static void print_spread(const struct report *report, const struct result *result, uint32_t other) {
  const struct summary s = ratio_to(report, result, JOB_BOTH, other);
  char text[32];
  snprintf(text, sizeof text, "%.2f (%.2f-%.2f)", s.median, s.p10, s.p90);
  printf(" %18s", s.median > 0 ? text : "-");
}

static void print_ratios(const struct report *report) {
  const bool cpu = report->device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  printf(
      "\nBoth passes: median, and their time divided by that of others, turn by turn (median, 10th-90th percentile).\n"
      "copy: vkCmdCopyBuffer of the same bytes. shader: the best copy shader. peer: plain C on the CPU. /B: time per\n"
      "byte divided by B's.%s\n",
      cpu ? " CPU: by the time of all threads." : "");
  printf("  %-9s %9s %18s %18s %18s %7s", "shape", "ms", "/copy", "/shader", "/peer", "/B");
  printf(cpu ? " %9s %11s\n" : "\n", "CPU ms", "CPU /shader");
  for (uint32_t i = 0; i < report->result_count; i++) {
    const struct result *result = &report->results[i];
    const struct job *both = &result->jobs[JOB_BOTH], *shader = &result->jobs[JOB_SHADER_BOTH];
    printf("  %-9s %9.3f", result->shape->name, median(report_samples(report, both)));
    print_spread(report, result, JOB_COPY_BOTH);
    print_spread(report, result, JOB_SHADER_BOTH);
    print_spread(report, result, JOB_PEER);
    print_ratio(beside_b(report, result));
    if (cpu)
      printf(" %9.3f %11.2f", median(&both->cpu), samples_ratio(&both->cpu, &shader->cpu).median);
    putchar('\n');
  }
}

static void print_memory(const struct report *report) {
  printf("\nMemory, MB (workspace: tiles and features of the largest call, and accumulator)\n");
  printf("  %-9s %6s %8s %8s %8s %8s %8s %10s\n", "shape", "calls", "input", "tiles", "features", "output", "accum.",
      "workspace");
  for (uint32_t i = 0; i < report->result_count; i++) {
    const struct result *result = &report->results[i];
    const s2vk_plan_layout *layout = &result->layout;
    printf("  %-9s %6u %8.2f %8.2f %8.2f %8.2f %8.2f %10.2f\n", result->shape->name, layout->call_count,
        (double)layout->input_bytes / MB, (double)layout->tiles_bytes / MB, (double)layout->features_bytes / MB,
        (double)layout->output_bytes / MB, (double)layout->accumulator_bytes / MB,
        (double)(layout->tiles_bytes + layout->features_bytes + layout->accumulator_bytes) / MB);
  }
}

void report_print_tail(const struct report *report) {
  print_ratios(report);
  print_memory(report);
  for (uint32_t i = 0; report->options->peer && i < report->result_count; i++)
    if (!report->results[i].taken[JOB_PEER])
      printf("%s%s: no peer, since %s.\n", i ? "" : "\n", report->results[i].shape->name,
          peer_why_not(&report->results[i].shape->info));
}

void report_free(struct report *report) {
  for (uint32_t i = 0; i < report->result_count; i++) {
    struct result *result = &report->results[i];
    for (uint32_t k = 0; k < JOB_COUNT; k++)
      job_free_samples(&result->jobs[k]);
    cost_free(&result->cost);
  }
  report->result_count = 0;
}
