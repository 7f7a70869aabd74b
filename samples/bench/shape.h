/* The plans that are measured, by name. */
#ifndef BENCH_SHAPE_H
#define BENCH_SHAPE_H

#include <s2vk/s2vk.h>

#define SHAPE_MAX 32
#define SHAPE_TEXT_BYTES 512

struct shape {
  const char *name;
  s2vk_plan_info info;
  VkFormat image_format; /* format of an input that is an image; else UNDEFINED */
};

uint32_t shape_count(void);
uint32_t shape_default_count(void); /* the number of first shapes that are measured by default */
const struct shape *shape_at(uint32_t index);

/* Finds a shape by its name; NULL: there is none. */
const struct shape *shape_find(const char *name, size_t length);

/* Describes a shape in one line, such as "1 x 3 x 224 x 224, scales 1, 2, features 196 x 768". */
void shape_describe(const struct shape *shape, char text[SHAPE_TEXT_BYTES]);

const char *type_name(s2vk_type type);

#endif
