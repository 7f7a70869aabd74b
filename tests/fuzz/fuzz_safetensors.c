/* samples/vit/safetensors.c: what a file's header says of its tensors lies in the file. */
#include "fuzz.h"
#include "safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct safetensors file;
  struct vit_error error = {{0}};
  if (!safetensors_open(fuzz_file(data, size), &file, &error)) {
    FUZZ_REQUIRE(error.text[0] && !file.tensors);
    return 0;
  }
  for (size_t i = 0; i < file.count; i++) {
    const struct safetensors_tensor *tensor = &file.tensors[i];
    uint64_t elements = 1;
    for (uint32_t k = 0; k < tensor->rank; k++)
      elements *= tensor->dims[k];
    FUZZ_REQUIRE(tensor->rank <= SAFETENSORS_MAX_RANK && elements == tensor->elements);
    FUZZ_REQUIRE(tensor->begin <= tensor->end && tensor->end <= size);
    FUZZ_REQUIRE(safetensors_find(&file, tensor->name) == tensor);
    volatile unsigned char last = 0; /* all of it is there to be read */
    for (uint64_t k = 0; k < tensor->end - tensor->begin; k++)
      last = tensor->data[k];
    (void)last;
    float values[16];
    if (tensor->type != SAFETENSORS_OTHER)
      safetensors_decode(tensor, 0, elements < 16 ? elements : 16, values);
  }
  safetensors_close(&file);
  return 0;
}
