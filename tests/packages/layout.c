/* A consumer that needs neither a device nor a loader: it asks a plan for the shape of its output. Valid C11 on every
 * system. */
#include <stdio.h>

/* The header names types of Vulkan's, and this program calls nothing of it. */
#define VK_NO_PROTOTYPES
#include <s2vk/s2vk.h>

int main(void) {
  const s2vk_context_info nothing = {.struct_size = sizeof nothing};
  s2vk_context *context;
  s2vk_result result = s2vk_context_create(&nothing, &context);
  if (result)
    return (int)-result;
  const double scales[] = {1, 2};
  const s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 224,
      .width = 224,
      .scales = scales,
      .scale_count = 2,
      .model = {.channels = 768, .tokens = 196}};
  s2vk_plan *plan = NULL;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  result = s2vk_plan_create(context, &info, &plan);
  if (!result)
    result = s2vk_plan_get_layout(plan, &layout);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  const uint32_t *dims = layout.output.dims;
  printf("%u x %u x %u\n", dims[0], dims[1], dims[2]);
  return result || dims[0] != 1 || dims[1] != 196 || dims[2] != 1536;
}
