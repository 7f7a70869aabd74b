#include "counting.h"

#include <stdlib.h>

uint64_t counting_asked;

static void *VKAPI_CALL allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)alignment;
  (void)scope;
  counting_asked += size;
  return malloc(size);
}

static void VKAPI_CALL release(void *user, void *memory) {
  (void)user;
  free(memory);
}

const VkAllocationCallbacks counting_callbacks = {.pfnAllocation = allocate, .pfnFree = release};
