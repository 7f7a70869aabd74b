/* samples/vit refuses broken files, unknown configurations and impossible options. */
#include "test_vit.h"

#include "model.h"

/* ---- Weights ---- */

/* A file of a header as given, and data. */
static void write_weights(uint64_t length, const char *header, size_t data_bytes) {
  size_t bytes = 8 + strlen(header) + data_bytes;
  unsigned char *file = calloc(bytes, 1);
  for (unsigned i = 0; i < 8; i++)
    file[i] = (unsigned char)(length >> 8 * i);
  memcpy(file + 8, header, strlen(header));
  work_write("model.safetensors", file, bytes);
  free(file);
}

static const struct {
  const char *header;
  uint64_t length; /* 0: the header's */
  size_t data_bytes;
  const char *words[3];
} broken[] = {
    {"{}", UINT64_MAX, 0, {"header has 18446744073709551615 bytes", "2 are there"}},
    {"{}", 3, 0, {"header has 3 bytes", "2 are there"}},
    {"{", 0, 0, {"malformed JSON"}},
    {"{} x", 0, 0, {"malformed JSON"}},
    {"[]", 0, 0, {"not an object"}},
    {"{\"a\":1}", 0, 0, {"tensor a", "no dtype"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 0, 4, {"tensor a", "no shape"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 0, 4, {"dimension 0 of tensor a"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 0, 4, {"dimension 0 of tensor a"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 0, 4,
        {"shape of tensor a", "too many"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 0, 4, {"more than 8"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 0, 4, {"data_offsets of tensor a"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 0, 4, {"data_offsets of tensor a"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e30]}}", 0, 4, {"data_offsets of tensor a"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 0, 4, {"tensor a has 4 bytes", "need 8"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 0, 7, {"tensor a ends at byte 8", "has 7"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[2,6]}}",
        0, 6, {"tensors a and b overlap"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[6,10]}}",
        0, 10, {"ahead of tensor b"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 0, 5, {"has 5 bytes", "end at 4"}},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        0, 8, {"tensor a twice"}},
};

static void refuse_weights(void) {
  struct vit_error error;
  struct safetensors file;
  char path[600];
  snprintf(path, sizeof path, "%s/model.safetensors", work_folder);
  assert_refused(safetensors_open(path, &file, &error), error, "model.safetensors");
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    write_weights(
        broken[i].length ? broken[i].length : strlen(broken[i].header), broken[i].header, broken[i].data_bytes);
    for (size_t j = 0; j < 3 && broken[i].words[j]; j++)
      assert_refused(safetensors_open(path, &file, &error), error, "model.safetensors", broken[i].words[j]);
    assert_null(file.tensors);
  }
}

/* Every length of a file that was cut short. */
static void refuse_truncated(void) {
  struct vit_error error;
  struct safetensors file;
  char path[600];
  size_t bytes;
  char *whole = work_read("clip-f16", "model.safetensors", &bytes);
  snprintf(path, sizeof path, "%s/model.safetensors", work_folder);
  for (size_t left = 0; left < bytes; left += left < 64 ? 1 : left < 8192 ? 97 : 1999) {
    work_write("model.safetensors", whole, left);
    assert_refused(safetensors_open(path, &file, &error), error, "model.safetensors");
  }
  free(whole);
}

/* Changes names, types and shapes in the header, of the same length. */
static void refuse_tensors(void) {
  static const struct {
    const char *from, *to, *words[2];
  } changes[] = {
      {"post_layernorm.bias", "post_layernorm.bios", {"post_layernorm.bias is missing"}},
      {"layers.1.mlp.fc1.weight\":{\"dtype\":\"F16\",\"shape\":[48,32]",
          "layers.1.mlp.fc1.weight\":{\"dtype\":\"F16\",\"shape\":[32,48]",
          {"layers.1.mlp.fc1.weight has shape 32 x 48, not 48 x 32"}},
      {"layers.1.mlp.fc1.weight\":{\"dtype\":\"F16\"", "layers.1.mlp.fc1.weight\":{\"dtype\":\"I16\"",
          {"layers.1.mlp.fc1.weight has dtype I16"}},
      {"layers.1.mlp.fc1.weight\":{\"dtype\":\"F16\"", "layers.1.mlp.fc1.weight\":{\"dtype\":\"F9X\"",
          {"layers.1.mlp.fc1.weight has dtype F9X"}},
      {"vision_model.encoder.layers.1.self_attn.q_proj.bias", "vision_model.encoder.layers.9.self_attn.q_proj.bias",
          {"layers.1.self_attn.q_proj.bias is missing"}},
  };
  struct vit_error error;
  struct vit_folder *opened;
  size_t bytes;
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    char *file = work_read("clip-f16", "model.safetensors", &bytes);
    char *at = NULL;
    for (size_t j = 8; !at && j + strlen(changes[i].from) < bytes; j++)
      if (memcmp(file + j, changes[i].from, strlen(changes[i].from)) == 0)
        at = file + j;
    if (!at)
      fail_msg("no %s", changes[i].from);
    memcpy(at, changes[i].to, strlen(changes[i].from));
    work_write("model.safetensors", file, bytes);
    assert_refused(vit_folder_open(work_folder, &opened, &error), error, "model.safetensors", changes[i].words[0]);
    assert_null(opened);
    free(file);
  }
}

void broken_files_are_refused(void **state) {
  (void)state;
  work_make();
  refuse_weights();
  refuse_truncated();
  work_copy("clip-f16");
  refuse_tensors();
  work_remove();
}

/* Some bytes of one of the files are others: it is read, or refused with a reason. The seed is printed; S2VK_TEST_SEED
 * sets it. */
void random_bytes_do_no_harm(void **state) {
  (void)state;
  static const char *const names[] = {"config.json", "preprocessor_config.json", "model.safetensors"};
  static const char words[] = "0123456789-+.eE\"{}[]:,\\ntrfals";
  const char *given = getenv("S2VK_TEST_SEED");
  struct noise noise = {given ? strtoull(given, NULL, 10) : 20};
  unsigned refused = 0;
  print_message("seed %llu\n", (unsigned long long)noise.state);
  work_make();
  for (unsigned i = 0; i < 600; i++) {
    struct vit_error error = {""};
    struct vit_folder *opened;
    size_t bytes;
    const char *name = names[i % 3];
    work_copy("clip-f16");
    char *file = work_read("clip-f16", name, &bytes);
    uint32_t reach = bytes < 6000 ? (uint32_t)bytes : 6000; /* the header */
    for (uint32_t change = noise_below(&noise, 4); change < 4; change++)
      file[noise_below(&noise, reach)] =
          (char)(i % 2 ? (uint32_t)words[noise_below(&noise, sizeof words - 1)] : noise_below(&noise, 256));
    work_write(name, file, bytes);
    free(file);
    if (!vit_folder_open(work_folder, &opened, &error)) {
      assert_string_not_equal(error.text, "");
      refused++;
    }
    vit_folder_close(&opened);
  }
  print_message("%u of 600 refused\n", refused);
  assert_in_range(refused, 100, 599);
  work_remove();
}

/* ---- Configurations ---- */

static const struct {
  const char *model, *file, *from, *to, *words[2];
} configurations[] = {
    {"clip-f16", "config.json", "clip_vision_model", "bert", {"config.json", "model_type bert"}},
    {"clip-f16", "config.json", "clip_vision_model", "clip", {"has shape 17 x 32, not 50 x 768"}},
    {"clip-f16", "config.json", "quick_gelu", "relu", {"hidden_act relu"}},
    {"clip-f16", "config.json", "\"hidden_size\": 32", "\"hidden_size\": 40", {"hidden_size 40", "multiples of 16"}},
    {"clip-f16", "config.json", "\"hidden_size\": 32", "\"hidden_size\": 48",
        {"position_embedding.weight has shape 17 x 32, not 17 x 48"}},
    {"clip-f16", "config.json", "\"hidden_size\": 32", "\"hidden_size\": -1",
        {"hidden_size is out of range, not a whole number"}},
    {"clip-f16", "config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 3", {"num_attention_heads 3"}},
    {"clip-f16", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", {"layers.1.", "unknown"}},
    {"clip-f16", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", {"layers.2.", "missing"}},
    {"clip-f16", "config.json", "\"num_channels\": 3", "\"num_channels\": 4", {"num_channels"}},
    {"clip-f16", "config.json", "\"patch_size\": 4", "\"patch_size\": 32", {"image_size 16", "patch_size 32"}},
    {"clip-f16", "config.json", "}", "", {"config.json: malformed JSON"}},
    {"dinov2-f16", "config.json", "\"use_swiglu_ffn\": false", "\"use_swiglu_ffn\": true",
        {"mlp.weights_in.weight is missing"}},
    {"dinov2-f16", "config.json", "\"mlp_ratio\": 2", "\"mlp_ratio\": 1e9", {"mlp_ratio"}},
    {"dinov3-f32", "config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 8",
        {"heads of 4 channels", "cannot be rotated"}},
    {"dinov3-f32", "config.json", "\"rope_theta\": 100.0", "\"rope_theta\": 0", {"rope_theta 0 cannot be"}},
    {"dinov3-f32", "config.json", "\"rope_theta\": 100.0", "\"rope_theta\": NaN", {"rope_theta is NaN"}},
    {"dinov3-f32", "config.json", "\"gelu\"", "\"relu\"", {"hidden_act relu", "silu"}},
    {"dinov3-f32", "config.json", "\"num_register_tokens\": 2", "\"num_register_tokens\": 3",
        {"register_tokens has shape 1 x 2 x 32, not 3 x 32"}},
    {"dinov3-f32", "config.json", "\"use_gated_mlp\": false", "\"use_gated_mlp\": true",
        {"mlp.gate_proj.weight is missing"}},
    {"dinov3-f32", "config.json", "\"key_bias\": false", "\"key_bias\": true", {"k_proj.bias is missing"}},
    {"dinov3-f32", "config.json", "\"query_bias\": true", "\"query_bias\": false", {"q_proj.bias is unknown"}},
    {"dinov2-giant-f32", "config.json", "\"use_swiglu_ffn\": true", "\"use_swiglu_ffn\": null",
        {"mlp.fc1.weight is missing"}},
    {"naflex-f32", "config.json", "\"num_patches\": 16", "\"num_patches\": 15",
        {"num_patches is 15", "a square number"}},
    {"naflex-f32", "config.json", "\"num_patches\": 16", "\"num_patches\": 25", {"has shape 16 x 32, not 25 x 32"}},
    {"convnext-f32", "config.json", "\"depths\": [", "\"depths\": [3, ", {"hidden_sizes has 3 stages, and depths 4"}},
    {"convnext-f32", "config.json", "\"depths\": [", "\"depths\": [0, ", {"depths has more than 8"}},
    {"convnext-f32", "config.json", "\"depths\": [", "\"depths\": 7, \"x\": [", {"depths is not a list"}},
    {"convnext-f32", "config.json", "\"hidden_sizes\": [\n    16", "\"hidden_sizes\": [\n    24",
        {"stage 0 has 24 channels"}},
    {"convnext-f32", "config.json", "\"hidden_sizes\": [\n    16", "\"hidden_sizes\": [\n    32",
        {"has shape 16 x 3 x 4 x 4, not 32 x 3 x 4 x 4"}},
    {"convnext-f32", "config.json", "\"image_size\": 32", "\"image_size\": 8", {"image_size 8", "3 stages"}},
    {"convnext-f32", "config.json", "\"layer_scale_init_value\": 1e-06", "\"layer_scale_init_value\": 0",
        {"layer_scale_parameter is unknown"}},
    {"convnext-f32", "preprocessor_config.json", "\"crop_pct\": 0.875", "\"crop_pct\": 0", {"crop_pct 0"}},
    {"timm-vit-f32", "config.json", "vit_base_patch16_224", "resnet50", {"architecture resnet50", "vit_"}},
    {"timm-vit-f32", "config.json", "vit_base_patch16_224", "vit_base_patch16_rope_224", {"another kind"}},
    {"timm-vit-f32", "config.json", "\"num_heads\": 2", "\"embed_dim\": 64", {"embed_dim is 64"}},
    {"timm-vit-f32", "config.json", "\"num_heads\": 2", "\"depth\": 12", {"depth is 12"}},
    {"timm-convnext-f32", "config.json", "\"num_classes\": 0", "\"model_args\": {\"depths\": [9]}",
        {"depths contradicts"}},
    {"timm-convnext-f32", "config.json", "\"num_classes\": 0", "\"model_args\": {\"dims\": 32}", {"dims contradicts"}},
    {"timm-vit-f32", "config.json", "\"num_heads\": 2", "\"num_heads\": 3", {"num_attention_heads 3 must divide"}},
    {"timm-vit-f32", "config.json", "3,\n      16,", "3,\n      24,", {"input_size is not 3"}},
    {"timm-vit-f32", "config.json", "3,\n      16,\n      16", "3,\n      24,\n      24",
        {"6 x 6 patches", "pos_embed has 17"}},
    {"timm-vit-f32", "config.json", "\"crop_mode\": \"center\"", "\"crop_mode\": \"border\"", {"crop_mode border"}},
    {"timm-vit-f32", "config.json", "\"crop_pct\": 0.9", "\"crop_pct\": 0", {"crop_pct 0"}},
    {"timm-vit-f32", "config.json", "\"bicubic\"", "\"hamming\"", {"interpolation"}},
    {"timm-convnext-f32", "config.json", "convnext_tiny", "convnextv2_tiny",
        {"architecture convnextv2_tiny", "convnext_"}},
    {"timm-convnext-f32", "config.json", "convnext_tiny", "convnext_atto_ols", {"its stem"}},
    {"timm-convnext-f32", "config.json", "convnext_tiny", "vit_tiny_patch16_224", {"no tensor patch_embed.proj"}},
    {"timm-convnext-f32", "config.json", "3,\n      32,\n      32", "3,\n      16,\n      16",
        {"image_size 16 is too small", "4 stages"}},
    {"timm-vit-f32", "config.json", "vit_base_patch16_224", "convnext_tiny", {"no tensor stem.0"}},
    {"open-clip-f32", "open_clip_config.json", "\"layers\": 2", "\"layers\": [2, 2]", {"a ResNet"}},
    {"open-clip-f32", "open_clip_config.json", "\"layers\": 2", "\"layers\": 3",
        {"layers is 3", "tensors beside it 2"}},
    {"open-clip-f32", "open_clip_config.json", "\"width\": 32", "\"width\": 48",
        {"width is 48", "tensors beside it 32"}},
    {"open-clip-f32", "open_clip_config.json", "\"patch_size\": 4", "\"patch_size\": [8, 8]", {"patch_size is 8"}},
    {"open-clip-f32", "open_clip_config.json", "\"mlp_ratio\": 1.5", "\"mlp_ratio\": 4", {"mlp_ratio 4 of width 32"}},
    {"open-clip-f32", "open_clip_config.json", "\"vision_cfg\"", "\"cfg\"", {"vision_cfg"}},
    {"open-clip-f32", "open_clip_config.json", "\"head_width\": 16", "\"head_width\": 64", {"head_width 64"}},
    {"open-clip-f32", "open_clip_config.json", "\"shortest\"", "\"longest\"", {"resize_mode longest"}},
    {"open-clip-f32", "open_clip_config.json", "\"head_width\": 16", "\"attentional_pool\": true",
        {"attentional_pool"}},
    {"open-clip-f32", "open_clip_config.json", "\"image_size\": 16", "\"image_size\": 20",
        {"5 x 5 patches", "positional_embedding has 17"}},
    {"clip-f16", "preprocessor_config.json", "CLIPImageProcessor", "MyProcessor", {"image_processor_type MyProcessor"}},
    {"clip-f16", "preprocessor_config.json", "\"do_resize\": true", "\"do_resize\": 3", {"do_resize"}},
    {"clip-f16", "preprocessor_config.json", "\"resample\": 3", "\"resample\": 9", {"resample"}},
    {"clip-f16", "preprocessor_config.json", "\"shortest_edge\": 16", "\"longest_edge\": 16",
        {"size", "shortest_edge"}},
    {"clip-f16", "preprocessor_config.json", "0.26862954", "0", {"image_std"}},
};

/* Without its class, a preprocessor_config.json is of the one that the family has. */
static void default_processors(void) {
  struct vit_error error;
  struct vit_folder *opened;
  size_t bytes;
  work_copy("vit-f16");
  work_write("preprocessor_config.json", "{\"size\": 20}", 12);
  if (!vit_folder_open(work_folder, &opened, &error))
    fail_msg("%s", error.text);
  const struct vit_preprocess *preprocess = vit_folder_preprocess(opened);
  assert_int_equal(preprocess->resample, VIT_BILINEAR);
  assert_int_equal(preprocess->width, 20);
  assert_false(preprocess->crop || preprocess->shortest_edge);
  vit_folder_close(&opened);
  work_copy("dinov2-f16");
  char *text = work_read("dinov2-f16", "preprocessor_config.json", &bytes);
  char *changed = work_replace(text, "image_processor_type", "other_type");
  work_write("preprocessor_config.json", changed, strlen(changed));
  if (!vit_folder_open(work_folder, &opened, &error))
    fail_msg("%s", error.text);
  assert_true(vit_folder_preprocess(opened)->crop && vit_folder_preprocess(opened)->shortest_edge);
  vit_folder_close(&opened);
  free(changed);
  free(text);
}

void broken_configurations_are_refused(void **state) {
  (void)state;
  struct vit_error error;
  struct vit_folder *opened;
  work_make();
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "/config.json");
  for (size_t i = 0; i < sizeof configurations / sizeof *configurations; i++) {
    size_t bytes;
    work_copy(configurations[i].model);
    char *text = work_read(configurations[i].model, configurations[i].file, &bytes);
    char *changed = work_replace(text, configurations[i].from, configurations[i].to);
    work_write(configurations[i].file, changed, strlen(changed));
    for (size_t j = 0; j < 2 && configurations[i].words[j]; j++)
      assert_refused(vit_folder_open(work_folder, &opened, &error), error, configurations[i].words[j]);
    assert_null(opened);
    free(changed);
    free(text);
  }
  default_processors();
  work_remove();
}

/* ---- Options and tensors ---- */

static struct vit_folder *open_clip(void) {
  char path[600];
  struct vit_error error;
  struct vit_folder *opened;
  snprintf(path, sizeof path, "%s/clip-f32", root);
  if (!vit_folder_open(path, &opened, &error))
    fail_msg("%s", error.text);
  return opened;
}

void options_that_cannot_be_are_refused(void **state) {
  (void)state;
  struct vit_folder *clip = open_clip();
  struct vit_error error;
  struct vit *vit;
  const struct vit_options layer = {.layer = 3}, negative = {.layer = -3}, side = {.side = 3}, large = {.side = 8192};
  assert_refused(vit_create(clip, &suite_gpu.info, &layer, &vit, &error), error, "layer is 3", "1 to 2");
  assert_null(vit);
  assert_refused(vit_create(clip, &suite_gpu.info, &negative, &vit, &error), error, "layer is -3");
  assert_refused(vit_create(clip, &suite_gpu.info, &side, &vit, &error), error, "side is 3", "4 pixels");
  assert_refused(vit_create(clip, &suite_gpu.info, &large, &vit, &error), error, "side is 8192");
  s2vk_context_info no_queue = suite_gpu.info;
  no_queue.queue = VK_NULL_HANDLE;
  const struct vit_options none = {0};
  assert_refused(vit_create(clip, &no_queue, &none, &vit, &error), error, "no queue");
  vit_folder_close(&clip);
}

void other_tensors_are_refused(void **state) {
  (void)state;
  struct vit_folder *clip = open_clip();
  struct vit_error error;
  struct vit *vit;
  const struct vit_options options = {0};
  if (!vit_create(clip, &suite_gpu.info, &options, &vit, &error))
    fail_msg("%s", error.text);
  const double scales[] = {1};
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 16,
      .width = 16,
      .scales = scales,
      .scale_count = 1,
      .num_prefix_token = 1,
      .model = vit_shape(vit)};
  const s2vk_model model = vit_model(vit);
  s2vk_plan *plan;
  s2vk_binding *bindings[2];
  static float input[3 * 16 * 16], output[17 * 32];
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  for (int i = 0; i < 2; i++)
    assert_ok(s2vk_binding_create(plan, NULL, &bindings[i]));
  if (!vit_bind(vit, plan, bindings[0], &error))
    fail_msg("%s", error.text);
  assert_ok(s2vk_forward(bindings[0], &model, input, sizeof input, output, sizeof output));
  assert_int_equal(s2vk_forward(bindings[1], &model, input, sizeof input, output, sizeof output), S2VK_ERROR_MODEL);
  for (int i = 0; i < 2; i++)
    s2vk_binding_destroy(&bindings[i]);
  s2vk_plan_destroy(&plan);

  info.height = info.width = 32;
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &bindings[0]));
  assert_refused(vit_bind(vit, plan, bindings[0], &error), error, "side of 32", "takes 16");
  s2vk_binding_destroy(&bindings[0]);
  s2vk_plan_destroy(&plan);
  vit_destroy(&vit);
  vit_folder_close(&clip);
}
