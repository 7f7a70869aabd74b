/* Runs cases of the original's results through the library on a device and compares tiles and output. */
#define _POSIX_C_SOURCE 200809L /* opendir, scandir */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "case.h"
#include "devices.h"
#include "element.h"
#include "gpu.h"
#include "guard.h"
#include "intercept.h"
#include "kernels/kernels.h"
#include "output.h"
#include "run/plan.h"
#include "vocabulary.h"
#include "vulkan/context.h"

struct options {
  struct gpu_options gpu;
  const char *without; /* a kernel's name, or NULL */
  bool list, quiet;
  uint32_t tiles_per_call;
  bool cross_scales;
};

/* ----
 * One case ----------------------------------------------------------------------------------------------------- */

static s2vk_result forward(struct gpu *gpu, const struct golden *golden, struct case_model *model, void *output) {
  s2vk_plan *plan = NULL;
  s2vk_binding *binding = NULL;
  struct guard guard = {0};
  s2vk_result result = s2vk_plan_create(gpu->context, &golden->info, &plan);
  model->plan = plan;
  if (!result && !case_check_shapes(model))
    result = (s2vk_result)1;
  if (!result) {
    guard_create(&guard, gpu, plan, GPU_BUFFER_USAGE);
    const s2vk_binding_info info = guard_binding(&guard);
    result = s2vk_binding_create(plan, &info, &binding);
  }
  if (!result) {
    const s2vk_model host = {.struct_size = sizeof host, .user = model, .run = case_run};
    result = s2vk_forward(binding, &host, golden->input.data, golden->input.elements * golden->input.element_bytes,
        output, golden->output.elements * golden->output.element_bytes);
    const char *breach = guard_breach(&guard, gpu);
    if (!result && breach) {
      snprintf(model->wrong, sizeof model->wrong, "the bytes around the %s were written", breach);
      result = (s2vk_result)1;
    }
  }
  s2vk_binding_destroy(&binding);
  guard_destroy(&guard, gpu);
  s2vk_plan_destroy(&plan);
  return result;
}

static bool is_named(const struct s2_kernel *kernel, const char *name) {
  return kernel && strcmp(kernel->name, name) == 0;
}

/* Whether a plan has that kernel where it may. Without a device, so that no pipeline is made. */
static bool has_kernel(const struct gpu *gpu, const s2vk_plan_info *plan_info, const char *name) {
  const s2vk_context_info info = {.struct_size = sizeof info};
  s2vk_context *shapes = NULL;
  s2vk_plan *plan = NULL;
  bool has = s2vk_context_create(&info, &shapes) != S2VK_SUCCESS;
  if (!has) {
    shapes->target = gpu->context->target;
    has = s2vk_plan_create(shapes, plan_info, &plan) != S2VK_SUCCESS; /* then the case says why */
  }
  const struct s2_schedule *schedule = plan ? &plan->form.schedule : NULL;
  for (uint32_t i = 0; schedule && i < schedule->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      const struct s2_choice *choice = &schedule->choices[i][pass];
      has |= is_named(choice->kernel, name) || is_named(choice->fallback, name) || is_named(choice->copy, name);
    }
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&shapes);
  return has;
}

static bool run_case(struct gpu *gpu, const struct options *options, const char *dir) {
  static struct golden golden;
  char error[512];
  if (!golden_read(dir, &golden, error, sizeof error)) {
    printf("%-24s not ok: %s\n", dir, error);
    return false;
  }
  if (options->tiles_per_call || options->cross_scales) {
    golden.info.split_forward = false;
    golden.info.tiles_per_call = options->tiles_per_call;
    golden.info.calls_cross_scales = options->cross_scales;
  }
  if (options->without && !has_kernel(gpu, &golden.info, options->without)) {
    printf("%-24s is the same with it\n", golden.name);
    golden_free(&golden);
    return true;
  }
  struct case_model model = {.golden = &golden};
  const unsigned messages = gpu_messages();
  const s2vk_type type = golden.info.output_type;
  void *output = malloc(golden.output.elements * golden.output.element_bytes);
  s2vk_result result = output ? forward(gpu, &golden, &model, output) : S2VK_ERROR_OUT_OF_HOST_MEMORY;
  bool ok = false;
  if (result) {
    printf("%-24s not ok: %s\n", golden.name, result > 0 ? model.wrong : gpu_last_log());
  } else {
    const double worst = tensor_error(type, output, golden.output.data, golden.output.elements);
    const double tolerance = element_tolerance(type);
    const bool silent = gpu_messages() == messages;
    ok = model.error <= tolerance && worst <= tolerance && silent;
    if (!ok || !options->quiet)
      printf("%-24s tiles %-8.2g output %-8.2g %-4s %s%s\n", golden.name, model.error, worst,
          type == S2VK_TYPE_F32 ? "" : "ulp", ok ? "ok" : "not ok", silent ? "" : ": validation messages");
  }
  free(output);
  golden_free(&golden);
  return ok;
}

/* ---- Folders ---------------------------------------------------------------------------------------------------- */

static bool is_case(const char *dir) {
  char path[4096 + 16];
  struct stat status;
  int length = snprintf(path, sizeof path, "%s/case.json", dir);
  return length < (int)sizeof path && stat(path, &status) == 0;
}

struct tally {
  unsigned run, failed;
};

static void run_dir(struct gpu *gpu, const struct options *options, const char *dir, struct tally *tally) {
  if (is_case(dir)) {
    tally->run++;
    tally->failed += !run_case(gpu, options, dir);
    fflush(stdout);
    return;
  }
  struct dirent **entries;
  int count = scandir(dir, &entries, NULL, alphasort);
  const unsigned before = tally->run;
  for (int i = 0; i < count; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.' && is_case(path))
      run_dir(gpu, options, path, tally);
    free(entries[i]);
  }
  if (count >= 0)
    free(entries);
  if (tally->run == before) {
    printf("%-24s not ok: no case.json in it nor in a folder of it\n", dir);
    tally->run++;
    tally->failed++;
  }
}

/* ---- Devices and arguments --------------------------------------------------------------------------------------- */

static int list_devices(void) {
  struct gpu gpu;
  const struct gpu_options options = {.no_validation = true};
  if (!gpu_open(&gpu, &options))
    return 2;
  bool printed = devices_print(gpu.info.instance, gpu.info.physical_device);
  gpu_close(&gpu);
  return printed ? 0 : 2;
}

static bool set_device(void *options, const char *text) {
  uint32_t device;
  bool done = read_count(text, 1, INT32_MAX, &device);
  ((struct options *)options)->gpu.device_index = done ? (int32_t)device : 0;
  return done;
}

static bool set_tiles_per_call(void *options, const char *text) {
  return read_count(text, 1, INT32_MAX, &((struct options *)options)->tiles_per_call);
}

static bool set_variant(void *options, const char *text) {
  int word;
  bool known = read_word(text, WORDS_VARIANT, &word);
  ((struct options *)options)->gpu.variant = word ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU;
  return known;
}

/* The library's kernels but one; NULL: it has none of that name. */
static const struct s2_kernel *const *kernels_without(const char *name) {
  static const struct s2_kernel *kept[64];
  size_t count = 0, all = 0;
  for (; s2_kernels[all] && all + 1 < sizeof kept / sizeof *kept; all++)
    if (strcmp(s2_kernels[all]->name, name) != 0)
      kept[count++] = s2_kernels[all];
  if (count < all)
    return kept;
  fprintf(stderr, "The library's kernels:");
  for (size_t i = 0; i < all; i++)
    fprintf(stderr, " %s", s2_kernels[i]->name);
  fprintf(stderr, "\n");
  return NULL;
}

static bool set_without(void *options, const char *text) {
  return kernels_without(((struct options *)options)->without = text);
}

static bool set_list(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->list = true;
}

static bool set_quiet(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->quiet = true;
}

static bool set_cross_scales(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->cross_scales = true;
}

static bool set_no_validation(void *options, const char *text) {
  (void)text;
  return ((struct options *)options)->gpu.no_validation = true;
}

static const struct command_option table[] = {
    {.help = "Options:"},
    {.name = "tiles-per-call", .set = set_tiles_per_call, .initial = "as the cases say"},
    {.name = "cross-scales",
        .set = set_cross_scales,
        .value = "",
        .help = "lets a model call hold tiles of several scales"},
    {.name = "variant", .set = set_variant},
    {.name = "without",
        .set = set_without,
        .value = "KERNEL",
        .expected = "one of those",
        .help = "leaves out a kernel of the library, such as split_polyphase, and cases whose plans do not have it"},
    {.name = "no-validation",
        .set = set_no_validation,
        .value = "",
        .help = "runs without the Khronos validation layer; with it, any message fails a case"},
    {.name = "device", .set = set_device},
    {.name = "list", .set = set_list},
    {.name = "quiet", .set = set_quiet, .help = "prints only the cases that do not hold, and how many hold"},
};

static const struct command command = {
    .name = "conformance",
    .usage = "DIR... [options]",
    .summary = "Runs golden cases through s2vk and compares its tiles and output with the original's",
    .details =
        "A DIR is a case (it has a case.json) or a folder of cases. Prints a line for each case: its name, the largest "
        "error of its tiles and of its output, and whether it holds. For f32 the error is absolute, and may be 1e-5. "
        "For f16 and bf16 it is in units in the last place of the tensor's largest value, and may be 2, because the "
        "original rounds the terms of a sum, which may be larger than the sum. Before each case all memory is NaN, and "
        "the NaNs around each tensor must stay.",
    .endnote =
        "With S2VK_TEST_PROFILE=smallest in the environment the device appears to have the smallest limits that Vulkan "
        "allows and no optional feature. With tiny it also has 64 KiB storage ranges and 7 workgroups an axis.\n"
        "\n"
        "Exit status: 0 if all cases hold, 1 if one does not, 2 for wrong usage or without a device.",
    .options = table,
    .option_count = sizeof table / sizeof *table,
    .operands = true,
};

int main(int argc, char **argv) {
  struct options options = {.gpu = {.optional_validation = true, .wrapped = intercept_get_instance_proc_addr}};
  intercept_poison(true);
  char **folders;
  uint32_t folder_count;
  const enum command_result result = command_parse(&command, &options, argc, argv, &folders, &folder_count);
  if (result != COMMAND_RUN)
    return output_finish("conformance", result == COMMAND_DONE ? 0 : 2);
  if (options.list)
    return output_finish("conformance", list_devices());
  if (!folder_count) {
    fprintf(stderr, "conformance: expected a DIR; see --help\n");
    return 2;
  }
  struct gpu gpu;
  if (!gpu_open(&gpu, &options.gpu))
    return 2;
  if (options.without)
    gpu.context->kernels = kernels_without(options.without);
  printf("%s, %s\n", gpu.properties.deviceName,
      gpu.messenger ? "with the Khronos validation layer" : "without a validation layer");
  struct tally tally = {0};
  for (uint32_t i = 0; i < folder_count; i++)
    run_dir(&gpu, &options, folders[i], &tally);
  gpu_close(&gpu);
  printf("%u of %u cases hold\n", tally.run - tally.failed, tally.run);
  return output_finish("conformance", tally.failed > 0 || gpu_messages() > 0);
}
