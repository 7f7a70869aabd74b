#define _POSIX_C_SOURCE 200809L

#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_BYTES (128u << 20) /* the most bytes for the tiles of a call, unless tiles_per_call is set */
#define QUERIES_OF_CALL 5

/* ---- One of them ------------------------------------------------------------------------------------------------- */

static struct backend_model *model_of(const struct session *session) {
  return session->settings.model ? &session->backend->models[session->settings.model - 1] : NULL;
}

static struct vit *vit_of(const struct session *session) {
  return session->settings.model ? model_of(session)->vit : NULL;
}

/* Tiles per call. The model's buffers must stay within CALL_BYTES, and within the range of a descriptor. */
static uint32_t largest_call(const struct session *session, uint32_t side, s2vk_model_shape shape) {
  const uint64_t range = session->backend->gpu->properties.limits.maxStorageBufferRange;
  const uint64_t tile = 3ull * side * side, features = (uint64_t)shape.tokens * shape.channels;
  const uint64_t bytes = (tile > features ? tile : features) * sizeof(float);
  const uint64_t most = (range < CALL_BYTES ? range : CALL_BYTES) / bytes;
  return most ? (uint32_t)most : 1;
}

/* The values of a whole photograph as the model wants them. Unless it was preprocessed, it is not resized or cropped as
 * the image processor says: the scales take the place of that. */
static s2vk_pixels_info pixels_of(const struct session *session) {
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .source = S2VK_PIXELS_IMAGE};
  if (!vit_of(session))
    return pixels;
  const struct vit_preprocess *preprocess = vit_folder_preprocess(model_of(session)->folder);
  const float factor = preprocess->rescale ? (float)(255 * preprocess->rescale_factor) : 255;
  for (int i = 0; i < 3; i++) {
    pixels.mean[i] = preprocess->normalize ? preprocess->mean[i] / factor : 0;
    pixels.std[i] = (preprocess->normalize ? preprocess->std[i] : 1) / factor;
  }
  return pixels;
}

static s2vk_plan_info info_of(const struct session *session) {
  const struct settings *settings = &session->settings;
  const struct vit *vit = vit_of(session);
  const uint32_t side = backend_side(session->backend, settings);
  const s2vk_model_shape shape = vit ? vit_shape(vit) : descriptor_shape(side, DESCRIPTOR_PATCH);
  const uint32_t largest = largest_call(session, side, shape);
  const VkExtent2D extent = picture_source(session->picture)->extent;
  return (s2vk_plan_info){
      .struct_size = sizeof(s2vk_plan_info),
      .batch = 1,
      .channels = 3,
      .height = extent.height,
      .width = extent.width,
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
  };
}

s2vk_result session_plan_info(const struct session *session, bool in_blocks, struct session_plan *plan) {
  const struct preset_choice choice = backend_preset(session->backend, &session->settings);
  plan->info = info_of(session);
  if (choice.given) {
    const s2vk_result result = preset_apply(session->backend->context, &choice, &plan->info, &plan->parts);
    plan->parts.pixels.source = S2VK_PIXELS_IMAGE;
    plan->parts.pixels.format = 0;
    if (result)
      return result;
  } else if (session->picture->preparation.kind != PREPARED_BY_MODEL) {
    plan->parts.pixels = pixels_of(session);
    plan->info.pixels = &plan->parts.pixels;
  }
  plan->info.output_blocks = in_blocks && session->settings.blocks;
  plan->info.output_blocks_idx = plan->info.resize_output_to_idx;
  return S2VK_SUCCESS;
}

static void set_colours(struct session *session, const s2vk_pixels_info *pixels) {
  const s2vk_pixels_info whole = pixels_of(session);
  for (int i = 0; i < 3; i++) {
    session->mean[i] = whole.mean[i];
    session->deviation[i] = vit_of(session) ? whole.std[i] : 1;
  }
  if (session->settings.has_preset)
    preset_colours(pixels, session->mean, session->deviation);
}

static s2vk_result create_plan(struct session *session) {
  struct session_plan plan;
  s2vk_result result = session_plan_info(session, false, &plan);
  if (!result)
    result = s2vk_plan_create(session->backend->context, &plan.info, &session->plan);
  session->layout.struct_size = sizeof session->layout;
  if (!result)
    result = s2vk_plan_get_layout(session->plan, &session->layout);
  for (uint32_t i = 0; !result && i < session->settings.scale_count; i++) {
    session->scales[i].struct_size = sizeof session->scales[i];
    result = s2vk_plan_get_scale(session->plan, i, &session->scales[i]);
  }
  if (!result)
    set_colours(session, plan.info.pixels);
  if (!result && session->settings.blocks)
    result = session_plan_info(session, true, &plan);
  if (!result && session->settings.blocks)
    result = s2vk_plan_create(session->backend->context, &plan.info, &session->blocks);
  return result;
}

/* Binds a model to a session. A model has descriptors for the tensors of one session only. */
static bool take_model(struct session *session, char error[ERROR_BYTES]) {
  struct backend_model *model = model_of(session);
  struct vit_error why;
  if (!model || model->bound == session)
    return true;
  vkQueueWaitIdle(session->backend->gpu->queue); /* commands of the other session use the descriptors */
  model->bound = NULL;
  if (!vit_bind(model->vit, session->plan, session->binding, &why)) {
    snprintf(error, ERROR_BYTES, "%s", why.text);
    return false;
  }
  model->bound = session;
  return true;
}

static bool create_model(struct session *session, char error[ERROR_BYTES]) {
  struct backend *backend = session->backend;
  if (vit_of(session)) {
    session->model = vit_model(vit_of(session));
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

/* If an image is padded, the tokens at its right and bottom edges cover it only in part. */
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

/* The buffer that keeps tiles. If all would take too much memory, each is reduced by a power of two. */
static VkResult create_tiles(struct session *session) {
  const struct gpu *gpu = session->backend->gpu;
  const uint64_t side = session->scales[0].tile_side, range = gpu->properties.limits.maxStorageBufferRange;
  const uint64_t most = range < TILE_STORE_BYTES ? range : TILE_STORE_BYTES;
  uint64_t small = side;
  while (session->layout.tile_count * small * small * 4 > most && small > 1)
    small = side >> ++session->tiles_shift;
  session->tiles_side = (uint32_t)small;
  session->shown_tile = UINT64_MAX;
  s2vk_model_call call;
  if (s2vk_binding_get_call(session->binding, 0, &call))
    return VK_ERROR_INITIALIZATION_FAILED;
  const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
  VkResult result = buffer_create(&session->tiles, gpu, session->layout.tile_count * small * small * 4, usage, false);
  if (!result)
    result = buffer_create(&session->tile, gpu, side * side * 4, usage, false);
  const VkDescriptorBufferInfo from = {call.tiles.buffer, call.tiles.offset, session->layout.tiles_bytes};
  const VkDescriptorBufferInfo all[] = {from, {session->tiles.buffer, 0, VK_WHOLE_SIZE}},
                               one[] = {from, {session->tile.buffer, 0, VK_WHOLE_SIZE}};
  if (!result)
    result = analysis_set_create(&session->tiles_set, &session->backend->analyst, all, 2);
  return result ? result : analysis_set_create(&session->tile_set, &session->backend->analyst, one, 2);
}

static s2vk_result create_binding(struct session *session) {
  const struct picture *picture = session->picture;
  s2vk_binding_info binding = {.struct_size = sizeof binding};
  if (picture->preparation.kind == PREPARED_BY_MODEL)
    binding.input.buffer = picture->planes.buffer;
  else
    binding.input_view = picture_source(picture)->view;
  return s2vk_binding_create(session->plan, &binding, &session->binding);
}

static bool create(struct session *session, char error[ERROR_BYTES]) {
  struct backend *backend = session->backend;
  *backend->log = 0;
  if (create_plan(session) || create_binding(session)) {
    snprintf(error, ERROR_BYTES, "%s", backend->log);
    return false;
  }
  if (!create_model(session, error))
    return false;
  set_covered(session);
  VkResult result = create_analysis(session);
  if (!result)
    result = create_tiles(session);
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
    snprintf(error, ERROR_BYTES,
        "features of %u x %u tokens are more than this device's buffers hold: choose smaller scales",
        session->layout.output_grid.height, session->layout.output_grid.width);
  else if (result)
    snprintf(error, ERROR_BYTES, "the analysis cannot be made: VkResult %d", result);
  return !result;
}

struct session *session_create(
    struct backend *backend, struct picture *picture, const struct settings *settings, char error[ERROR_BYTES]) {
  struct session *session = calloc(1, sizeof *session);
  if (!session) {
    snprintf(error, ERROR_BYTES, "there is no memory for it");
    return NULL;
  }
  session->backend = backend;
  session->picture = picture_hold(picture);
  session->settings = *settings;
  if (!create(session, error))
    session_destroy(&session);
  return session;
}

void session_destroy(struct session **handle) {
  struct session *session = *handle;
  if (!session)
    return;
  struct backend_model *model = model_of(session);
  const struct gpu *gpu = session->backend->gpu;
  if (model && model->bound == session)
    model->bound = NULL;
  vkDestroyQueryPool(gpu->device, session->queries, NULL);
  analysis_set_destroy(&session->tiles_set, &session->backend->analyst);
  analysis_set_destroy(&session->tile_set, &session->backend->analyst);
  buffer_destroy(&session->tiles, gpu);
  buffer_destroy(&session->tile, gpu);
  analysis_destroy(&session->analysis);
  descriptor_destroy(&session->descriptor);
  s2vk_binding_destroy(&session->binding);
  s2vk_plan_destroy(&session->plan);
  s2vk_plan_destroy(&session->blocks);
  picture_drop(&session->picture);
  free(session);
  *handle = NULL;
}

/* ---- Recording --------------------------------------------------------------------------------------------------- */

/* Written twice: Mesa's lavapipe takes the time of a query when it reaches the next query. */
static void stamp(const struct session *session, VkCommandBuffer commands, uint32_t query) {
  for (uint32_t i = 0; session->queries && i < 2; i++)
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, session->queries, 2 * query + i);
}

/* Keeps the tiles of a call, from tile number `skip` on. */
static void record_tiles(
    const struct session *session, VkCommandBuffer commands, const s2vk_model_call *call, uint32_t skip, bool one) {
  struct {
    float mean[4], deviation[4];
    uint32_t side, shift, first, count, out_at;
  } push = {
      .side = session->scales[0].tile_side,
      .shift = one ? 0 : session->tiles_shift,
      .first = skip,
      .count = one ? 1 : call->tiles.shape.dims[0],
      .out_at = one ? 0 : (uint32_t)call->first_tile,
  };
  for (int i = 0; i < 3; i++) {
    push.mean[i] = session->mean[i];
    push.deviation[i] = session->deviation[i];
  }
  const uint64_t small = push.side >> push.shift, pixels_count = small * small * push.count;
  analysis_record_start(commands);
  analysis_dispatch(&session->backend->analyst, commands, ANALYSIS_TILES,
      one ? &session->tile_set : &session->tiles_set, &push, sizeof push, (pixels_count + 63) / 64);
  analysis_record_end(commands);
}

void session_record_tile(struct session *session, VkCommandBuffer commands, uint64_t tile) {
  s2vk_model_call call;
  for (uint32_t i = 0; i < session->layout.call_count; i++) {
    if (s2vk_binding_get_call(session->binding, i, &call) || tile < call.first_tile ||
        tile >= call.first_tile + call.tiles.shape.dims[0])
      continue;
    analysis_record_start(commands);
    if (s2vk_record_split(session->binding, i, commands))
      return;
    record_tiles(session, commands, &call, (uint32_t)(tile - call.first_tile), true);
    session->shown_tile = tile;
    return;
  }
}

/* s2vk_record() does the same for all calls. Here, timestamps are written between the stages. */
static s2vk_result record_call(struct session *session, VkCommandBuffer commands, uint32_t index) {
  const uint32_t query = index * QUERIES_OF_CALL;
  s2vk_model_call call;
  s2vk_result result = s2vk_binding_get_call(session->binding, index, &call);
  stamp(session, commands, query);
  if (!result)
    result = s2vk_record_split(session->binding, index, commands);
  stamp(session, commands, query + 1);
  if (!result)
    record_tiles(session, commands, &call, 0, false);
  stamp(session, commands, query + 2);
  if (!result)
    result = session->model.record(session->model.user, commands, &call);
  stamp(session, commands, query + 3);
  if (!result)
    result = s2vk_record_merge(session->binding, index, commands);
  stamp(session, commands, query + 4);
  return result;
}

bool session_record(struct session *session, VkCommandBuffer commands, uint32_t calls, char error[ERROR_BYTES]) {
  const uint32_t count = session->layout.call_count;
  s2vk_result result = S2VK_SUCCESS;
  if (!take_model(session, error))
    return false;
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
    analysis_record_components(&session->analysis, commands, NULL, false);
    stamp(session, commands, count * QUERIES_OF_CALL + 1);
    analysis_record_norms(&session->analysis, commands);
    analysis_record_end(commands);
    session->next_call++;
    session->shown_tile = UINT64_MAX;
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
      times.model += (double)(s[6] - s[4]) * milliseconds;
      times.merge += (double)(s[8] - s[6]) * milliseconds;
    }
    times.components = (double)(stamps[count - 2] - stamps[count - 4]) * milliseconds;
    session->times = times;
    session->timed = true;
    session->runs++;
  }
  free(stamps);
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

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

void session_token_box(const struct session *session, uint32_t token, float box[4]) {
  const VkExtent2D extent = session->picture->image.extent;
  const uint32_t across = session->layout.output_grid.width;
  box[2] = (float)extent.width / session->covered[0];
  box[3] = (float)extent.height / session->covered[1];
  box[0] = (float)(token % across) * box[2];
  box[1] = (float)(token / across) * box[3];
}

const struct backend_model *session_model(const struct session *session) {
  return model_of(session);
}

uint32_t session_output_scale(const struct session *session) {
  const uint32_t last = session->settings.scale_count - 1;
  return session->settings.output < last ? session->settings.output : last;
}
