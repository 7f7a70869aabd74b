/* Vision transformers with S2 around them: how fast, where the time goes, and how much memory. */
#include "cooperative.h"
#include "devices.h"
#include "memory.h"
#include "npy.h"
#include "output.h"
#include "output_check.h"
#include "peak.h"
#include "random.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The model of that name, or in that folder. */
struct model {
  struct random_folder random;
  struct vit_folder *opened; /* NULL: random */
};

static bool model_open(struct model *model, const char *name, s2vk_type type) {
  struct vit_error error;
  bool known = false;
  for (uint32_t i = 0; random_name(i); i++)
    known |= strcmp(random_name(i), name) == 0;
  *model = (struct model){.opened = NULL};
  if (known ? random_open(name, type, &model->random, &error) : vit_folder_open(name, &model->opened, &error))
    return true;
  fprintf(stderr, "vit-bench: --model %s\n", error.text);
  return false;
}

static void model_close(struct model *model) {
  vit_folder_close(&model->opened);
  random_close(&model->random);
}

static const struct vit_folder *model_folder(const struct model *model) {
  return model->opened ? model->opened : &model->random.folder;
}

/* ---- Input and output -------------------------------------------------------------------------------------------- */

static bool read_input(struct subject *subject, const char *path) {
  struct npy array;
  char error[256];
  const s2vk_shape *shape = &subject->layout.input;
  if (!npy_read(path, &array, error, sizeof error)) {
    fprintf(stderr, "vit-bench: --input %s: %s\n", path, error);
    return false;
  }
  bool done = strcmp(array.type, "f4") == 0 && array.rank == 4;
  for (uint32_t i = 0; done && i < 4; i++)
    done = array.dims[i] == shape->dims[i];
  if (!done)
    fprintf(stderr, "vit-bench: --input %s: not 1 x 3 x %u x %u in f32\n", path, shape->dims[2], shape->dims[3]);
  done = done && subject_write_input(subject, array.data);
  npy_free(&array);
  return done;
}

/* Uniform in [-1, 1), the same at every run. */
static bool make_input(struct subject *subject) {
  size_t count = (size_t)subject->layout.input_bytes / sizeof(float);
  float *values = malloc(count * sizeof *values);
  uint64_t state = 1;
  for (size_t i = 0; values && i < count; i++) {
    state = state * 6364136223846793005 + 1442695040888963407;
    values[i] = (float)(state >> 40) / 8388608.0f - 1;
  }
  bool done = values && subject_write_input(subject, values);
  free(values);
  return done;
}

static bool write_output(struct subject *subject, const char *path) {
  const s2vk_plan_layout *layout = &subject->layout;
  char error[256];
  struct npy array = {.type = "f4", .rank = layout->output.rank, .data = malloc((size_t)layout->output_bytes)};
  for (uint32_t i = 0; i < array.rank; i++)
    array.dims[i] = layout->output.dims[i];
  bool done = array.data && subject_read_output(subject, array.data);
  if (done && !npy_write(path, &array, error, sizeof error)) {
    fprintf(stderr, "vit-bench: --output %s: %s\n", path, error);
    done = false;
  }
  free(array.data);
  return done;
}

/* ---- Measuring --------------------------------------------------------------------------------------------------- */

/* Takes the samples along. */
static void keep(struct report *report, const char *model, const struct scales *scales, uint32_t tiles_per_call,
    struct subject *subject) {
  struct result *result = &report->results[report->result_count++];
  snprintf(report->product, sizeof report->product, "%s", vit_product_name(subject->vit));
  *result = (struct result){.model = model,
      .scales = *scales,
      .tiles_per_call = tiles_per_call,
      .tiles = subject->layout.tile_count,
      .calls = subject->layout.call_count,
      .flops = subject->flops,
      .cores = subject->cores,
      .memory = subject->memory,
      .host = subject->host};
  memcpy(result->stages, subject->stages, sizeof result->stages);
  subject->host = (struct samples){0};
  memset(subject->stages, 0, sizeof subject->stages);
}

/* Times it too, or looks at its memory alone. */
static bool measure(struct report *report, const struct options *o, struct device *device, const struct model *model,
    const char *name, const struct scales *scales, uint32_t tiles_per_call, bool time) {
  struct subject subject;
  if (report->result_count == MAX_RESULTS) {
    fprintf(stderr, "vit-bench: more than %d measurements\n", MAX_RESULTS);
    return false;
  }
  bool done = subject_create(device, model_folder(model), scales, tiles_per_call, o->precision, &subject);
  if (done && time) {
    if (!o->quiet)
      fprintf(stderr, "vit-bench: %s, %u scales, %llu tiles in %u calls\n", name, scales->count,
          (unsigned long long)subject.layout.tile_count, subject.layout.call_count);
    done = (o->input ? read_input(&subject, o->input) : make_input(&subject)) &&
           subject_time(&subject, o->seconds, o->runs) && (!o->output || write_output(&subject, o->output));
  }
  if (done)
    keep(report, name, scales, tiles_per_call, &subject);
  subject_destroy(&subject);
  return done;
}

static bool measure_model(struct report *report, const struct options *o, struct device *device, const char *name) {
  struct model model;
  if (!model_open(&model, name, o->type))
    return false;
  bool done = true;
  for (uint32_t i = 0; done && o->runs && i < o->scales_count; i++)
    for (uint32_t j = 0; done && j < o->tiles_per_call_count; j++)
      done = measure(report, o, device, &model, name, &o->scales[i], o->tiles_per_call[j], true);
  for (uint32_t i = 0; done && i < o->memory_count; i++)
    done = measure(report, o, device, &model, name, &o->scales[o->scales_count - 1], o->memory[i], false);
  model_close(&model);
  return done;
}

static bool measure_all(struct report *report, const struct options *o, struct device *device) {
  device->info.get_instance_proc_addr = memory_count();
  bool done = peak_measure(device, &report->peak);
  for (uint32_t i = 0; done && i < o->model_count; i++)
    done = measure_model(report, o, device, o->models[i]);
  if (done && (!o->json || strcmp(o->json, "-") != 0))
    report_print(report);
  return done && (!o->json || report_write_json(report, o->json));
}

/* Before anything is measured. */
static bool check_outputs(const struct options *o) {
  const char *const paths[] = {o->output, o->json && strcmp(o->json, "-") != 0 ? o->json : NULL},
                    *const options[] = {"output", "json"}, *const own[] = {".npy", ".json"};
  for (int i = 0; i < 2; i++) {
    char reason[OUTPUT_REASON_BYTES] = "is one of the inputs";
    const char *ending = paths[i] ? output_foreign_ending(paths[i], own[i]) : NULL;
    bool done = !paths[i] || output_check(paths[i], reason);
    if (done && ending) {
      snprintf(reason, sizeof reason, "is written as %s, and not as %s", own[i], ending);
      done = false;
    }
    done = done && !(paths[i] && o->input && output_is_input(paths[i], o->input));
    for (uint32_t j = 0; done && paths[i] && j < o->model_count; j++)
      done = !output_is_input(paths[i], o->models[j]);
    if (!done) {
      fprintf(stderr, "vit-bench: --%s %s: %s\n", options[i], paths[i], reason);
      return false;
    }
  }
  return true;
}

int main(int argc, char **argv) {
  static struct report report;
  struct options options;
  const enum command_result result = options_parse(&options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish("vit-bench", result == COMMAND_DONE ? 0 : 2);
  struct device device = {0};
  bool done = check_outputs(&options) &&
              device_open_wrapped(&device, options.device, options.precision ? vit_cooperative_enabling : NULL);
  device.info.variant = options.variant;
  if (done && options.list) {
    done = devices_print(device.info.instance, device.info.physical_device);
  } else if (done) {
    report = (struct report){.device = &device, .machine = machine_find()};
    done = measure_all(&report, &options, &device);
  }
  report_free(&report);
  device_close(&device);
  return output_finish("vit-bench", done ? 0 : 1);
}
