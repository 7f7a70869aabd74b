#include "engine_input.h"

#include <stdio.h>
#include <string.h>

static bool read_array(const char *program, struct engine_input *input, const char *path) {
  char reason[256];
  struct npy *array = &input->array;
  if (!npy_read(path, array, reason, sizeof reason)) {
    fprintf(stderr, "%s: %s: %s\n", program, path, reason);
    return false;
  }
  if (strcmp(array->type, "f4") != 0 || array->rank != 4 || array->dims[0] != 1 || array->dims[1] != 3 ||
      array->dims[2] > S2VK_MAX_SIDE || array->dims[3] > S2VK_MAX_SIDE) {
    fprintf(stderr, "%s: %s: not 1 x 3 x height x width in f32\n", program, path);
    return false;
  }
  input->size = (s2vk_size){(uint32_t)array->dims[2], (uint32_t)array->dims[3]};
  input->data = array->data;
  input->bytes = array->elements * array->element_bytes;
  return true;
}

bool engine_input_read(const char *program, struct engine_input *input, const char *path) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  const size_t length = strlen(path);
  *input = (struct engine_input){.pixels = length < 4 || strcmp(path + length - 4, ".npy") != 0};
  if (!input->pixels)
    return read_array(program, input, path);
  if (!photograph_read(&input->photograph, path, reason)) {
    fprintf(stderr, "%s: %s: %s\n", program, path, reason);
    return false;
  }
  input->size = input->photograph.size;
  input->data = input->photograph.pixels;
  input->bytes = (size_t)3 * input->size.height * input->size.width;
  return true;
}

void engine_input_free(struct engine_input *input) {
  photograph_free(&input->photograph);
  npy_free(&input->array);
  *input = (struct engine_input){.data = NULL};
}
