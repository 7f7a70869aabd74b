#include "vulkan/target.h"

/* lavapipe's: a fetch takes 10 ns for eight invocations, and a multiply-add 0.4. */
#define CPU_FETCH 25

struct s2_target s2_target_of(const struct s2_vk *vk, const s2vk_context_info *info) {
  if (!vk->device)
    return (struct s2_target){
        .unrolls = true,
        .registers = UINT32_MAX,
        .invocations = 16384,
        .fetch = 16,
        .range = UINT64_MAX,
        .texel_alignment = 4,
        .alignment = 4,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX,
    };
  const VkPhysicalDeviceLimits *limits = &vk->limits;
  const bool by_type = info->variant == S2VK_VARIANT_AUTO, folds = !vk->quirks.keeps_branches;
  const bool runs_on_cpu = vk->type == VK_PHYSICAL_DEVICE_TYPE_CPU;
  const bool cpu = by_type ? runs_on_cpu && folds : info->variant == S2VK_VARIANT_CPU;
  const bool texels = cpu && S2VK_CPU_SHADERS;
  return (struct s2_target){
      .cpu = cpu,
      .copies = by_type ? runs_on_cpu : cpu,
      .long_lines = cpu || !folds,
      .unrolls = folds && (runs_on_cpu || vk->worth.unrolls),
      .sized = vk->quirks.sizes_by_defaults && S2VK_MOLTENVK_SHADERS,
      .registers = runs_on_cpu ? UINT32_MAX : vk->worth.registers,
      .invocations = runs_on_cpu ? 16384 : vk->worth.invocations,
      .fetch = runs_on_cpu ? CPU_FETCH : vk->worth.fetch,
      .texels = texels,
      .int64 = texels && info->shader_int64,
      .unpack_halves = cpu && vk->quirks.exact_halves,
      .range = limits->maxStorageBufferRange,
      .texel_count = texels ? limits->maxTexelBufferElements : 0,
      .texel_alignment = (uint32_t)limits->minTexelBufferOffsetAlignment,
      .alignment = (uint32_t)limits->minStorageBufferOffsetAlignment,
      .groups = {limits->maxComputeWorkGroupCount[0], limits->maxComputeWorkGroupCount[1],
          limits->maxComputeWorkGroupCount[2]},
      .loop_rounds = vk->quirks.loop_rounds ? vk->quirks.loop_rounds : UINT32_MAX,
  };
}

void s2_target_finish(
    const struct s2_target *target, bool table_texels, bool source_texels, struct s2_pipeline_key *key) {
  key->permutation = S2_PERMUTATION_PLAIN;
  if (table_texels) {
    key->permutation = target->int64 ? S2_PERMUTATION_INT64 : S2_PERMUTATION_TEXELS;
    key->constants[S2_SOURCE_TEXELS] = source_texels;
    key->constants[S2_UNPACK_HALVES] = target->unpack_halves;
  } else if (!target->unrolls && s2_module_is_fixed(key)) {
    key->permutation = S2_PERMUTATION_FIXED;
  } else if (target->sized) {
    key->permutation = S2_PERMUTATION_SIZED;
  }
}
