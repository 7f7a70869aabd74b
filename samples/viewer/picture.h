/* A photograph on the device. It counts its holders, which draw it or compute with it. The last one that lets go
 * destroys it. */
#ifndef VIEWER_PICTURE_H
#define VIEWER_PICTURE_H

#include "gpu.h"
#include "photograph.h"
#include "vit.h"

#define PICTURE_ERROR_BYTES 512

struct picture {
  const struct gpu *gpu;
  struct image image;
  char *path;
  uint32_t holders;

  /* Preprocessed by a model's image processor: 3 x height x width, f32. The image shows the same values. */
  bool preprocessed;
  struct buffer planes;
};

/* The contents of a file, read without a device. */
struct picture_data {
  struct photograph photograph;
  float *planes; /* of a preprocessed photograph; else NULL */
};

/* Reads a file, on any thread. preprocess: the preprocessing of the photograph, or NULL. On failure returns false and
 * the reason. */
bool picture_read(const char *path, const struct vit_preprocess *preprocess, struct picture_data *data,
    char error[PICTURE_ERROR_BYTES]);
void picture_data_free(struct picture_data *data);

/* Uploads a photograph, waits for the queue, and returns it with one holder. On failure returns NULL and the reason. */
struct picture *picture_create(
    const struct gpu *gpu, const char *path, const struct picture_data *data, char error[PICTURE_ERROR_BYTES]);

struct picture *picture_hold(struct picture *picture);

/* Lets go, and clears the handle, which may be NULL. When the last holder lets go, the GPU must have finished with
 * it. */
void picture_drop(struct picture **picture);

/* The file name without its folder. */
const char *picture_name(const struct picture *picture);

#endif
