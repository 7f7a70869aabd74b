#include "run/record.h"

#include <string.h>

/* Makes the device's copies visible to the host, which reads them after it has waited for the fence. */
static void record_host_barrier(const struct s2_vk *vk, VkCommandBuffer commands) {
  const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };
  vk->CmdPipelineBarrier(
      commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* ---- Steps ---------------------------------------------------------------------------------------------------- */

static s2vk_result begin(s2vk_binding *binding) {
  const s2vk_context *context = binding->plan->context;
  const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  VkResult result = context->vk.ResetCommandPool(context->vk.device, binding->staging.pool, 0);
  if (result)
    return s2_fail_vk(&context->env, result, "vkResetCommandPool");
  result = context->vk.BeginCommandBuffer(binding->staging.commands, &info);
  return result ? s2_fail_vk(&context->env, result, "vkBeginCommandBuffer") : S2VK_SUCCESS;
}

static s2vk_result submit_and_wait(s2vk_binding *binding) {
  const s2vk_context *context = binding->plan->context;
  const struct s2_vk *vk = &context->vk;
  struct s2_staging *staging = &binding->staging;
  VkResult result = vk->EndCommandBuffer(staging->commands);
  if (result)
    return s2_fail_vk(&context->env, result, "vkEndCommandBuffer");
  if ((result = vk->ResetFences(vk->device, 1, &staging->fence)))
    return s2_fail_vk(&context->env, result, "vkResetFences");
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &staging->commands};
  if ((result = vk->QueueSubmit(vk->queue, 1, &submit, staging->fence)))
    return s2_fail_vk(&context->env, result, "vkQueueSubmit");
  staging->pending = true;
  return s2_staging_wait(context, staging);
}

static void record_upload(s2vk_binding *binding, const s2vk_tensor *tensor) {
  const struct s2_vk *vk = &binding->plan->context->vk;
  const VkBufferCopy region = {0, tensor->offset, tensor->bytes};
  s2_record_barrier(vk, binding->staging.commands);
  vk->CmdCopyBuffer(binding->staging.commands, binding->staging.upload.buffer, tensor->buffer, 1, &region);
}

static void record_download(s2vk_binding *binding, const s2vk_tensor *tensor) {
  const struct s2_vk *vk = &binding->plan->context->vk;
  const VkBufferCopy region = {tensor->offset, 0, tensor->bytes};
  s2_record_barrier(vk, binding->staging.commands);
  vk->CmdCopyBuffer(binding->staging.commands, tensor->buffer, binding->staging.download.buffer, 1, &region);
  record_host_barrier(vk, binding->staging.commands);
}

/* Runs one model call on the host. The command buffer is recording before and after it. */
static s2vk_result run_on_host(s2vk_binding *binding, const s2vk_model *model, uint32_t k) {
  const s2vk_model_call call = s2_binding_call(binding, k);
  record_download(binding, &call.tiles);
  s2vk_result result = submit_and_wait(binding);
  if (!result)
    result = model->run(model->user, binding->staging.download.mapped, binding->staging.upload.mapped, &call);
  if (!result)
    result = begin(binding);
  if (!result)
    record_upload(binding, &call.features);
  return result;
}

static s2vk_result run(s2vk_binding *binding, const s2vk_model *model) {
  if (model->record)
    return s2_record_all(binding, binding->staging.commands, model);
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t k = 0; !result && k < binding->plan->geometry.call_count; k++) {
    s2_record_split(binding, k, binding->staging.commands);
    if (!(result = run_on_host(binding, model, k)))
      s2_record_merge(binding, k, binding->staging.commands);
  }
  return result;
}

/* ---- Public ------------------------------------------------------------------------------------------------- */

/* Bytes from the first element to the last, not rounded up. */
static uint64_t exact_bytes(const s2vk_tensor *tensor) {
  const s2vk_strides *s = &tensor->strides;
  const uint32_t *dims = tensor->shape.dims;
  const uint64_t element = s2vk_type_size(tensor->type), items = (dims[0] - 1) * s->item;
  if (tensor->shape.rank == 3)
    return items + (dims[1] - 1) * s->column + dims[2] * element;
  return items + (dims[1] - 1) * s->channel + (dims[2] - 1) * s->row + (dims[3] - 1) * s->column + element;
}

/* Checks pixels in host memory. More bytes may follow them, such as the rest of the image. A plan that reads a VkImage
 * takes none. */
static s2vk_result check_pixels(const s2vk_binding *binding, const void *input, size_t bytes) {
  const struct s2_geometry *g = &binding->plan->geometry;
  const struct s2_env *env = &binding->plan->context->env;
  if (g->pixels.source == S2_SOURCE_IMAGE) {
    if (input || bytes)
      return s2_fail(env, S2VK_ERROR_PIXELS,
          "input is %s and input_bytes is %zu; they must be NULL and 0, because the plan reads an image",
          input ? "not NULL" : "NULL", bytes);
    return S2VK_SUCCESS;
  }
  const uint64_t needed = s2_pixels_end(&g->pixels, g->batch, g->input);
  if (!input)
    return s2_fail(env, S2VK_ERROR_NULL, "input is NULL");
  if (bytes < needed)
    return s2_fail(env, S2VK_ERROR_BUFFER_SIZE, "input_bytes is %zu; the plan's pixels end at %llu bytes", bytes,
        (unsigned long long)needed);
  return S2VK_SUCCESS;
}

static s2vk_result check_memory(
    const struct s2_env *env, const char *name, const void *memory, size_t bytes, const s2vk_tensor *tensor) {
  if (!memory)
    return s2_fail(env, S2VK_ERROR_NULL, "%s is NULL", name);
  if (bytes != exact_bytes(tensor))
    return s2_fail(env, S2VK_ERROR_BUFFER_SIZE, "%s_bytes is %zu; the plan's %s has %llu bytes", name, bytes, name,
        (unsigned long long)exact_bytes(tensor));
  return S2VK_SUCCESS;
}

s2vk_result s2vk_forward(s2vk_binding *binding, const s2vk_model *model, const void *input, size_t input_bytes,
    void *output, size_t output_bytes) {
  if (!binding)
    return S2VK_ERROR_NULL;
  const s2vk_context *context = binding->plan->context;
  const struct s2_env *env = &context->env;
  const bool pixels = binding->plan->geometry.pixels.source != S2_SOURCE_TENSOR;
  s2vk_tensor in, out;
  s2vk_binding_get_tensors(binding, &in, &out);
  s2vk_result result = s2_check_model(env, model);
  if (!result)
    result = pixels ? check_pixels(binding, input, input_bytes) : check_memory(env, "input", input, input_bytes, &in);
  if (!result)
    result = s2_binding_check_sources(binding);
  if (!result)
    result = check_memory(env, "output", output, output_bytes, &out);
  if (result)
    return result;
  if (!context->vk.queue)
    return s2_fail(env, S2VK_ERROR_NO_DEVICE, "s2vk_context_info.queue was NULL; s2vk_forward() needs a queue");
  const struct s2_geometry *g = &binding->plan->geometry;
  if (!binding->staging.commands)
    result = s2_staging_create(binding->plan->context, larger(g->input_bytes, g->features_bytes),
        larger(g->output_bytes, g->tiles_bytes), &binding->staging);
  if (!result)
    result = s2_staging_wait(context, &binding->staging); /* a wait of the run before may have failed */
  if (result)
    return result;
  if (in.bytes)
    memcpy(binding->staging.upload.mapped, input, input_bytes < in.bytes ? input_bytes : in.bytes);
  if ((result = begin(binding)))
    return result;
  if (in.bytes)
    record_upload(binding, &in);
  if ((result = run(binding, model)))
    return result;
  record_download(binding, &out);
  if ((result = submit_and_wait(binding)))
    return result;
  memcpy(output, binding->staging.download.mapped, output_bytes);
  return S2VK_SUCCESS;
}
