/* What every suite includes: cmocka, and checks of what the library returned and logged. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"

/* A result, and the reason logged with it: it must name the field and the value, which are the words given. */
#define assert_fails(call, result, ...)                                                                                \
  do {                                                                                                                 \
    gpu_clear_log();                                                                                                   \
    s2vk_result got_ = (call);                                                                                         \
    if (got_ != (result))                                                                                              \
      fail_msg("%s is %s (%s), not %s", #call, s2vk_result_name(got_), gpu_last_log(), s2vk_result_name(result));      \
    const char *const words_[] = {__VA_ARGS__};                                                                        \
    for (size_t i_ = 0; i_ < sizeof words_ / sizeof *words_; i_++)                                                     \
      if (!strstr(gpu_last_log(), words_[i_]))                                                                         \
        fail_msg("\"%s\" is not in \"%s\"", words_[i_], gpu_last_log());                                               \
  } while (0)

#define assert_ok(call)                                                                                                \
  do {                                                                                                                 \
    gpu_clear_log();                                                                                                   \
    s2vk_result got_ = (call);                                                                                         \
    if (got_)                                                                                                          \
      fail_msg("%s is %s: %s", #call, s2vk_result_name(got_), gpu_last_log());                                         \
  } while (0)

/* A context without a device: shapes and byte counts only. */
static inline s2vk_context *open_shapes_only(void) {
  const s2vk_context_info info = {.struct_size = sizeof info, .log = gpu_log};
  s2vk_context *context = NULL;
  assert_ok(s2vk_context_create(&info, &context));
  return context;
}

/* The device of a suite that needs one: opened by the group's setup, closed by its teardown, which fails the group if
 * the validation layer said anything. */
extern struct gpu suite_gpu;
int suite_open_gpu(void **state);
int suite_close_gpu(void **state);

/* Likewise, with two contexts on it: shaped for a GPU, and for a driver on the CPU. The count is 1 where the second is
 * never had. */
extern s2vk_context *suite_contexts[2];
extern size_t suite_context_count;
int suite_open_contexts(void **state);
int suite_close_contexts(void **state);

/* A number of the environment. */
unsigned long suite_number(const char *variable, unsigned long otherwise);

/* Whether suites are to leave out what only makes more pipelines: on a driver that compiles slowly, and with
 * S2VK_TEST_SHORT set, under sanitizers, which watch the library. */
bool suite_is_short(void);

/* A small plan that changes nothing but what a test is about: 2 x 3 x 8 x 8, scales 1 and 2, 2 x 2 tokens of 4. */
s2vk_plan_info suite_plan_info(void);

/* The same of pixels: a region of 10 x 14 at row 3 and column 5 of images of 15 x 20, in tiles of 8, scales
 * 1 and 1.7. */
s2vk_pixels_info suite_pixels_info(void);
s2vk_plan_info suite_pixels_plan_info(const s2vk_pixels_info *pixels);

/* A model's record callback: all features are 0. */
s2vk_result suite_zero_features(void *user, VkCommandBuffer commands, const s2vk_model_call *call);

/* Overlapping tiles for a plan, and a tile side and a model that they are whole tokens of. */
struct noise;
void suite_random_overlap(struct noise *noise, s2vk_plan_info *info);

/* Another output than the original's: what becomes of prefix tokens, the order of the others, repeated channels. */
void suite_random_order(struct noise *noise, s2vk_plan_info *info);

/* A small plan of any kind, of tensors and of pixels, what it points to is in *sizes and *pixels. */
void suite_random_plan(struct noise *noise, s2vk_size sizes[3], s2vk_pixels_info *pixels, s2vk_plan_info *info);

/* Reproducible noise. */
struct noise {
  uint64_t state;
};
uint32_t noise_below(struct noise *noise, uint32_t limit); /* [0, limit) */
double noise_unit(struct noise *noise);                    /* [-1, 1) */

#endif
