/* The output of a run on the host. */
#ifndef EXTRACT_HOST_FEATURES_H
#define EXTRACT_HOST_FEATURES_H

#include <s2vk/s2vk.h>

struct features {
  void *data; /* as the library wrote them */
  size_t bytes;
  s2vk_type type;
  s2vk_shape shape;

  s2vk_size grid;
  s2vk_size block; /* tokens are in blocks of this size; 0 x 0: row by row */
  uint32_t prefix; /* tokens ahead of the grid */
  uint32_t scale_count;
  uint32_t channels;   /* of one scale */
  size_t token_stride; /* of data, in elements */
  size_t channel_stride;
};

bool features_allocate(
    struct features *features, const s2vk_plan_layout *layout, s2vk_type type, s2vk_output_shape shape);

/* Makes an array in f32, tokens of the grid x channel_count, of channels [first_channel, first_channel + channel_count)
 * of the output. */
float *features_decode(const struct features *features, uint32_t first_channel, uint32_t channel_count);

/* Writes a .npy file; bf16 as uint16. On failure returns false and prints the reason on stderr. */
bool features_write(const struct features *features, const char *path);

void features_free(struct features *features);

#endif
