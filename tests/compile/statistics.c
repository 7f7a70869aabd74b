/* Makes the pipelines of shape B, of photographs, of phones, of the golden cases, all that can be prepared, and those
 * of samples/vit, on a device that may only compile, and prints what its compiler says of each: tests/vendors.sh reads
 * it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"
#include "kernels/kernels.h"
#include "null_device.h"
#include "plans.h"
#include "vulkan/context.h"
#include "vulkan/pipeline.h"
#include "work.h"

/* What the next pipelines are for. */
static const char *plan_name = "", *kernel_name = "";
static unsigned printed, failed;
static const char *only = ""; /* part of the names of kernels that are compiled */

#define MAX_EXECUTABLES 8

/* split_polyphase with a part twice, which tests/CMakeLists.txt makes; for --model. The difference in instructions is
 * what the part has. */
enum part { ALL, LINES, ROWS, PART_COUNT };
static const char *const part_names[] = {"all", "lines", "rows"};
static const uint32_t tensor_lines[] =
#include "polyphase_tensor_lines.spv.h"
    ;
static const uint32_t tensor_rows[] =
#include "polyphase_tensor_rows.spv.h"
    ;
static const uint32_t pixels_lines[] =
#include "polyphase_pixels_lines.spv.h"
    ;
static const uint32_t pixels_rows[] =
#include "polyphase_pixels_rows.spv.h"
    ;
static const uint32_t image_lines[] =
#include "polyphase_image_lines.spv.h"
    ;
static const uint32_t image_rows[] =
#include "polyphase_image_rows.spv.h"
    ;
#define WORDS(list) {list, sizeof(list)}
static const struct {
  const uint32_t *words;
  size_t bytes;
} twice[PART_COUNT][S2_SOURCE_COUNT] = {[LINES] = {WORDS(tensor_lines), WORDS(pixels_lines), WORDS(image_lines)},
    [ROWS] = {WORDS(tensor_rows), WORDS(pixels_rows), WORDS(image_rows)}};
static enum part part; /* of the pipelines that are made */

/* ---- What the driver says ---------------------------------------------------------------------------------------- */

static void print_value(const VkPipelineExecutableStatisticKHR *s) {
  switch (s->format) {
  case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
    printf("\t%s=%u", s->name, s->value.b32);
    break;
  case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
    printf("\t%s=%lld", s->name, (long long)s->value.i64);
    break;
  case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
    printf("\t%s=%g", s->name, s->value.f64);
    break;
  default:
    printf("\t%s=%llu", s->name, (unsigned long long)s->value.u64);
  }
}

/* The specialization constants of a kernel that are not 0, by their names in shaders/constants.h. */
static void print_constants(const VkSpecializationInfo *info) {
  static const char *const names[] = {"x", "y", "source", "target", "columns", "taps", "quads", "target-rows",
      "source-rows", "transfer", "form", "overlap", "accumulator", "prefix", "run", "texels", "unpack", "channels",
      "shared", "layout", "partial", "floats", "across", "lines", "group"};
  _Static_assert(sizeof names / sizeof *names == S2_CONSTANT_COUNT, "a constant has no name");
  printf("\t");
  for (uint32_t i = 0; info && i < info->mapEntryCount; i++) {
    uint32_t value;
    memcpy(&value, (const char *)info->pData + info->pMapEntries[i].offset, sizeof value);
    if (value && info->pMapEntries[i].constantID < S2_CONSTANT_COUNT)
      printf("%s%s:%u", i ? "," : "", names[info->pMapEntries[i].constantID], value);
  }
}

/* Subgroup size, and name=value of each statistic. False: the driver says nothing of this executable. */
static bool print_executable(
    VkDevice device, VkPipeline pipeline, uint32_t index, const VkPipelineExecutablePropertiesKHR *executable) {
  VkPipelineExecutableStatisticKHR statistics[64];
  uint32_t count = sizeof statistics / sizeof *statistics;
  for (uint32_t i = 0; i < count; i++)
    statistics[i] = (VkPipelineExecutableStatisticKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
  const VkPipelineExecutableInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline, .executableIndex = index};
  if (vkGetPipelineExecutableStatisticsKHR(device, &info, &count, statistics) < 0 || count == 0)
    return false;
  printf("\t%u", executable->subgroupSize);
  for (uint32_t i = 0; i < count; i++)
    print_value(&statistics[i]);
  return true;
}

/* Those of a pipeline: several where a driver compiles for several widths. */
static uint32_t executables_of(
    VkDevice device, VkPipeline pipeline, VkPipelineExecutablePropertiesKHR executables[MAX_EXECUTABLES]) {
  const VkPipelineInfoKHR which = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
  uint32_t count = MAX_EXECUTABLES;
  for (uint32_t i = 0; i < count; i++)
    executables[i] = (VkPipelineExecutablePropertiesKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  return vkGetPipelineExecutablePropertiesKHR(device, &which, &count, executables) < 0 ? 0 : count;
}

/* A line for each executable: plan, kernel, constants, subgroup size and statistics. */
static bool print_statistics(VkDevice device, const VkComputePipelineCreateInfo *info, VkPipeline pipeline) {
  VkPipelineExecutablePropertiesKHR executables[MAX_EXECUTABLES];
  const uint32_t count = executables_of(device, pipeline, executables);
  bool any = false;
  for (uint32_t e = 0; e < count; e++) {
    printf("pipeline\t%s\t%s", plan_name, kernel_name);
    print_constants(strncmp(kernel_name, "vit", 3) ? info->stage.pSpecializationInfo : NULL);
    any |= print_executable(device, pipeline, e, &executables[e]);
    printf("\n");
  }
  fflush(stdout);
  printed += any;
  return any;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  PFN_vkCreateComputePipelines create =
      (PFN_vkCreateComputePipelines)vkGetDeviceProcAddr(device, "vkCreateComputePipelines");
  for (uint32_t i = 0; i < count; i++) {
    VkComputePipelineCreateInfo info = infos[i];
    pipelines[i] = VK_NULL_HANDLE;
    if (!strstr(kernel_name, only))
      continue;
    info.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR;
    const VkResult result = create(device, cache, 1, &info, allocator, &pipelines[i]);
    if (result)
      return result;
    if (!print_statistics(device, &info, pipelines[i])) {
      fprintf(stderr, "%s, %s: the driver says nothing of its pipeline\n", plan_name, kernel_name);
      failed++;
    }
  }
  return VK_SUCCESS;
}

/* The library makes a module just before the pipeline that it is for. */
static VKAPI_ATTR VkResult VKAPI_CALL create_module(VkDevice device, const VkShaderModuleCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkShaderModule *module) {
  static const char *const sources[S2_SOURCE_COUNT] = {"", "/pixels", "/image"};
  static char name[64];
  VkShaderModuleCreateInfo made = *info;
  for (size_t i = 0; i < s2_module_count; i++) {
    const struct s2_module *m = &s2_modules[i];
    if (m->words != info->pCode)
      continue;
    snprintf(name, sizeof name, "%s%s%s", s2_shader_name(m->shader), sources[m->source],
        m->permutation == S2_PERMUTATION_FIXED ? "/fixed" : "");
    if (part != ALL && m->shader == S2_SHADER_SPLIT_POLYPHASE && m->permutation == S2_PERMUTATION_PLAIN) {
      made.pCode = twice[part][m->source].words;
      made.codeSize = twice[part][m->source].bytes;
    }
  }
  kernel_name = name;
  return vkCreateShaderModule(device, &made, allocator, module);
}

/* ---- What is made ------------------------------------------------------------------------------------------------ */

static void make_plan(void *user, const char *name, const s2vk_plan_info *info) {
  s2vk_context *context = user;
  s2vk_plan *plan = NULL;
  plan_name = name;
  if (s2vk_plan_create(context, info, &plan)) {
    fprintf(stderr, "%s: %s\n", name, gpu_last_log());
    failed++;
  }
  s2vk_plan_destroy(&plan);
}

static void make_plans(s2vk_context *context, const struct shown_plan *plans, size_t count) {
  for (size_t i = 0; i < count; i++)
    make_plan(context, plans[i].name, &plans[i].info);
}

/* The statistics of a pipeline's widest executable. */
static void print_widest(VkDevice device, VkPipeline pipeline) {
  VkPipelineExecutablePropertiesKHR executables[MAX_EXECUTABLES];
  uint32_t widest = 0;
  const uint32_t count = executables_of(device, pipeline, executables);
  for (uint32_t e = 1; e < count; e++)
    widest = executables[e].subgroupSize > executables[widest].subgroupSize ? e : widest;
  failed += count == 0 || !print_executable(device, pipeline, widest, &executables[widest]);
  printf("\n");
}

/* What a plan does, for tests/compile/model.awk: a line for each pass, with the bytes that it has to move and those
 * that it copies; a line for each of its pipelines, with what its dispatches do, and its statistics. */
static void print_work(const s2vk_plan *plan, VkDevice device) {
  static const char *const names[] = {"split", "merge"};
  for (int pass = S2_PASS_SPLIT; pass <= S2_PASS_MERGE; pass++) {
    printf("pass\t%s\t%s\t%.0f\t%.0f\n", plan_name, names[pass], work_least_bytes(plan, pass), work_copied(plan, pass));
    for (uint32_t k = 0; k < plan->form.schedule.passes[pass].key_count; k++) {
      const struct work work = work_of(plan, pass, k);
      printf("work\t%s\t%s\t%s\t%u\t%.0f\t%g\t%.0f\t%g\t%g\t%g", plan_name, names[pass],
          s2_shader_name(work.key->shader), k, work.invocations, work.passes, work.bytes, work.lines, work.rows,
          work.moves);
      print_widest(device, s2_pipeline_handle(plan->form.pipelines[pass][k]));
    }
  }
}

/* A line for each pipeline of a plan that the general gather makes the tiles of. */
static void print_gathers(const s2vk_plan *plan, VkDevice device) {
  for (uint32_t k = 0; k < plan->form.schedule.passes[S2_PASS_SPLIT].key_count; k++) {
    printf("gather\t%s", plan_name);
    print_widest(device, s2_pipeline_handle(plan->form.pipelines[S2_PASS_SPLIT][k]));
  }
}

/* A line for each pipeline of split_polyphase that has a part twice. */
static void print_twice(const s2vk_plan *plan, VkDevice device) {
  const struct s2_pass *pass = &plan->form.schedule.passes[S2_PASS_SPLIT];
  for (uint32_t k = 0; k < pass->key_count; k++) {
    if (pass->keys[k].shader != S2_SHADER_SPLIT_POLYPHASE || pass->keys[k].permutation != S2_PERMUTATION_PLAIN)
      continue;
    printf("twice\t%s\t%s\t%u", plan_name, part_names[part], k);
    print_widest(device, s2_pipeline_handle(plan->form.pipelines[S2_PASS_SPLIT][k]));
  }
}

/* A plan in a context of its own, so that none shares pipelines with another. NULL: all kernels. */
static void make_alone(const struct gpu *gpu, const struct shown_plan *shown, const struct s2_kernel *const *kernels,
    void (*print)(const s2vk_plan *plan, VkDevice device)) {
  s2vk_context_info info = gpu->info;
  s2vk_context *context = NULL;
  s2vk_plan *plan = NULL;
  info.get_instance_proc_addr = null_device_wrapped;
  plan_name = shown->name;
  bool made = s2vk_context_create(&info, &context) == S2VK_SUCCESS;
  if (made) {
    context->kernels = kernels;
    made = s2vk_plan_create(context, &shown->info, &plan) == S2VK_SUCCESS;
  }
  if (made) {
    print(plan, gpu->info.device);
  } else {
    fprintf(stderr, "%s: %s\n", plan_name, gpu_last_log());
    failed++;
  }
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

static void make_modelled(const struct gpu *gpu) {
  static const struct s2_kernel *const gathers[] = {&s2_split_gather, &s2_merge_gather, NULL};
  for (size_t i = 0; i < model_plan_count; i++) {
    only = "split"; /* what is printed of them */
    make_alone(gpu, &model_plans[i], gathers, print_gathers);
    for (part = LINES; part <= ROWS; part++)
      make_alone(gpu, &model_plans[i], NULL, print_twice);
    part = ALL;
    only = "";
    make_alone(gpu, &model_plans[i], NULL, print_work);
  }
}

/* Whether samples/vit gives a device its products in shares that are no larger, and its small ones where no others. */
static bool is_for(const struct vit_device *device, enum vit_shader shader) {
  switch (shader) {
  case VIT_MATMUL_WIDE:
  case VIT_MATMUL_WIDE_16:
    return device->largest_share >= 128;
  case VIT_MATMUL:
  case VIT_MATMUL_16:
  case VIT_PATCHES:
  case VIT_PATCHES_16:
    return device->largest_share >= 64;
  case VIT_MATMUL_SMALL:
  case VIT_MATMUL_SMALL_16:
  case VIT_PATCHES_SMALL:
  case VIT_PATCHES_SMALL_16:
    return device->largest_share < 64;
  default:
    return true;
  }
}

static void make_vit(const struct gpu *gpu) {
  struct vit_device device;
  struct vit_error error;
  if (!vit_device_create(&device, &gpu->info, &error)) {
    fprintf(stderr, "samples/vit: %s\n", error.text);
    failed++;
    return;
  }
  device.cooperative = vit_cooperative_find(vkGetInstanceProcAddr, gpu->info.instance, gpu->info.physical_device);
  vkCreateComputePipelines = create_pipelines; /* volk's, until it loads another device */
  for (size_t i = 0; i < vit_pipeline_count; i++) {
    VkPipeline pipeline;
    uint32_t constants[VIT_CONSTANTS];
    plan_name = kernel_name = vit_pipelines[i].name;
    if (!is_for(&device, vit_pipelines[i].shader) || !vit_pipeline_constants(&device, &vit_pipelines[i], constants))
      continue;
    if (vit_pipeline_create(&device, vit_pipelines[i].shader, constants, &pipeline, &error)) {
      vkDestroyPipeline(device.device, pipeline, NULL);
    } else {
      fprintf(stderr, "%s: %s\n", vit_pipelines[i].name, error.text);
      failed++;
    }
  }
  vit_device_destroy(&device);
}

static int usage(void) {
  fprintf(stderr,
      "Usage: statistics [--kernel NAME] [--prepared] FOLDER | --brief | --model\n"
      "Prints the driver's statistics of the pipelines of shape B, of photographs, of typical work of phones, of\n"
      "plans that take many registers, of the golden cases in a folder, and of samples/vit. --prepared: also of all\n"
      "pipelines that can be prepared. --brief: without golden cases and samples/vit. --kernel: of kernels with NAME\n"
      "in their names alone. --model: the input of tests/compile/model.awk, for shape B and one image of it. Exit\n"
      "status: 0 if all pipelines were made, and the driver had statistics of each.\n");
  return 2;
}

int main(int argc, char **argv) {
  if (argc > 3 && strcmp(argv[1], "--kernel") == 0) {
    only = argv[2];
    argc -= 2;
    argv += 2;
  }
  const bool prepared = argc == 3 && strcmp(argv[1], "--prepared") == 0;
  const bool brief = argc == 2 && strcmp(argv[1], "--brief") == 0;
  const bool model = argc == 2 && strcmp(argv[1], "--model") == 0;
  if (argc < 2 || argc > 3 || (argc == 3 && !prepared) || (argv[argc - 1][0] == '-' && !brief && !model))
    return usage();
  const struct gpu_options options = {.variant = S2VK_VARIANT_GPU,
      .no_validation = true,
      .wrapped = null_device_wrapped,
      .opened = vit_cooperative_enabling(null_device_opened)};
  struct gpu gpu;
  null_device_create_pipelines = create_pipelines;
  null_device_create_module = create_module;
  if (!gpu_open(&gpu, &options))
    return 2;
  printf("device\t%s\n", gpu.properties.deviceName);
  if (model) {
    make_modelled(&gpu);
  } else {
    make_plans(gpu.context, shown_plans, shown_plan_count);
    make_plans(gpu.context, phone_plans, phone_plan_count);
    make_plans(gpu.context, hard_plans, hard_plan_count);
  }
  if (!brief && !model) {
    each_golden(argv[argc - 1], make_plan, gpu.context);
    plan_name = "prepared";
    failed += prepared ? prepare_kinds(gpu.context) : 0;
    make_vit(&gpu);
  }
  fprintf(stderr, "%u pipelines, %u failed\n", printed, failed);
  fflush(stdout);
  /* Not by gpu_close(): behind its shim V3DV frees a device while a thread of its own is using it. */
  _Exit(failed > 0 || (printed == 0 && !*only));
}
