/* ConvNeXt as a list of steps. Feature maps are rows of channels, as tokens are. Convolutions of 1 x 1 are therefore
 * products, and so are those of 2 x 2 with stride 2 after packing. */
#include "model.h"

/* Passed through the functions below. */
struct builder {
  struct vit *vit;
  const struct vit_config *config;
  struct vit_loader *loader;
};

/* A stage: places along a side of its map, and channels. */
struct map {
  uint32_t across, channels;
};

static uint32_t places(const struct map *map) {
  return map->across * map->across;
}

static const struct safetensors_tensor *find(
    const struct builder *b, uint32_t layer, const char *name, const char *suffix) {
  return name ? vit_folder_tensor(b->loader->folder, layer, name, suffix) : NULL;
}

/* Adds a step that writes a map, `times` as wide. */
static bool add(const struct builder *b, const struct vit_step *step, const struct map *map, uint32_t times) {
  return vit_add_step(b->vit, step, (uint64_t)places(map) * map->channels * times, places(map), b->loader->error);
}

/* ---- Steps ---- */

static bool norm(
    const struct builder *b, uint32_t layer, const char *name, const struct map *map, const struct vit_step *like) {
  struct vit_step step = *like;
  step.op = VIT_OP_NORM;
  step.matrix = VIT_NO_MATRIX;
  step.push.rows = (struct vit_rows_push){.row_count = places(map),
      .rows_per_tile = places(map),
      .width = map->channels,
      .source_stride = places(map),
      .destination_stride = places(map),
      .across = map->across,
      .epsilon =
          layer == VIT_NO_LAYER && step.destination != VIT_STREAM ? b->config->last_epsilon : b->config->epsilon};
  return vit_load_vector(b->loader, find(b, layer, name, ".weight"), map->channels, &step.push.rows.weight) &&
         vit_load_vector(b->loader, find(b, layer, name, ".bias"), map->channels, &step.push.rows.bias) &&
         add(b, &step, map, 1);
}

static bool embed_patches(const struct builder *b, const struct map *map) {
  const struct vit_config *config = b->config;
  uint32_t count = 3 * config->patch_size * config->patch_size, depth = (count + 15) / 16 * 16;
  const struct safetensors_tensor *tensor = find(b, VIT_NO_LAYER, config->family->patches, ".weight");
  struct vit_step step = {.op = VIT_OP_PATCH_PRODUCT,
      .source = VIT_TILES,
      .destination = VIT_STREAM,
      .type = tensor->type,
      .push.product = {.rows = places(map),
          .columns = map->channels,
          .depth = depth,
          .side = b->vit->side,
          .patch_side = config->patch_size,
          .patches = places(map),
          .tokens = places(map)}};
  return vit_load_convolution(
             b->loader, tensor, &(struct vit_order){.count = count}, map->channels, depth, &step.matrix) &&
         vit_load_vector(b->loader, find(b, VIT_NO_LAYER, config->family->patches, ".bias"), map->channels,
             &step.push.product.bias) &&
         add(b, &step, map, 1);
}

/* Downsamples to half the size. Packed rows are four times as wide, with channels last. The weights must have the same
 * order. */
static bool downsample(const struct builder *b, uint32_t stage, const struct map *from, const struct map *map) {
  const struct vit_family *family = b->config->family;
  const struct safetensors_tensor *tensor = find(b, stage, family->down, ".weight");
  uint32_t depth = 4 * from->channels;
  struct vit_step step = {.op = VIT_OP_PRODUCT,
      .source = VIT_WIDE,
      .destination = VIT_STREAM,
      .type = tensor->type,
      .push.product = {.rows = places(map), .columns = map->channels, .depth = depth, .pitch = depth}};
  const struct vit_order order = {.count = depth, .channels = 4, .area = from->channels};
  return norm(b, stage, family->down_norm, from,
             &(struct vit_step){.source = VIT_STREAM, .destination = VIT_WIDE, .pack = true}) &&
         vit_load_convolution(b->loader, tensor, &order, map->channels, depth, &step.matrix) &&
         vit_load_vector(b->loader, find(b, stage, family->down, ".bias"), map->channels, &step.push.product.bias) &&
         add(b, &step, map, 1);
}

/* Loads weights as places x channels. The file has channels x places. */
static bool load_depthwise(
    const struct builder *b, uint32_t layer, const struct map *map, struct vit_depthwise_push *push) {
  enum { AREA = 49 };
  const struct safetensors_tensor *tensor = find(b, layer, b->config->family->depthwise, ".weight");
  float *room = vit_load_room(b->loader, (size_t)AREA * map->channels, &push->weight), values[AREA];
  for (size_t channel = 0; room && b->loader->upload && channel < map->channels; channel++) {
    safetensors_decode(tensor, channel * AREA, AREA, values);
    for (size_t i = 0; i < AREA; i++)
      room[i * map->channels + channel] = values[i];
  }
  return room &&
         vit_load_vector(b->loader, find(b, layer, b->config->family->depthwise, ".bias"), map->channels, &push->bias);
}

static bool convolve(const struct builder *b, uint32_t layer, const struct map *map) {
  struct vit_step step = {.op = VIT_OP_DEPTHWISE,
      .source = VIT_STREAM,
      .destination = VIT_NORMED,
      .matrix = VIT_NO_MATRIX,
      .push.depthwise = {.across = map->across, .channels = map->channels}};
  return load_depthwise(b, layer, map, &step.push.depthwise) && add(b, &step, map, 1);
}

static bool multiply(const struct builder *b, uint32_t layer, enum vit_product product, const struct map *map) {
  const struct vit_config *config = b->config;
  const bool inner = product == VIT_FC1;
  const char *name = config->family->parts[product][0];
  const char *scale = inner || config->no_scale ? NULL : config->family->scale2;
  const struct safetensors_tensor *tensor = find(b, layer, name, ".weight");
  uint32_t columns = map->channels * (inner ? 4 : 1), depth = map->channels * (inner ? 1 : 4);
  struct vit_step step = {.op = VIT_OP_PRODUCT,
      .source = inner ? VIT_NORMED : VIT_WIDE,
      .destination = inner ? VIT_WIDE : VIT_STREAM,
      .type = tensor->type,
      .activation = inner ? config->activation : VIT_LINEAR,
      .add = !inner,
      .scale = scale,
      .push.product = {.rows = places(map), .columns = columns, .depth = depth, .pitch = depth}};
  return vit_load_matrix(b->loader, &tensor, 1, columns, depth, &step.matrix) &&
         vit_load_vector(b->loader, find(b, layer, name, ".bias"), columns, &step.push.product.bias) &&
         (!scale || vit_load_vector(b->loader, find(b, layer, scale, ""), columns, &step.push.product.scale)) &&
         add(b, &step, map, inner ? 4 : 1);
}

static bool build_block(const struct builder *b, uint32_t layer, const struct map *map) {
  return convolve(b, layer, map) &&
         norm(b, layer, b->config->family->norm2, map,
             &(struct vit_step){.source = VIT_NORMED, .destination = VIT_NORMED}) &&
         multiply(b, layer, VIT_FC1, map) && multiply(b, layer, VIT_FC2, map);
}

/* ---- The model ---- */

/* Adds the steps for the features. The map is in the stream. If it is normalised to become feature maps, it is in the
 * workspace beside the stream. */
static bool put_features(const struct builder *b, uint32_t index, const struct map *map) {
  const struct vit_level *level = &b->vit->levels[index];
  const char *last = b->config->family->post_norm;
  struct vit_step step = {.op = level->shape.height ? VIT_OP_MAPS : VIT_OP_COPY,
      .source = level->norm ? VIT_NORMED : VIT_STREAM,
      .destination = VIT_FEATURES,
      .matrix = VIT_NO_MATRIX,
      .level = index};
  if (level->norm && !level->shape.height)
    return norm(b, VIT_NO_LAYER, last, map,
        &(struct vit_step){.source = VIT_STREAM, .destination = VIT_FEATURES, .level = index});
  if (level->norm &&
      !norm(b, VIT_NO_LAYER, last, map, &(struct vit_step){.source = VIT_STREAM, .destination = VIT_NORMED}))
    return false;
  if (level->shape.height)
    step.push.maps = (struct vit_maps_push){.tokens = places(map), .channels = map->channels, .stride = places(map)};
  else
    step.push.rows = (struct vit_rows_push){.row_count = places(map),
        .rows_per_tile = places(map),
        .width = map->channels,
        .source_stride = places(map),
        .destination_stride = places(map)};
  return add(b, &step, map, 1);
}

bool vit_build_convnet(struct vit *vit, struct vit_loader *loader) {
  const struct vit_config *config = &vit->config;
  const struct builder b = {vit, config, loader};
  struct map map = {vit->side / config->patch_size, config->stage_channels[0]};
  if (!embed_patches(&b, &map) || !norm(&b, VIT_NO_LAYER, config->family->pre_norm, &map,
                                      &(struct vit_step){.source = VIT_STREAM, .destination = VIT_STREAM}))
    return false;
  for (uint32_t stage = 0; stage < vit->layers; stage++) {
    const struct map before = map;
    map.channels = config->stage_channels[stage];
    map.across /= stage ? 2 : 1;
    if (stage && !downsample(&b, stage, &before, &map))
      return false;
    for (uint32_t i = 0; i < config->stage_blocks[stage]; i++)
      if (!build_block(&b, VIT_BLOCK(stage, i), &map))
        return false;
    for (uint32_t i = 0; i < vit->level_count; i++)
      if (vit->levels[i].layer == stage + 1 && !put_features(&b, i, &map))
        return false;
  }
  return true;
}
