#include "report.h"

#include "bench/report_string.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const stage_names[] = {[STAGE_SPLIT] = "split", [STAGE_MODEL] = "model", [STAGE_MERGE] = "merge"};

static double median(const struct samples *samples) {
  return samples_summary(samples).median;
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const char *scales_text(const struct scales *scales, char text[64]) {
  size_t length = 0;
  for (uint32_t i = 0; i < scales->count && length < 60; i++)
    length += (size_t)snprintf(text + length, 64 - length, "%s%g", i ? "," : "", scales->values[i]);
  return text;
}

/* A name, or the last part of a folder's. */
static const char *short_name(const char *model) {
  const char *slash = strrchr(model, '/');
  return slash && slash[1] ? slash + 1 : model;
}

static void print_head(const struct report *report) {
  const struct device *device = report->device;
  printf("Machine   %s, %u cores\n", report->machine.cpu, report->machine.cores);
  printf("Device    %s; %s; Vulkan %u.%u\n", device->properties.deviceName, device->driver,
      VK_API_VERSION_MAJOR(device->properties.apiVersion), VK_API_VERSION_MINOR(device->properties.apiVersion));
  printf(
      "Peak      %.1f GFLOP/s by a shader of multiplications and additions in f32; %.1f of a core, by its widest\n"
      "          instructions\n",
      report->peak.second, report->peak.core_second);
  printf("Products  %s\n", report->product);
  if (!device->timestamp_bits)
    printf("          the queue has no timestamps: stages are not known\n");
}

static void print_speed(const struct report *report) {
  const bool cpu = report->device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  printf(
      "\nms: median, 10th-90th percentile, around submission and wait; stages between timestamps, medians.\n"
      "S2: share of split and merge. GFLOP/s: of the model's stage; peak: beside the\n"
      "device's, for each second of a core where it is the host's processor. cores: how many the process kept busy.\n"
      "  %-10s %-7s %5s %5s %8s %8s %9s %17s %5s %9s %9s %9s %6s %8s %6s\n",
      "model", "scales", "tiles", "calls", "GFLOP", "images/s", "ms", "", "cores", "split", "model", "merge", "S2",
      "GFLOP/s", "peak");
  for (uint32_t i = 0; i < report->result_count; i++) {
    const struct result *r = &report->results[i];
    char scales[64];
    if (!r->host.count)
      continue;
    const struct summary host = samples_summary(&r->host);
    printf("  %-10s %-7s %5llu %5u %8.1f %8.3f %9.2f %8.2f-%-8.2f %5.2f", short_name(r->model),
        scales_text(&r->scales, scales), (unsigned long long)r->tiles, r->calls, r->flops / 1e9, 1e3 / host.median,
        host.median, host.p10, host.p90, r->cores);
    if (r->stages[0].count) {
      const double split = median(&r->stages[STAGE_SPLIT]), model = median(&r->stages[STAGE_MODEL]),
                   merge = median(&r->stages[STAGE_MERGE]), gflops = r->flops / model / 1e6;
      const double peak = cpu ? 100 * gflops / r->cores / report->peak.core_second : 100 * gflops / report->peak.second;
      printf(" %9.3f %9.2f %9.3f %5.2f%% %8.1f %5.1f%%", split, model, merge,
          100 * (split + merge) / (split + model + merge), gflops, peak);
    }
    putchar('\n');
  }
}

static void print_memory(const struct report *report) {
  printf(
      "\nDevice memory, MB (10^6). calls: tiles and features of the largest call, accumulator; ends: input, output,\n"
      "tables of the plan; all: their sum; allocated: by vkAllocateMemory.\n"
      "  %-10s %-7s %10s %8s %10s %8s %8s %8s %10s\n",
      "model", "scales", "tiles/call", "weights", "workspace", "calls", "ends", "all", "allocated");
  for (uint32_t i = 0; i < report->result_count; i++) {
    const struct result *r = &report->results[i];
    const struct memory *m = &r->memory;
    char scales[64], tiles[16] = "all";
    if (r->tiles_per_call)
      snprintf(tiles, sizeof tiles, "%u", r->tiles_per_call);
    printf("  %-10s %-7s %10s %8.2f %10.2f %8.2f %8.2f %8.2f %10.2f\n", short_name(r->model),
        scales_text(&r->scales, scales), tiles, (double)m->weights / 1e6, (double)m->workspace / 1e6,
        (double)m->calls / 1e6, (double)m->ends / 1e6, (double)(m->weights + m->workspace + m->calls + m->ends) / 1e6,
        (double)m->allocated / 1e6);
  }
}

void report_print(const struct report *report) {
  bool timed = false;
  for (uint32_t i = 0; i < report->result_count; i++)
    timed |= report->results[i].host.count > 0;
  print_head(report);
  if (timed)
    print_speed(report);
  print_memory(report);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void write_samples(FILE *file, const char *key, const struct samples *samples) {
  fprintf(file, ", \"%s_ms\": [", key);
  for (uint32_t i = 0; i < samples->count; i++)
    fprintf(file, "%s%.6f", i ? ", " : "", samples->ms[i]);
  fputs("]", file);
}

static void write_result(FILE *file, const struct result *r) {
  const struct memory *m = &r->memory;
  fputs("  {\"model\": ", file);
  report_string(file, r->model);
  fputs(", \"scales\": [", file);
  for (uint32_t i = 0; i < r->scales.count; i++)
    fprintf(file, "%s%.17g", i ? ", " : "", r->scales.values[i]);
  fprintf(file, "], \"tiles_per_call\": %u, \"tiles\": %llu, \"calls\": %u, \"flops\": %.0f, \"cores\": %.3f",
      r->tiles_per_call, (unsigned long long)r->tiles, r->calls, r->flops, r->cores);
  fprintf(file,
      ", \"bytes\": {\"weights\": %llu, \"workspace\": %llu, \"calls\": %llu, \"ends\": %llu, \"allocated\": %llu}",
      (unsigned long long)m->weights, (unsigned long long)m->workspace, (unsigned long long)m->calls,
      (unsigned long long)m->ends, (unsigned long long)m->allocated);
  write_samples(file, "host", &r->host);
  for (int i = 0; i < STAGE_COUNT; i++)
    write_samples(file, stage_names[i], &r->stages[i]);
  fputs("}", file);
}

bool report_write_json(const struct report *report, const char *path) {
  const struct device *device = report->device;
  bool standard = strcmp(path, "-") == 0;
  char reason[OUTPUT_REASON_BYTES];
  struct output output = {0};
  if (!standard && !output_open(&output, path, false, reason)) {
    fprintf(stderr, "vit-bench: --json %s: %s\n", path, reason);
    return false;
  }
  FILE *file = standard ? stdout : output.file;
  fputs("{\"device\": {\"name\": ", file);
  report_string(file, device->properties.deviceName);
  fputs(", \"driver\": ", file);
  report_string(file, device->driver);
  fprintf(file,
      ", \"vulkan\": \"%u.%u\"},\n \"machine\": {\"cpu\": ", VK_API_VERSION_MAJOR(device->properties.apiVersion),
      VK_API_VERSION_MINOR(device->properties.apiVersion));
  report_string(file, report->machine.cpu);
  fprintf(file,
      ", \"cores\": %u},\n \"product\": \"%s\", \"peak_gflops\": %.3f, \"peak_gflops_core\": %.3f,\n \"results\": [\n",
      report->machine.cores, report->product, report->peak.second, report->peak.core_second);
  for (uint32_t i = 0; i < report->result_count; i++) {
    fputs(i ? ",\n" : "", file);
    write_result(file, &report->results[i]);
  }
  fputs("]}\n", file);
  bool done = standard || output_close(&output, reason); /* main() sees to stdout */
  if (!done)
    fprintf(stderr, "vit-bench: --json %s: %s\n", path, reason);
  return done;
}

void report_free(struct report *report) {
  for (uint32_t i = 0; i < report->result_count; i++) {
    free(report->results[i].host.ms);
    for (int j = 0; j < STAGE_COUNT; j++)
      free(report->results[i].stages[j].ms);
  }
  report->result_count = 0;
}
