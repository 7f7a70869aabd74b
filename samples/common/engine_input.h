/* The input of an engine's program: a photograph, whose pixels s2vk reads as they are, or a tensor. */
#ifndef SAMPLES_ENGINE_INPUT_H
#define SAMPLES_ENGINE_INPUT_H

#include "npy.h"
#include "photograph.h"

struct engine_input {
  const void *data;
  size_t bytes;
  s2vk_size size;
  bool pixels; /* pixels of 3 bytes; false: 3 planes of f32 */
  struct photograph photograph;
  struct npy array;
};

/* Reads the input. On failure returns false and prints the reason on stderr. */
bool engine_input_read(const char *program, struct engine_input *input, const char *path);
void engine_input_free(struct engine_input *input);

#endif
