#include "verify.h"

#include "element.h"
#include "layout.h"
#include "peer.h"
#include "pixels.h"
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NAN_WORD 0xFFFFFFFF /* a NaN in f32, and two in f16 and in bf16 */
#define MAX_SCALES 8

/* One image of the batch, in a plan of its own. */
struct image {
  uint32_t index; /* in the batch */
  s2vk_plan_info info;
  double *tiles[MAX_SCALES]; /* all tiles of a scale, by the reference */
  double *output;
};

static void worst(double *error, s2vk_type type, const void *tensor, size_t index, double expected) {
  double value = element_get(type, tensor, index);
  double difference = fabs(value - expected) - element_unit(type, expected) / 2;
  if (isnan(difference))
    difference = INFINITY;
  *error = fmax(*error, difference);
}

/* The place in elements of the index-th element of the dense tensor. Without strides the tensor is dense. */
static size_t place_of(const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type, size_t index) {
  return strides->item ? layout_offset(strides, shape, type, index) / s2vk_type_size(type) : index;
}

/* ---- The reference ---- */

/* Finds the scale of a tile of the run, and its place: the tile is the place-th tile of image tile % batch. */
static uint32_t find_scale(const struct subject *s, uint64_t tile, uint64_t *place) {
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  for (uint32_t i = 0;; i++) {
    s2vk_plan_get_scale(s->plan, i, &scale);
    if (tile < scale.first_tile + scale.tile_count) {
      *place = (tile - scale.first_tile) / s->shape->info.batch;
      return i;
    }
  }
}

/* Copies the features of one image from where a call reads them to where the reference reads them. */
static void gather_features(
    const struct subject *s, const struct image *image, uint32_t index, double *const *features) {
  s2vk_call_layout call = {.struct_size = sizeof call};
  s2vk_plan_get_call(s->plan, index, &call);
  size_t elements = (size_t)call.features.dims[1] * call.features.dims[2];
  if (call.features.rank == 4)
    elements *= call.features.dims[3];
  const s2vk_type type = s->shape->info.feature_type;
  for (uint32_t i = 0; i < call.tile_count; i++) {
    uint64_t place;
    if ((call.first_tile + i) % s->shape->info.batch != image->index)
      continue;
    double *to = features[find_scale(s, call.first_tile + i, &place)] + place * elements;
    for (size_t k = 0; k < elements; k++)
      to[k] =
          element_get(type, s->host_features, place_of(&call.feature_strides, &call.features, type, i * elements + k));
  }
}

/* The i-th element of an image of the input: of the tensor, or of the values of the pixels. */
static double input_at(const struct subject *s, uint32_t image, size_t i) {
  const s2vk_plan_info *info = &s->shape->info;
  const size_t plane = (size_t)info->height * info->width;
  if (info->pixels)
    return pixels_value(s->shape, s->host_input, image * plane + i % plane, (uint32_t)(i / plane));
  return element_get(info->input_type, s->host_input, image * plane * info->channels + i);
}

static bool make_image(const struct subject *s, struct image *image) {
  const s2vk_plan_info *info = &image->info;
  double *features[MAX_SCALES] = {NULL};
  size_t elements = (size_t)info->channels * info->height * info->width;
  double *input = malloc(elements * sizeof *input);
  bool done = input != NULL && info->scale_count <= MAX_SCALES;
  for (size_t i = 0; done && i < elements; i++)
    input[i] = input_at(s, image->index, i);
  for (uint32_t i = 0; done && i < info->scale_count; i++) {
    image->tiles[i] = reference_split(info, i, input);
    features[i] = malloc(reference_feature_elements(info, i) * sizeof **features);
    done = features[i] != NULL;
  }
  for (uint32_t i = 0; done && i < s->layout.call_count; i++)
    gather_features(s, image, i, features);
  if (done)
    image->output = reference_merge(info, features);
  else
    fprintf(stderr, "bench: --verify: out of memory\n");
  for (uint32_t i = 0; i < MAX_SCALES; i++)
    free(features[i]);
  free(input);
  return done;
}

static void free_image(struct image *image) {
  for (uint32_t i = 0; i < MAX_SCALES; i++)
    free(image->tiles[i]);
  free(image->output);
}

/* ---- Comparisons ---- */

static void compare_output(const struct subject *s, const struct image *image, const s2vk_strides *strides,
    const void *output, struct verification *v) {
  const size_t elements = reference_output_elements(&image->info);
  const s2vk_type type = image->info.output_type;
  for (size_t i = 0; i < elements; i++)
    worst(&v->output_error, type, output, place_of(strides, &s->layout.output, type, image->index * elements + i),
        image->output[i]);
  v->output_count += elements;
}

static void compare_tiles(const struct subject *s, const struct image *image, const s2vk_call_layout *call,
    const void *tiles, struct verification *v) {
  size_t elements = (size_t)call->tiles.dims[1] * call->tiles.dims[2] * call->tiles.dims[3];
  const s2vk_type type = image->info.tile_type;
  for (uint32_t i = 0; i < call->tile_count; i++) {
    uint64_t place;
    if ((call->first_tile + i) % s->shape->info.batch != image->index)
      continue;
    const double *expected = image->tiles[find_scale(s, call->first_tile + i, &place)] + place * elements;
    for (size_t k = 0; k < elements; k++)
      worst(&v->tile_error, type, tiles, place_of(&call->tile_strides, &call->tiles, type, i * elements + k),
          expected[k]);
    v->tile_count += elements;
  }
}

/* ---- Runs ---- */

/* Tiles of a call: split on its own, or timed, by the job of all calls, which leaves those of the last one. */
static bool check_tiles(struct subject *s, uint32_t index, bool timed, const struct image *images, uint32_t count,
    void *host, struct verification *v) {
  s2vk_call_layout call = {.struct_size = sizeof call};
  s2vk_plan_get_call(s->plan, index, &call);
  VkCommandBuffer commands = s->jobs[JOB_SPLIT].commands, own = VK_NULL_HANDLE;
  bool done = buffer_fill(s->device, &s->tiles, NAN_WORD);
  if (done && !timed) {
    done = device_begin(s->device, &own) && !s2vk_record_split(s->binding, index, own) && device_end(s->device, own);
    commands = own;
  }
  done = done && device_submit(s->device, commands) && buffer_read(s->device, &s->tiles, host, call.tiles_bytes);
  for (uint32_t i = 0; done && i < count; i++)
    compare_tiles(s, &images[i], &call, host, v);
  if (own)
    vkFreeCommandBuffers(s->device->info.device, s->device->pool, 1, &own);
  return done;
}

static bool check_output(
    struct subject *s, enum job_index index, const struct image *images, uint32_t count, struct verification *v) {
  const struct job *job = &s->jobs[index];
  if (!buffer_fill(s->device, &s->output, NAN_WORD))
    return false;
  if (job->run ? !job->run(job->user)
               : !device_submit(s->device, job->commands) ||
                     !buffer_read(s->device, &s->output, s->host_output, s->layout.output_bytes))
    return false;
  for (uint32_t i = 0; i < count; i++)
    compare_output(s, &images[i], &s->layout.output_strides, s->host_output, v);
  return true;
}

/* The peer's tiles, of all scales, and output. */
static void check_peer(const struct subject *s, const struct image *images, uint32_t count, struct verification *v) {
  peer_run(s->peer);
  for (uint32_t i = 0; i < s->shape->info.scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    s2vk_plan_get_scale(s->plan, i, &scale);
    const s2vk_call_layout all = {.first_tile = scale.first_tile,
        .tile_count = (uint32_t)scale.tile_count,
        .tiles = {4, {0, s->shape->info.channels, scale.tile_side, scale.tile_side}}};
    for (uint32_t k = 0; k < count; k++)
      compare_tiles(s, &images[k], &all, peer_tiles(s->peer, i), v);
  }
  for (uint32_t k = 0; k < count; k++)
    compare_output(s, &images[k], &(s2vk_strides){0}, peer_output(s->peer), v);
}

static bool check(struct subject *s, const struct image *images, uint32_t count, struct verification *v) {
  void *host = malloc(s->layout.tiles_bytes);
  bool done = host != NULL;
  for (uint32_t i = 0; done && i < s->layout.call_count; i++)
    done = check_tiles(s, i, false, images, count, host, v);
  if (done && s->taken[JOB_SPLIT])
    done = check_tiles(s, s->layout.call_count - 1, true, images, count, host, v);
  free(host);
  static const enum job_index with_output[] = {JOB_MERGE, JOB_BOTH, JOB_FORWARD};
  for (size_t i = 0; done && i < sizeof with_output / sizeof *with_output; i++)
    if (s->taken[with_output[i]])
      done = check_output(s, with_output[i], images, count, v);
  if (done && s->taken[JOB_PEER])
    check_peer(s, images, count, v);
  return done;
}

bool verify(struct subject *s, bool all_images, struct verification *v) {
  const uint32_t batch = s->shape->info.batch, count = all_images || batch < 2 ? batch : 2;
  struct image *images = calloc(count, sizeof *images);
  bool done = images != NULL;
  for (uint32_t i = 0; done && i < count; i++) {
    images[i].index = all_images || i == 0 ? i : batch - 1;
    images[i].info = s->shape->info;
    images[i].info.batch = 1;
    done = make_image(s, &images[i]);
  }
  *v = (struct verification){.images = count};
  done = done && check(s, images, count, v);
  v->agrees = done && v->tile_error <= VERIFY_TOLERANCE && v->output_error <= VERIFY_TOLERANCE;
  for (uint32_t i = 0; images && i < count; i++)
    free_image(&images[i]);
  free(images);
  return done;
}
