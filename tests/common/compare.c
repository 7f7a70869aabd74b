#include "compare.h"

#include "element.h"
#include "guard.h"
#include "layout.h"
#include "reference.h"

static size_t stored_bytes(size_t elements, s2vk_type type) {
  return elements * s2vk_type_size(type);
}

static double random_value(struct noise *noise, uint32_t special_every) {
  static const double special[] = {NAN, INFINITY, -INFINITY};
  if (special_every && noise_below(noise, special_every) == 0)
    return special[noise_below(noise, 3)];
  return noise_unit(noise);
}

/* Random values that the type holds exactly. */
static double *random_values(size_t count, s2vk_type type, struct noise *noise, uint32_t special_every) {
  double *values = malloc(count * sizeof *values);
  uint32_t element;
  for (size_t i = 0; values && i < count; i++) {
    element_set(type, &element, 0, random_value(noise, special_every));
    values[i] = element_get(type, &element, 0);
  }
  if (!values)
    abort();
  return values;
}

void compare_create(struct compare *compare, const s2vk_plan_info *info, struct noise *noise, uint32_t special_every) {
  *compare = (struct compare){.info = *info};
  const size_t inputs = (size_t)info->batch * info->channels * info->height * info->width;
  double *input = random_values(inputs, info->input_type, noise, special_every);
  compare->input_bytes = stored_bytes(inputs, info->input_type);
  compare->input = malloc(compare->input_bytes);
  if (!compare->input)
    abort();
  for (size_t i = 0; i < inputs; i++)
    element_set(info->input_type, compare->input, i, input[i]);
  for (uint32_t i = 0; i < info->scale_count; i++) {
    compare->tiles[i] = reference_split(info, i, input);
    compare->features[i] = random_values(reference_feature_elements(info, i), info->feature_type, noise, special_every);
  }
  compare->output = reference_merge(info, compare->features);
  compare->output_bytes = stored_bytes(reference_output_elements(info), info->output_type);
  free(input);
}

void compare_destroy(struct compare *compare) {
  for (uint32_t i = 0; i < compare->info.scale_count; i++) {
    free(compare->tiles[i]);
    free(compare->features[i]);
  }
  free(compare->output);
  free(compare->input);
}

/* Visits the tiles of all calls: where tile `tile` of scale `scale` is, as the `index`th of call `call`. */
struct place {
  uint32_t call, index, scale;
  size_t tile;
  s2vk_call_layout layout; /* of the call */
  size_t tile_elements, feature_elements;
};

static bool next_place(const s2vk_plan *plan, struct place *place, bool first) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_call_layout call = {.struct_size = sizeof call};
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  if (first)
    *place = (struct place){0};
  else
    place->index++;
  assert_ok(s2vk_plan_get_call(plan, place->call, &call));
  if (place->index == call.tile_count) {
    if (++place->call == layout.call_count)
      return false;
    place->index = 0;
    assert_ok(s2vk_plan_get_call(plan, place->call, &call));
  }
  const uint64_t tile = call.first_tile + place->index;
  for (place->scale = 0;; place->scale++) {
    assert_ok(s2vk_plan_get_scale(plan, place->scale, &scale));
    if (tile < scale.first_tile + scale.tile_count)
      break;
  }
  place->tile = tile - scale.first_tile;
  place->layout = call;
  place->tile_elements = (size_t)call.tiles.dims[1] * call.tiles.dims[2] * call.tiles.dims[3];
  place->feature_elements = 1;
  for (uint32_t i = 1; i < call.features.rank; i++)
    place->feature_elements *= call.features.dims[i];
  return true;
}

void compare_fill(const struct compare *compare, const s2vk_plan *plan, struct replay *replay) {
  struct place p;
  for (bool more = next_place(plan, &p, true); more; more = next_place(plan, &p, false)) {
    char *features = (char *)replay->features.host + replay->features_at[p.call];
    if (p.index == 0)
      guard_poison(features, p.layout.features_bytes);
    for (size_t i = 0; i < p.feature_elements; i++)
      element_set(compare->info.feature_type,
          features + layout_offset(&p.layout.feature_strides, &p.layout.features, compare->info.feature_type,
                         p.index * p.feature_elements + i),
          0, compare->features[p.scale][p.tile * p.feature_elements + i]);
  }
}

static double excess(s2vk_type type, const void *element, double expected) {
  const double value = element_get(type, element, 0);
  if (value == expected || (isnan(value) && isnan(expected)))
    return 0;
  if (!isfinite(value) || !isfinite(expected))
    return INFINITY;
  return fabs(value - expected) - element_unit(type, fmax(fabs(value), fabs(expected))) / 2;
}

double compare_tiles(const struct compare *compare, const s2vk_plan *plan, const struct replay *replay) {
  struct place p;
  double worst = 0;
  for (bool more = next_place(plan, &p, true); more; more = next_place(plan, &p, false)) {
    const char *tiles = (const char *)replay->tiles.host + replay->tiles_at[p.call];
    const s2vk_type type = compare->info.tile_type;
    for (size_t i = 0; i < p.tile_elements; i++)
      worst = fmax(worst,
          excess(type,
              tiles + layout_offset(&p.layout.tile_strides, &p.layout.tiles, type, p.index * p.tile_elements + i),
              compare->tiles[p.scale][p.tile * p.tile_elements + i]));
    unsigned char *map = p.index == 0 ? layout_map(&p.layout.tile_strides, &p.layout.tiles, type) : NULL;
    for (size_t i = 0; map && i < layout_bytes(&p.layout.tile_strides, &p.layout.tiles, type); i++)
      if (map[i] == 2 && tiles[i] != 0) /* fills up a block */
        worst = INFINITY;
    free(map);
  }
  return worst;
}

double compare_output(const struct compare *compare, const s2vk_plan *plan, const void *output) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  const s2vk_type type = compare->info.output_type;
  double worst = 0;
  for (size_t i = 0; i < reference_output_elements(&compare->info); i++)
    worst =
        fmax(worst, excess(type, (const char *)output + layout_offset(&layout.output_strides, &layout.output, type, i),
                        compare->output[i]));
  return worst;
}

size_t compare_output_bytes(const struct compare *compare, const s2vk_plan *plan) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  return layout_bytes(&layout.output_strides, &layout.output, compare->info.output_type);
}
