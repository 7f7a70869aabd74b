#include "base/env.h"

#include "base/checked.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

s2vk_result s2_fail(const struct s2_env *env, s2vk_result result, const char *format, ...) {
  const bool over = result == S2VK_ERROR_OUT_OF_HOST_MEMORY && env->budget && env->budget->wanted;
  if (env->log) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    used = used > 0 && used < (int)sizeof message ? used : 0;
    if (over)
      snprintf(message + used, sizeof message - (size_t)used,
          "; with it the plan would take %llu bytes, and s2vk_context_info.max_plan_bytes is %llu",
          (unsigned long long)env->budget->wanted, (unsigned long long)env->budget->limit);
    env->log(env->log_user, S2VK_LOG_ERROR, message);
  }
  return over ? S2VK_ERROR_LIMIT : result;
}

s2vk_result s2_fail_vk(const struct s2_env *env, VkResult result, const char *call) {
  switch (result) {
  case VK_ERROR_OUT_OF_HOST_MEMORY:
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "%s: out of host memory", call);
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    return s2_fail(env, S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "%s: out of device memory", call);
  case VK_ERROR_DEVICE_LOST:
    return s2_fail(env, S2VK_ERROR_DEVICE_LOST, "%s: device lost", call);
  default:
    return s2_fail(env, S2VK_ERROR_VULKAN, "%s: VkResult %d", call, (int)result);
  }
}

uint64_t s2_affordable(const struct s2_env *env) {
  return env->budget ? env->budget->limit - env->budget->taken : UINT64_MAX;
}

void *s2_alloc(const struct s2_env *env, size_t count, size_t size) {
  if (count == 0 || size == 0 || count > SIZE_MAX / size)
    return NULL;
  if (count * size > s2_affordable(env)) {
    if (env->budget->wanted == 0)
      env->budget->wanted = s2_add(env->budget->taken, count * size);
    return NULL;
  }
  if (env->budget)
    env->budget->taken += count * size;
  if (!env->allocator)
    return calloc(count, size);
  void *memory =
      env->allocator->pfnAllocation(env->allocator->pUserData, count * size, 16, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
  return memory ? memset(memory, 0, count * size) : NULL;
}

void s2_free(const struct s2_env *env, void *memory) {
  if (!env->allocator)
    free(memory);
  else if (memory)
    env->allocator->pfnFree(env->allocator->pUserData, memory);
}

s2vk_result s2_check_struct(const struct s2_env *env, const char *name, const void *info, size_t given, size_t known) {
  if (!info)
    return s2_fail(env, S2VK_ERROR_NULL, "%s is NULL", name);
  if (given != known)
    return s2_fail(env, S2VK_ERROR_STRUCT_SIZE, "%s.struct_size is %zu; this version knows %zu", name, given, known);
  return S2VK_SUCCESS;
}

const char *s2vk_result_name(s2vk_result result) {
#define NAME(value)                                                                                                    \
  case value:                                                                                                          \
    return #value;
  switch (result) {
    NAME(S2VK_SUCCESS)
    NAME(S2VK_ERROR_NULL)
    NAME(S2VK_ERROR_STRUCT_SIZE)
    NAME(S2VK_ERROR_ENUM)
    NAME(S2VK_ERROR_NO_SCALES)
    NAME(S2VK_ERROR_BOTH_SCALES)
    NAME(S2VK_ERROR_ZERO_SIZE)
    NAME(S2VK_ERROR_OVERFLOW)
    NAME(S2VK_ERROR_EMPTY_SCALE)
    NAME(S2VK_ERROR_NO_TILE_SIDE)
    NAME(S2VK_ERROR_SQUARE_POLICY)
    NAME(S2VK_ERROR_OUTPUT_INDEX)
    NAME(S2VK_ERROR_PREFIX_BCHW)
    NAME(S2VK_ERROR_TOKENS_NOT_SQUARE)
    NAME(S2VK_ERROR_TILES_PER_CALL)
    NAME(S2VK_ERROR_BUFFER_SIZE)
    NAME(S2VK_ERROR_BUFFER_ALIGNMENT)
    NAME(S2VK_ERROR_CALL_INDEX)
    NAME(S2VK_ERROR_MODEL)
    NAME(S2VK_ERROR_NO_DEVICE)
    NAME(S2VK_ERROR_NO_DRIVER)
    NAME(S2VK_ERROR_LIMIT)
    NAME(S2VK_ERROR_OUT_OF_HOST_MEMORY)
    NAME(S2VK_ERROR_OUT_OF_DEVICE_MEMORY)
    NAME(S2VK_ERROR_DEVICE_LOST)
    NAME(S2VK_ERROR_VULKAN)
    NAME(S2VK_ERROR_DYNAMIC_S2)
    NAME(S2VK_ERROR_PIXELS)
    NAME(S2VK_ERROR_TILE_OVERLAP)
    NAME(S2VK_ERROR_STRIDES)
    NAME(S2VK_ERROR_LATE)
    NAME(S2VK_ERROR_MEMORY)
    NAME(S2VK_ERROR_PREPROCESSING)
    NAME(S2VK_ERROR_OUTPUT_BLOCKS)
    NAME(S2VK_ERROR_PREFIX_TOKENS)
    NAME(S2VK_ERROR_OUTPUT_ORDER)
    NAME(S2VK_ERROR_WORKSPACE)
  }
#undef NAME
  return "unknown result";
}

uint32_t s2vk_version(void) {
  return VK_MAKE_API_VERSION(0, S2VK_VERSION_MAJOR, S2VK_VERSION_MINOR, S2VK_VERSION_PATCH);
}

size_t s2vk_type_size(s2vk_type type) {
  switch (type) {
  case S2VK_TYPE_F32:
    return 4;
  case S2VK_TYPE_F16:
  case S2VK_TYPE_BF16:
    return 2;
  }
  return 0;
}
