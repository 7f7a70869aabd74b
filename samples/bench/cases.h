/* Families of plans besides the named shapes. They show whether some kind of plan is much slower for its bytes than
 * others. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "shape.h"

#define CASE_NAME_BYTES 48
#define CASE_MAX_SCALES 4

/* A member of a family: a plan for one image unless its batch is set. Do not copy it, because its shape points into
 * it. */
struct plan_case {
  const s2vk_context *context; /* for queries of sizes */
  char name[CASE_NAME_BYTES];
  struct shape shape;
  double scales[CASE_MAX_SCALES];
  s2vk_size sizes[CASE_MAX_SCALES];
  s2vk_model_shape models[CASE_MAX_SCALES];
  s2vk_pixels_info pixels;
};

struct family {
  const char *name, *text;
  uint32_t examples; /* members that are always the same; drawn ones follow */
  void (*draw)(uint32_t index, uint64_t *random, struct plan_case *c);
  bool strided; /* its members have strides, and each is compared with its own plan without strides */
};

uint32_t family_count(void);
const struct family *family_at(uint32_t index);
const struct family *family_find(const char *name, size_t length); /* NULL if there is none */

/* Member index of a family: an example, or one that depends on seed, family and index alone. The context needs no
 * device. */
void case_draw(
    const s2vk_context *context, const struct family *family, uint32_t index, uint64_t seed, struct plan_case *c);

/* The bound of a family: the largest ratio of a member's time per byte to that of its reference. */
double family_bound(const struct family *family);

/* The reference for cases: tiles of 336 at scales 1, 2, 3 with 576 x 1024 features in f32. */
void case_reference(struct plan_case *c);

#endif
