/* The pipelines of the two passes, one for each choice of types and shape that a plan needs, shared by all plans. */
#ifndef S2VK_PIPELINE_H
#define S2VK_PIPELINE_H

#include "context.h"

#define S2_PUSH_BYTES 128

/* Push constants as the shaders read them, see there. */
struct s2_split_push {
  uint32_t batch, channels, height, width;
  uint32_t side;
  uint32_t call_tile;
  uint32_t first_tile, first_channel, channel_count;
  uint32_t first_row, row_count;
  uint32_t scale;
  uint32_t input_base, tiles_base;
  /* Of pixels alone. */
  uint32_t origin[2];
  float scales[4], biases[4];
  uint32_t order, pixel_bytes;
};

struct s2_merge_push {
  uint32_t batch, channels, prefix;
  uint32_t scale_count, out_height, out_width;
  uint32_t call_tile;
  uint32_t tile_begin, tile_end;
  uint32_t first_scale, first_image;
  uint32_t first_channel, channel_count;
  uint32_t box_prefix;
  uint32_t box_y, box_x, box_height, box_width;
  uint32_t features_base, output_base, sums_base;
};

enum s2_shader {
  S2_SHADER_SPLIT,
  S2_SHADER_SPLIT_STRAIGHT,
  S2_SHADER_SPLIT_PIXELS,
  S2_SHADER_SPLIT_IMAGE,
  S2_SHADER_STRAIGHT_PIXELS,
  S2_SHADER_STRAIGHT_IMAGE,
  S2_SHADER_SPLIT_WALK,
  S2_SHADER_WALK_PIXELS,
  S2_SHADER_WALK_IMAGE,
  S2_SHADER_MERGE_TOKENS,
  S2_SHADER_TOKENS_STRAIGHT,
  S2_SHADER_MERGE_MAPS,
  S2_SHADER_MAPS_STRAIGHT,
  S2_SHADER_COUNT
};

/* The file's name, as split_straight, and what it reads. */
const char *s2_shader_name(uint32_t shader);

/* As it is; with tables read as texels; with 64-bit integers, too; and as it is, but with most constants as they are most
 * often, which then need not be the key's. Of split.comp, this copies, too; of straight shaders there is one for scales of one,
 * two and three times the size. */
enum s2_build {
  S2_BUILD_PLAIN,
  S2_BUILD_TEXELS,
  S2_BUILD_INT64,
  S2_BUILD_FIXED,
  S2_BUILD_FIXED_COPY,
  S2_BUILD_FIXED_ONCE,
  S2_BUILD_FIXED_TWICE,
  S2_BUILD_FIXED_THRICE,
  S2_BUILD_COUNT
};

/* Where merge keeps sums that outlive a dispatch, as merge.glsl's SUMS. */
enum s2_sums { S2_SUMS_NOWHERE, S2_SUMS_IN_OUTPUT, S2_SUMS_IN_BUFFER };

/* A shader with its specialization constants, from number 0 on; those that it does not have are 0. */
#define S2_MAX_CONSTANTS 27
struct s2_pipeline_key {
  uint32_t shader;
  uint32_t build;
  uint32_t source_texels; /* constant 30, of builds with texels */
  uint32_t unpack_halves; /* constant 31, likewise */
  uint32_t constants[S2_MAX_CONSTANTS];
};

/* The pipeline of a key: found, or made and kept until the context is destroyed. */
s2vk_result s2_pipeline_get(s2vk_context *context, const struct s2_pipeline_key *key, VkPipeline *pipeline);

void s2_pipelines_destroy(s2vk_context *context);

#endif
