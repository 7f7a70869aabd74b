/* Counts the objects that the library has made on a device: a function table between the two counts creations and
 * destructions. */
#ifndef TESTS_TALLY_H
#define TESTS_TALLY_H

#include <volk.h>

/* For gpu_options.wrapped or s2vk_context_info. One device at a time, on one thread. */
PFN_vkVoidFunction tally_get_instance_proc_addr(VkInstance instance, const char *name);

struct tally {
  VkDeviceSize bytes; /* of device memory */
  size_t objects;     /* of every kind that the library makes, memory included */
  size_t made;        /* objects in all, those destroyed included */
  size_t memories;    /* of the objects, allocations of device memory */
  size_t pipelines;   /* of the objects */
  size_t pipelines_made;
};

struct tally tally_now(void);

#endif
