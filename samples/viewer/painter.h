/* Draws canvases: one pipeline, and for each frame in flight its quads and descriptors. */
#ifndef VIEWER_PAINTER_H
#define VIEWER_PAINTER_H

#include "canvas.h"
#include "gpu.h"

struct painter {
  const struct gpu *gpu;
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipeline;
  VkSampler sampler;
  VkDescriptorPool pool;
  VkDescriptorSet sets[FRAMES_IN_FLIGHT][SOURCE_COUNT];
  struct buffer quads[FRAMES_IN_FLIGHT];
  struct buffer nothing; /* in place of fields that there are not yet */
  struct image letters;
  struct text text;
};

/* What quads of a source read. */
struct scene_source {
  const struct image *photograph;   /* NULL: none */
  VkBuffer colours, values, pixels; /* likewise */
  uint32_t grid[2];                 /* tokens down and across */
  uint32_t first, stride;           /* of colours: the first token, and tokens from a field to the next */
};

/* What a frame shows beside its canvas. */
struct scene {
  struct scene_source sources[SOURCE_COUNT];
  float low, high; /* of the values */
};

/* Where a frame is drawn. */
struct target {
  VkRenderPass pass;
  VkFramebuffer framebuffer;
  VkExtent2D extent;
  bool encodes; /* its format is an _SRGB one */
};

/* pass: of targets, or one compatible to theirs. False, with the reason on stderr. */
bool painter_create(struct painter *painter, const struct gpu *gpu, VkRenderPass pass);
void painter_destroy(struct painter *painter);

/* Rasterises text for a scale of the screen; waits for the queue. False, with the reason in error. */
bool painter_set_text(
    struct painter *painter, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]);

/* An empty canvas for a frame, whose last use of it is over. */
struct canvas painter_begin(struct painter *painter, uint32_t frame, VkExtent2D extent);

/* Records the pass that draws it. */
void painter_record(struct painter *painter, uint32_t frame, VkCommandBuffer commands, const struct canvas *canvas,
    const struct scene *scene, const struct target *target);

#endif
