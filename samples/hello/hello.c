/* The smallest complete program: s2vk around a model that is one compute shader, the mean colour of 16 x 16 patches.
 * The model sees the image at scales 1 and 2, and each token of the output has the mean colour of both. The program
 * needs s2vk and the Vulkan loader, nothing else; CMakeLists.txt beside it builds it against an installed s2vk. */
#include <vulkan/vulkan.h>

#include <s2vk/s2vk.h>
#include <stdio.h>
#include <stdlib.h>

static const uint32_t model_code[] =
#include "mean_colour.spv.h"
    ;

static void check(int result) {
  if (result) {
    fprintf(stderr, "hello: error %d\n", result);
    exit(1);
  }
}

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "%s\n", message);
}

/* ---- The model ----------------------------------------------------------------------------------------------------
 *
 * It stands for an inference engine. It knows Vulkan. Of s2vk it knows only two tensors and a callback. */

struct model {
  VkDevice device;
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipeline;
  VkDescriptorPool pool;
  VkDescriptorSet set;
};

static void make_pipeline(struct model *model) {
  const VkDescriptorSetLayoutBinding tiles = {
      0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL};
  const VkDescriptorSetLayoutBinding features = {
      1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL};
  const VkDescriptorSetLayoutCreateInfo set_layout = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 2,
      .pBindings = (VkDescriptorSetLayoutBinding[]){tiles, features}};
  check(vkCreateDescriptorSetLayout(model->device, &set_layout, NULL, &model->set_layout));
  const VkPushConstantRange tile_count = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(uint32_t)};
  const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &model->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &tile_count};
  check(vkCreatePipelineLayout(model->device, &layout, NULL, &model->layout));

  const VkShaderModuleCreateInfo code = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = sizeof model_code, .pCode = model_code};
  VkShaderModule module;
  check(vkCreateShaderModule(model->device, &code, NULL, &module));
  const VkComputePipelineCreateInfo pipeline = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
          .stage = VK_SHADER_STAGE_COMPUTE_BIT,
          .module = module,
          .pName = "main"},
      .layout = model->layout};
  check(vkCreateComputePipelines(model->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &model->pipeline));
  vkDestroyShaderModule(model->device, module, NULL);
}

/* Tiles and features are in the same place in every call. The layout has the bytes of the largest call. */
static void bind_buffers(struct model *model, const s2vk_plan *plan, const s2vk_binding *binding) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  check(s2vk_plan_get_layout(plan, &layout));
  s2vk_model_call call;
  check(s2vk_binding_get_call(binding, 0, &call));
  const VkDescriptorBufferInfo buffers[] = {
      {call.tiles.buffer, call.tiles.offset, layout.tiles_bytes},
      {call.features.buffer, call.features.offset, layout.features_bytes},
  };
  const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  check(vkCreateDescriptorPool(model->device, &pool, NULL, &model->pool));
  const VkDescriptorSetAllocateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = model->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &model->set_layout};
  check(vkAllocateDescriptorSets(model->device, &set, &model->set));
  const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = model->set,
      .descriptorCount = 2, /* bindings 0 and 1 */
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers};
  vkUpdateDescriptorSets(model->device, 1, &write, 0, NULL);
}

static s2vk_result record_model(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  const struct model *model = user;
  const uint32_t tile_count = call->tiles.shape.dims[0];
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, model->pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, model->layout, 0, 1, &model->set, 0, NULL);
  vkCmdPushConstants(commands, model->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof tile_count, &tile_count);
  vkCmdDispatch(commands, (tile_count * 196 + 63) / 64, 1, 1); /* an invocation for each token of each tile */
  return S2VK_SUCCESS;
}

static void destroy_model(const struct model *model) {
  vkDestroyDescriptorPool(model->device, model->pool, NULL);
  vkDestroyPipeline(model->device, model->pipeline, NULL);
  vkDestroyPipelineLayout(model->device, model->layout, NULL);
  vkDestroyDescriptorSetLayout(model->device, model->set_layout, NULL);
}

int main(void) {
  /* The device: here s2vk opens one. An application that has its own fills in s2vk_context_info by itself. */
  const s2vk_device_info device = {
      .struct_size = sizeof device, .get_instance_proc_addr = vkGetInstanceProcAddr, .log = print_log};
  s2vk_context_info gpu;
  check(s2vk_device_open(&device, &gpu));
  s2vk_context *context;
  check(s2vk_context_create(&gpu, &context));

  /* The plan: one geometry. The binding: its buffers, which the library makes. */
  const double scales[] = {1, 2};
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 224,
      .width = 224,
      .scales = scales,
      .scale_count = 2,
      .model = {.channels = 3, .tokens = 196},
  };
  s2vk_plan *plan;
  check(s2vk_plan_create(context, &info, &plan));
  s2vk_binding *binding;
  check(s2vk_binding_create(plan, NULL, &binding));

  struct model state = {.device = gpu.device};
  make_pipeline(&state);
  bind_buffers(&state, plan, binding);
  const s2vk_model model = {.struct_size = sizeof model, .user = &state, .record = record_model};

  /* The run: an image that is redder to the right and greener below. */
  static float input[3][224][224], output[196][6];
  for (int y = 0; y < 224; y++)
    for (int x = 0; x < 224; x++) {
      input[0][y][x] = (float)x / 224;
      input[1][y][x] = (float)y / 224;
      input[2][y][x] = 0.5f;
    }
  check(s2vk_forward(binding, &model, input, sizeof input, output, sizeof output));
  const float *f = output[14 * 7 + 10];
  printf("1 x 196 x 6, row 7, column 10: %.3f %.3f %.3f %.3f %.3f %.3f\n", f[0], f[1], f[2], f[3], f[4], f[5]);

  destroy_model(&state);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  s2vk_device_close(&gpu);
}
