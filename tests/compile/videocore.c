/* For the loader to put ahead of the shim of VideoCore's kernel driver and of libdrm. tests/vendors.sh --mobile uses
 * it.
 * - Mesa's driver opens a primary and a render node. The shim has a render node alone, which becomes both.
 * - The shim is a VideoCore VI, 4.2. With VIDEOCORE=7.1 it says that it is a VideoCore VII. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <drm/v3d_drm.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libdrm's drmDevice, as far as it is needed. */
struct drm_device {
  char **nodes; /* primary, control, render */
  int available_nodes;
};

int drmGetDevices2(uint32_t flags, struct drm_device **devices, int room);
int ioctl(int fd, unsigned long request, ...);

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

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int (*shim)(int, unsigned long, void *) = NULL;
  *(void **)&shim = dlsym(RTLD_NEXT, "ioctl");
  const int result = shim(fd, request, argument);
  const char *version = getenv("VIDEOCORE");
  if (result || request != DRM_IOCTL_V3D_GET_PARAM || !version || strcmp(version, "7.1") != 0)
    return result;
  struct drm_v3d_get_param *got = argument;
  if (got->param == DRM_V3D_PARAM_V3D_CORE0_IDENT0) /* the top byte is the version's first number */
    got->value = (got->value & 0xFFFFFF) | 7u << 24;
  else if (got->param == DRM_V3D_PARAM_V3D_CORE0_IDENT1) /* the low four bits are its second number */
    got->value = (got->value & ~(uint64_t)15) | 1;
  return result;
}
