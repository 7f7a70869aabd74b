/* Hugging Face's safetensors: named arrays in one file, with a JSON header.
 * https://huggingface.co/docs/safetensors */
#ifndef VIT_SAFETENSORS_H
#define VIT_SAFETENSORS_H

#include "file.h"
#include "json.h"

#define SAFETENSORS_MAX_RANK 8

enum safetensors_type {
  SAFETENSORS_F32,
  SAFETENSORS_F16,
  SAFETENSORS_BF16,
  SAFETENSORS_OTHER, /* integers, other floats and unknown types, which cannot be weights */
};

struct safetensors_tensor {
  const char *name;
  const char *dtype; /* as the file calls it */
  enum safetensors_type type;
  uint32_t rank;
  uint64_t dims[SAFETENSORS_MAX_RANK];
  uint64_t elements;
  uint64_t begin, end;       /* in the file's data */
  const unsigned char *data; /* end - begin bytes, in the order of the elements; may not be aligned */
};

struct safetensors {
  struct vit_file file;
  cJSON *header;
  struct safetensors_tensor *tensors; /* sorted by name */
  size_t count;

  struct safetensors *parts; /* of weights in several files: the files, whose tensors are those above */
  size_t part_count;
};

/* Maps a file and checks its whole header. The data of a tensor of a known dtype must have the length of its shape.
 * Every byte of the data must be in exactly one tensor. After an error *file is empty. */
bool safetensors_open(const char *path, struct safetensors *file, struct vit_error *error);

/* The same for weights in several files. path: their index, model.safetensors.index.json. Its weight_map has a file
 * beside it for each tensor. The files must have exactly the tensors of the index. */
bool safetensors_open_index(const char *path, struct safetensors *all, struct vit_error *error);

/* Sorts tensors by name. Returns false if two have the same name. */
bool safetensors_sort(const char *path, struct safetensors *file, struct vit_error *error);

/* Finds a tensor by name; NULL: there is none. */
const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);

/* Returns false if a file was shortened while its tensors were read. */
bool safetensors_are_whole(const struct safetensors *file, struct vit_error *error);

/* Accepts an empty struct. */
void safetensors_close(struct safetensors *file);

/* Decodes elements [first, first + count) to f32. The type must not be SAFETENSORS_OTHER. */
void safetensors_decode(const struct safetensors_tensor *tensor, uint64_t first, uint64_t count, float *values);

#endif
