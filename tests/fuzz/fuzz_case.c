/* The conformance runner's case format: tests/common/golden.c and, on paper, what the runner does with a case.
 *
 * The input is case.json up to the first byte 0, then the arrays in the order input, output, tiles_0, features_0,
 * tiles_1 and so on, each a byte for type and rank, a byte for each dimension and one that all of its bytes have. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "element.h"
#include "fuzz.h"

#define ARRAYS 10
#define MAX_ELEMENTS 65536

static char folder[] = "/tmp/fuzz_case.XXXXXX";

static void file_name(unsigned array, char *path, size_t bytes) {
  if (array == 0)
    snprintf(path, bytes, "%s/case.json", folder);
  else if (array <= 2)
    snprintf(path, bytes, "%s/%s.npy", folder, array == 1 ? "input" : "output");
  else
    snprintf(path, bytes, "%s/%s_%u.npy", folder, array % 2 ? "tiles" : "features", (array - 3) / 2);
}

static void clean_up(void) {
  char path[128];
  for (unsigned i = 0; i <= ARRAYS; i++) {
    file_name(i, path, sizeof path);
    remove(path);
  }
  rmdir(folder);
}

static void write_json(const uint8_t *text, size_t bytes) {
  char path[128];
  file_name(0, path, sizeof path);
  FILE *file = fopen(path, "wb");
  FUZZ_REQUIRE(file && fwrite(text, 1, bytes, file) == bytes && fclose(file) == 0);
}

static void write_array(struct fuzz_input *input, unsigned which) {
  static const char *const types[] = {"f4", "f2", "u2", "i8"};
  static const size_t element_bytes[] = {4, 2, 2, 8};
  static uint8_t data[MAX_ELEMENTS * 8];
  char path[128], error[256];
  file_name(which, path, sizeof path);
  remove(path);
  if (input->at >= input->end)
    return;
  const uint8_t kind = fuzz_u8(input);
  struct npy array = {.rank = kind >> 2 & 7, .data = data};
  snprintf(array.type, sizeof array.type, "%s", types[kind & 3]);
  size_t elements = 1;
  for (unsigned i = 0; i < array.rank; i++) {
    array.dims[i] = fuzz_u8(input);
    elements *= array.dims[i];
    if (elements > MAX_ELEMENTS)
      return;
  }
  memset(data, fuzz_u8(input), elements * element_bytes[kind & 3]);
  FUZZ_REQUIRE(npy_write(path, &array, error, sizeof error));
}

/* As the runner's, but that the library's part is left out. */
static void run_case(const struct golden *golden) {
  static s2vk_context *context;
  const s2vk_context_info info = {.struct_size = sizeof info};
  if (!context)
    FUZZ_REQUIRE(s2vk_context_create(&info, &context) == S2VK_SUCCESS);
  s2vk_plan *plan;
  if (s2vk_plan_create(context, &golden->info, &plan))
    return;
  struct case_model model = {.golden = golden, .plan = plan};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(plan, &layout);
  if (case_check_shapes(&model) && layout.tiles_bytes <= 1 << 24 && layout.features_bytes <= 1 << 24) {
    void *tiles = calloc(layout.tiles_bytes, 1), *features = malloc(layout.features_bytes);
    FUZZ_REQUIRE(tiles && features && layout.output_bytes >= golden->output.elements * golden->output.element_bytes);
    s2vk_result result = S2VK_SUCCESS;
    for (uint32_t k = 0; !result && k < layout.call_count; k++) {
      s2vk_call_layout c = {.struct_size = sizeof c};
      FUZZ_REQUIRE(s2vk_plan_get_call(plan, k, &c) == S2VK_SUCCESS);
      const s2vk_type type = golden->info.tile_type;
      const s2vk_model_call call = {
          k, c.scale, c.first_tile, {.type = type, .shape = c.tiles}, {.type = type, .shape = c.features}};
      result = case_run(&model, tiles, features, &call);
    }
    if (!result)
      tensor_error(golden->info.output_type, golden->output.data, golden->output.data, golden->output.elements);
    free(tiles);
    free(features);
  } else {
    FUZZ_REQUIRE(layout.tiles_bytes > 1 << 24 || layout.features_bytes > 1 << 24 || *model.wrong);
  }
  s2vk_plan_destroy(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  if (!ready) {
    FUZZ_REQUIRE(mkdtemp(folder));
    atexit(clean_up);
    ready = true;
  }
  const uint8_t *end = size ? memchr(data, 0, size) : NULL;
  struct fuzz_input input = {end ? end + 1 : data + size, data + size};
  write_json(data, end ? (size_t)(end - data) : size);
  for (unsigned i = 1; i <= ARRAYS; i++)
    write_array(&input, i);
  static struct golden golden;
  char error[512] = "";
  if (golden_read(folder, &golden, error, sizeof error)) {
    run_case(&golden);
    golden_free(&golden);
  } else {
    FUZZ_REQUIRE(*error && !golden.input.data && !golden.output.data);
  }
  return 0;
}
