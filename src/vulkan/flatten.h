/* Views of type 2D. The modules read an array of images, as a view of type 2D_ARRAY shows it. A pipeline for a view of
 * type 2D needs a module that reads a single image. It differs in a few words, so it is made from the other one when
 * the pipeline is made: modules of their own would make the library larger. */
#ifndef S2VK_FLATTEN_H
#define S2VK_FLATTEN_H

#include "base/env.h"

/* Copies a module of SPIR-V that reads an array of 2D images, and makes it one that reads a 2D image. NULL: out of
 * memory. Free the copy by s2_free(). */
uint32_t *s2_flatten(const struct s2_env *env, const uint32_t *words, size_t count, size_t *flat_count);

#endif
