#include "case.h"

#include <stdio.h>
#include <string.h>

#include "element.h"

static size_t elements_of(const s2vk_shape *shape) {
  size_t elements = 1;
  for (uint32_t i = 0; i < shape->rank; i++)
    elements *= shape->dims[i];
  return elements;
}

/* Compares one tile of a scale and answers with the recorded features of it. */
static bool answer(struct case_model *m, uint32_t scale, uint64_t tile, const char *tiles, char *features,
    size_t tile_elements, size_t feature_elements) {
  const struct npy *golden_tiles = &m->golden->tiles[scale], *golden_features = &m->golden->features[scale];
  if ((tile + 1) * tile_elements > golden_tiles->elements ||
      (tile + 1) * feature_elements > golden_features->elements) {
    snprintf(m->wrong, sizeof m->wrong, "tile %llu of scale %u is not in the case", (unsigned long long)tile, scale);
    return false;
  }
  const s2vk_type type = m->golden->info.tile_type;
  const size_t size = s2vk_type_size(type);
  double error =
      tensor_error(type, tiles, (const char *)golden_tiles->data + tile * tile_elements * size, tile_elements);
  m->error = error > m->error ? error : m->error;
  memcpy(features, (const char *)golden_features->data + tile * feature_elements * size, feature_elements * size);
  return true;
}

s2vk_result case_run(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  struct case_model *m = user;
  const size_t size = s2vk_type_size(call->tiles.type);
  const size_t tile_elements = elements_of(&call->tiles.shape) / call->tiles.shape.dims[0];
  const size_t feature_elements = elements_of(&call->features.shape) / call->features.shape.dims[0];
  uint32_t scale = call->scale;
  s2vk_scale_layout layout = {.struct_size = sizeof layout};
  for (uint32_t i = 0; i < call->tiles.shape.dims[0]; i++) {
    uint64_t tile = call->first_tile + i;
    s2vk_plan_get_scale(m->plan, scale, &layout);
    while (tile >= layout.first_tile + layout.tile_count)
      s2vk_plan_get_scale(m->plan, ++scale, &layout);
    if (!answer(m, scale, tile - layout.first_tile, (const char *)tiles + i * tile_elements * size,
            (char *)features + i * feature_elements * size, tile_elements, feature_elements))
      return (s2vk_result)1;
  }
  return S2VK_SUCCESS;
}

bool case_check_shapes(struct case_model *m) {
  const struct golden *golden = m->golden;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(m->plan, &layout);
  bool same = golden->output.rank == layout.output.rank;
  for (uint32_t i = 0; same && i < layout.output.rank; i++)
    same = golden->output.dims[i] == layout.output.dims[i];
  if (!same) {
    snprintf(m->wrong, sizeof m->wrong, "the plan's output has rank %u and is %u x %u x %u ..., not as output.npy",
        layout.output.rank, layout.output.dims[0], layout.output.dims[1], layout.output.dims[2]);
    return false;
  }
  for (uint32_t i = 0; i < layout.scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    s2vk_plan_get_scale(m->plan, i, &scale);
    const struct npy *tiles = &golden->tiles[i];
    if (tiles->rank != 4 || tiles->dims[0] != scale.tile_count || tiles->dims[2] != scale.tile_side ||
        golden->features[i].dims[0] != scale.tile_count) {
      snprintf(m->wrong, sizeof m->wrong, "scale %u has %llu tiles of side %u, not as tiles_%u.npy and features_%u.npy",
          i, (unsigned long long)scale.tile_count, scale.tile_side, i, i);
      return false;
    }
  }
  return true;
}
