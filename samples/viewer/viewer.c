#include "viewer.h"

#include "photograph.h"
#include "theme.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_RUN 10000 /* milliseconds */

/* ---- Sessions ----------------------------------------------------------------------------------------------------- */

static void wake(struct viewer *viewer) {
  viewer->frames_wanted = 4;
}

/* Destroys what the frames in flight do not use any more. */
static void bury(struct viewer *viewer, bool all) {
  for (int i = 0; i < MAX_RETIRED; i++)
    if (viewer->retired[i].session && (all || viewer->retired[i].frame + FRAMES_IN_FLIGHT <= viewer->frame))
      session_destroy(&viewer->retired[i].session);
}

static void retire(struct viewer *viewer, struct session **session) {
  if (!*session)
    return;
  for (int i = 0; i < MAX_RETIRED; i++)
    if (!viewer->retired[i].session) {
      viewer->retired[i].session = *session;
      viewer->retired[i].frame = viewer->frame;
      *session = NULL;
      return;
    }
  vkQueueWaitIdle(viewer->gpu->queue); /* more changes than frames */
  bury(viewer, true);
  session_destroy(session);
}

/* The settings of what there is. */
static const struct settings *made_settings(const struct viewer *viewer) {
  const struct session *session = viewer->pending ? viewer->pending : viewer->current;
  return session ? &session->settings : NULL;
}

static bool same(const struct settings *a, const struct settings *b) {
  for (uint32_t i = 0; i < a->scale_count; i++)
    if (a->scales[i] != b->scales[i] ||
        (a->sized && (a->sizes[i].height != b->sizes[i].height || a->sizes[i].width != b->sizes[i].width)))
      return false;
  return a->scale_count == b->scale_count && a->sized == b->sized && a->grid == b->grid &&
         a->split_mode == b->split_mode && a->output == b->output && a->tiles_per_call == b->tiles_per_call &&
         a->filter == b->filter && a->vit == b->vit;
}

void viewer_set(struct viewer *viewer, const struct settings *settings) {
  if (same(&viewer->settings, settings))
    return;
  viewer->settings = *settings;
  if (viewer->selected >= settings->scale_count)
    viewer->selected = settings->scale_count - 1;
  *viewer->message = 0;
  wake(viewer);
}

/* Makes a session for settings that have changed; those that cannot be are taken back. */
static void remake(struct viewer *viewer) {
  const struct settings *made = made_settings(viewer);
  if (made && same(made, &viewer->settings))
    return;
  struct session *session = session_create(&viewer->backend, &viewer->photograph, &viewer->settings, viewer->message);
  if (session) {
    retire(viewer, &viewer->pending);
    viewer->pending = session;
    viewer->calls_per_frame = 1;
  } else if (made) {
    viewer->settings = *made;
    viewer->selected = viewer->selected < made->scale_count ? viewer->selected : made->scale_count - 1;
  } else {
    fprintf(stderr, "viewer: %s\n", viewer->message);
    viewer->quit = true;
  }
  wake(viewer);
}

/* Reads the times; those of a first run, if it was not long, are replaced by those of a second. */
static void measure(struct viewer *viewer) {
  struct session *session = viewer->current;
  if (!session)
    return;
  const bool timed = session->timed;
  session_read_times(session);
  if (session->timed != timed)
    wake(viewer);
  const struct times *times = &session->times;
  if (!viewer->without_times && session->timed && session->runs == 1 &&
      times->split + times->model + times->merge < SHORT_RUN)
    session_restart(session);
}

/* The next calls of the pending session; once it has its features it takes the place of the one before. */
static void advance(struct viewer *viewer, VkCommandBuffer commands) {
  const uint32_t calls = viewer->patient ? UINT32_MAX : viewer->calls_per_frame;
  if (viewer->current && !viewer->pending && !session_is_recorded(viewer->current)) {
    if (!session_record(viewer->current, commands, calls, viewer->message))
      viewer->current->next_call = viewer->current->layout.call_count + 1; /* its features are still there */
    wake(viewer);
  }
  if (!viewer->pending)
    return;
  if (!session_record(viewer->pending, commands, calls, viewer->message)) {
    retire(viewer, &viewer->pending);
    if (viewer->current)
      viewer->settings = viewer->current->settings;
  } else if (session_is_recorded(viewer->pending)) {
    retire(viewer, &viewer->current);
    viewer->current = viewer->pending;
    viewer->pending = NULL;
  }
  wake(viewer);
}

/* ---- Similarities ------------------------------------------------------------------------------------------------- */

/* Of the frame before the last: where the colours of similarities begin, and those under the pointer. */
static void take_readings(struct viewer *viewer, uint32_t index) {
  const struct session *session = viewer->current;
  const float *readings = viewer->readings[index].host;
  if (!session || viewer->picked_of != session)
    return;
  float lowest = 0.999f;
  for (uint32_t i = 0; i <= session->settings.scale_count; i++)
    lowest = fminf(lowest, readings[i]);
  if (lowest != viewer->lowest)
    wake(viewer);
  viewer->lowest = lowest;
  memcpy(viewer->under, readings + MAX_SCALES + 1, sizeof viewer->under);
}

static void record_readings(struct viewer *viewer, uint32_t index, VkCommandBuffer commands) {
  const struct session *session = viewer->current;
  const struct analysis *analysis = &session->analysis;
  const uint32_t fields = analysis->shape.scales + 1;
  const uint32_t token = session_token_at(session, viewer->at[0], viewer->at[1]);
  VkBufferCopy under[MAX_SCALES + 1];
  for (uint32_t i = 0; i < fields; i++)
    under[i] = (VkBufferCopy){
        .srcOffset = ((VkDeviceSize)i * analysis->shape.tokens + token) * sizeof(float),
        .dstOffset = (MAX_SCALES + 1 + i) * sizeof(float),
        .size = sizeof(float),
    };
  const VkBufferCopy lowest = {.size = fields * sizeof(float)};
  const VkBuffer readings = viewer->readings[index].buffer;
  vkCmdCopyBuffer(commands, analysis->lowest.buffer, readings, 1, &lowest);
  vkCmdCopyBuffer(commands, analysis->similarities.buffer, readings, fields, under);
  const VkMemoryBarrier copied = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };
  vkCmdPipelineBarrier(
      commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
}

static void update_similarities(struct viewer *viewer, uint32_t index, VkCommandBuffer commands) {
  const struct session *session = viewer->current;
  if (!session || viewer->view != VIEW_SIMILARITY)
    return;
  if (!viewer->pinned && viewer->over)
    memcpy(viewer->pick, viewer->at, sizeof viewer->pick);
  const uint32_t token = session_token_at(session, viewer->pick[0], viewer->pick[1]);
  if (viewer->picked_of != session || viewer->picked != token) {
    analysis_record_similarities(&session->analysis, commands, token);
    analysis_record_end(commands);
    viewer->picked_of = session;
    viewer->picked = token;
    wake(viewer);
  }
  record_readings(viewer, index, commands);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

bool viewer_wants_frame(const struct viewer *viewer) {
  return viewer->frames_wanted > 0;
}

void viewer_record(struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target) {
  viewer->frame++;
  viewer->frames_wanted -= viewer->frames_wanted > 0;
  bury(viewer, false);
  measure(viewer);
  take_readings(viewer, index);
  remake(viewer);
  if (viewer->quit)
    return;
  advance(viewer, commands);
  viewer_find_place(viewer);
  update_similarities(viewer, index, commands);
  struct canvas canvas = painter_begin(&viewer->painter, index, target->extent);
  screen_draw(viewer, &canvas);
  viewer->input.released = false;
  const struct session *session = viewer->current;
  const struct scene scene = {
      .photograph = &viewer->photograph,
      .colours = session ? session->analysis.colours.buffer : VK_NULL_HANDLE,
      .similarities = session ? session->analysis.similarities.buffer : VK_NULL_HANDLE,
      .grid = {session ? session->layout.output_grid.height : 1, session ? session->layout.output_grid.width : 1},
      .lowest = viewer->lowest,
  };
  painter_record(&viewer->painter, index, commands, &canvas, &scene, target);
}

/* ---- Beginning and end -------------------------------------------------------------------------------------------- */

bool viewer_set_scale(struct viewer *viewer, float scale) {
  wake(viewer);
  return painter_set_text(&viewer->painter, viewer->regular, viewer->bold, scale, viewer->message);
}

bool viewer_create(struct viewer *viewer, const struct gpu *gpu, VkRenderPass pass, const struct source *source,
    const char *regular, const char *bold, float scale) {
  *viewer = (struct viewer){
      .gpu = gpu,
      .regular = regular,
      .bold = bold,
      .settings = {.scales = {1, 2}, .scale_count = 2, .output = UINT32_MAX, .vit = source->folder != NULL},
      .opacity = 0.65f,
      .zoom = 1,
      .centre = {0.5f, 0.5f},
      .input = {.x = -1, .y = -1},
      .frames_wanted = 4,
  };
  if (!backend_create(&viewer->backend, gpu, source) || !painter_create(&viewer->painter, gpu, pass))
    return false;
  if (!viewer_set_scale(viewer, scale)) {
    fprintf(stderr, "viewer: %s\n", viewer->message);
    return false;
  }
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++) {
    const VkResult result = buffer_create(
        &viewer->readings[i], gpu, 2 * (MAX_SCALES + 1) * sizeof(float), VK_BUFFER_USAGE_TRANSFER_DST_BIT, true);
    if (result) {
      fprintf(stderr, "viewer: no memory for readings: VkResult %d\n", result);
      return false;
    }
    memset(viewer->readings[i].host, 0, (size_t)viewer->readings[i].bytes);
  }
  return true;
}

static void destroy_sessions(struct viewer *viewer) {
  vkDeviceWaitIdle(viewer->gpu->device);
  bury(viewer, true);
  session_destroy(&viewer->current);
  session_destroy(&viewer->pending);
  viewer->picked_of = NULL;
}

void viewer_destroy(struct viewer *viewer) {
  if (!viewer->gpu)
    return;
  destroy_sessions(viewer);
  image_destroy(&viewer->photograph, viewer->gpu);
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++)
    buffer_destroy(&viewer->readings[i], viewer->gpu);
  painter_destroy(&viewer->painter);
  backend_destroy(&viewer->backend);
  *viewer = (struct viewer){0};
}

static VkResult upload(struct viewer *viewer, const struct photograph *photograph, struct image *image) {
  const VkExtent2D extent = {photograph->size.width, photograph->size.height};
  const size_t pixels = (size_t)extent.width * extent.height;
  unsigned char *rgba = malloc(pixels * 4);
  if (!rgba)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  for (size_t i = 0; i < pixels; i++) {
    memcpy(rgba + i * 4, photograph->pixels + i * 3, 3);
    rgba[i * 4 + 3] = 255;
  }
  const uint32_t longer = extent.width > extent.height ? extent.width : extent.height;
  uint32_t levels = 1;
  while (longer >> levels)
    levels++;
  const VkImageUsageFlags usage =
      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  VkResult result = image_create(image, viewer->gpu, VK_FORMAT_R8G8B8A8_UNORM, extent, levels, usage);
  if (!result)
    result = image_upload(image, viewer->gpu, rgba, pixels * 4);
  free(rgba);
  return result;
}

bool viewer_open(struct viewer *viewer, const char *path) {
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES];
  wake(viewer);
  if (!photograph_read(&photograph, path, reason)) {
    snprintf(viewer->message, sizeof viewer->message, "%.200s: %.200s", path, reason);
    return false;
  }
  const uint32_t most = viewer->gpu->properties.limits.maxImageDimension2D;
  struct image image = {0};
  VkResult result = VK_SUCCESS;
  const s2vk_size size = photograph.size;
  if (size.width > most || size.height > most)
    snprintf(viewer->message, ERROR_BYTES, "%s: %u x %u pixels; an image of this device has %u x %u at most", path,
        size.height, size.width, most, most);
  else if ((result = upload(viewer, &photograph, &image)))
    snprintf(viewer->message, ERROR_BYTES, "%s: it cannot be uploaded: VkResult %d", path, result);
  else
    *viewer->message = 0;
  photograph_free(&photograph);
  if (*viewer->message)
    return false;
  destroy_sessions(viewer);
  image_destroy(&viewer->photograph, viewer->gpu);
  viewer->photograph = image;
  const char *slash = strrchr(path, '/');
  snprintf(viewer->name, sizeof viewer->name, "%s", slash ? slash + 1 : path);
  viewer_key(viewer, KEY_HOME, false);
  viewer->pinned = false;
  viewer->pick[0] = viewer->pick[1] = 0.5f;
  return true;
}
