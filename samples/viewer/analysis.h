/* What the pictures show of features, computed where they are: principal components as false colours, segments, cosine
 * similarities to a token, lengths, and what a finer scale adds. A field is what one picture shows: the channels of a
 * scale or, the last field, those of all scales. */
#ifndef VIEWER_ANALYSIS_H
#define VIEWER_ANALYSIS_H

#include "gpu.h"

#include <s2vk/s2vk.h>

#define STATS_BINS 32
#define STATS_VALUES (4 + STATS_BINS) /* per field: robust low end, minimum, maximum, mean, and the histogram */
#define MAX_SEGMENTS 16

enum analysis_shader {
  ANALYSIS_MEAN,
  ANALYSIS_PROJECT,
  ANALYSIS_MULTIPLY,
  ANALYSIS_ORTHONORMALISE,
  ANALYSIS_ROTATE,
  ANALYSIS_ALIGN,
  ANALYSIS_COLOUR,
  ANALYSIS_MASK,
  ANALYSIS_SIMILARITY,
  ANALYSIS_NORMS,
  ANALYSIS_DIFFERENCE,
  ANALYSIS_SEGMENTS,
  ANALYSIS_STATS,
  ANALYSIS_NEAREST,
  ANALYSIS_TILES,
  ANALYSIS_SHADER_COUNT,
};

#define ANALYSIS_MAX_BUFFERS 4

/* The pipelines. All analyses share them. */
struct analyst {
  const struct gpu *gpu;
  VkDescriptorSetLayout set_layouts[ANALYSIS_MAX_BUFFERS + 1]; /* by the number of buffers */
  VkPipelineLayout layouts[ANALYSIS_MAX_BUFFERS + 1];
  VkPipeline pipelines[ANALYSIS_SHADER_COUNT];
};

VkResult analyst_create(struct analyst *analyst, const struct gpu *gpu);
void analyst_destroy(struct analyst *analyst);

/* A descriptor set of the first buffers, in a pool of its own. */
struct analysis_set {
  VkDescriptorPool pool;
  VkDescriptorSet set;
  uint32_t count;
};

VkResult analysis_set_create(
    struct analysis_set *set, const struct analyst *analyst, const VkDescriptorBufferInfo *buffers, uint32_t count);
void analysis_set_destroy(struct analysis_set *set, const struct analyst *analyst);

/* Records a dispatch, and a barrier to the compute work after it. */
void analysis_dispatch(const struct analyst *analyst, VkCommandBuffer commands, enum analysis_shader shader,
    const struct analysis_set *set, const void *push, uint32_t push_bytes, uint64_t groups);

/* Barriers around compute work. It begins after all earlier compute work, drawing and copying. Drawing and copying
 * after it see what it wrote. */
void analysis_record_start(VkCommandBuffer commands);
void analysis_record_end(VkCommandBuffer commands);

struct analysis_shape {
  uint32_t scales;
  uint32_t channels; /* of a scale */
  uint32_t tokens;   /* of the common grid */
  uint32_t prefix;   /* tokens ahead of them */
};

enum analysis_values { VALUES_SIMILARITIES, VALUES_NORMS, VALUES_DIFFERENCES, VALUES_COUNT };

enum {
  SET_COMPONENTS,
  SET_SIMILARITY,
  SET_NORMS,
  SET_DIFFERENCE,
  SET_SEGMENTS,
  SET_STATS,
  SET_COUNT = SET_STATS + VALUES_COUNT
};

/* The analysis of one plan's output. */
struct analysis {
  const struct analyst *analyst;
  struct analysis_shape shape;
  VkDescriptorBufferInfo features;
  struct analysis_set sets[SET_COUNT];
  struct buffer state, projections;
  struct buffer colours;              /* colours by components: fields x tokens, RGBA of 8 bits each */
  struct buffer segments;             /* colours by segment: fields x tokens, RGBA of 8 bits each */
  struct buffer labels;               /* fields x tokens, the segment of each */
  struct buffer query;                /* the features that similarities compare with */
  struct buffer values[VALUES_COUNT]; /* fields x tokens, f32; differences have one field */
  struct buffer stats[VALUES_COUNT];  /* fields x STATS_VALUES, f32 */
};

/* features: f32, (prefix + tokens) x (scales * channels). */
VkResult analysis_create(struct analysis *analysis, const struct analyst *analyst, const s2vk_tensor *features,
    const struct analysis_shape *shape);
void analysis_destroy(struct analysis *analysis);

/* Bytes of all buffers. */
uint64_t analysis_bytes(const struct analysis *analysis);

/* ---- What is recorded -------------------------------------------------------------------------------------------- */

/* Each begins after all work that was recorded before it, as with analysis_record_start(). Call analysis_record_end()
 * after the last one. */

/* If grids is not NULL, only tokens in the foreground count. It has tokens down and across of the one or two pictures
 * whose tokens these are. flipped: foreground and background are exchanged. */
void analysis_record_components(
    const struct analysis *analysis, VkCommandBuffer commands, const uint32_t grids[4], bool flipped);

/* Similarities to a token of this analysis, or of another one with the same number of channels. */
void analysis_record_similarities(
    const struct analysis *analysis, VkCommandBuffer commands, const struct analysis *of, uint32_t token);

void analysis_record_norms(const struct analysis *analysis, VkCommandBuffer commands);

/* After the components. count: at most MAX_SEGMENTS. */
void analysis_record_segments(const struct analysis *analysis, VkCommandBuffer commands, uint32_t count);

/* After the norms. How much the tokens of a fine grid differ within each token of a coarser one, in the scales whose
 * bits are set in chosen. */
void analysis_record_differences(const struct analysis *analysis, VkCommandBuffer commands, uint32_t chosen,
    const s2vk_size *grid, const s2vk_size *coarse);

/* The tokens that count, and the ends of their histogram. */
struct stats_range {
  uint32_t columns; /* of the grid */
  uint32_t first_row, end_row, first_column, end_column;
  float low, high;
};
void analysis_record_stats(const struct analysis *analysis, VkCommandBuffer commands, enum analysis_values values,
    const struct stats_range *range);

#endif
