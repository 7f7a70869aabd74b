/* A photograph on the device. What draws it or computes with it holds it, and with the last one that lets go it is
 * destroyed. */
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

  /* As a model's image processor makes it, which is then what the image shows: 3 x height x width in f32. */
  bool preprocessed;
  struct buffer planes;
};

/* What is read of a file, without a device. */
struct picture_data {
  struct photograph photograph;
  float *planes; /* of a photograph that is preprocessed; NULL: it is not */
};

/* Any thread. preprocess: NULL, or what is done to the photograph first. False, with the reason, if it cannot be read.
 */
bool picture_read(const char *path, const struct vit_preprocess *preprocess, struct picture_data *data,
    char error[PICTURE_ERROR_BYTES]);
void picture_data_free(struct picture_data *data);

/* Uploads it, waits for the queue, and returns it held once. NULL, with the reason, if that fails. */
struct picture *picture_create(
    const struct gpu *gpu, const char *path, const struct picture_data *data, char error[PICTURE_ERROR_BYTES]);

struct picture *picture_hold(struct picture *picture);

/* Clears the handle; accepts NULL in it. The GPU must be done with it when the last one lets go. */
void picture_drop(struct picture **picture);

/* The last part of its path. */
const char *picture_name(const struct picture *picture);

#endif
