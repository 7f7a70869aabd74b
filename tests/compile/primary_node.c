/* For the loader to put ahead of libdrm: a device without a primary node has its render node as such. tests/vendors.sh
 * --mobile uses it, since Mesa's driver of VideoCore opens both, and the shim of its kernel driver has only one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

/* libdrm's drmDevice, as far as it is needed. */
struct drm_device {
  char **nodes; /* primary, control, render */
  int available_nodes;
};

int drmGetDevices2(uint32_t flags, struct drm_device **devices, int room);

int drmGetDevices2(uint32_t flags, struct drm_device **devices, int room) {
  int (*libdrm)(uint32_t, struct drm_device **, int) = NULL;
  *(void **)&libdrm = dlsym(RTLD_NEXT, "drmGetDevices2");
  const int count = libdrm(flags, devices, room);
  for (int i = 0; devices && i < count; i++)
    if (!(devices[i]->available_nodes & 1)) {
      strcpy(devices[i]->nodes[0], devices[i]->nodes[2]); /* each has room for any */
      devices[i]->available_nodes |= 1;
    }
  return count;
}
