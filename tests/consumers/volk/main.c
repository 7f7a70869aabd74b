/* A program that uses volk itself, compiled into it, for two devices at once, on a thread each. What volk keeps in
 * globals is this program's: the library, linked statically, must not have touched it. */
#define VOLK_IMPLEMENTATION
#include <volk.h>

#include <threads.h>

#include "../features.h"

#define RUNS 5

struct device {
  VkDevice handle;
  struct VolkDeviceTable table;
  s2vk_context *context;
  int wrong;
};

static VkPhysicalDevice physical_device;
static uint32_t family;

static int find_device(VkInstance instance) {
  uint32_t count = 1, family_count = 16;
  VkQueueFamilyProperties families[16];
  if (vkEnumeratePhysicalDevices(instance, &count, &physical_device) < 0 || count == 0)
    return 1;
  vkGetPhysicalDeviceQueueFamilyProperties(physical_device, &family_count, families);
  while (family < family_count && !(families[family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    family++;
  return family == family_count;
}

static int open_device(VkInstance instance, struct device *device) {
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue_info = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = family,
      .queueCount = 1,
      .pQueuePriorities = &priority};
  const VkDeviceCreateInfo device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue_info};
  if (vkCreateDevice(physical_device, &device_info, NULL, &device->handle))
    return 1;
  volkLoadDeviceTable(&device->table, device->handle);
  s2vk_context_info info = {
      .struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .instance = instance,
      .physical_device = physical_device,
      .device = device->handle,
      .queue_family = family,
      .log = print_line,
  };
  device->table.vkGetDeviceQueue(device->handle, family, 0, &info.queue);
  return s2vk_context_create(&info, &device->context) != S2VK_SUCCESS;
}

static int run_some(void *user) {
  struct device *device = user;
  for (int i = 0; i < RUNS; i++) {
    float output[VALUES] = {0};
    device->wrong |= run(device->context, output) != S2VK_SUCCESS || check(output);
  }
  return 0;
}

int main(void) {
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo instance_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
  VkInstance instance;
  if (volkInitialize() || vkCreateInstance(&instance_info, NULL, &instance))
    return 1;
  volkLoadInstanceOnly(instance); /* device functions stay NULL, so that a call through volk's globals would be seen */
  struct device devices[2] = {0};
  if (find_device(instance) || open_device(instance, &devices[0]) || open_device(instance, &devices[1]))
    return 1;
  const PFN_vkCreateDevice before = vkCreateDevice;

  thrd_t threads[2];
  int wrong = 0;
  for (int i = 0; i < 2; i++)
    wrong |= thrd_create(&threads[i], run_some, &devices[i]) != thrd_success;
  for (int i = 0; i < 2; i++)
    wrong |= thrd_join(threads[i], NULL) != thrd_success || devices[i].wrong;

  if (vkCmdDispatch || vkCreateBuffer || vkQueueSubmit || volkGetLoadedDevice() ||
      volkGetLoadedInstance() != instance || vkCreateDevice != before) {
    fprintf(stderr, "volk's globals have changed\n");
    wrong = 1;
  }
  for (int i = 0; i < 2; i++) {
    s2vk_context_destroy(&devices[i].context);
    devices[i].table.vkDestroyDevice(devices[i].handle, NULL);
  }
  vkDestroyInstance(instance, NULL);
  return wrong;
}
