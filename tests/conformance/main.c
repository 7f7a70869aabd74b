/* Runs cases of the original's results through the library on a device and compares tiles and output. */
#define _POSIX_C_SOURCE 200809L /* opendir, scandir */

#include <dirent.h>
#include <getopt.h>
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
#include "vulkan/context.h"

static const char usage[] =
    "Usage: conformance [OPTION]... DIR...\n"
    "Runs golden cases through s2vk and compares its tiles and output with the original's. A DIR is a case (it has a\n"
    "case.json) or a folder of cases. Prints one line a case: its name, the largest error of its tiles and of its\n"
    "output, and ok or not. Errors are absolute for f32, at most 1e-5; for f16 and bf16 they are units in the last place, at\n"
    "most 2, of the tensor's largest value: the original rounds small sums of large terms so. Before each case all memory is\n"
    "NaN, and around each tensor is more of it, which must stay.\n\n"
    "  --device N          the Nth device of --list; default: the best one\n"
    "  --list              list the devices and exit\n"
    "  --tiles-per-call N  tiles of one model call, whatever the cases say\n"
    "  --cross-scales      let a model call hold tiles of several scales\n"
    "  --variant NAME      shape the passes for a gpu or a cpu, whatever the device is\n"
    "  --without KERNEL    leave out a kernel of the library's, as split_polyphase, and let others do its work\n"
    "  --no-validation     run without the Khronos validation layer, which otherwise fails a case by any message\n"
    "  --help              print this and exit\n\n"
    "With S2VK_TEST_PROFILE=smallest in the environment the device appears to have the smallest limits that Vulkan allows and\n"
    "no optional feature; with tiny, 64 KiB storage ranges and 7 workgroups an axis on top.\n\n"
    "Exit status: 0 if all cases hold, 1 if one does not, 2 for wrong usage or without a device.\n";

struct options {
  struct gpu_options gpu;
  bool list;
  uint32_t tiles_per_call;
  bool cross_scales;
  const char *without; /* a kernel's name, or NULL */
};

/* ---- One case ----------------------------------------------------------------------------------------------------- */

static s2vk_result forward(struct gpu *gpu, const struct golden *golden, struct case_model *model, void *output) {
  s2vk_plan *plan = NULL;
  s2vk_binding *binding = NULL;
  struct guard guard = {0};
  s2vk_result result = s2vk_plan_create(gpu->context, &golden->info, &plan);
  model->plan = plan;
  if (!result && !case_check_shapes(model))
    result = (s2vk_result)1;
  if (!result) {
    guard_create(&guard, gpu, plan);
    const s2vk_binding_info info = guard_binding(&guard);
    result = s2vk_binding_create(plan, &info, &binding);
  }
  if (!result) {
    const s2vk_model host = {.struct_size = sizeof host, .user = model, .run = case_run};
    const size_t size = golden->output.element_bytes;
    result = s2vk_forward(
        binding, &host, golden->input.data, golden->input.elements * size, output, golden->output.elements * size);
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
    printf("%-24s tiles %-8.2g output %-8.2g %-4s %s%s\n", golden.name, model.error, worst,
        type == S2VK_TYPE_F32 ? "" : "ulp", ok ? "ok" : "not ok", silent ? "" : ": validation messages");
  }
  free(output);
  golden_free(&golden);
  return ok;
}

/* ---- Folders ------------------------------------------------------------------------------------------------------- */

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

/* ---- Devices and arguments -------------------------------------------------------------------------------------------- */

static int list_devices(void) {
  struct gpu gpu;
  const struct gpu_options options = {.no_validation = true};
  if (!gpu_open(&gpu, &options))
    return 2;
  bool printed = devices_print(gpu.info.instance, gpu.info.physical_device);
  gpu_close(&gpu);
  return printed ? 0 : 2;
}

static bool parse_number(const char *option, const char *text, uint32_t *value) {
  char *end;
  unsigned long number = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || number < 1 || number > INT32_MAX) {
    fprintf(stderr, "conformance: %s is '%s'; it must be a whole number from 1 on\n", option, text);
    return false;
  }
  *value = (uint32_t)number;
  return true;
}

static bool parse_variant(const char *text, s2vk_variant *variant) {
  *variant = strcmp(text, "gpu") == 0 ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  if (*variant == S2VK_VARIANT_GPU || strcmp(text, "cpu") == 0)
    return true;
  fprintf(stderr, "conformance: --variant is '%s'; it must be gpu or cpu\n", text);
  return false;
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
  fprintf(stderr, "conformance: --without is '%s'; it must be one of", name);
  for (size_t i = 0; i < all; i++)
    fprintf(stderr, " %s", s2_kernels[i]->name);
  fprintf(stderr, "\n");
  return NULL;
}

/* Whether to go on; otherwise with what status to exit. */
static bool parse(int argc, char **argv, struct options *options, int *status) {
  static const struct option known[] = {
      {"device", required_argument, NULL, 'd'},
      {"list", no_argument, NULL, 'l'},
      {"tiles-per-call", required_argument, NULL, 't'},
      {"cross-scales", no_argument, NULL, 'c'},
      {"variant", required_argument, NULL, 'v'},
      {"without", required_argument, NULL, 'w'},
      {"no-validation", no_argument, NULL, 'n'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  uint32_t device = 0;
  *status = 2;
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    bool ok = true;
    if (option == 'd')
      ok = parse_number("--device", optarg, &device);
    else if (option == 't')
      ok = parse_number("--tiles-per-call", optarg, &options->tiles_per_call);
    else if (option == 'v')
      ok = parse_variant(optarg, &options->gpu.variant);
    else if (option == 'w')
      ok = kernels_without(options->without = optarg) != NULL;
    else if (option == 'l')
      options->list = true;
    else if (option == 'c')
      options->cross_scales = true;
    else if (option == 'n')
      options->gpu.no_validation = true;
    else if (option == 'h') {
      fputs(usage, stdout);
      *status = 0;
      return false;
    } else
      ok = false;
    if (!ok)
      return false;
  }
  options->gpu.device_index = (int32_t)device;
  if (!options->list && optind == argc) {
    fputs(usage, stderr);
    return false;
  }
  return true;
}

int main(int argc, char **argv) {
  struct options options = {.gpu = {.optional_validation = true, .wrapped = intercept_get_instance_proc_addr}};
  intercept_poison(true);
  int status;
  if (!parse(argc, argv, &options, &status))
    return status;
  if (options.list)
    return list_devices();
  struct gpu gpu;
  if (!gpu_open(&gpu, &options.gpu))
    return 2;
  if (options.without)
    gpu.context->kernels = kernels_without(options.without);
  printf("%s, %s\n", gpu.properties.deviceName,
      gpu.messenger ? "with the Khronos validation layer" : "without a validation layer");
  struct tally tally = {0};
  for (int i = optind; i < argc; i++)
    run_dir(&gpu, &options, argv[i], &tally);
  gpu_close(&gpu);
  printf("%u of %u cases hold\n", tally.run - tally.failed, tally.run);
  return tally.failed > 0 || gpu_messages() > 0;
}
