/* Pipelines: one for each key that plans use, shared by all plans of a context.
 *
 * A key names a shader, its kind of source, the permutation of its code, and a value for every specialization constant.
 * The build makes modules from the list in src/CMakeLists.txt, and writes modules.h with enum s2_shader. */
#ifndef S2VK_PIPELINE_H
#define S2VK_PIPELINE_H

#include "../shaders/constants.h"
#include "base/lock.h"
#include "modules.h"
#include "vulkan/vk.h"

/* Bytes of push constants of a pipeline: the number that every device has. */
#define S2_PUSH_BYTES 128

/* How a shader reads its tables and its source. */
enum s2_permutation {
  S2_PERMUTATION_PLAIN,  /* from storage buffers */
  S2_PERMUTATION_TEXELS, /* through texel buffers, for drivers on the CPU */
  S2_PERMUTATION_INT64,  /* the same, and moves data as 64-bit integers */
  S2_PERMUTATION_FIXED,  /* PLAIN, with constants in place, for drivers that fold none */
  S2_PERMUTATION_SIZED,  /* PLAIN, with arrays of the largest sizes, for drivers that size them by no constant */
  S2_PERMUTATION_COUNT
};

/* A source of keys alone: S2_SOURCE_IMAGE by a view of type 2D. Its modules are made from those of S2_SOURCE_IMAGE. */
#define S2_SOURCE_IMAGE_2D S2_SOURCE_COUNT

struct s2_pipeline_key {
  uint32_t shader;                       /* enum s2_shader */
  uint32_t source;                       /* S2_SOURCE_* */
  uint32_t permutation;                  /* enum s2_permutation */
  uint32_t constants[S2_CONSTANT_COUNT]; /* by their ids */
};

/* A module that the build made. */
struct s2_module {
  uint32_t shader, source, permutation;
  uint32_t fixed_count; /* constants in place, of a FIXED one */
  struct {
    uint32_t id, value;
  } fixed[S2_CONSTANT_COUNT];
  const uint32_t *words;
  size_t bytes;
};
extern const struct s2_module s2_modules[];
extern const size_t s2_module_count;

/* The name in the build's list, such as "split_gather". */
const char *s2_shader_name(uint32_t shader);
const char *s2_permutation_name(uint32_t permutation);

/* The module of a key: among FIXED ones the first whose constants equal the key's. NULL: there is none. */
const struct s2_module *s2_module_find(const struct s2_pipeline_key *key);

/* Whether there is a FIXED module with a key's constants. */
bool s2_module_is_fixed(const struct s2_pipeline_key *key);

struct s2_pipeline; /* made, and counted by the plans that hold it */

/* All pipelines of a context. Plans hold those that they use. If there are more than max_count in all, those that no
 * plan holds are destroyed, the least recently used first. Prepared ones stay and are not counted. Functions lock the
 * list while they walk it, and never while they make a pipeline. */
struct s2_pipelines {
  struct s2_lock lock;
  struct s2_pipeline *first; /* most recently used first */
  uint32_t count, max_count;
  uint32_t prepared;
  uint64_t made, destroyed; /* since the context was made */
  VkPipelineLayout layout;
  VkPipelineCache cache;
};

/* Finds or makes the pipeline of a key, and holds it until s2_pipeline_release(). If two threads ask for the same new
 * pipeline at once, both make it, and one of the two is destroyed again. Any thread. */
s2vk_result s2_pipeline_acquire(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key, struct s2_pipeline **pipeline);
void s2_pipeline_release(
    const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines, struct s2_pipeline *pipeline);

/* Makes the pipeline of a key, if there is none, and keeps it until the context is destroyed. Any thread. */
s2vk_result s2_pipeline_prepare(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key);

/* The VkPipeline of a pipeline that is held. */
VkPipeline s2_pipeline_handle(const struct s2_pipeline *pipeline);

void s2_pipelines_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines);

#endif
