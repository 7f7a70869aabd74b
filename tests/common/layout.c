#include "layout.h"

#include <stdlib.h>
#include <string.h>

size_t layout_elements(const s2vk_shape *shape) {
  size_t elements = 1;
  for (uint32_t i = 0; i < shape->rank; i++)
    elements *= shape->dims[i];
  return elements;
}

uint32_t layout_block(const s2vk_strides *strides) {
  return strides->order == S2VK_ORDER_NC4HW4 ? 4 : strides->order == S2VK_ORDER_NC8HW8 ? 8 : 1;
}

static size_t place(const s2vk_strides *s, s2vk_type type, const uint32_t at[4]) {
  const uint32_t block = layout_block(s);
  return at[0] * s->item + at[1] / block * s->channel + at[1] % block * s2vk_type_size(type) + at[2] * s->row +
         at[3] * s->column;
}

size_t layout_offset(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type, size_t index) {
  uint32_t at[4] = {0};
  for (uint32_t i = shape->rank; i-- > 0;) {
    at[i] = (uint32_t)(index % shape->dims[i]);
    index /= shape->dims[i];
  }
  if (shape->rank == 3)
    return at[0] * strides->item + at[1] * strides->column + at[2] * s2vk_type_size(type);
  return place(strides, type, at);
}

/* The shape with whole blocks of channels. */
static s2vk_shape filled(const s2vk_strides *strides, s2vk_shape shape) {
  const uint32_t block = layout_block(strides);
  if (shape.rank == 4)
    shape.dims[1] = (shape.dims[1] + block - 1) / block * block;
  return shape;
}

size_t layout_bytes(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type) {
  const s2vk_shape whole = filled(strides, *shape);
  return layout_offset(strides, &whole, type, layout_elements(&whole) - 1) + s2vk_type_size(type);
}

unsigned char *layout_map(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type) {
  const s2vk_shape shapes[] = {filled(strides, *shape), *shape};
  unsigned char *map = calloc(1, layout_bytes(strides, shape, type));
  if (!map)
    abort();
  for (int i = 0; i < 2; i++)
    for (size_t n = 0; n < layout_elements(&shapes[i]); n++)
      memset(map + layout_offset(strides, &shapes[i], type, n), 2 - i, s2vk_type_size(type));
  return map;
}
