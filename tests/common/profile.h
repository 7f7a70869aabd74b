/* A smaller device than there is: a function table between the library and the driver that answers with other limits,
 * offers no optional feature, and checks that the library keeps to the limits that it was given.
 *
 * The environment variable S2VK_TEST_PROFILE chooses one for a whole process:
 *   smallest  every limit as low as the specification allows
 *   few       the same of a GPU with few registers, whose compiler unrolls no loops: VideoCore's, by name
 *   tiny      the same with 64 KiB storage ranges and 7 workgroups an axis, which no device has
 * Without it everything passes through. */
#ifndef TESTS_PROFILE_H
#define TESTS_PROFILE_H

#include <volk.h>

#include <stdbool.h>

/* To be given to the library in place of the loader's. volkInitialize() comes first. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL profile_get_instance_proc_addr(VkInstance instance, const char *name);

/* The profile's name, or NULL; a name that is not known ends the process. */
const char *profile_name(void);

/* How often the library asked for more than the limits allow; each time is printed on stderr. */
unsigned profile_violations(void);

#endif
