#include "input.h"

#include <stdio.h>
#include <string.h>

static bool read_array(struct input *input, const char *path) {
  char reason[256];
  struct npy *array = &input->array;
  if (!npy_read(path, array, reason, sizeof reason)) {
    fprintf(stderr, "onnx: %s: %s\n", path, reason);
    return false;
  }
  if (strcmp(array->type, "f4") != 0 || array->rank != 4 || array->dims[0] != 1 || array->dims[1] != 3 ||
      array->dims[2] > S2VK_MAX_SIDE || array->dims[3] > S2VK_MAX_SIDE) {
    fprintf(stderr, "onnx: %s: not 1 x 3 x height x width in f32\n", path);
    return false;
  }
  input->size = (s2vk_size){(uint32_t)array->dims[2], (uint32_t)array->dims[3]};
  input->data = array->data;
  input->bytes = array->elements * array->element_bytes;
  return true;
}

bool input_read(struct input *input, const char *path) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  const size_t length = strlen(path);
  *input = (struct input){.pixels = length < 4 || strcmp(path + length - 4, ".npy") != 0};
  if (!input->pixels)
    return read_array(input, path);
  if (!photograph_read(&input->photograph, path, reason)) {
    fprintf(stderr, "onnx: %s: %s\n", path, reason);
    return false;
  }
  input->size = input->photograph.size;
  input->data = input->photograph.pixels;
  input->bytes = (size_t)3 * input->size.height * input->size.width;
  return true;
}

void input_free(struct input *input) {
  photograph_free(&input->photograph);
  npy_free(&input->array);
  *input = (struct input){.data = NULL};
}
