/* Makes the pipelines of shape B, of photographs, of phones, of the golden cases, all that can be prepared, and those of samples/vit,
 * on a device that may only compile, and prints what its compiler says of each: tests/vendors.sh reads it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"
#include "null_device.h"
#include "plans.h"
#include "vulkan/pipeline.h"

/* What the next pipelines are for. */
static const char *plan_name = "", *kernel_name = "";
static unsigned printed, failed;

/* ---- What the driver says -------------------------------------------------------------------------------------------- */

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
  static const char *const names[S2_CONSTANT_COUNT] = {"x", "y", "source", "target", "columns", "taps", "quads",
      "target-rows", "source-rows", "transfer", "form", "overlap", "accumulator", "prefix", "run", "texels", "unpack",
      "channels", "shared", "layout", "partial"};
  printf("\t");
  for (uint32_t i = 0; info && i < info->mapEntryCount; i++) {
    uint32_t value;
    memcpy(&value, (const char *)info->pData + info->pMapEntries[i].offset, sizeof value);
    if (value && info->pMapEntries[i].constantID < S2_CONSTANT_COUNT)
      printf("%s%s:%u", i ? "," : "", names[info->pMapEntries[i].constantID], value);
  }
}

/* A line: plan, kernel, constants, subgroup size, and name=value of each statistic; of all executables of the pipeline, which are
 * several where a driver compiles for several widths. */
static bool print_statistics(VkDevice device, const VkComputePipelineCreateInfo *info, VkPipeline pipeline) {
  const VkPipelineInfoKHR which = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
  VkPipelineExecutablePropertiesKHR executables[8];
  uint32_t count = sizeof executables / sizeof *executables;
  for (uint32_t i = 0; i < count; i++)
    executables[i] = (VkPipelineExecutablePropertiesKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  if (vkGetPipelineExecutablePropertiesKHR(device, &which, &count, executables) < 0 || count == 0)
    return false;
  bool any = false;
  for (uint32_t e = 0; e < count; e++) {
    VkPipelineExecutableStatisticKHR statistics[64];
    uint32_t statistic_count = sizeof statistics / sizeof *statistics;
    for (uint32_t i = 0; i < statistic_count; i++)
      statistics[i] = (VkPipelineExecutableStatisticKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
    const VkPipelineExecutableInfoKHR executable = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline, .executableIndex = e};
    if (vkGetPipelineExecutableStatisticsKHR(device, &executable, &statistic_count, statistics) < 0 ||
        statistic_count == 0)
      continue;
    printf("pipeline\t%s\t%s", plan_name, kernel_name);
    print_constants(strncmp(kernel_name, "vit", 3) ? info->stage.pSpecializationInfo : NULL);
    printf("\t%u", executables[e].subgroupSize);
    for (uint32_t i = 0; i < statistic_count; i++)
      print_value(&statistics[i]);
    printf("\n");
    any = true;
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
  for (size_t i = 0; i < s2_module_count; i++)
    if (s2_modules[i].words == info->pCode)
      snprintf(name, sizeof name, "%s%s%s", s2_shader_name(s2_modules[i].shader), sources[s2_modules[i].source],
          s2_modules[i].permutation == S2_PERMUTATION_FIXED ? "/fixed" : "");
  kernel_name = name;
  return vkCreateShaderModule(device, info, allocator, module);
}

/* ---- What is made ---------------------------------------------------------------------------------------------------- */

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

static void make_vit(const struct gpu *gpu) {
  struct vit_device device;
  struct vit_error error;
  if (!vit_device_create(&device, &gpu->info, &error)) {
    fprintf(stderr, "samples/vit: %s\n", error.text);
    failed++;
    return;
  }
  vkCreateComputePipelines = create_pipelines; /* volk's, until it loads another device */
  for (size_t i = 0; i < vit_pipeline_count; i++) {
    VkPipeline pipeline;
    plan_name = kernel_name = vit_pipelines[i].name;
    if (vit_pipeline_create(&device, vit_pipelines[i].shader, vit_pipelines[i].constants, &pipeline, &error)) {
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
      "Usage: statistics [--prepared] FOLDER | --brief\n"
      "Prints what the driver says of each pipeline of shape B, of photographs, of what phones do, of plans that take many\n"
      "registers, of the golden cases in a folder, and of samples/vit. --prepared: of all that can be prepared, too. --brief:\n"
      "not of golden cases and samples/vit. Exit status: 0 if all were made, and the driver said something of each.\n");
  return 2;
}

int main(int argc, char **argv) {
  const bool prepared = argc == 3 && strcmp(argv[1], "--prepared") == 0;
  const bool brief = argc == 2 && strcmp(argv[1], "--brief") == 0;
  if (argc < 2 || argc > 3 || (argc == 3 && !prepared) || (argv[argc - 1][0] == '-' && !brief))
    return usage();
  const struct gpu_options options = {
      .variant = S2VK_VARIANT_GPU, .no_validation = true, .wrapped = null_device_wrapped, .opened = null_device_opened};
  struct gpu gpu;
  null_device_create_pipelines = create_pipelines;
  null_device_create_module = create_module;
  if (!gpu_open(&gpu, &options))
    return 2;
  printf("device\t%s\n", gpu.properties.deviceName);
  make_plans(gpu.context, shown_plans, shown_plan_count);
  make_plans(gpu.context, phone_plans, phone_plan_count);
  make_plans(gpu.context, hard_plans, hard_plan_count);
  if (!brief) {
    each_golden(argv[argc - 1], make_plan, gpu.context);
    plan_name = "prepared";
    failed += prepared ? prepare_kinds(gpu.context) : 0;
    make_vit(&gpu);
  }
  gpu_close(&gpu);
  fprintf(stderr, "%u pipelines, %u failed\n", printed, failed);
  return failed > 0 || printed == 0;
}
