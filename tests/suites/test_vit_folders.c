/* How samples/vit reads a folder: fields that are null, numbers that JSON does not have, files of other versions, and
 * files that are not what they seem. */
#include "test_vit.h"

#include "folder.h"

static struct vit_folder *open_folder(void) {
  struct vit_error error;
  struct vit_folder *opened;
  if (!vit_folder_open(work_folder, &opened, &error))
    fail_msg("%s", error.text);
  return opened;
}

static struct vit_preprocess read_preprocess(void) {
  struct vit_folder *opened = open_folder();
  struct vit_preprocess preprocess = *vit_folder_preprocess(opened);
  vit_folder_close(&opened);
  return preprocess;
}

/* ---- Nulls ---- */

/* The default of the class. It equals the file of clip-f32, except for sizes. */
static struct vit_preprocess without(const char *from, const char *to) {
  work_change("clip-f32", "preprocessor_config.json", from, to);
  return read_preprocess();
}

static void nulls_are_defaults(void) {
  work_copy("clip-f32");
  const struct vit_preprocess as_is = read_preprocess();
  struct vit_preprocess p = without("\"image_mean\": [", "\"image_mean\": null, \"other\": [");
  assert_memory_equal(p.mean, ((const float[]){0.48145466f, 0.4578275f, 0.40821073f}), sizeof p.mean);
  p = without("\"image_std\": [", "\"image_std\": null, \"other\": [");
  assert_memory_equal(p.std, ((const float[]){0.26862954f, 0.26130258f, 0.27577711f}), sizeof p.std);
  p = without("\"size\": {", "\"size\": null, \"other\": {");
  assert_true(p.shortest_edge && p.height == 224 && p.crop_height == as_is.crop_height && as_is.crop_height != 224);
  p = without("\"crop_size\": {", "\"crop_size\": null, \"other\": {");
  assert_true(p.crop && p.crop_height == 224 && p.crop_width == 224 && p.height == as_is.height && as_is.height != 224);
  p = without("\"rescale_factor\": 0.00392156862745098", "\"rescale_factor\": null");
  assert_true(p.rescale && p.rescale_factor == 1 / 255.0);
  p = without("\"image_processor_type\": \"CLIPImageProcessor\"",
      "\"do_center_crop\": null, \"image_processor_type\": \"CLIPImageProcessorFast\"");
  assert_true(p.crop);
  assert_int_equal(without("\"resample\": 3", "\"resample\": null").resample, VIT_BICUBIC);
  work_copy("convnext-f32");
  work_change("convnext-f32", "preprocessor_config.json", "\"crop_pct\": 0.875", "\"crop_pct\": null");
  assert_true(read_preprocess().part == 224 / 256.0);
  work_copy("vit-f32");
  work_change("vit-f32", "preprocessor_config.json", "\"resample\": 2", "\"resample\": null");
  assert_int_equal(read_preprocess().resample, VIT_BILINEAR);
}

void nulls_mean_what_they_do_in_python(void **state) {
  (void)state;
  struct vit_error error;
  struct vit_folder *opened;
  work_make();
  work_copy("clip-f32");
  assert_true(read_preprocess().crop && read_preprocess().normalize);
  const char *const bools[] = {"do_resize", "do_center_crop", "do_rescale", "do_normalize"};
  for (size_t i = 0; i < 4; i++) {
    char from[64], to[64];
    snprintf(from, sizeof from, "\"%s\": true", bools[i]);
    snprintf(to, sizeof to, "\"%s\": null", bools[i]);
    work_change("clip-f32", "preprocessor_config.json", from, to);
    const struct vit_preprocess p = read_preprocess();
    const bool values[] = {p.resize, p.crop, p.rescale, p.normalize};
    for (size_t j = 0; j < 4; j++)
      assert_int_equal(values[j], i != j);
  }
  nulls_are_defaults();
  work_copy("vit-f32"); /* qkv_bias is false, and has no tensors */
  work_change("vit-f32", "config.json", "\"qkv_bias\": false", "\"qkv_bias\": null");
  opened = open_folder();
  assert_false(vit_folder_config(opened)->biases[VIT_QKV][0]);
  vit_folder_close(&opened);
  work_change("vit-f32", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": null");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "config.json", "num_hidden_layers is null");
  work_change("vit-f32", "config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": null");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "config.json", "hidden_act");
  work_remove();
}

/* Names of one activation in transformers' ACT2FN. */
void activations_have_their_other_names(void **state) {
  (void)state;
  static const struct {
    const char *name;
    enum vit_activation activation;
  } names[] = {{"gelu_python", VIT_GELU}, {"gelu_python_tanh", VIT_GELU_TANH}, {"gelu_accurate", VIT_GELU_TANH},
      {"gelu_fast", VIT_GELU_TANH}, {"swish", VIT_SILU}};
  work_make();
  work_copy("vit-f32");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char to[64];
    snprintf(to, sizeof to, "\"hidden_act\": \"%s\"", names[i].name);
    work_change("vit-f32", "config.json", "\"hidden_act\": \"gelu\"", to);
    struct vit_folder *opened = open_folder();
    assert_int_equal(vit_folder_config(opened)->activation, names[i].activation);
    vit_folder_close(&opened);
  }
  work_remove();
}

/* ---- Python's numbers ---- */

void numbers_of_python_are_read(void **state) {
  (void)state;
  struct vit_error error;
  struct vit_folder *opened;
  work_make();
  work_copy("clip-f32");
  work_change("clip-f32", "config.json", "{", "{\"a\": NaN, \"b\": [Infinity, -Infinity], \"c\": \"\\\"NaN\", ");
  opened = open_folder();
  assert_int_equal(vit_folder_config(opened)->layers, 2);
  vit_folder_close(&opened);
  static const char *const texts[] = {"NaN", "Infinity", "-Infinity"};
  for (size_t i = 0; i < 3; i++) {
    char to[64];
    snprintf(to, sizeof to, "\"layer_norm_eps\": %s", texts[i]);
    work_change("clip-f32", "config.json", "\"layer_norm_eps\": 1e-05", to);
    assert_refused(vit_folder_open(work_folder, &opened, &error), error, "layer_norm_eps is NaN or infinite");
  }
  static const char *const wrong[] = {"Nan", "Infinit", "-NaN", "- Infinity", "NaN NaN"};
  for (size_t i = 0; i < 5; i++) {
    char to[64];
    snprintf(to, sizeof to, "{\"a\": %s, ", wrong[i]);
    work_change("clip-f32", "config.json", "{", to);
    assert_refused(vit_folder_open(work_folder, &opened, &error), error, "config.json", "malformed JSON");
  }
  work_remove();
}

/* ---- Resizing ---- */

static float *preprocessed(
    const struct vit_preprocess *p, const unsigned char *pixels, uint32_t *height, uint32_t *width) {
  struct vit_error error;
  float *planes = vit_preprocess_run(p, pixels, height, width, &error);
  if (!planes)
    fail_msg("%s", error.text);
  return planes;
}

/* The middle that a crop leaves is all that is made of it, and the same as if all were. */
static void crop_is_part(
    struct vit_preprocess p, uint32_t height, uint32_t width, uint32_t crop_height, uint32_t crop_width) {
  unsigned char *pixels = malloc((size_t)height * width * 3);
  uint32_t h = height, w = width, whole_h = height, whole_w = width;
  assert_non_null(pixels);
  for (size_t i = 0; i < (size_t)height * width * 3; i++)
    pixels[i] = (unsigned char)(i * 2654435761u >> 13);
  p.crop = false;
  float *whole = preprocessed(&p, pixels, &whole_h, &whole_w);
  p.crop = true;
  p.crop_height = crop_height;
  p.crop_width = crop_width;
  float *part = preprocessed(&p, pixels, &h, &w);
  assert_true(h == crop_height && w == crop_width && whole_h >= h && whole_w >= w);
  const uint32_t top = (whole_h - h) / 2, left = (whole_w - w) / 2;
  for (uint32_t channel = 0; channel < 3; channel++)
    for (uint32_t y = 0; y < h; y++)
      assert_memory_equal(part + (size_t)(channel * h + y) * w,
          whole + (size_t)(channel * whole_h + top + y) * whole_w + left, w * sizeof *part);
  free(whole);
  free(part);
  free(pixels);
}

void long_images_are_resized_in_part(void **state) {
  (void)state;
  struct vit_preprocess p = {
      .resize = true, .shortest_edge = true, .height = 16, .rescale = true, .rescale_factor = 1 / 255.0};
  for (p.resample = VIT_NEAREST; p.resample <= VIT_BICUBIC; p.resample++)
    for (int floats = 0; floats < (p.resample >= VIT_BILINEAR ? 2 : 1); floats++) {
      p.floats = floats;
      crop_is_part(p, 5, 300, 16, 16);
      crop_is_part(p, 300, 5, 12, 10);
      crop_is_part(p, 40, 16, 16, 16); /* one axis keeps its size */
      crop_is_part(p, 16, 70, 10, 14);
    }
  /* This was refused for a side over 65536: 224 x 67200, cropped to 224 x 224. */
  p = (struct vit_preprocess){.resize = true,
      .shortest_edge = true,
      .height = 224,
      .crop = true,
      .crop_height = 224,
      .crop_width = 224,
      .resample = VIT_BICUBIC};
  unsigned char line[3 * 300];
  for (size_t i = 0; i < sizeof line; i++)
    line[i] = (unsigned char)(i / 3 * 255 / 299);
  uint32_t height = 1, width = 300;
  float *planes = preprocessed(&p, line, &height, &width);
  assert_true(height == 224 && width == 224);
  assert_in_range(planes[112 * 224 + 112], 126, 129);
  free(planes);
  /* Pillow adds up coordinates: the 186th of 373 is half way, and comes from the 19th of 40. */
  p = (struct vit_preprocess){.resize = true, .height = 1, .width = 373, .resample = VIT_NEAREST};
  for (size_t i = 0; i < 120; i++)
    line[i] = (unsigned char)(i / 3);
  height = 1;
  width = 40;
  planes = preprocessed(&p, line, &height, &width);
  assert_int_equal(planes[186], 19);
  assert_int_equal(planes[187], 20);
  free(planes);
}

/* ---- Other versions ---- */

void folders_of_other_versions_are_read(void **state) {
  (void)state;
  struct vit_error error;
  struct vit_folder *opened;
  size_t bytes;
  work_make();
  work_copy("clip-f32");
  char *text = work_read("clip-f32", "preprocessor_config.json", &bytes);
  char *nested = calloc(bytes + 100, 1);
  sprintf(nested, "{\"processor_class\": \"CLIPProcessor\", \"image_processor\": %s}", text);
  work_drop("preprocessor_config.json");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "preprocessor_config.json");
  work_write_text("processor_config.json", nested);
  assert_int_equal(read_preprocess().crop_height, 16);
  work_write_text("preprocessor_config.json", "{\"crop_size\": 99}"); /* goes after the other */
  assert_int_equal(read_preprocess().crop_height, 16);
  work_write_text("processor_config.json", "{\"processor_class\": \"CLIPProcessor\"}");
  assert_int_equal(read_preprocess().crop_height, 99);
  work_drop("preprocessor_config.json");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "processor_config.json", "no image_processor");
  work_write_text("processor_config.json", "{\"image_processor\": 3}");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "image_processor is not an object");
  free(nested);
  free(text);
  work_remove();
}

/* ---- Names of transformers 5 ---- */

struct renaming {
  const char *from, *to;
};

/* By all of them, one after the other, as transformers does it. */
static void rename_tensor(char name[512], const char *old, const struct renaming *renamings) {
  snprintf(name, 512, "%s", old);
  for (const struct renaming *r = renamings; r->from; r++) {
    const char *at = strstr(name, r->from);
    if (!at)
      continue;
    char changed[512];
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - name), name, r->to, at + strlen(r->from));
    memcpy(name, changed, sizeof changed);
  }
}

/* A matrix or vector as two, each of half the rows. */
static void add_halves(cJSON *header, const char *name, const cJSON *tensor) {
  static const char *const halves[] = {"gate_proj", "up_proj"};
  const char *at = strstr(name, "weights_in");
  for (int i = 0; i < 2; i++) {
    char half[512];
    snprintf(half, sizeof half, "%.*s%s%s", (int)(at - name), name, halves[i], at + strlen("weights_in"));
    cJSON *copy = cJSON_Duplicate(tensor, true);
    cJSON *rows = cJSON_GetObjectItem(copy, "shape")->child, *begin = cJSON_GetObjectItem(copy, "data_offsets")->child;
    const double middle = (begin->valuedouble + begin->next->valuedouble) / 2;
    cJSON_SetNumberValue(rows, rows->valuedouble / 2);
    cJSON *end = i ? begin : begin->next;
    cJSON_SetNumberValue(end, middle);
    cJSON_AddItemToObject(header, half, copy);
  }
}

/* The weights of a model under other names. */
static void work_rename(const char *model, const struct renaming *renamings) {
  size_t bytes;
  uint64_t length;
  char *file = work_read(model, "model.safetensors", &bytes), name[512];
  memcpy(&length, file, sizeof length);
  cJSON *old = cJSON_ParseWithLength(file + 8, (size_t)length), *header = cJSON_CreateObject(), *tensor;
  cJSON_ArrayForEach(tensor, old) {
    rename_tensor(name, tensor->string, renamings);
    if (strstr(name, "weights_in"))
      add_halves(header, name, tensor);
    else
      cJSON_AddItemToObject(header, name, cJSON_Duplicate(tensor, true));
  }
  char *text = cJSON_PrintUnformatted(header);
  const size_t data = bytes - 8 - (size_t)length, padded = (strlen(text) + 7) / 8 * 8;
  char *made = malloc(8 + padded + data);
  memset(made, ' ', 8 + padded);
  memcpy(made, &(uint64_t){padded}, 8);
  memcpy(made + 8, text, strlen(text));
  memcpy(made + 8 + padded, file + 8 + length, data);
  work_write("model.safetensors", made, 8 + padded + data);
  free(made);
  free(text);
  cJSON_Delete(header);
  cJSON_Delete(old);
  free(file);
}

/* The bytes of a map of a layer, of all its parts. */
static char *gather_map(const struct vit_folder *opened, uint32_t layer, enum vit_product product, size_t *bytes) {
  const struct vit_config *config = vit_folder_config(opened);
  const char *const *parts = vit_config_parts(config, product);
  char *gathered = NULL;
  *bytes = 0;
  for (uint32_t i = 0; i < VIT_MAX_PARTS && parts[i]; i++) {
    const struct safetensors_tensor *tensor = vit_folder_tensor(opened, layer, parts[i], ".weight");
    assert_non_null(tensor);
    const size_t part = (size_t)(tensor->end - tensor->begin);
    gathered = realloc(gathered, *bytes + part);
    memcpy(gathered + *bytes, tensor->data, part);
    *bytes += part;
  }
  assert_non_null(gathered);
  return gathered;
}

/* Whether both have the same in the last layer, or in the last block, and the same at the end. */
static void assert_same_maps(const struct vit_folder *a, const struct vit_folder *b) {
  const struct vit_config *config = vit_folder_config(a);
  const bool convnet = vit_is_convnet(config);
  const uint32_t layer = convnet ? (1u << 8 | 0) : config->layers - 1;
  for (enum vit_product product = convnet ? VIT_FC1 : VIT_QKV; product < VIT_PRODUCT_COUNT; product++) {
    size_t a_bytes, b_bytes;
    char *of_a = gather_map(a, layer, product, &a_bytes), *of_b = gather_map(b, layer, product, &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_memory_equal(of_a, of_b, a_bytes);
    free(of_a);
    free(of_b);
  }
  assert_int_equal(!config->family->post_norm, !vit_folder_config(b)->family->post_norm);
}

void names_of_transformers_5_are_read(void **state) {
  (void)state;
#define VIT_RENAMINGS                                                                                                  \
  {"attention.attention.query", "attention.q_proj"}, {"attention.attention.key", "attention.k_proj"},                  \
      {"attention.attention.value", "attention.v_proj"}, {"attention.output.dense", "attention.o_proj"},               \
      {"intermediate.dense", "mlp.fc1"}, {"output.dense", "mlp.fc2"}, {                                                \
    NULL, NULL                                                                                                         \
  }
  static const struct renaming vit[] = {{"encoder.layer.", "layers."}, VIT_RENAMINGS};
  static const struct renaming msn[] = {{"encoder.layer.", "vit.layers."}, VIT_RENAMINGS}; /* its layers had no root */
  static const struct renaming dino[] = {{"attention.attention.query", "attention.q_proj"},
      {"attention.attention.key", "attention.k_proj"}, {"attention.attention.value", "attention.v_proj"},
      {"attention.output.dense", "attention.o_proj"}, {"mlp.weights_out", "mlp.down_proj"}, {NULL, NULL}};
  static const struct renaming dinov3[] = {{"layer.", "model.layer."}, {NULL, NULL}};
  static const struct renaming convnet[] = {{"stages", "model.stages"}, {NULL, NULL}};
  static const struct {
    const char *model;
    const struct renaming *renamings;
  } cases[] = {{"vit-f32", vit}, {"deit-f16", vit}, {"mae-f32", vit}, {"msn-f32", msn}, {"ijepa-f32", vit},
      {"dinov2-f32", dino}, {"dinov2-giant-f32", dino}, {"registers-f32", dino}, {"dinov3-f32", dinov3},
      {"dinov3-gated-f16", dinov3}, {"dinov3-convnext-f32", convnet}};
  work_make();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[1024];
    struct vit_error error;
    struct vit_folder *original;
    snprintf(path, sizeof path, "%s/%s", root, cases[i].model);
    if (!vit_folder_open(path, &original, &error))
      fail_msg("%s", error.text);
    work_copy(cases[i].model);
    work_rename(cases[i].model, cases[i].renamings);
    struct vit_folder *renamed = open_folder();
    assert_same_maps(original, renamed);
    vit_folder_close(&original);
    vit_folder_close(&renamed);
  }
  work_remove();
}

/* ---- Not what they seem ---- */

void what_is_not_fetched_or_not_converted_is_told(void **state) {
  (void)state;
  static const char pointer[] =
      "version https://git-lfs.github.com/spec/v1\n"
      "oid sha256:0123456789012345678901234567890123456789012345678901234567890123\n"
      "size 598641023\n";
  struct vit_error error;
  struct vit_folder *opened;
  work_make();
  static const char *const names[] = {"model.safetensors", "config.json", "preprocessor_config.json"};
  for (size_t i = 0; i < 3; i++) {
    work_copy("clip-f32");
    work_write_text(names[i], pointer);
    assert_refused(vit_folder_open(work_folder, &opened, &error), error, names[i], "git-lfs", "git lfs pull");
  }
  work_copy("clip-f32");
  work_drop("model.safetensors");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "neither model.safetensors nor");
  work_write_text("pytorch_model.bin", "PK");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "pytorch_model.bin alone", "python3 -c",
      "torch.load('pytorch_model.bin'", "save_file");
  work_drop("pytorch_model.bin");
  work_write_text("ViT-B-32.pt", "PK");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "torch.load('ViT-B-32.pt'");
  work_write_text("pytorch_model-00001-of-00002.bin", "PK");
  assert_refused(vit_folder_open(work_folder, &opened, &error), error, "python3 -c", "save_pretrained");
  work_remove();
}
