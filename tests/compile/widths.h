/* How wide a pipeline's loads and stores are, as AMD's assembly has them, which RADV gives out for a pipeline made with
 * VK_KHR_pipeline_executable_properties. */
#ifndef TESTS_WIDTHS_H
#define TESTS_WIDTHS_H

#include <volk.h>

#include <stdbool.h>

/* Kinds of memory instructions. They move data for each lane, except SCALAR, which moves data for the whole wave. */
enum width_kind {
  WIDTH_SOURCE, /* loads of descriptor slot 1, and of textures and texel buffers */
  WIDTH_TABLES, /* loads of slot 0 */
  WIDTH_OTHER,  /* loads of another slot, or of one that is not known */
  WIDTH_SCALAR, /* loads of buffers, by scalar instructions */
  WIDTH_STORES,
  WIDTH_KINDS
};

/* Instructions by their bytes. Those that run only where the input is not finite, tap by tap, are left out: what a
 * compare with infinity's bits branches around; or where the last of these does not branch, as before a loop, all that
 * follows, if something was stored before. Descriptors are 16 bytes each, in the order of their slots. */
struct widths {
  unsigned count[WIDTH_KINDS][17];
};

void widths_read(const char *assembly, struct widths *widths);

/* As "16:12,4:2", widest first; "-" if there are none. The text is good until the eighth call after this one. */
const char *widths_text(const struct widths *widths, enum width_kind kind);

/* Instructions of fewer bytes. */
unsigned widths_narrower(const struct widths *widths, enum width_kind kind, unsigned bytes);

/* For null_device.h: makes pipelines, and keeps their widths; false in widths_of() if the driver does not say. */
VKAPI_ATTR VkResult VKAPI_CALL widths_create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines);
bool widths_of(VkPipeline pipeline, struct widths *widths);

#endif
