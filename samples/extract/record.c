#include "record.h"

#include "describe.h"
#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The options of a run of extract that computes the same features. */
static struct options options_of(const struct record_info *info, char **input) {
  struct options o = {
      .inputs = input,
      .input_count = 1,
      .model = info->model,
      .scale_count = info->scales ? info->scale_count : 0,
      .img_size_count = info->scales ? 0 : info->scale_count,
      .max_split_size = info->side,
      .split_mode = info->split_mode,
      .grid = info->grid,
      .filter = info->filter,
      .resize_output_to_idx = info->output,
      .patch = info->patch,
      .layer = info->layer,
      .norm = info->norm,
      .has_preset = info->preset.given,
      .preset = info->preset.preset,
      .dynamic_s2 = info->preset.dynamic_s2,
      .max_tiles = info->preset.max_tiles,
      .blocks = info->blocks,
  };
  for (uint32_t i = 0; i < info->scale_count; i++) {
    if (info->scales)
      o.scales[i] = info->scales[i];
    else
      o.img_sizes[i] = info->img_sizes[i];
  }
  return o;
}

static bool write_array(const struct record_info *info, const char *path, char *error, size_t error_bytes) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(info->plan, &layout);
  struct npy array = {.type = "f4", .rank = layout.output.rank, .data = (void *)(uintptr_t)info->features};
  for (uint32_t i = 0; i < layout.output.rank; i++)
    array.dims[i] = layout.output.dims[i];
  return npy_write(path, &array, error, error_bytes);
}

static bool write_record(const struct record_info *info, const char *path, char *error, size_t error_bytes) {
  char *input = (char *)(uintptr_t)info->image;
  const struct options o = options_of(info, &input);
  const char *slash = strrchr(info->image, '/');
  struct source source = {.path = input, .name = slash ? (char *)(uintptr_t)slash + 1 : input};
  struct model model = {0};
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES] = "the model cannot be read";
  sources_describe_file(&source, info->image);
  if (!model_open(&model, &o) ||
      !photograph_read_as(&photograph, &(struct photograph_options){0}, info->image, reason)) {
    snprintf(error, error_bytes, "%s: %s", info->image, reason);
    model_destroy(&model);
    return false;
  }
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(info->plan, &layout);
  const struct plan_facts facts = plan_get_facts(info->plan, &o);
  const struct described described = {&source, &photograph, info->input, &facts, &layout.output, S2VK_TYPE_F32};
  cJSON *record = NULL;
  const bool written = describe_write(&described, &o, &model, path, &record, reason);
  if (!written)
    snprintf(error, error_bytes, "%s.json: %s", path, reason);
  cJSON_Delete(record);
  photograph_free(&photograph);
  model_destroy(&model);
  return written;
}

bool record_write(const struct record_info *info, const char *path, char *error, size_t error_bytes) {
  return write_array(info, path, error, error_bytes) && write_record(info, path, error, error_bytes);
}
