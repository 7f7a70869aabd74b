/* Records a call. Nothing here allocates. */
#include "model.h"

static void barrier(VkCommandBuffer commands) {
  const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
      &memory, 0, NULL, 0, NULL);
}

static void record_chunk(
    const struct vit *vit, VkCommandBuffer commands, const struct vit_window *window, uint32_t tiles, bool first) {
  for (uint32_t i = 0; i < vit->step_count; i++) {
    const struct vit_step *step = &vit->steps[i];
    const struct vit_recording recording = {
        .device = &vit->device,
        .commands = commands,
        .set = step->source == VIT_TILES           ? window->tiles
               : step->destination == VIT_FEATURES ? window->features[step->level]
                                                   : vit->sets[i],
        .tiles = tiles,
        .tiles_base = window->tiles_base,
        .features_base = window->features_base[step->level],
    };
    if (!step->beside && (i || !first)) /* the chunk before still uses the workspace */
      barrier(commands);
    vit_ops[step->op]->record(&recording, step);
  }
}

static bool same_shape(const struct vit_level *level, const s2vk_tensor *features) {
  const uint32_t *dims = features->shape.dims;
  if (level->shape.height)
    return features->shape.rank == 4 && dims[1] == level->shape.channels && dims[2] == level->shape.height &&
           dims[3] == level->shape.width;
  return features->shape.rank == 3 && dims[1] == level->shape.tokens && dims[2] == level->shape.channels;
}

/* Whether a call belongs to the binding for which descriptors were made (the first one, of several). */
static bool is_bound(const struct vit *vit, const s2vk_model_call *call) {
  const s2vk_tensor *tiles = &call->tiles, *features = &call->features;
  const struct vit_level *level = &vit->levels[0];
  return tiles->buffer == vit->tiles_buffer && tiles->offset == vit->tiles_offset &&
         features->buffer == level->buffer && features->offset == level->offset && tiles->type == S2VK_TYPE_F32 &&
         features->type == S2VK_TYPE_F32 && tiles->shape.dims[1] == 3 && tiles->shape.dims[2] == vit->side &&
         tiles->shape.dims[3] == vit->side && same_shape(level, features) &&
         (tiles->shape.dims[0] - 1) / vit->chunk < vit->window_count;
}

s2vk_result vit_record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  const struct vit *vit = user;
  if (!vit->window_count || !is_bound(vit, call))
    return S2VK_ERROR_MODEL;
  uint32_t tiles = call->tiles.shape.dims[0];
  for (uint32_t i = 0, first = 0; first < tiles; i++, first += vit->chunk) {
    uint32_t left = tiles - first;
    record_chunk(vit, commands, &vit->windows[i], left < vit->chunk ? left : vit->chunk, i == 0);
  }
  return S2VK_SUCCESS;
}
