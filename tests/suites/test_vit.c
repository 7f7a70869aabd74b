/* samples/vit against Hugging Face transformers: checkpoints and features of tests/vit, on both kinds of shaders. */
#define _POSIX_C_SOURCE 200809L /* scandir */

#include "suite.h"

#include <dirent.h>
#include <stb_image.h>

#include "model.h"
#include "npy.h"
#include "pipelines.h"
#include "profile.h"
#include "test_vit.h"

const char *root;

/* ---- Cases ---- */

struct fixture {
  struct vit_folder *folder;
  char path[512];
  s2vk_variant variant;
  uint32_t tiles_per_chunk;
  enum vit_precision precision;
  bool wide;  /* products in the largest tiles, however small */
  bool least; /* as on a device with the least of everything */
};

static struct npy read_array(const struct fixture *f, const char *name) {
  struct npy array;
  char path[1024], error[256];
  snprintf(path, sizeof path, "%s/%s", f->path, name);
  if (!npy_read(path, &array, error, sizeof error))
    fail_msg("%s: %s", path, error);
  return array;
}

static const char *get_text(const cJSON *json, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  if (!cJSON_IsString(item))
    fail_msg("no %s", field);
  return item->valuestring;
}

static int get_int(const cJSON *json, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  if (!cJSON_IsNumber(item))
    fail_msg("no %s", field);
  return item->valueint;
}

static struct vit_options get_options(const cJSON *json) {
  const char *norm = get_text(json, "norm");
  return (struct vit_options){
      .layer = get_int(json, "layer"),
      .without_cls = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "without_cls")),
      .norm = strcmp(norm, "on") == 0    ? VIT_NORM_ON
              : strcmp(norm, "off") == 0 ? VIT_NORM_OFF
                                         : VIT_NORM_DEFAULT,
      .side = (uint32_t)get_int(json, "side"),
      .maps = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "maps")),
  };
}

/* The largest difference, over the root of the mean square of what is expected. */
static double relative_error(const float *values, const struct npy *expected) {
  const float *wanted = expected->data;
  double most = 0, squares = 0;
  for (size_t i = 0; i < expected->elements; i++) {
    double apart = fabs((double)values[i] - wanted[i]);
    most = apart <= most ? most : apart; /* NaN stays */
    squares += (double)wanted[i] * wanted[i];
  }
  return most / sqrt(squares / (double)expected->elements);
}

/* ---- Running ---- */

static struct vit *make_vit(const struct fixture *f, struct vit_options options) {
  struct vit_error error = {""};
  struct vit *vit;
  s2vk_context_info gpu = suite_gpu.info;
  gpu.variant = f->variant;
  options.tiles_per_chunk = f->tiles_per_chunk;
  options.precision = f->precision;
  if (!vit_create(f->folder, &gpu, &options, &vit, &error))
    fail_msg("%s: %s", f->path, error.text);
  if (f->wide || f->least) {
    vit->largest = f->wide;
    if (f->least)
      vit->device.limits.maxComputeSharedMemorySize = 6144;
    if (!vit_prepare_steps(vit, &error))
      fail_msg("%s: %s", f->path, error.text);
  }
  return vit;
}

/* Runs S2 around the model. The output has the expected number of elements. */
static float *run(struct vit *vit, const struct npy *input, const double *scales, const s2vk_size *img_sizes,
    uint32_t scale_count, const struct npy *expected) {
  struct vit_error error = {""};
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = (uint32_t)input->dims[0],
      .channels = 3,
      .height = (uint32_t)input->dims[2],
      .width = (uint32_t)input->dims[3],
      .scales = scales,
      .img_sizes = img_sizes,
      .scale_count = scale_count,
      .max_split_size = vit_side(vit),
      .num_prefix_token = vit_prefix(vit),
      .output_shape = vit_shape(vit).height ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
      .model = vit_shape(vit),
  };
  s2vk_plan *plan;
  s2vk_binding *binding;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  if (!vit_bind(vit, plan, binding, &error))
    fail_msg("%s", error.text);
  assert_int_equal(layout.output.rank, expected->rank);
  for (uint32_t i = 0; i < layout.output.rank; i++)
    assert_int_equal(layout.output.dims[i], expected->dims[i]);
  float *output = calloc(expected->elements, sizeof *output);
  const s2vk_model model = vit_model(vit);
  assert_ok(s2vk_forward(binding, &model, input->data, input->elements * input->element_bytes, output,
      expected->elements * sizeof *output));
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  return output;
}

static void check(const struct fixture *f, const cJSON *json, const float *output, const struct npy *expected) {
  double error = relative_error(output, expected), limit = f->precision == VIT_PRECISION_F16 ? 2e-2 : 1e-4;
  if (getenv("S2VK_TEST_VERBOSE"))
    print_message("%s/%s: relative error %.2g\n", strrchr(f->path, '/') + 1, get_text(json, "features"), error);
  if (!(error <= limit))
    fail_msg("%s/%s: relative error %g", f->path, get_text(json, "features"), error);
}

static void run_tiles(const struct fixture *f, const cJSON *json) {
  const double one = 1;
  struct npy input = read_array(f, get_text(json, "input")), expected = read_array(f, get_text(json, "features"));
  struct vit *vit = make_vit(f, get_options(json));
  float *output = run(vit, &input, &one, NULL, 1, &expected);
  check(f, json, output, &expected);
  free(output);
  vit_destroy(&vit);
  npy_free(&input);
  npy_free(&expected);
}

/* ---- Photographs ---- */

static struct npy preprocess(const struct fixture *f, uint32_t side) {
  char path[1024];
  struct vit_error error = {""};
  snprintf(path, sizeof path, "%s/photo.png", root);
  int height, width, channels;
  unsigned char *pixels = stbi_load(path, &width, &height, &channels, 3);
  assert_non_null(pixels);
  const struct vit_preprocess at = vit_preprocess_at(vit_folder_preprocess(f->folder), side);
  uint32_t new_height = (uint32_t)height, new_width = (uint32_t)width;
  float *planes = vit_preprocess_run(&at, pixels, &new_height, &new_width, &error);
  if (!planes)
    fail_msg("%s", error.text);
  stbi_image_free(pixels);
  return (struct npy){.type = "f4",
      .element_bytes = 4,
      .rank = 4,
      .dims = {1, 3, new_height, new_width},
      .elements = (size_t)3 * new_height * new_width,
      .data = planes};
}

static void run_photo(const struct fixture *f, const cJSON *json) {
  double scales[4];
  s2vk_size img_sizes[4];
  const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(json, "img_sizes");
  const cJSON *list = sizes ? sizes : cJSON_GetObjectItemCaseSensitive(json, "scales");
  uint32_t count = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    scales[count] = item->valuedouble;
    img_sizes[count++] = (s2vk_size){(uint32_t)item->valueint, (uint32_t)item->valueint};
  }
  struct npy input = preprocess(f, (uint32_t)get_int(json, "image_side"));
  if (cJSON_HasObjectItem(json, "input")) {
    struct npy pixels = read_array(f, get_text(json, "input"));
    assert_int_equal(input.elements, pixels.elements);
    /* Bytes are the same to the bit; torchvision's floats are rounded after each of its steps. */
    const float limit = vit_folder_preprocess(f->folder)->floats ? 1e-5f : 1e-6f;
    for (size_t i = 0; i < pixels.elements; i++)
      if (!(fabsf(((float *)input.data)[i] - ((float *)pixels.data)[i]) < limit))
        fail_msg("%s: pixel %zu is %g, not %g", f->path, i, ((float *)input.data)[i], ((float *)pixels.data)[i]);
    npy_free(&pixels);
  }
  struct npy expected = read_array(f, get_text(json, "features"));
  struct vit *vit = make_vit(f, get_options(json));
  float *output = run(vit, &input, sizes ? NULL : scales, sizes ? img_sizes : NULL, count, &expected);
  check(f, json, output, &expected);
  free(output);
  vit_destroy(&vit);
  npy_free(&input);
  npy_free(&expected);
}

/* ---- All models ---- */

/* Those whose name ends so; "" for all. */
static unsigned each_case(struct fixture settings, const char *ending, unsigned first, unsigned cases) {
  struct dirent **entries;
  unsigned ran = 0;
  int count = scandir(root, &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    char path[1024];
    struct vit_error error = {""};
    size_t length = strlen(name), tail = strlen(ending);
    struct fixture f = settings;
    snprintf(f.path, sizeof f.path, "%s/%s", root, name);
    snprintf(path, sizeof path, "%s/cases.json", f.path);
    struct vit_file file;
    const char *only = getenv("S2VK_TEST_MODELS");
    if (name[0] != '.' && (!only || strncmp(name, only, strlen(only)) == 0) && length >= tail &&
        strcmp(name + length - tail, ending) == 0 && vit_file_map(path, &file, &error)) {
      cJSON *json = cJSON_ParseWithLength((const char *)file.data, (size_t)file.bytes);
      vit_file_unmap(&file);
      assert_true(cJSON_IsArray(json));
      if (!vit_folder_open(f.path, &f.folder, &error))
        fail_msg("%s", error.text);
      for (unsigned j = first; j < first + cases && j < (unsigned)cJSON_GetArraySize(json); j++, ran++) {
        const cJSON *one = cJSON_GetArrayItem(json, (int)j);
        (strcmp(get_text(one, "kind"), "tiles") == 0 ? run_tiles : run_photo)(&f, one);
      }
      vit_folder_close(&f.folder);
      cJSON_Delete(json);
    }
    free(entries[i]);
  }
  if (count >= 0)
    free(entries);
  return ran;
}

/* With S2VK_TEST_MODELS set, only models whose names begin so run, and any number of them will do. */
static void assert_enough(unsigned ran, unsigned least) {
  print_message("%u cases\n", ran);
  assert_true(ran >= (getenv("S2VK_TEST_MODELS") ? 0 : least));
}

static void features_are_those_of_transformers(void **state) {
  (void)state;
  const unsigned cases = getenv("S2VK_TEST_SHORT") ? 2 : 100;
  assert_enough(each_case((struct fixture){.variant = S2VK_VARIANT_AUTO}, "", 0, cases), 50);
}

/* A model's other cases differ in what the host does. */
static void shaders_for_gpus_agree(void **state) {
  (void)state;
  if (getenv("S2VK_TEST_SHORT"))
    skip();
  assert_enough(each_case((struct fixture){.variant = S2VK_VARIANT_GPU}, "", 0, 1), 40);
}

/* All the models, as an application that asks for f16 has them: the same limit whether the device has it or not. */
static void models_with_cooperative_products_are_near(void **state) {
  (void)state;
  const struct fixture settings = {.variant = S2VK_VARIANT_GPU, .precision = VIT_PRECISION_F16};
  const struct vit_cooperative found =
      vit_cooperative_find(vkGetInstanceProcAddr, suite_gpu.info.instance, suite_gpu.info.physical_device);
  if (!found.subgroup) {
    print_message("SKIPPED: no VK_KHR_cooperative_matrix for f16 with f32 sums, or a build without its shader\n");
    skip();
  }
  print_message("%ux%ux%u, subgroups of %u\n", found.rows, found.columns, found.depth, found.subgroup);
  assert_enough(each_case(settings, "", 0, 100), 50);
}

/* On a CPU they take a second each to compile: what differs between types and families is in these. */
static void wide_tiles_agree(void **state) {
  (void)state;
  if (getenv("S2VK_TEST_SHORT"))
    skip();
  static const char *const on_cpu[] = {"clip-f32", "dinov2-bf16", "siglip-f16"};
  assert_enough(each_case((struct fixture){.variant = S2VK_VARIANT_GPU, .wide = true}, "", 0, 1), 18);
  for (size_t i = 0; i < 3; i++)
    assert_enough(each_case((struct fixture){.variant = S2VK_VARIANT_CPU, .wide = true}, on_cpu[i], 0, 1), 1);
}

/* Less shared memory than a device must have, since heads are small here. */
static void small_devices_agree(void **state) {
  (void)state;
  assert_enough(each_case((struct fixture){.variant = S2VK_VARIANT_GPU, .least = true}, "-f32", 0, 3), 18);
}

/* Chunks of one, and of a number that does not divide the calls. */
static void chunks_change_nothing(void **state) {
  (void)state;
  for (uint32_t tiles = 1; tiles <= 3; tiles += 2) {
    const struct fixture settings = {.variant = S2VK_VARIANT_AUTO, .tiles_per_chunk = tiles};
    assert_enough(each_case(settings, "-f32", 0, 2), 12);
    assert_enough(each_case(settings, "-f32", 6, 100), 12);
  }
}

static int open_gpu(void **state) {
  (void)state;
  const struct gpu_options options = {.opened = vit_cooperative_enabling(profile_get_instance_proc_addr)};
  int result = gpu_open(&suite_gpu, &options) ? 0 : -1;
  if (!result)
    print_message("device: %s\n", suite_gpu.properties.deviceName);
  pipelines_keep();
  return result;
}

static int close_gpu(void **state) {
  pipelines_drop(suite_gpu.info.device);
  return suite_close_gpu(state);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(features_are_those_of_transformers),
      cmocka_unit_test(shaders_for_gpus_agree),
      cmocka_unit_test(models_with_cooperative_products_are_near),
      cmocka_unit_test(wide_tiles_agree),
      cmocka_unit_test(small_devices_agree),
      cmocka_unit_test(chunks_change_nothing),
      cmocka_unit_test(options_that_cannot_be_are_refused),
      cmocka_unit_test(other_tensors_are_refused),
      cmocka_unit_test(broken_files_are_refused),
      cmocka_unit_test(random_bytes_do_no_harm),
      cmocka_unit_test(broken_configurations_are_refused),
      cmocka_unit_test(weights_in_several_files_are_the_same),
      cmocka_unit_test(nulls_mean_what_they_do_in_python),
      cmocka_unit_test(activations_have_their_other_names),
      cmocka_unit_test(numbers_of_python_are_read),
      cmocka_unit_test(long_images_are_resized_in_part),
      cmocka_unit_test(folders_of_other_versions_are_read),
      cmocka_unit_test(names_of_transformers_5_are_read),
      cmocka_unit_test(what_is_not_fetched_or_not_converted_is_told),
      cmocka_unit_test(several_layers_come_of_one_forward),
      cmocka_unit_test(maps_are_the_tokens),
      cmocka_unit_test(levels_that_cannot_be_are_refused),
      cmocka_unit_test(products_are_those_of_double_precision),
      cmocka_unit_test(cooperative_products_are_those_of_double_precision),
      cmocka_unit_test(patches_are_those_of_double_precision),
      cmocka_unit_test(norms_are_those_of_double_precision),
      cmocka_unit_test(attention_is_that_of_double_precision),
      cmocka_unit_test(rotations_are_those_of_double_precision),
      cmocka_unit_test(gates_are_those_of_double_precision),
      cmocka_unit_test(convolutions_are_those_of_double_precision),
      cmocka_unit_test(maps_are_copied),
  };
  if (argc < 3 || argc > 4) {
    fprintf(stderr,
        "Usage: test_vit MODELS WORK [PATTERN]\n"
        "Tests samples/vit on the models of a folder; WORK is for its files, PATTERN for names of tests.\n");
    return 2;
  }
  if (argc == 4)
    cmocka_set_test_filter(argv[3]);
  root = argv[1];
  work = argv[2];
  return cmocka_run_group_tests_name("vit", tests, open_gpu, close_gpu);
}
