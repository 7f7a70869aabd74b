/* Elements of a tensor in host memory, converted in simple code and in double precision. */
#ifndef TESTS_ELEMENT_H
#define TESTS_ELEMENT_H

#include "s2vk/s2vk.h"

double element_get(s2vk_type type, const void *tensor, size_t index);

/* Rounds to nearest even. */
void element_set(s2vk_type type, void *tensor, size_t index, double value);

/* The unit in the last place of a 16-bit type's numbers as large as value; 0 for f32. */
double element_unit(s2vk_type type, double value);

/* Distance between a stored element and a value: absolute for f32, in units in the last place for the 16-bit types. The
 * unit is that of the largest of the element, the value and `magnitude`. 0 where both are NaN or the same infinity,
 * infinite where only one is. */
double element_error(s2vk_type type, const void *tensor, size_t index, double expected, double magnitude);

/* The limit of element_error(), by docs/semantics.md: 1e-5, or 2 units in the last place. */
double element_tolerance(s2vk_type type);

/* The largest element_error() of a tensor against the original's of the same type. The original rounds after each of
 * its steps, so that small results of large terms carry the terms' rounding (in case `half` the original is 17 units
 * off the exact result near 0), and after two interpolations up to 1.3 units of the largest: magnitude is that of the
 * tensor's largest element. */
double tensor_error(s2vk_type type, const void *tensor, const void *original, size_t count);

#endif
