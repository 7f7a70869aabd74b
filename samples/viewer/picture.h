/* A photograph on the device. It counts its holders, which draw it or compute with it. The last one that lets go
 * destroys it. */
#ifndef VIEWER_PICTURE_H
#define VIEWER_PICTURE_H

#include "gpu.h"
#include "photograph.h"
#include "preset.h"

#define PICTURE_ERROR_BYTES 512

/* What is done to a photograph when it is read. */
struct preparation {
  enum {
    PREPARED_WHOLE,     /* nothing */
    PREPARED_BY_MODEL,  /* a model's image processor */
    PREPARED_BY_PRESET, /* the preset's part of it is shown; the plan does the rest */
  } kind;
  struct vit_preprocess preprocess; /* of PREPARED_BY_MODEL */
  enum preset preset;
  const struct vit_preprocess *processor; /* as preset_choice.processor */
};

bool preparation_is(const struct preparation *a, const struct preparation *b);

struct picture {
  const struct gpu *gpu;
  struct image image; /* is drawn */
  char *path;
  uint32_t holders;
  struct preparation preparation;
  struct buffer planes; /* of PREPARED_BY_MODEL: 3 x height x width, f32. The image shows the same values */
  struct image source;  /* of PREPARED_BY_PRESET: the whole photograph */
};

/* The image that plans read, if there are no planes. */
const struct image *picture_source(const struct picture *picture);

/* The contents of a file, read without a device. */
struct picture_data {
  struct preparation preparation;
  struct photograph photograph; /* as it is drawn */
  float *planes;                /* as in struct picture; else NULL */
  unsigned char *source;        /* as in struct picture, of source_size; else NULL */
  s2vk_size source_size;
};

/* Reads a file, on any thread. On failure returns false and the reason. */
bool picture_read(const char *path, const struct preparation *preparation, struct picture_data *data,
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
