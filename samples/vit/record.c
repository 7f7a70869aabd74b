/* A call as commands. Nothing here allocates. */
#include "model.h"

#include <math.h>

#define MAX_GROUPS 65535u /* the least that a device may have */
#define CPU_ROWS 8u       /* rows to a workgroup of rows.comp on a CPU */

/* What is the same for all commands of a chunk. */
struct chunk {
  const struct vit *vit;
  VkCommandBuffer commands;
  uint32_t tiles;
};

static void barrier(VkCommandBuffer commands) {
  const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
      &memory, 0, NULL, 0, NULL);
}

static void dispatch(const struct chunk *chunk, VkPipeline pipeline, VkDescriptorSet set, const void *push,
    uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z) {
  const VkPipelineLayout layout = chunk->vit->device.layout;
  vkCmdBindPipeline(chunk->commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(chunk->commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0, NULL);
  vkCmdPushConstants(chunk->commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes, push);
  vkCmdDispatch(chunk->commands, x, y, z);
}

/* ---- Rows ---- */

static void rows(const struct chunk *chunk, VkDescriptorSet set, bool norm, const struct vit_rows_push *push) {
  uint32_t groups = chunk->vit->device.cpu ? (push->row_count + CPU_ROWS - 1) / CPU_ROWS : push->row_count;
  dispatch(chunk, norm ? chunk->vit->norm_rows : chunk->vit->copy_rows, set, push, sizeof *push,
      groups < MAX_GROUPS ? groups : MAX_GROUPS, 1, 1);
}

static void norm(const struct chunk *chunk, VkDescriptorSet set, const struct vit_norm_vectors *vectors) {
  const struct vit *vit = chunk->vit;
  rows(chunk, set, true,
      &(struct vit_rows_push){
          .row_count = chunk->tiles * vit->tokens,
          .rows_per_tile = vit->tokens,
          .width = vit->config.hidden,
          .source_stride = vit->tokens,
          .destination_stride = vit->tokens,
          .weight = vectors->weight,
          .bias = vectors->bias,
          .epsilon = vit->config.epsilon,
      });
  barrier(chunk->commands);
}

/* The prefix tokens, which are the same in every tile. */
static void put_prefix(const struct chunk *chunk) {
  const struct vit *vit = chunk->vit;
  if (vit->config.prefix)
    rows(chunk, vit->prefix_set, false,
        &(struct vit_rows_push){
            .row_count = chunk->tiles * vit->config.prefix,
            .rows_per_tile = vit->config.prefix,
            .width = vit->config.hidden,
            .destination_stride = vit->tokens,
            .source_base = vit->weights.prefix_tokens,
        });
}

static void put_features(const struct chunk *chunk, const struct vit_window *window) {
  const struct vit *vit = chunk->vit;
  uint32_t kept = vit->tokens - vit->skip;
  rows(chunk, window->features, vit->norm,
      &(struct vit_rows_push){
          .row_count = chunk->tiles * kept,
          .rows_per_tile = kept,
          .width = vit->config.hidden,
          .source_stride = vit->tokens,
          .source_first = vit->skip,
          .destination_stride = kept,
          .destination_base = window->features_base,
          .weight = vit->weights.post_norm.weight,
          .bias = vit->weights.post_norm.bias,
          .epsilon = vit->config.epsilon,
      });
}

/* ---- Products ---- */

static void product(const struct chunk *chunk, const struct vit_matmul *matmul, VkDescriptorSet set,
    const struct vit_matmul_push *push) {
  dispatch(chunk, matmul->pipeline, set, push, sizeof *push,
      (push->columns + matmul->tile_columns - 1) / matmul->tile_columns,
      (push->rows + matmul->tile_rows - 1) / matmul->tile_rows, 1);
}

static void embed_patches(const struct chunk *chunk, const struct vit_window *window) {
  const struct vit *vit = chunk->vit;
  uint32_t patches = vit->across * vit->across;
  product(chunk, &vit->patches, window->patches,
      &(struct vit_matmul_push){
          .rows = chunk->tiles * patches,
          .columns = vit->weights.patches.columns,
          .depth = vit->weights.patches.depth,
          .bias = vit->weights.positions,
          .side = vit->side,
          .patch_side = vit->config.patch_size,
          .patches = patches,
          .tokens = vit->tokens,
          .prefix = vit->config.prefix,
          .source_base = window->tiles_base,
      });
}

static void layer_product(const struct chunk *chunk, uint32_t index, enum vit_product which) {
  const struct vit *vit = chunk->vit;
  const struct vit_layer *layer = &vit->weights.layers[index];
  const struct vit_matrix *matrix = &layer->matrices[which];
  product(chunk, &vit->products[vit_pipeline_of(which)][matrix->type], vit->layer_sets[index][which],
      &(struct vit_matmul_push){
          .rows = chunk->tiles * vit->tokens,
          .columns = matrix->columns,
          .depth = matrix->depth,
          .bias = layer->biases[which],
          .scale = layer->scales[which],
      });
  barrier(chunk->commands);
}

static void attend(const struct chunk *chunk) {
  const struct vit *vit = chunk->vit;
  const struct vit_attention_push push = {
      .tokens = vit->tokens,
      .hidden = vit->config.hidden,
      .factor = 1 / sqrtf((float)vit->config.hidden / (float)vit->config.heads),
  };
  dispatch(chunk, vit->attention, vit->attention_set, &push, sizeof push,
      (vit->tokens + vit->attention_block - 1) / vit->attention_block, vit->config.heads, chunk->tiles);
  barrier(chunk->commands);
}

/* ---- A call ---- */

static void record_chunk(const struct chunk *chunk, const struct vit_window *window) {
  const struct vit *vit = chunk->vit;
  embed_patches(chunk, window);
  put_prefix(chunk);
  barrier(chunk->commands);
  if (vit->config.family->pre_norm)
    norm(chunk, vit->pre_norm_set, &vit->weights.pre_norm);
  for (uint32_t i = 0; i < vit->weights.layer_count; i++) {
    norm(chunk, vit->norm_set, &vit->weights.layers[i].norms[0]);
    layer_product(chunk, i, VIT_QKV);
    attend(chunk);
    layer_product(chunk, i, VIT_OUTPUT);
    norm(chunk, vit->norm_set, &vit->weights.layers[i].norms[1]);
    layer_product(chunk, i, VIT_FC1);
    layer_product(chunk, i, VIT_FC2);
  }
  put_features(chunk, window);
}

/* Whether a call is of the binding that descriptors were made for. */
static bool is_bound(const struct vit *vit, const s2vk_model_call *call) {
  const s2vk_tensor *tiles = &call->tiles, *features = &call->features;
  return tiles->buffer == vit->tiles_buffer && tiles->offset == vit->tiles_offset &&
         features->buffer == vit->features_buffer && features->offset == vit->features_offset &&
         tiles->type == S2VK_TYPE_F32 && features->type == S2VK_TYPE_F32 && tiles->shape.dims[1] == 3 &&
         tiles->shape.dims[2] == vit->side && tiles->shape.dims[3] == vit->side && features->shape.rank == 3 &&
         features->shape.dims[1] == vit->tokens - vit->skip && features->shape.dims[2] == vit->config.hidden &&
         (tiles->shape.dims[0] - 1) / vit->tiles_per_chunk < vit->window_count;
}

s2vk_result vit_record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  const struct vit *vit = user;
  if (!is_bound(vit, call))
    return S2VK_ERROR_MODEL;
  uint32_t tiles = call->tiles.shape.dims[0];
  for (uint32_t i = 0, first = 0; first < tiles; i++, first += vit->tiles_per_chunk) {
    uint32_t left = tiles - first;
    const struct chunk chunk = {vit, commands, left < vit->tiles_per_chunk ? left : vit->tiles_per_chunk};
    if (i)
      barrier(commands); /* the workspace is in use */
    record_chunk(&chunk, &vit->windows[i]);
  }
  return S2VK_SUCCESS;
}
