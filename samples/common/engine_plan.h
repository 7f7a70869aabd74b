/* The plan and the output of a program that runs its model with an inference engine. */
#ifndef SAMPLES_ENGINE_PLAN_H
#define SAMPLES_ENGINE_PLAN_H

#include "engine_input.h"
#include "engine_options.h"

/* The inputs and outputs of the engine's model. */
struct engine_model {
  const char *features;  /* the name of the model's output that is taken */
  uint32_t side;         /* of a tile, in pixels */
  uint32_t batch;        /* tiles that each call takes; 0: any number */
  bool maps;             /* its features are feature maps; false: tokens */
  s2vk_model_shape made; /* the features of one tile */
  s2vk_type tile_type, feature_type;
  s2vk_strides tile_strides, feature_strides;
};

/* Makes the plan. The context's log function gets the reason of an error. */
s2vk_result engine_plan_create(s2vk_context *context, const struct engine_options *options,
    const struct engine_input *input, const struct engine_model *model, s2vk_plan **plan);

/* Prints on stdout what was done, and writes the features, in f32. On failure returns false and prints the reason on
 * stderr. */
bool engine_write(const char *program, const struct engine_options *options, const struct engine_model *model,
    const s2vk_plan *plan, float *features);

/* Checks that the output can be written and is not an input of the program. Otherwise returns false and prints the
 * reason on stderr. */
bool engine_check_output(const char *program, const struct engine_options *options);

#endif
