/* Several layers of one forward: each by a plan of its own, and the same to the bit as that layer alone. */
#include "test_vit.h"

#include "model.h"

#define LEVELS 3
#define SCALES 2

static struct vit *make_vit(const struct vit_folder *folder, const struct vit_options *options) {
  struct vit_error error;
  struct vit *vit;
  if (!vit_create(folder, &suite_gpu.info, options, &vit, &error))
    fail_msg("%s", error.text);
  return vit;
}

static struct vit_folder *open_model(const char *name) {
  char path[600];
  struct vit_error error;
  struct vit_folder *opened;
  snprintf(path, sizeof path, "%s/%s", root, name);
  if (!vit_folder_open(path, &opened, &error))
    fail_msg("%s", error.text);
  return opened;
}

/* Plans and bindings of each of the model's levels. */
struct run {
  s2vk_plan *plans[LEVELS];
  s2vk_binding *bindings[LEVELS];
  struct gpu_buffer input, outputs[LEVELS];
  uint32_t count;
};

static void run_open(struct run *run, struct vit *vit) {
  static const double scales[SCALES] = {1, 2};
  struct vit_error error;
  *run = (struct run){.count = vit_level_count(vit)};
  for (uint32_t i = 0; i < run->count; i++) {
    const s2vk_model_shape shape = vit_level_shape(vit, i);
    const s2vk_plan_info info = {.struct_size = sizeof info,
        .batch = 1,
        .channels = 3,
        .height = vit_side(vit),
        .width = vit_side(vit),
        .scales = scales,
        .scale_count = SCALES,
        .num_prefix_token = shape.height ? 0 : vit_prefix(vit),
        .output_shape = shape.height ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
        .model = shape};
    s2vk_tensor input, output;
    assert_ok(s2vk_plan_create(suite_gpu.context, &info, &run->plans[i]));
    assert_ok(s2vk_binding_create(run->plans[i], NULL, &run->bindings[i]));
    assert_ok(s2vk_binding_get_tensors(run->bindings[i], &input, &output));
    if (!i)
      run->input = gpu_buffer_create(&suite_gpu, input.bytes);
    run->outputs[i] = gpu_buffer_create(&suite_gpu, output.bytes);
  }
  struct noise noise = {7};
  float *values = run->input.host;
  for (size_t i = 0; i < run->input.bytes / sizeof *values; i++)
    values[i] = (float)noise_unit(&noise);
  if (!vit_bind_levels(vit, (const s2vk_plan *const *)run->plans, (const s2vk_binding *const *)run->bindings, &error))
    fail_msg("%s", error.text);
}

/* The split of the first binding, the model once, and every binding's merge. */
static void run_submit(struct run *run, struct vit *vit) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  const s2vk_model model = vit_model(vit);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  s2vk_tensor input, output;
  assert_ok(s2vk_plan_get_layout(run->plans[0], &layout));
  assert_ok(s2vk_binding_get_tensors(run->bindings[0], &input, &output));
  const VkBufferCopy in = {0, input.offset, input.bytes};
  gpu_barrier(commands);
  vkCmdCopyBuffer(commands, run->input.buffer, input.buffer, 1, &in);
  for (uint32_t call = 0; call < layout.call_count; call++) {
    s2vk_model_call model_call;
    assert_ok(s2vk_record_split(run->bindings[0], call, commands));
    assert_ok(s2vk_binding_get_call(run->bindings[0], call, &model_call));
    assert_ok(model.record(model.user, commands, &model_call));
    for (uint32_t i = 0; i < run->count; i++)
      assert_ok(s2vk_record_merge(run->bindings[i], call, commands));
  }
  gpu_barrier(commands);
  for (uint32_t i = 0; i < run->count; i++) {
    assert_ok(s2vk_binding_get_tensors(run->bindings[i], &input, &output));
    const VkBufferCopy out = {output.offset, 0, output.bytes};
    vkCmdCopyBuffer(commands, output.buffer, run->outputs[i].buffer, 1, &out);
  }
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
}

static void run_close(struct run *run) {
  for (uint32_t i = 0; i < run->count; i++) {
    gpu_buffer_destroy(&suite_gpu, &run->outputs[i]);
    s2vk_binding_destroy(&run->bindings[i]);
    s2vk_plan_destroy(&run->plans[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &run->input);
}

static void check_model(const char *name, bool maps, const int32_t layers[LEVELS], uint32_t tiles_per_chunk) {
  struct vit_folder *folder = open_model(name);
  struct vit_options options = {.layer_count = LEVELS, .maps = maps, .tiles_per_chunk = tiles_per_chunk};
  memcpy(options.layers, layers, sizeof options.layers[0] * LEVELS);
  struct vit *vit = make_vit(folder, &options);
  struct run all;
  run_open(&all, vit);
  run_submit(&all, vit);
  for (uint32_t i = 0; i < LEVELS; i++) {
    struct run one;
    struct vit *alone =
        make_vit(folder, &(struct vit_options){.layer = layers[i], .maps = maps, .tiles_per_chunk = tiles_per_chunk});
    run_open(&one, alone);
    run_submit(&one, alone);
    assert_int_equal(one.outputs[0].bytes, all.outputs[i].bytes);
    assert_memory_equal(one.outputs[0].host, all.outputs[i].host, one.outputs[0].bytes);
    run_close(&one);
    vit_destroy(&alone);
  }
  run_close(&all);
  vit_destroy(&vit);
  vit_folder_close(&folder);
}

void several_layers_come_of_one_forward(void **state) {
  (void)state;
  check_model("convnext-f32", true, (const int32_t[LEVELS]){1, 3, 2}, 0);
  check_model("convnext-f32", false, (const int32_t[LEVELS]){3, 2, 1}, 2);
  check_model("dinov3-f32", false, (const int32_t[LEVELS]){1, 2, -2}, 3);
  check_model("dinov3-f32", true, (const int32_t[LEVELS]){1, 2, 2}, 0);
}

/* Maps are the tokens, the other way round, and without those ahead. */
void maps_are_the_tokens(void **state) {
  (void)state;
  static const char *const names[] = {"dinov3-f32", "siglip-f32", "convnext-f32"};
  for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
    struct vit_folder *folder = open_model(names[m]);
    struct run runs[2];
    s2vk_model_shape shapes[2];
    for (int i = 0; i < 2; i++) {
      struct vit *vit = make_vit(folder, &(struct vit_options){.maps = i, .without_cls = true});
      shapes[i] = vit_shape(vit);
      run_open(&runs[i], vit);
      run_submit(&runs[i], vit);
      vit_destroy(&vit);
    }
    const float *tokens = runs[0].outputs[0].host, *maps = runs[1].outputs[0].host;
    const uint32_t count = shapes[0].tokens, channels = SCALES * shapes[0].channels;
    assert_int_equal(count, shapes[1].height * shapes[1].width);
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t channel = 0; channel < channels; channel++)
        if (fabsf(tokens[i * channels + channel] - maps[channel * count + i]) > 1e-5f)
          fail_msg("%s: token %u, channel %u: %g, and %g in the map", names[m], i, channel,
              tokens[i * channels + channel], maps[channel * count + i]);
    for (int i = 0; i < 2; i++)
      run_close(&runs[i]);
    vit_folder_close(&folder);
  }
}

void levels_that_cannot_be_are_refused(void **state) {
  (void)state;
  struct vit_folder *folder = open_model("convnext-f32");
  struct vit_error error;
  struct vit *vit;
  const struct vit_options many = {.layer_count = VIT_MAX_LEVELS + 1}, zero = {.layer_count = 2, .layers = {1, 4}},
                           norm = {.layer = 2, .norm = VIT_NORM_ON}, side = {.side = 8};
  assert_refused(vit_create(folder, &suite_gpu.info, &many, &vit, &error), error, "layer_count is 9", "at most 8");
  assert_refused(vit_create(folder, &suite_gpu.info, &zero, &vit, &error), error, "layer is 4", "1 to 3");
  assert_refused(vit_create(folder, &suite_gpu.info, &norm, &vit, &error), error, "layer is 2", "last layer");
  assert_refused(vit_create(folder, &suite_gpu.info, &side, &vit, &error), error, "side is 8", "3 stages");
  vit = make_vit(folder, &(struct vit_options){.layer_count = 2, .layers = {1, 2}, .maps = true});
  struct run run;
  run_open(&run, vit);
  assert_refused(vit_bind(vit, run.plans[0], run.bindings[0], &error), error, "2 layers", "a plan");
  const s2vk_plan *const plans[] = {run.plans[1], run.plans[0]};
  const s2vk_binding *const bindings[] = {run.bindings[1], run.bindings[0]};
  assert_refused(vit_bind_levels(vit, plans, bindings, &error), error, "features of layer 1", "elements");
  run_close(&run);
  vit_destroy(&vit);
  vit_folder_close(&folder);
}
