#include "kernels/common.h"

uint32_t s2_local_size(const struct s2_target *target, uint64_t units) {
  const uint64_t groups = s2_ceil_div(units, target->cpu ? 8 : S2_MAX_LOCAL_SIZE);
  return target->cpu ? 8 : s2_round_to((uint32_t)s2_ceil_div(units, groups), 32);
}

uint32_t s2_rows_of(s2vk_type type, uint64_t width) {
  const uint32_t elements = 16 / (uint32_t)s2vk_type_size(type);
  if (width % elements == 0)
    return S2_ROWS_QUADS;
  return type == S2VK_TYPE_F32 || width % 2 == 0 ? S2_ROWS_WORDS : S2_ROWS_HALVES;
}

uint32_t s2_split_channels(const struct s2_job *job) {
  return job->geometry->pixels.source == S2_SOURCE_TENSOR ? 1 : job->geometry->channels;
}

uint32_t s2_split_target_rows(const struct s2_job *job, uint32_t side) {
  const struct s2_strides *strides = &job->scale->tile_strides;
  if (!s2_strides_planar(strides))
    return S2_ROWS_APART;
  return s2_rows_of(job->geometry->tile_type, side | strides->row | strides->channel | strides->item);
}

bool s2_split_has_room(const struct s2_job *job) {
  const uint64_t bytes = s2_tile_span(job->geometry, job->scale) * s2vk_type_size(job->geometry->tile_type);
  return s2_split_channels(job) == 1 ||
         bytes <= job->target->range / 8 * 7; /* alignment moves the begin of a range ahead of the tile */
}

uint32_t s2_pixel_form(const struct s2_pixels *pixels) {
  if (pixels->component_bytes == 4)
    return S2_PIXEL_FLOATS;
  if (pixels->pixel_bytes == 4)
    return pixels->row_stride % 4 == 0 && pixels->image_stride % 4 == 0 ? S2_PIXEL_WORDS : S2_PIXEL_FOURS;
  return pixels->pixel_bytes == 3 ? S2_PIXEL_TRIPLES : S2_PIXEL_SINGLES;
}

bool s2_split_is_wide(const struct s2_job *job) {
  const struct s2_pixels *pixels = &job->geometry->pixels;
  return pixels->source == S2_SOURCE_IMAGE ||
         (pixels->source == S2_SOURCE_PIXELS && s2_pixel_form(pixels) == S2_PIXEL_FLOATS);
}

uint32_t s2_key_source(const struct s2_pixels *pixels) {
  return pixels->flat ? S2_SOURCE_IMAGE_2D : pixels->source;
}

struct s2_pipeline_key s2_split_key(const struct s2_job *job, uint32_t shader) {
  const struct s2_geometry *g = job->geometry;
  struct s2_pipeline_key key = {.shader = shader, .source = s2_key_source(&g->pixels)};
  key.constants[S2_LOCAL_SIZE_X] = key.constants[S2_LOCAL_SIZE_Y] = 1;
  key.constants[S2_TARGET_TYPE] = (uint32_t)g->tile_type;
  if (g->pixels.source == S2_SOURCE_TENSOR)
    key.constants[S2_SOURCE_TYPE] = (uint32_t)g->input_type;
  else
    key.constants[S2_TRANSFER] = g->pixels.transfer;
  if (g->pixels.source == S2_SOURCE_PIXELS)
    key.constants[S2_PIXEL_FORM] = s2_pixel_form(&g->pixels);
  return key;
}

size_t s2_split_other_forms(const struct s2_job *job, struct s2_pipeline_key *keys, size_t count, size_t room) {
  const struct s2_pixels *pixels = &job->geometry->pixels;
  if (pixels->source != S2_SOURCE_PIXELS || s2_pixel_form(pixels) > S2_PIXEL_FOURS)
    return count;
  for (size_t i = 0; count + i < room && i < count; i++) {
    keys[count + i] = keys[i];
    keys[count + i].constants[S2_PIXEL_FORM] = S2_PIXEL_WORDS + S2_PIXEL_FOURS - s2_pixel_form(pixels);
  }
  return 2 * count;
}

uint32_t s2_split_run(const struct s2_job *job, uint32_t columns, uint32_t rows, uint64_t rounds) {
  const uint32_t side = job->scale->tile_side;
  const uint64_t planes = job->geometry->channels / s2_split_channels(job);
  const uint64_t strips = job->scale->tile_count * planes * s2_ceil_div(side, columns);
  while (!job->target->cpu && rows > 4 && strips * s2_ceil_div(side, rows) < job->target->invocations)
    rows /= 2;
  const uint64_t most = rounds ? job->target->loop_rounds / rounds : rows;
  rows = (uint32_t)(most < rows ? most : rows);
  return rows ? (uint32_t)s2_ceil_div(side, s2_ceil_div(side, rows)) : 0; /* all runs are about as long */
}
