#include "vulkan/pipeline.h"

#include "vulkan/debug.h"
#include "vulkan/flatten.h"

#include <string.h>

struct s2_pipeline {
  struct s2_pipeline *next;
  struct s2_pipeline_key key;
  VkPipeline pipeline;
  uint32_t holders;
  bool prepared;
};

/* ---- Modules ------------------------------------------------------------------------------------------------- */

const char *s2_permutation_name(uint32_t permutation) {
  static const char *const names[S2_PERMUTATION_COUNT] = {"plain", "texels", "int64", "fixed", "sized"};
  return names[permutation];
}

static bool suits(const struct s2_module *module, const struct s2_pipeline_key *key) {
  const uint32_t source = key->source == S2_SOURCE_IMAGE_2D ? S2_SOURCE_IMAGE : key->source;
  if (module->shader != key->shader || module->source != source || module->permutation != key->permutation)
    return false;
  for (uint32_t i = 0; i < module->fixed_count; i++)
    if (key->constants[module->fixed[i].id] != module->fixed[i].value)
      return false;
  return true;
}

const struct s2_module *s2_module_find(const struct s2_pipeline_key *key) {
  for (size_t i = 0; i < s2_module_count; i++)
    if (suits(&s2_modules[i], key))
      return &s2_modules[i];
  return NULL;
}

bool s2_module_is_fixed(const struct s2_pipeline_key *key) {
  struct s2_pipeline_key fixed = *key;
  fixed.permutation = S2_PERMUTATION_FIXED;
  return s2_module_find(&fixed) != NULL;
}

/* ---- Making -------------------------------------------------------------------------------------------------- */

static s2vk_result make_module(
    const struct s2_env *env, const struct s2_vk *vk, const struct s2_pipeline_key *key, VkShaderModule *module) {
  const struct s2_module *found = s2_module_find(key);
  if (!found) /* the scheduler does not know which modules a build leaves out */
    return s2_fail(env, S2VK_ERROR_VULKAN, "the library was built without the module %s, %s, of source %u",
        s2_shader_name(key->shader), s2_permutation_name(key->permutation), key->source);
  size_t count = found->bytes / sizeof *found->words;
  uint32_t *flat = key->source == S2_SOURCE_IMAGE_2D ? s2_flatten(env, found->words, count, &count) : NULL;
  if (key->source == S2_SOURCE_IMAGE_2D && !flat)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a module");
  const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = count * sizeof *flat,
      .pCode = flat ? flat : found->words,
  };
  VkResult result = vk->CreateShaderModule(vk->device, &info, env->allocator, module);
  s2_free(env, flat);
  return result ? s2_fail_vk(env, result, "vkCreateShaderModule") : S2VK_SUCCESS;
}

static s2vk_result make_handle(const struct s2_env *env, const struct s2_vk *vk, const struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key, VkPipeline *pipeline) {
  VkShaderModule module;
  s2vk_result made = make_module(env, vk, key, &module);
  if (made)
    return made;
  VkSpecializationMapEntry entries[S2_CONSTANT_COUNT];
  for (uint32_t i = 0; i < S2_CONSTANT_COUNT; i++)
    entries[i] = (VkSpecializationMapEntry){i, i * (uint32_t)sizeof *key->constants, sizeof *key->constants};
  const VkSpecializationInfo specialization = {S2_CONSTANT_COUNT, entries, sizeof key->constants, key->constants};
  const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage =
          {
              .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
              .stage = VK_SHADER_STAGE_COMPUTE_BIT,
              .module = module,
              .pName = "main",
              .pSpecializationInfo = &specialization,
          },
      .layout = pipelines->layout,
  };
  VkResult result = vk->CreateComputePipelines(vk->device, pipelines->cache, 1, &info, env->allocator, pipeline);
  vk->DestroyShaderModule(vk->device, module, env->allocator);
  if (result)
    return s2_fail_made(env, result, "vkCreateComputePipelines", pipeline);
  s2_debug_name(vk, VK_OBJECT_TYPE_PIPELINE, (uint64_t)*pipeline, "s2vk %s", s2_shader_name(key->shader));
  return S2VK_SUCCESS;
}

static s2vk_result make_pipeline(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key, struct s2_pipeline **pipeline) {
  struct s2_pipeline *made = s2_alloc(env, 1, sizeof *made);
  if (!made)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a pipeline");
  made->key = *key;
  s2vk_result result = make_handle(env, vk, pipelines, key, &made->pipeline);
  if (result) {
    s2_free(env, made);
    return result;
  }
  *pipeline = made;
  return S2VK_SUCCESS;
}

/* Destroys the pipelines of a list. */
static void destroy_list(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipeline *list) {
  while (list) {
    struct s2_pipeline *next = list->next;
    vk->DestroyPipeline(vk->device, list->pipeline, env->allocator);
    s2_free(env, list);
    list = next;
  }
}

/* ---- The list: with the lock held ---------------------------------------------------------------------------- */

/* Finds the pipeline of a key, and puts it first. */
static struct s2_pipeline *use(struct s2_pipelines *pipelines, const struct s2_pipeline_key *key) {
  for (struct s2_pipeline **at = &pipelines->first; *at; at = &(*at)->next)
    if (memcmp(&(*at)->key, key, sizeof *key) == 0) {
      struct s2_pipeline *found = *at;
      *at = found->next;
      found->next = pipelines->first;
      pipelines->first = found;
      return found;
    }
  return NULL;
}

static void add(struct s2_pipelines *pipelines, struct s2_pipeline *pipeline) {
  pipeline->next = pipelines->first;
  pipelines->first = pipeline;
  pipelines->count++;
}

/* Takes away the pipelines over max_count, and returns them as a list. */
static struct s2_pipeline *evict(struct s2_pipelines *pipelines) {
  struct s2_pipeline *evicted = NULL;
  while (pipelines->count > pipelines->max_count) {
    struct s2_pipeline **last = NULL;
    for (struct s2_pipeline **at = &pipelines->first; *at; at = &(*at)->next)
      if ((*at)->holders == 0 && !(*at)->prepared)
        last = at;
    if (!last)
      break;
    struct s2_pipeline *taken = *last;
    *last = taken->next;
    taken->next = evicted;
    evicted = taken;
    pipelines->count--;
    pipelines->destroyed++;
  }
  return evicted;
}

static void prepare(struct s2_pipelines *pipelines, struct s2_pipeline *pipeline) {
  if (pipeline->prepared)
    return;
  pipeline->prepared = true;
  pipelines->prepared++;
  pipelines->count--;
}

/* ---- Outside ------------------------------------------------------------------------------------------------- */

/* Finds or makes a pipeline, and holds or prepares it. */
static s2vk_result get(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key, bool prepared, struct s2_pipeline **pipeline) {
  struct s2_pipeline *made = NULL, *evicted = NULL, *found;
  s2_lock(&pipelines->lock);
  while (!(found = use(pipelines, key)) && !made) {
    s2_unlock(&pipelines->lock);
    s2vk_result result = make_pipeline(env, vk, pipelines, key, &made);
    if (result)
      return result;
    s2_lock(&pipelines->lock);
    pipelines->made++;
  }
  if (!found) {
    add(pipelines, found = made);
    made = NULL;
  } else if (made) { /* another thread was faster */
    pipelines->destroyed++;
  }
  if (prepared)
    prepare(pipelines, found);
  else
    found->holders++;
  evicted = evict(pipelines);
  s2_unlock(&pipelines->lock);
  destroy_list(env, vk, made);
  destroy_list(env, vk, evicted);
  *pipeline = found;
  return S2VK_SUCCESS;
}

s2vk_result s2_pipeline_acquire(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key, struct s2_pipeline **pipeline) {
  return get(env, vk, pipelines, key, false, pipeline);
}

s2vk_result s2_pipeline_prepare(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines,
    const struct s2_pipeline_key *key) {
  struct s2_pipeline *unused;
  return get(env, vk, pipelines, key, true, &unused);
}

void s2_pipeline_release(
    const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines, struct s2_pipeline *pipeline) {
  s2_lock(&pipelines->lock);
  pipeline->holders--;
  struct s2_pipeline *evicted = evict(pipelines);
  s2_unlock(&pipelines->lock);
  destroy_list(env, vk, evicted);
}

VkPipeline s2_pipeline_handle(const struct s2_pipeline *pipeline) {
  return pipeline->pipeline;
}

void s2_pipelines_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_pipelines *pipelines) {
  destroy_list(env, vk, pipelines->first);
  pipelines->first = NULL;
}
