/* What the tests of pixels in buffers and in images share. */
#ifndef TESTS_TEST_PIXELS_H
#define TESTS_TEST_PIXELS_H

#include "suite.h"

#include "picture.h"
#include "replay.h"

/* The suite's plan, made small: a split that walks. */
s2vk_plan_info pixels_small_info(const s2vk_pixels_info *pixels);

/* A plan that takes one of the paths of the split. Sets pixels->image. */
#define PIXELS_PATHS 7
s2vk_plan_info pixels_path_info(size_t path, s2vk_pixels_info *pixels);

/* Runs a plan and leaves its tiles in replay, to be destroyed. */
void pixels_run(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding_info,
    const void *input, size_t input_bytes, struct replay *replay);

/* Random pixels as info->pixels has them; what is between them is NaN, or white. Free both. */
struct picture pixels_make(
    const s2vk_plan_info *info, const struct picture_format *format, uint64_t seed, void **memory, size_t *bytes);

/* The largest difference of the f32 tiles of pixels and of a tensor, without what is between tiles. */
double pixels_difference(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding,
    const void *input, size_t input_bytes, const struct picture *picture);

/* Fails if a difference is more than rounding. */
void pixels_check(double error, const char *what);

/* Tests of images. */
void images_of_every_format(void **state);
void an_image_by_every_path(void **state);
void an_image_written_in_the_same_commands(void **state);

#endif
