/* Prints the offset of every field of the public structs whose type depends on Vulkan's headers. The offsets must not
 * depend on the header that declares these types. */
#include <s2vk/s2vk.h>
#include <stdio.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(type))
#define FIELD(type, field) printf("%s.%s %zu\n", #type, #field, offsetof(type, field))

int main(void) {
  SIZE(s2vk_context_info);
  FIELD(s2vk_context_info, get_instance_proc_addr);
  FIELD(s2vk_context_info, pipeline_cache);
  FIELD(s2vk_context_info, allocator);
  FIELD(s2vk_context_info, max_plan_bytes);
  SIZE(s2vk_memory_request);
  FIELD(s2vk_memory_request, required);
  SIZE(s2vk_memory);
  SIZE(s2vk_device_info);
  SIZE(s2vk_tensor);
  SIZE(s2vk_buffer);
  SIZE(s2vk_pixels_info);
  FIELD(s2vk_pixels_info, order);
  FIELD(s2vk_pixels_info, transfer);
  SIZE(s2vk_plan_info);
  SIZE(s2vk_plan_layout);
  FIELD(s2vk_plan_layout, source_usage);
  SIZE(s2vk_binding_info);
  FIELD(s2vk_binding_info, input_view);
  FIELD(s2vk_binding_info, input_layout);
  SIZE(s2vk_model_call);
  return 0;
}
