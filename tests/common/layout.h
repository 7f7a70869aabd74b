/* Where the elements of a tensor with strides are, for tests that look at them. */
#ifndef TESTS_LAYOUT_H
#define TESTS_LAYOUT_H

#include "s2vk/s2vk.h"

/* Elements of a shape, without those that fill up a last block of channels. */
size_t layout_elements(const s2vk_shape *shape);

/* Bytes from the first element to the `index`th one of the dense tensor. */
size_t layout_offset(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type, size_t index);

/* Bytes from the first element to the end of the last one; those that fill up a block are elements here. */
size_t layout_bytes(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type);

/* A byte for each of layout_bytes(), to be freed: 0 of a gap, 1 of an element, 2 of what fills up a block. */
unsigned char *layout_map(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type);

/* Channels of a block: 1, 4 or 8. */
uint32_t layout_block(const s2vk_strides *strides);

#endif
