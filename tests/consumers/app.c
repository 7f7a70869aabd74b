/* A program without a device of its own: it finds the loader and has the library open one. Valid C11 and C++20. */
#include <dlfcn.h>

#include "features.h"

static s2vk_result open_and_run(PFN_vkGetInstanceProcAddr get_instance_proc_addr, float output[VALUES]) {
  s2vk_device_info device;
  memset(&device, 0, sizeof device);
  device.struct_size = sizeof device;
  device.get_instance_proc_addr = get_instance_proc_addr;
  device.log = print_line;

  s2vk_context_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;

  s2vk_context *context = NULL;
  s2vk_result result = s2vk_device_open(&device, &info);
  if (result)
    return result;
  result = s2vk_context_create(&info, &context);
  if (!result)
    result = run(context, output);
  s2vk_context_destroy(&context);
  s2vk_device_close(&info);
  return result;
}

int main(void) {
  void *loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = NULL;
  if (loader)
    *(void **)&get_instance_proc_addr = dlsym(loader, "vkGetInstanceProcAddr");
  if (!get_instance_proc_addr) {
    fprintf(stderr, "no Vulkan loader: %s\n", dlerror());
    return 1;
  }

  float output[VALUES] = {0};
  s2vk_result result = open_and_run(get_instance_proc_addr, output);
  if (result) {
    fprintf(stderr, "%s\n", s2vk_result_name(result));
    return 1;
  }
  return check(output);
}
