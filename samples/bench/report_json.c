#include "report.h"

#include "output.h"
#include "peer.h"
#include "report_string.h"

#include <string.h>

static void write_text(FILE *file, const char *key, const char *text) {
  fprintf(file, "\"%s\": ", key);
  report_string(file, text);
  fputs(", ", file);
}

static void write_samples(FILE *file, const char *key, const struct samples *samples) {
  struct summary s = samples_summary(samples);
  fprintf(file, "\"%s\": ", key);
  if (!samples->count) {
    fputs("null", file);
    return;
  }
  fprintf(file, "{\"median\": %.6f, \"min\": %.6f, \"p10\": %.6f, \"p90\": %.6f, \"samples\": [", s.median, s.min,
      s.p10, s.p90);
  for (uint32_t i = 0; i < samples->count; i++)
    fprintf(file, "%s%.6f", i ? ", " : "", samples->ms[i]);
  fputs("]}", file);
}

/* Writes a plan with the names of s2vk_plan_info, so that a reader can run the same plan elsewhere. */
static void write_plan(FILE *file, const s2vk_plan_info *info) {
  fprintf(file, "   \"plan\": {\"batch\": %u, \"channels\": %u, \"height\": %u, \"width\": %u, ", info->batch,
      info->channels, info->height, info->width);
  fprintf(file, "\"%s\": [", info->scales ? "scales" : "img_sizes");
  for (uint32_t i = 0; i < info->scale_count; i++) {
    fputs(i ? ", " : "", file);
    if (info->scales)
      fprintf(file, "%.17g", info->scales[i]);
    else
      fprintf(file, "[%u, %u]", info->img_sizes[i].height, info->img_sizes[i].width);
  }
  fprintf(file, "], \"max_split_size\": %u, \"split_mode\": \"%s\", \"resize_output_to_idx\": %d, ",
      info->max_split_size, info->split_mode == S2VK_SPLIT_PAD ? "pad" : "resize", info->resize_output_to_idx);
  fprintf(file, "\"num_prefix_token\": %u, \"output_shape\": \"%s\", \"tiles_per_call\": %u, \"type\": \"%s\", ",
      info->num_prefix_token, info->output_shape == S2VK_OUTPUT_BCHW ? "bchw" : "bnc", info->tiles_per_call,
      type_name(info->input_type));
  if (info->output_shape == S2VK_OUTPUT_BCHW)
    fprintf(file, "\"features\": [%u, %u, %u]},\n", info->model.channels, info->model.height, info->model.width);
  else
    fprintf(file, "\"features\": [%u, %u]},\n", info->model.tokens, info->model.channels);
}

static void write_jobs(FILE *file, const struct result *result) {
  if (!result->taken[JOB_PEER] && peer_why_not(&result->shape->info))
    fprintf(file, "   \"no_peer\": \"%s\",\n", peer_why_not(&result->shape->info));
  fputs("   \"jobs\": {", file);
  const char *separator = "";
  for (uint32_t i = 0; i < JOB_COUNT; i++) {
    const struct job *job = &result->jobs[i];
    if (!result->taken[i])
      continue;
    fprintf(file, "%s\n    \"%s\": {\"bytes\": %llu, \"cores\": %.3f, ", separator, job->name,
        (unsigned long long)job->bytes, job_cores(job));
    write_samples(file, "host_ms", &job->host);
    fputs(", ", file);
    write_samples(file, "timestamp_ms", &job->timestamp);
    fputs(", ", file);
    write_samples(file, "cpu_ms", &job->cpu);
    fputc('}', file);
    separator = ",";
  }
  fputs("}", file);
}

static void write_cost(FILE *file, const struct cost *cost) {
  fputs(",\n   \"cost\": {", file);
  write_samples(file, "plan_cold_ms", &cost->plan_cold);
  fputs(", ", file);
  write_samples(file, "forward_first_ms", &cost->forward_first);
  fputs(", ", file);
  write_samples(file, "plan_cached_ms", &cost->plan_cached);
  fputs(", ", file);
  write_samples(file, "plan_again_ms", &cost->plan_again);
  fputs(", ", file);
  write_samples(file, "record_cpu_ms", &cost->record);
  fputs("}", file);
}

static void write_result(FILE *file, const struct result *result) {
  const s2vk_plan_layout *layout = &result->layout;
  char text[SHAPE_TEXT_BYTES], copy[COPY_NAME_BYTES];
  copy_shader_name(result->copy_shader, copy);
  shape_describe(result->shape, text);
  fputs("  {", file);
  write_text(file, "name", result->shape->name);
  write_text(file, "text", text);
  write_text(file, "copy_shader", copy);
  fprintf(file, "\"tiles\": %llu, \"calls\": %u,\n", (unsigned long long)layout->tile_count, layout->call_count);
  write_plan(file, &result->shape->info);
  fprintf(file, "   \"moved_bytes\": {\"input\": %llu, \"tiles\": %llu, \"features\": %llu, \"output\": %llu},\n",
      (unsigned long long)result->moved.input, (unsigned long long)result->moved.tiles,
      (unsigned long long)result->moved.features, (unsigned long long)result->moved.output);
  fprintf(file,
      "   \"buffer_bytes\": {\"input\": %llu, \"tiles\": %llu, \"features\": %llu, \"output\": %llu, "
      "\"accumulator\": %llu},\n",
      (unsigned long long)layout->input_bytes, (unsigned long long)layout->tiles_bytes,
      (unsigned long long)layout->features_bytes, (unsigned long long)layout->output_bytes,
      (unsigned long long)layout->accumulator_bytes);
  write_jobs(file, result);
  if (result->cost.record.count)
    write_cost(file, &result->cost);
  if (result->verified) {
    const struct verification *v = &result->verification;
    /* A NaN in a result makes the error infinite, and JSON has no infinity. */
    fprintf(file,
        ",\n   \"verify\": {\"agrees\": %s, \"images\": %u, \"tile_elements\": %llu, \"output_elements\": %llu, "
        "\"tile_error\": %g, \"output_error\": %g}",
        v->agrees ? "true" : "false", v->images, (unsigned long long)v->tile_count, (unsigned long long)v->output_count,
        v->tile_error < 1e300 ? v->tile_error : 1e300, v->output_error < 1e300 ? v->output_error : 1e300);
  }
  fputs("}", file);
}

static void write_report(FILE *file, const struct report *report) {
  const struct device *device = report->device;
  fputs("{\"device\": {", file);
  write_text(file, "name", device->properties.deviceName);
  write_text(file, "driver", device->driver);
  fprintf(file, "\"vulkan\": \"%u.%u\", \"is_cpu\": %s},\n", VK_API_VERSION_MAJOR(device->properties.apiVersion),
      VK_API_VERSION_MINOR(device->properties.apiVersion),
      device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ? "true" : "false");
  fputs(" \"machine\": {", file);
  write_text(file, "cpu", report->machine.cpu);
  fprintf(file, "\"cores\": %u, \"disk_caches_off\": %s},\n", report->machine.cores,
      report->machine.disk_caches_off ? "true" : "false");
  fprintf(file,
      " \"clock\": {\"ratios_by\": \"%s\", \"empty_ms\": %.6f, \"fill_host_ms\": %.6f, \"fill_timestamp_ms\": %.6f},\n",
      report->clock.timestamps ? "timestamp_ms" : "host_ms", report->clock.empty_ms, report->clock.fill_host_ms,
      report->clock.fill_timestamp_ms);
  fprintf(file, " \"seconds\": %g,\n \"shapes\": [\n", report->options->seconds >= 0 ? report->options->seconds : 1);
  for (uint32_t i = 0; i < report->result_count; i++) {
    fputs(i ? ",\n" : "", file);
    write_result(file, &report->results[i]);
  }
  fputs("]}\n", file);
}

bool report_write_json(const struct report *report, const char *path) {
  bool standard = strcmp(path, "-") == 0;
  char reason[OUTPUT_REASON_BYTES];
  struct output output = {0};
  if (!standard && !output_open(&output, path, false, reason)) {
    fprintf(stderr, "bench: --json %s: %s\n", path, reason);
    return false;
  }
  FILE *file = standard ? stdout : output.file;
  write_report(file, report);
  bool done = standard || output_close(&output, reason); /* main() checks stdout */
  if (!done)
    fprintf(stderr, "bench: --json %s: %s\n", path, reason);
  return done;
}
