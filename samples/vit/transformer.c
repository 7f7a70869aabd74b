/* Vision transformers as lists of steps. */
#include "model.h"
#include "positions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Passed through the functions below. */
struct builder {
  struct vit *vit;
  const struct vit_config *config;
  struct vit_loader *loader;
  uint32_t across; /* patches of a tile's side */
  uint32_t tokens; /* of a tile, all prefix tokens included */
};

static const struct safetensors_tensor *find(
    const struct builder *b, uint32_t layer, const char *name, const char *suffix) {
  return name ? vit_folder_tensor(b->loader->folder, layer, name, suffix) : NULL;
}

static bool add(const struct builder *b, const struct vit_step *step, uint64_t elements, uint32_t rows) {
  return vit_add_step(b->vit, step, elements, rows, b->loader->error);
}

/* ---- Embeddings ---- */

/* Loads CLS, distillation and register tokens. CLS and distillation have position embeddings. */
static bool load_prefix(const struct builder *b, uint32_t *first) {
  const struct vit_family *family = b->config->family;
  const char *const names[] = {family->class_token, family->distillation_token, family->registers};
  const uint32_t counts[] = {1, 1, b->config->register_count};
  size_t width = b->config->hidden, at = 0;
  float *room = vit_load_room(b->loader, b->config->prefix * width, first);
  for (int i = 0; room && i < 3; i++)
    if (names[i]) {
      vit_load_add(room + at, find(b, VIT_NO_LAYER, names[i], ""), 0, counts[i] * width);
      at += counts[i] * width;
    }
  if (room && b->config->position_tokens)
    vit_load_add(room, find(b, VIT_NO_LAYER, family->positions, ""), 0, b->config->position_tokens * width);
  return room;
}

/* Writes the position embeddings: the trained ones, or interpolated ones. */
static bool put_positions(const struct builder *b, float *room) {
  const struct vit_config *config = b->config;
  uint32_t trained = config->image_size / config->patch_size;
  size_t count = (size_t)trained * trained * config->hidden;
  float *from = malloc(count * sizeof *from);
  bool done = from;
  if (done)
    safetensors_decode(find(b, VIT_NO_LAYER, config->family->positions, ""),
        (uint64_t)config->position_tokens * config->hidden, count, from);
  if (done && b->across == trained)
    memcpy(room, from, count * sizeof *from);
  else if (done)
    done = vit_interpolate(from, trained, room, b->across, config->hidden, config->family->interpolation);
  free(from);
  return done || vit_fail(b->loader->error, "no memory for %zu position embeddings", count);
}

/* Loads the sum of position embeddings and the convolution's bias for each place. Without position embeddings it is the
 * bias, once. */
static bool load_places(const struct builder *b, struct vit_product_push *push) {
  const struct vit_family *family = b->config->family;
  size_t width = b->config->hidden, places = family->positions ? (size_t)b->across * b->across : 1;
  float *room = vit_load_room(b->loader, places * width, &push->bias);
  /* Interpolating positions takes time. A loader that only counts skips it. */
  if (!room || (family->positions && b->loader->upload && !put_positions(b, room)))
    return false;
  push->place_pitch = family->positions ? b->config->hidden : 0;
  for (size_t i = 0; i < places; i++)
    vit_load_add(room + i * width, find(b, VIT_NO_LAYER, family->patches, ".bias"), 0, width);
  return true;
}

static bool embed_patches(const struct builder *b) {
  const struct vit_config *config = b->config;
  uint32_t count = 3 * config->patch_size * config->patch_size, depth = (count + 15) / 16 * 16;
  const struct safetensors_tensor *tensor = find(b, VIT_NO_LAYER, config->family->patches, ".weight");
  struct vit_step step = {.op = VIT_OP_PATCH_PRODUCT,
      .source = VIT_TILES,
      .destination = VIT_STREAM,
      .type = tensor->type,
      .push.product = {.rows = b->across * b->across,
          .columns = config->hidden,
          .depth = depth,
          .side = b->vit->side,
          .patch_side = config->patch_size,
          .patches = b->across * b->across,
          .tokens = b->tokens,
          .prefix = config->prefix}};
  const struct vit_order order = {.count = count,
      .channels = config->family->linear ? 3 : 0, /* last in the file */
      .area = config->patch_size * config->patch_size};
  return vit_load_convolution(b->loader, tensor, &order, config->hidden, depth, &step.matrix) &&
         load_places(b, &step.push.product) && add(b, &step, (uint64_t)b->tokens * config->hidden, b->tokens);
}

/* Adds the step for the prefix tokens, which are the same in every tile. */
static bool put_prefix(const struct builder *b) {
  struct vit_step step = {.op = VIT_OP_COPY,
      .source = VIT_VECTORS_PLACE,
      .destination = VIT_STREAM,
      .matrix = VIT_NO_MATRIX,
      .beside = true,
      .push.rows = {.row_count = b->config->prefix,
          .rows_per_tile = b->config->prefix,
          .width = b->config->hidden,
          .destination_stride = b->tokens}};
  return !b->config->prefix || (load_prefix(b, &step.push.rows.source_base) && add(b, &step, 0, b->config->prefix));
}

/* ---- Layers ---- */

static bool load_norm(const struct builder *b, uint32_t layer, const char *name, struct vit_rows_push *push) {
  return vit_load_vector(b->loader, find(b, layer, name, ".weight"), b->config->hidden, &push->weight) &&
         vit_load_vector(b->loader, find(b, layer, name, ".bias"), b->config->hidden, &push->bias);
}

static bool norm(const struct builder *b, uint32_t layer, const char *name, enum vit_place destination) {
  struct vit_step step = {.op = VIT_OP_NORM,
      .source = VIT_STREAM,
      .destination = destination,
      .matrix = VIT_NO_MATRIX,
      .push.rows = {.row_count = b->tokens,
          .rows_per_tile = b->tokens,
          .width = b->config->hidden,
          .source_stride = b->tokens,
          .destination_stride = b->tokens,
          .epsilon = b->config->epsilon}};
  return load_norm(b, layer, name, &step.push.rows) &&
         add(b, &step, (uint64_t)b->tokens * b->config->hidden, b->tokens);
}

/* Loads the maps of a product, one below the other, and their biases in the same order. A map without a bias has
 * zeros. */
static bool load_product(const struct builder *b, uint32_t layer, enum vit_product product, struct vit_step *step) {
  const char *const *names = vit_config_parts(b->config, product);
  const struct safetensors_tensor *tensors[VIT_MAX_PARTS] = {NULL};
  uint32_t columns = vit_config_columns(b->config, product), count = 0;
  for (; count < VIT_MAX_PARTS && names[count]; count++)
    tensors[count] = find(b, layer, names[count], ".weight");
  float *room = vit_load_room(b->loader, columns, &step->push.product.bias);
  for (uint32_t i = 0; room && i < count; i++)
    if (b->config->biases[product][i])
      vit_load_add(room + (size_t)i * (columns / count), find(b, layer, names[i], ".bias"), 0, columns / count);
  for (uint32_t i = 0; room && product == VIT_QKV && i < VIT_MAX_PARTS; i++)
    vit_load_add(room + (size_t)i * b->config->hidden, find(b, layer, b->config->family->split_biases[i], ""), 0,
        b->config->hidden);
  step->type = tensors[0]->type;
  return room &&
         vit_load_matrix(b->loader, tensors, count, columns, vit_config_depth(b->config, product), &step->matrix);
}

static bool multiply(const struct builder *b, uint32_t layer, enum vit_product product) {
  const struct vit_config *config = b->config;
  const bool add_to = product == VIT_OUTPUT || product == VIT_FC2;
  const char *scale = product == VIT_OUTPUT ? config->family->scale1
                      : product == VIT_FC2  ? config->family->scale2
                                            : NULL;
  uint32_t columns = vit_config_columns(config, product), depth = vit_config_depth(config, product);
  struct vit_step step = {.op = VIT_OP_PRODUCT,
      .source = product == VIT_FC2 ? VIT_WIDE : VIT_NORMED,
      .destination = add_to ? VIT_STREAM : VIT_WIDE,
      .activation = product == VIT_FC1 && !config->gated ? config->activation : VIT_LINEAR,
      .add = add_to,
      .scale = scale,
      .push.product = {.rows = b->tokens,
          .columns = columns,
          .depth = depth,
          .pitch = depth * (product == VIT_FC2 && config->gated ? 2 : 1)}};
  return load_product(b, layer, product, &step) &&
         (!scale || vit_load_vector(b->loader, find(b, layer, scale, ""), columns, &step.push.product.scale)) &&
         add(b, &step, (uint64_t)b->tokens * columns, b->tokens);
}

static bool rotate(const struct builder *b, uint32_t angles) {
  const struct vit_config *config = b->config;
  return add(b,
      &(struct vit_step){.op = VIT_OP_ROPE,
          .source = VIT_WIDE,
          .destination = VIT_WIDE,
          .matrix = VIT_NO_MATRIX,
          .width = config->hidden / config->heads,
          .push.rope = {b->tokens, config->prefix, config->hidden, angles}},
      0, b->tokens);
}

static bool attend(const struct builder *b) {
  const struct vit_config *config = b->config;
  return add(b,
      &(struct vit_step){.op = VIT_OP_ATTENTION,
          .source = VIT_WIDE,
          .destination = VIT_NORMED,
          .matrix = VIT_NO_MATRIX,
          .heads = config->heads,
          .width = config->hidden / config->heads,
          .push.attention = {b->tokens, config->hidden, 1 / sqrtf((float)config->hidden / (float)config->heads)}},
      0, b->tokens);
}

static bool pass_gate(const struct builder *b) {
  return add(b,
      &(struct vit_step){.op = VIT_OP_GATE,
          .source = VIT_WIDE,
          .destination = VIT_WIDE,
          .matrix = VIT_NO_MATRIX,
          .activation = b->config->activation,
          .push.gate = {b->tokens, b->config->intermediate}},
      0, b->tokens);
}

static bool build_layer(const struct builder *b, uint32_t layer, uint32_t angles) {
  const struct vit_family *family = b->config->family;
  return norm(b, layer, family->norm1, VIT_NORMED) && multiply(b, layer, VIT_QKV) &&
         (!family->rope || rotate(b, angles)) && attend(b) && multiply(b, layer, VIT_OUTPUT) &&
         norm(b, layer, family->norm2, VIT_NORMED) && multiply(b, layer, VIT_FC1) &&
         (!b->config->gated || pass_gate(b)) && multiply(b, layer, VIT_FC2);
}

/* ---- Features ---- */

/* Adds the steps for feature maps. They are normalised in the workspace first, and come from there. */
static bool put_maps(const struct builder *b, uint32_t index) {
  const struct vit_level *level = &b->vit->levels[index];
  const uint32_t prefix = b->config->prefix, channels = b->config->hidden;
  return (!level->norm || norm(b, VIT_NO_LAYER, b->config->family->post_norm, VIT_NORMED)) &&
         add(b,
             &(struct vit_step){.op = VIT_OP_MAPS,
                 .source = level->norm ? VIT_NORMED : VIT_STREAM,
                 .destination = VIT_FEATURES,
                 .matrix = VIT_NO_MATRIX,
                 .level = index,
                 .push.maps = {b->tokens - prefix, channels, b->tokens, prefix, 0}},
             (uint64_t)(b->tokens - prefix) * channels, b->tokens);
}

static bool put_features(const struct builder *b, uint32_t index) {
  const struct vit_level *level = &b->vit->levels[index];
  if (level->shape.height)
    return put_maps(b, index);
  uint32_t kept = b->tokens - b->vit->skip;
  struct vit_step step = {.op = level->norm ? VIT_OP_NORM : VIT_OP_COPY,
      .source = VIT_STREAM,
      .destination = VIT_FEATURES,
      .matrix = VIT_NO_MATRIX,
      .level = index,
      .push.rows = {.row_count = kept,
          .rows_per_tile = kept,
          .width = b->config->hidden,
          .source_stride = b->tokens,
          .source_first = b->vit->skip,
          .destination_stride = kept,
          .epsilon = b->config->last_epsilon}};
  return (!level->norm || load_norm(b, VIT_NO_LAYER, b->config->family->post_norm, &step.push.rows)) &&
         add(b, &step, (uint64_t)kept * b->config->hidden, kept);
}

static bool load_angles(const struct builder *b, uint32_t *first) {
  uint32_t width = b->config->hidden / b->config->heads;
  float *room = vit_load_room(b->loader, (size_t)b->across * b->across * width, first);
  if (room && b->loader->upload)
    vit_rope_angles(b->across, width, b->config->rope_theta, room);
  return room;
}

bool vit_build_transformer(struct vit *vit, struct vit_loader *loader) {
  const struct vit_config *config = &vit->config;
  const uint32_t across = vit->side / config->patch_size;
  const struct builder b = {vit, config, loader, across, config->prefix + across * across};
  uint32_t angles = 0;
  if (!embed_patches(&b) || !put_prefix(&b) ||
      (config->family->pre_norm && !norm(&b, VIT_NO_LAYER, config->family->pre_norm, VIT_STREAM)) ||
      (config->family->rope && !load_angles(&b, &angles)))
    return false;
  for (uint32_t layer = 0; layer < vit->layers; layer++) {
    if (!build_layer(&b, layer, angles))
      return false;
    for (uint32_t i = 0; i < vit->level_count; i++)
      if (vit->levels[i].layer == layer + 1 && !put_features(&b, i))
        return false;
  }
  return true;
}
