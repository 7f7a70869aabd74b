/* What the features are of: a photograph, whose pixels s2vk reads as they are, or a tensor. */
#ifndef ONNX_INPUT_H
#define ONNX_INPUT_H

#include "npy.h"
#include "photograph.h"

struct input {
  const void *data;
  size_t bytes;
  s2vk_size size;
  bool pixels; /* 3 bytes each; else 3 planes of f32 */
  struct photograph photograph;
  struct npy array;
};

/* False, with the reason on stderr. */
bool input_read(struct input *input, const char *path);
void input_free(struct input *input);

#endif
