/* What the pictures show of features, computed where they are: principal components as false colours, and cosine similarities
 * to one token. A field is what one picture shows: the channels of a scale or, the last field, those of all scales. */
#ifndef VIEWER_ANALYSIS_H
#define VIEWER_ANALYSIS_H

#include "gpu.h"

#include <s2vk/s2vk.h>

enum analysis_shader {
  ANALYSIS_MEAN,
  ANALYSIS_PROJECT,
  ANALYSIS_MULTIPLY,
  ANALYSIS_ORTHONORMALISE,
  ANALYSIS_ROTATE,
  ANALYSIS_ALIGN,
  ANALYSIS_COLOUR,
  ANALYSIS_SIMILARITY,
  ANALYSIS_LOWEST,
  ANALYSIS_SHADER_COUNT,
};

enum { ANALYSIS_COMPONENTS, ANALYSIS_SIMILARITIES, ANALYSIS_SET_COUNT };

/* The pipelines, which all analyses share. */
struct analyst {
  const struct gpu *gpu;
  VkDescriptorSetLayout set_layouts[ANALYSIS_SET_COUNT];
  VkPipelineLayout layouts[ANALYSIS_SET_COUNT];
  VkPipeline pipelines[ANALYSIS_SHADER_COUNT];
};

VkResult analyst_create(struct analyst *analyst, const struct gpu *gpu);
void analyst_destroy(struct analyst *analyst);

struct analysis_shape {
  uint32_t scales;
  uint32_t channels; /* of a scale */
  uint32_t tokens;   /* of the common grid */
  uint32_t prefix;   /* tokens ahead of them */
};

/* Of one plan's output. */
struct analysis {
  const struct analyst *analyst;
  struct analysis_shape shape;
  VkDescriptorPool pool;
  VkDescriptorSet sets[ANALYSIS_SET_COUNT];
  struct buffer state, projections;
  struct buffer colours;      /* (scales + 1) x tokens, RGBA of 8 bits each */
  struct buffer similarities; /* (scales + 1) x tokens, f32 */
  struct buffer lowest;       /* scales + 1, f32: the similarity where colours begin */
};

/* features: in f32, (prefix + tokens) x (scales * channels). */
VkResult analysis_create(struct analysis *analysis, const struct analyst *analyst, const s2vk_tensor *features,
    const struct analysis_shape *shape);
void analysis_destroy(struct analysis *analysis);

/* Record the work, which begins after all compute, drawing and copying before it. What they write is visible to COMPUTE_SHADER
 * work after them; to drawing and copying it is made so by analysis_record_end(). */
void analysis_record_components(const struct analysis *analysis, VkCommandBuffer commands);
void analysis_record_similarities(const struct analysis *analysis, VkCommandBuffer commands, uint32_t token);
void analysis_record_end(VkCommandBuffer commands);

/* Bytes of all buffers. */
uint64_t analysis_bytes(const struct analysis *analysis);

#endif
