/* Models of real sizes with random weights, for speed without a download. */
#ifndef VIT_BENCH_RANDOM_H
#define VIT_BENCH_RANDOM_H

#include "folder.h"

struct random_folder {
  struct vit_folder folder;
  char (*names)[96]; /* of the tensors */
  void *weights;     /* more than the largest tensor has, so that each tensor begins elsewhere */
  void *norms;       /* the same, near 1 */
};

/* Name and description of the index-th model; NULL after the last. */
const char *random_name(uint32_t index);
const char *random_text(uint32_t index);

/* Weights of the type, the same at every run. Tensors share memory: all are within what the largest one takes. */
bool random_open(const char *name, s2vk_type type, struct random_folder *random, struct vit_error *error);
void random_close(struct random_folder *random);

#endif
