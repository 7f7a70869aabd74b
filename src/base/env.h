/* What the library gets from the application: memory and a function for messages. */
#ifndef S2VK_ENV_H
#define S2VK_ENV_H

#include "s2vk/s2vk.h"

/* Bytes that s2_alloc() may give in all, freed ones included: so it bounds time as well as memory. */
struct s2_budget {
  uint64_t limit, taken;
  uint64_t wanted; /* the total with the first allocation over the limit; 0: there was none */
};

struct s2_env {
  s2vk_log_function log;
  void *log_user;
  VkAllocationCallbacks callbacks;
  const VkAllocationCallbacks *allocator; /* &callbacks, or NULL */
  struct s2_budget *budget;               /* of the plan in the making, or NULL */
};

#if defined(__MINGW32__)
#define S2_PRINTF(string, first) __attribute__((format(gnu_printf, string, first)))
#elif defined(__GNUC__)
#define S2_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define S2_PRINTF(string, first)
#endif

/* Logs the reason and returns result, so that a check reads: return s2_fail(env, S2VK_ERROR_..., "..."). */
s2vk_result s2_fail(const struct s2_env *env, s2vk_result result, const char *format, ...) S2_PRINTF(3, 4);

/* Translates a failed VkResult of the named call. */
s2vk_result s2_fail_vk(const struct s2_env *env, VkResult result, const char *call);

/* The same for a failed call that should have made an object. What the call wrote is undefined, so this clears the
 * handle: it can be destroyed as if nothing had been made. */
#define s2_fail_made(env, result, call, handle) (*(handle) = VK_NULL_HANDLE, s2_fail_vk(env, result, call))

/* Zeroed memory for count elements. NULL if memory runs out, the budget is exceeded or the size overflows. If it was
 * the budget, s2_fail() returns S2VK_ERROR_LIMIT in place of S2VK_ERROR_OUT_OF_HOST_MEMORY. */
void *s2_alloc(const struct s2_env *env, size_t count, size_t size);
/* Bytes that the budget has left. */
uint64_t s2_affordable(const struct s2_env *env);

void s2_free(const struct s2_env *env, void *memory);

/* The check that every public function with an info struct starts with. */
s2vk_result s2_check_struct(const struct s2_env *env, const char *name, const void *info, size_t given, size_t known);

#endif
