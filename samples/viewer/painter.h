/* Draws canvases: a pipeline for each group of quads, and for each frame in flight its quads and descriptors. */
#ifndef VIEWER_PAINTER_H
#define VIEWER_PAINTER_H

#include "canvas.h"
#include "gpu.h"

struct painter {
  const struct gpu *gpu;
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipelines[GROUP_COUNT];
  VkSampler sampler;
  VkDescriptorPool pool;
  VkDescriptorSet sets[FRAMES_IN_FLIGHT][SOURCE_COUNT];
  struct buffer quads[FRAMES_IN_FLIGHT];
  struct buffer nothing; /* bound in place of fields that do not exist yet */
  struct image letters;
  struct text text;
};

/* The resources that quads of a source read. */
struct scene_source {
  const struct image *photograph;   /* NULL: none */
  VkBuffer colours, values, pixels; /* NULL: none */
  uint32_t grid[2];                 /* tokens down and across */
  uint32_t first, stride;           /* of colours: the first token, and tokens from a field to the next */
};

/* What a frame reads in addition to its canvas. */
struct scene {
  struct scene_source sources[SOURCE_COUNT];
  float low, high; /* the values at the ends of the colours */
};

/* The target of a frame. */
struct target {
  VkRenderPass pass;
  VkFramebuffer framebuffer;
  VkExtent2D extent;
  bool encodes; /* its format is an _SRGB one */
};

/* pass: the targets' render pass, or a compatible one. On failure returns false and prints the reason on stderr. */
bool painter_create(struct painter *painter, const struct gpu *gpu, VkRenderPass pass);
void painter_destroy(struct painter *painter);

/* Waits for the queue, and rasterises text for a screen scale. On failure returns false and the reason in error. */
bool painter_set_text(
    struct painter *painter, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]);

/* Returns an empty canvas for a frame. The last use of this frame must be over. */
struct canvas painter_begin(struct painter *painter, uint32_t frame, VkExtent2D extent);

/* Records the pass that draws the canvas. */
void painter_record(struct painter *painter, uint32_t frame, VkCommandBuffer commands, const struct canvas *canvas,
    const struct scene *scene, const struct target *target);

#endif
