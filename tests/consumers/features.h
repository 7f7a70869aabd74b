/* What every consumer does with its device: an input whose features are known. Valid C11 and C++20. */
#ifndef CONSUMERS_FEATURES_H
#define CONSUMERS_FEATURES_H

#include <stdio.h>
#include <string.h>

#include <s2vk/s2vk.h>

#define PIXELS 16 /* of a 4 x 4 tile */
#define VALUES 8  /* of the output: 2 x 2 tokens of 2 scales */

static const float input[PIXELS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The mean of the input, beside the mean of each quarter of the input at twice its size. The weights of bicubic are
 * multiples of 1/256 at that scale, so the values are exact. */
static const float expected[VALUES] = {
    7.5f, 2.5634765625f, 7.5f, 4.5380859375f, 7.5f, 10.4619140625f, 7.5f, 12.4365234375f};

static void print_line(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level <= S2VK_LOG_WARNING)
    fprintf(stderr, "s2vk: %s\n", message);
}

/* A model of one token and one channel: the mean of the tile. */
static s2vk_result average(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  (void)user;
  const float *pixels = (const float *)tiles;
  float *tokens = (float *)features;
  for (uint32_t n = 0; n < call->tiles.shape.dims[0]; n++) {
    float sum = 0;
    for (uint32_t i = 0; i < PIXELS; i++)
      sum += pixels[n * PIXELS + i];
    tokens[n] = sum / PIXELS;
  }
  return S2VK_SUCCESS;
}

static s2vk_result run(s2vk_context *context, float output[VALUES]) {
  static const double scales[] = {1, 2};
  s2vk_plan_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  info.batch = info.channels = 1;
  info.height = info.width = 4;
  info.scales = scales;
  info.scale_count = 2;
  info.resize_output_to_idx = 1;
  info.model.channels = info.model.tokens = 1;

  s2vk_model model;
  memset(&model, 0, sizeof model);
  model.struct_size = sizeof model;
  model.run = average;

  s2vk_plan *plan = NULL;
  s2vk_binding *binding = NULL;
  s2vk_result result = s2vk_plan_create(context, &info, &plan);
  if (!result)
    result = s2vk_binding_create(plan, NULL, &binding);
  if (!result)
    result = s2vk_forward(binding, &model, input, sizeof input, output, VALUES * sizeof *output);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  return result;
}

/* 0 if the output is right. */
static int check(const float output[VALUES]) {
  int wrong = 0;
  for (int i = 0; i < VALUES; i++) {
    const float difference = output[i] - expected[i];
    if (!(difference > -1e-5f && difference < 1e-5f)) {
      fprintf(stderr, "output[%d] is %.9g, not %.9g\n", i, (double)output[i], (double)expected[i]);
      wrong = 1;
    }
  }
  return wrong;
}

#endif
