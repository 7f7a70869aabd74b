/* unpack_tensors FOLDER FILE...: writes each tensor of safetensors files as FOLDER/NAME.npy, and says how many there
 * were. The folders that names go through are there. */
#include "npy.h"
#include "safetensors.h"

#include <stdio.h>
#include <string.h>

static bool unpack(const char *folder, const struct safetensors_tensor *tensor) {
  struct npy array = {.rank = tensor->rank, .data = (unsigned char *)(uintptr_t)tensor->data};
  strcpy(array.type, tensor->type == SAFETENSORS_F32 ? "f4" : tensor->type == SAFETENSORS_F16 ? "f2" : "u2");
  for (unsigned i = 0; i < tensor->rank; i++)
    array.dims[i] = (size_t)tensor->dims[i];
  char path[4096], error[256];
  snprintf(path, sizeof path, "%s/%s.npy", folder, tensor->name);
  if (npy_write(path, &array, error, sizeof error))
    return true;
  fprintf(stderr, "%s: %s\n", path, error);
  return false;
}

int main(int argc, char **argv) {
  size_t count = 0;
  for (int i = 2; i < argc; i++) {
    struct safetensors file;
    struct vit_error error;
    if (!safetensors_open(argv[i], &file, &error)) {
      fprintf(stderr, "%s\n", error.text);
      return 1;
    }
    for (size_t j = 0; j < file.count; j++)
      if (!unpack(argv[1], &file.tensors[j]))
        return 1;
    count += file.count;
    safetensors_close(&file);
  }
  printf("%zu tensors\n", count);
  return 0;
}
