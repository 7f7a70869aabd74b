#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_BYTES (128u << 20) /* what the tiles of a call take at most, unless told otherwise */
#define QUERIES_OF_CALL 4

/* ---- What sessions share ---------------------------------------------------------------------------------------- */

static void keep_log(void *user, s2vk_log_level level, const char *message) {
  struct backend *backend = user;
  if (level == S2VK_LOG_ERROR)
    snprintf(backend->log, sizeof backend->log, "%s", message);
}

static bool create_vit(struct backend *backend, const struct source *source) {
  struct vit_error error;
  const struct vit_options options = {.layer = source->layer ? source->layer : -1, .side = source->side};
  if (vit_folder_open(source->folder, &backend->folder, &error) &&
      vit_create(backend->folder, &backend->info, &options, &backend->vit, &error))
    return true;
  fprintf(stderr, "viewer: --model %s\n", error.text);
  return false;
}

bool backend_create(struct backend *backend, const struct gpu *gpu, const struct source *source) {
  const uint32_t side = source->side / DESCRIPTOR_PATCH * DESCRIPTOR_PATCH; /* of a transformer's it may be any */
  *backend = (struct backend){.gpu = gpu, .descriptor_side = side ? side : DESCRIPTOR_SIDE};
  backend->info = (s2vk_context_info){
      .struct_size = sizeof backend->info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .instance = gpu->instance,
      .physical_device = gpu->physical_device,
      .device = gpu->device,
      .queue_family = gpu->queue_family,
      .queue = gpu->queue,
      .log = keep_log,
      .log_user = backend,
      .shader_int64 = gpu->shader_int64,
      .debug_utils = gpu->debug_utils,
  };
  if (s2vk_context_create(&backend->info, &backend->context)) {
    fprintf(stderr, "viewer: %s\n", backend->log);
    return false;
  }
  const VkResult result = analyst_create(&backend->analyst, gpu);
  if (result)
    fprintf(stderr, "viewer: what analyses features cannot be made: VkResult %d\n", result);
  return !result && (!source->folder || create_vit(backend, source));
}

void backend_destroy(struct backend *backend) {
  vit_destroy(&backend->vit);
  vit_folder_close(&backend->folder);
  analyst_destroy(&backend->analyst);
  s2vk_context_destroy(&backend->context);
}

/* ---- One of them ------------------------------------------------------------------------------------------------ */

static const struct vit *vit_of(const struct session *session) {
  return session->settings.vit ? session->backend->vit : NULL;
}

/* Tiles per call that keep the model's buffers within CALL_BYTES and within what a descriptor can reach. */
static uint32_t largest_call(const struct session *session, uint32_t side, s2vk_model_shape shape) {
  const uint64_t range = session->backend->gpu->properties.limits.maxStorageBufferRange;
  const uint64_t tile = 3ull * side * side, features = (uint64_t)shape.tokens * shape.channels;
  const uint64_t bytes = (tile > features ? tile : features) * sizeof(float);
  const uint64_t most = (range < CALL_BYTES ? range : CALL_BYTES) / bytes;
  return most ? (uint32_t)most : 1;
}

/* The photograph as the model wants its values. It is not cropped or resized as the image processor says: that is what scales
 * are for. */
static s2vk_pixels_info pixels_of(const struct session *session) {
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .source = S2VK_PIXELS_IMAGE};
  if (!vit_of(session))
    return pixels;
  const struct vit_preprocess *preprocess = vit_folder_preprocess(session->backend->folder);
  const float factor = preprocess->rescale ? (float)(255 * preprocess->rescale_factor) : 255;
  for (int i = 0; i < 3; i++) {
    pixels.mean[i] = preprocess->normalize ? preprocess->mean[i] / factor : 0;
    pixels.std[i] = (preprocess->normalize ? preprocess->std[i] : 1) / factor;
  }
  return pixels;
}

static s2vk_result create_plan(struct session *session, const struct image *photograph) {
  const struct settings *settings = &session->settings;
  const struct vit *vit = vit_of(session);
  const uint32_t side = vit ? vit_side(vit) : session->backend->descriptor_side;
  const s2vk_model_shape shape = vit ? vit_shape(vit) : descriptor_shape(side, DESCRIPTOR_PATCH);
  const uint32_t largest = largest_call(session, side, shape);
  const s2vk_pixels_info pixels = pixels_of(session);
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = photograph->extent.height,
      .width = photograph->extent.width,
      .scales = settings->sized ? NULL : settings->scales,
      .img_sizes = settings->sized ? settings->sizes : NULL,
      .scale_count = settings->scale_count,
      .max_split_size = side,
      .split_mode = settings->split_mode,
      .grid_policy = settings->grid,
      .resize_output_to_idx = (int32_t)session_output_scale(session),
      .num_prefix_token = vit ? vit_prefix(vit) : 0,
      .tiles_per_call =
          settings->tiles_per_call && settings->tiles_per_call < largest ? settings->tiles_per_call : largest,
      .model = shape,
      .filter = settings->filter,
      .pixels = &pixels,
  };
  s2vk_result result = s2vk_plan_create(session->backend->context, &info, &session->plan);
  session->layout.struct_size = sizeof session->layout;
  if (!result)
    result = s2vk_plan_get_layout(session->plan, &session->layout);
  for (uint32_t i = 0; !result && i < settings->scale_count; i++) {
    session->scales[i].struct_size = sizeof session->scales[i];
    result = s2vk_plan_get_scale(session->plan, i, &session->scales[i]);
  }
  return result;
}

static bool bind_model(struct session *session, char error[ERROR_BYTES]) {
  struct backend *backend = session->backend;
  if (vit_of(session)) {
    struct vit_error why;
    vkQueueWaitIdle(backend->gpu->queue); /* what an earlier session recorded uses the descriptors */
    if (!vit_bind(backend->vit, session->plan, session->binding, &why)) {
      snprintf(error, ERROR_BYTES, "%s", why.text);
      return false;
    }
    session->model = vit_model(backend->vit);
    return true;
  }
  const VkResult result = descriptor_create(
      &session->descriptor, backend->gpu->device, session->plan, session->binding, DESCRIPTOR_PATCH, S2VK_OUTPUT_BNC);
  if (result)
    snprintf(error, ERROR_BYTES, "the descriptor cannot be made: VkResult %d", result);
  session->model =
      (s2vk_model){.struct_size = sizeof session->model, .user = &session->descriptor, .record = descriptor_record};
  return !result;
}

/* Of a padded image, the tokens to the right and below lie in it in part only. */
static void set_covered(struct session *session) {
  const s2vk_scale_layout *scale = &session->scales[session_output_scale(session)];
  session->covered[0] = (float)scale->own.width;
  session->covered[1] = (float)scale->own.height;
  if (session->settings.split_mode == S2VK_SPLIT_PAD) {
    session->covered[0] = (float)((double)scale->image.width / scale->padded.width * scale->grid.width);
    session->covered[1] = (float)((double)scale->image.height / scale->padded.height * scale->grid.height);
  }
}

static VkResult create_analysis(struct session *session) {
  s2vk_tensor output;
  if (s2vk_binding_get_tensors(session->binding, NULL, &output))
    return VK_ERROR_INITIALIZATION_FAILED;
  const uint32_t tokens = session->layout.output_grid.height * session->layout.output_grid.width;
  const struct analysis_shape shape = {
      .scales = session->settings.scale_count,
      .channels = session->layout.output.dims[2] / session->settings.scale_count,
      .tokens = tokens,
      .prefix = session->layout.output.dims[1] - tokens,
  };
  const VkResult result = analysis_create(&session->analysis, &session->backend->analyst, &output, &shape);
  const VkQueryPoolCreateInfo queries = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 2 * (session->layout.call_count * QUERIES_OF_CALL + 2),
  };
  if (result || !session->backend->gpu->timestamps)
    return result;
  return vkCreateQueryPool(session->backend->gpu->device, &queries, NULL, &session->queries);
}

static bool create(struct session *session, const struct image *photograph, char error[ERROR_BYTES]) {
  struct backend *backend = session->backend;
  const s2vk_binding_info binding = {.struct_size = sizeof binding, .input_view = photograph->view};
  *backend->log = 0;
  if (create_plan(session, photograph) || s2vk_binding_create(session->plan, &binding, &session->binding)) {
    snprintf(error, ERROR_BYTES, "%s", backend->log);
    return false;
  }
  if (!bind_model(session, error))
    return false;
  set_covered(session);
  const VkResult result = create_analysis(session);
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
    snprintf(error, ERROR_BYTES,
        "features of %u x %u tokens are more than this device's buffers hold: choose smaller scales",
        session->layout.output_grid.height, session->layout.output_grid.width);
  else if (result)
    snprintf(error, ERROR_BYTES, "the analysis cannot be made: VkResult %d", result);
  return !result;
}

struct session *session_create(
    struct backend *backend, const struct image *photograph, const struct settings *settings, char error[ERROR_BYTES]) {
  struct session *session = calloc(1, sizeof *session);
  if (!session) {
    snprintf(error, ERROR_BYTES, "there is no memory for it");
    return NULL;
  }
  session->backend = backend;
  session->settings = *settings;
  if (!create(session, photograph, error))
    session_destroy(&session);
  return session;
}

void session_destroy(struct session **handle) {
  struct session *session = *handle;
  if (!session)
    return;
  vkDestroyQueryPool(session->backend->gpu->device, session->queries, NULL);
  analysis_destroy(&session->analysis);
  descriptor_destroy(&session->descriptor);
  s2vk_binding_destroy(&session->binding);
  s2vk_plan_destroy(&session->plan);
  free(session);
  *handle = NULL;
}

/* ---- Recording -------------------------------------------------------------------------------------------------- */

/* Twice: Mesa's lavapipe takes the time of a query when it comes to the next one. */
static void stamp(const struct session *session, VkCommandBuffer commands, uint32_t query) {
  for (uint32_t i = 0; session->queries && i < 2; i++)
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, session->queries, 2 * query + i);
}

/* s2vk_record() does this for all calls; here the time is taken between the stages. */
static s2vk_result record_call(struct session *session, VkCommandBuffer commands, uint32_t index) {
  const uint32_t query = index * QUERIES_OF_CALL;
  s2vk_model_call call;
  s2vk_result result = s2vk_binding_get_call(session->binding, index, &call);
  stamp(session, commands, query);
  if (!result)
    result = s2vk_record_split(session->binding, index, commands);
  stamp(session, commands, query + 1);
  if (!result)
    result = session->model.record(session->model.user, commands, &call);
  stamp(session, commands, query + 2);
  if (!result)
    result = s2vk_record_merge(session->binding, index, commands);
  stamp(session, commands, query + 3);
  return result;
}

bool session_record(struct session *session, VkCommandBuffer commands, uint32_t calls, char error[ERROR_BYTES]) {
  const uint32_t count = session->layout.call_count;
  s2vk_result result = S2VK_SUCCESS;
  if (session->queries && session->next_call == 0)
    vkCmdResetQueryPool(commands, session->queries, 0, 2 * (count * QUERIES_OF_CALL + 2));
  for (; !result && calls && session->next_call < count; calls--, session->next_call++)
    result = record_call(session, commands, session->next_call);
  if (result) {
    snprintf(error, ERROR_BYTES, "call %u: %s", session->next_call, session->backend->log);
    return false;
  }
  if (session->next_call == count) {
    stamp(session, commands, count * QUERIES_OF_CALL);
    analysis_record_components(&session->analysis, commands);
    stamp(session, commands, count * QUERIES_OF_CALL + 1);
    analysis_record_end(commands);
    session->next_call++;
  }
  return true;
}

void session_restart(struct session *session) {
  session->next_call = 0;
  session->timed = false;
}

bool session_is_recorded(const struct session *session) {
  return session->next_call > session->layout.call_count;
}

void session_read_times(struct session *session) {
  const struct gpu *gpu = session->backend->gpu;
  const uint32_t calls = session->layout.call_count, count = 2 * (calls * QUERIES_OF_CALL + 2);
  if (!session->queries || session->timed || !session_is_recorded(session))
    return;
  uint64_t *stamps = calloc(count, sizeof *stamps);
  if (stamps && !vkGetQueryPoolResults(gpu->device, session->queries, 0, count, count * sizeof *stamps, stamps,
                    sizeof *stamps, VK_QUERY_RESULT_64_BIT)) {
    const double milliseconds = (double)gpu->properties.limits.timestampPeriod / 1e6;
    struct times times = {.known = true};
    for (uint32_t i = 0; i < calls; i++) {
      const uint64_t *s = stamps + (size_t)i * 2 * QUERIES_OF_CALL;
      times.split += (double)(s[2] - s[0]) * milliseconds;
      times.model += (double)(s[4] - s[2]) * milliseconds;
      times.merge += (double)(s[6] - s[4]) * milliseconds;
    }
    times.components = (double)(stamps[count - 2] - stamps[count - 4]) * milliseconds;
    session->times = times;
    session->timed = true;
    session->runs++;
  }
  free(stamps);
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

uint64_t session_workspace_bytes(const struct session *session) {
  const s2vk_plan_layout *layout = &session->layout;
  const struct vit *vit = vit_of(session);
  return layout->tiles_bytes + layout->features_bytes + layout->output_bytes + layout->accumulator_bytes +
         layout->table_bytes + (vit ? vit_workspace_bytes(vit) : 0);
}

uint32_t session_token_at(const struct session *session, float x, float y) {
  const s2vk_size grid = session->layout.output_grid;
  const float column = fminf(fmaxf(x * session->covered[0], 0), (float)(grid.width - 1));
  const float row = fminf(fmaxf(y * session->covered[1], 0), (float)(grid.height - 1));
  return (uint32_t)row * grid.width + (uint32_t)column;
}

uint32_t session_output_scale(const struct session *session) {
  const uint32_t last = session->settings.scale_count - 1;
  return session->settings.output < last ? session->settings.output : last;
}
