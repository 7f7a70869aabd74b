#include "subject.h"

#include "peer.h"
#include "pixels.h"
#include "random.h"

#include <stdlib.h>

static s2vk_result record_nothing(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  (void)user, (void)commands, (void)call;
  return S2VK_SUCCESS;
}

const s2vk_model subject_no_model = {.struct_size = sizeof(s2vk_model), .record = record_nothing};

/* ---- Plan and buffers ---- */

static bool make_plan(struct subject *s) {
  if (!device_context(&s->device->info, VK_NULL_HANDLE, &s->context) ||
      !s2vk_succeeded(s2vk_plan_create(s->context, &s->shape->info, &s->plan), "s2vk_plan_create"))
    return false;
  s->layout = (s2vk_plan_layout){.struct_size = sizeof s->layout};
  s2vk_plan_get_layout(s->plan, &s->layout);
  s->moved = moved_find(s->shape, s->plan);
  return true;
}

static bool make_input(struct subject *s) {
  const s2vk_plan_info *info = &s->shape->info;
  const bool image = s->shape->image_format != VK_FORMAT_UNDEFINED;
  const VkDeviceSize bytes =
      image ? (VkDeviceSize)pixels_bytes(s->shape) * info->batch * info->height * info->width : s->layout.input_bytes;
  s->host_input = info->pixels ? pixels_random(s->shape, bytes, 1) : random_tensor(info->input_type, bytes, 1);
  if (!s->host_input || !buffer_create(s->device, bytes, false, &s->input) ||
      !buffer_write(s->device, &s->input, s->host_input, bytes))
    return false;
  if (!image)
    return true;
  bool done = image_create(
      s->device, s->shape->image_format, (s2vk_size){info->height, info->width}, info->batch, &s->input, &s->image);
  buffer_destroy(s->device, &s->input);
  return done;
}

static bool make_buffers(struct subject *s) {
  const s2vk_plan_layout *layout = &s->layout;
  if (!make_input(s) || !buffer_create(s->device, layout->tiles_bytes, false, &s->tiles) ||
      !buffer_create(s->device, layout->features_bytes, false, &s->features) ||
      !buffer_create(s->device, layout->output_bytes, false, &s->output))
    return false;
  s->host_features = random_tensor(s->shape->info.feature_type, layout->features_bytes, 2);
  s->host_output = malloc(layout->output_bytes);
  return s->host_features && s->host_output &&
         buffer_write(s->device, &s->features, s->host_features, layout->features_bytes);
}

static bool make_copy(struct subject *s, bool plain) {
  VkDeviceSize copied = moved_bytes(&s->moved) / 2;
  copied = (copied + COPY_ALIGNMENT - 1) / COPY_ALIGNMENT * COPY_ALIGNMENT;
  return buffer_create(s->device, copied, false, &s->source) &&
         buffer_create(s->device, copied, false, &s->destination) && buffer_fill(s->device, &s->source, 0x3F800000) &&
         buffer_fill(s->device, &s->destination, 0) &&
         copy_create_best(s->device, plain, &s->source, &s->destination, &s->copy);
}

static bool bind(struct subject *s) {
  const s2vk_binding_info info = {
      .struct_size = sizeof info,
      .input = {s->input.buffer, 0, s->input.bytes, s->input.usage},
      .tiles = {s->tiles.buffer, 0, s->tiles.bytes, s->tiles.usage},
      .features = {s->features.buffer, 0, s->features.bytes, s->features.usage},
      .output = {s->output.buffer, 0, s->output.bytes, s->output.usage},
      .input_view = s->image.view,
  };
  return s2vk_succeeded(s2vk_binding_create(s->plan, &info, &s->binding), "s2vk_binding_create");
}

/* ---- Jobs ---- */

static bool forward(void *user) {
  struct subject *s = user;
  const s2vk_plan_info *info = &s->shape->info;
  size_t input_bytes = s2vk_type_size(info->input_type), output_bytes = s2vk_type_size(info->output_type);
  for (uint32_t i = 0; i < 4; i++) {
    input_bytes *= s->layout.input.dims[i];
    output_bytes *= i < s->layout.output.rank ? s->layout.output.dims[i] : 1;
  }
  if (info->pixels)
    input_bytes = s->layout.input_bytes;
  return s2vk_succeeded(
      s2vk_forward(s->binding, &subject_no_model, s->host_input, input_bytes, s->host_output, output_bytes),
      "s2vk_forward");
}

static bool run_peer(void *user) {
  const struct subject *s = user;
  peer_run(s->peer);
  return true;
}

static void wake_peer(void *user) {
  (void)user;
  peer_wake();
}

static void rest_peer(void *user) {
  (void)user;
  peer_rest();
}

static s2vk_result record_passes(struct subject *s, bool split, bool merge, VkCommandBuffer commands) {
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < s->layout.call_count; i++) {
    if (split)
      result = s2vk_record_split(s->binding, i, commands);
    if (!result && merge)
      result = s2vk_record_merge(s->binding, i, commands);
  }
  return result;
}

static void define_jobs(struct subject *s, uint32_t jobs) {
  static const char *const names[JOB_COUNT] = {"empty", "split", "merge", "split+merge", "forward", "copy: split",
      "copy: merge", "copy: split+merge", "copy shader: split", "copy shader: merge", "copy shader: split+merge",
      "peer"};
  const uint64_t split = s->moved.input + s->moved.tiles, merge = s->moved.features + s->moved.output;
  const uint64_t bytes[JOB_COUNT] = {0, split, merge, split + merge, split + merge, split, merge, split + merge, split,
      merge, split + merge, split + merge};
  for (uint32_t i = 0; i < JOB_COUNT; i++) {
    s->jobs[i] = (struct job){.name = names[i], .bytes = bytes[i]};
    s->taken[i] = jobs & 1u << i;
    s->jobs[i].user = s;
  }
  s->jobs[JOB_FORWARD].run = forward;
  s->jobs[JOB_PEER].run = run_peer;
  s->jobs[JOB_PEER].before = wake_peer;
  s->jobs[JOB_PEER].after = rest_peer;
}

static bool record_job(struct subject *s, enum job_index index) {
  struct job *job = &s->jobs[index];
  VkDeviceSize copied = (job->bytes / 2 + COPY_ALIGNMENT - 1) / COPY_ALIGNMENT * COPY_ALIGNMENT;
  if (!device_begin(s->device, &job->commands))
    return false;
  if (index >= JOB_COPY_SPLIT)
    copy_record(index >= JOB_SHADER_SPLIT ? &s->copy : NULL, &s->source, &s->destination, copied, job->commands);
  else if (index != JOB_EMPTY &&
           !s2vk_succeeded(record_passes(s, index != JOB_MERGE, index != JOB_SPLIT, job->commands), job->name))
    return false;
  return device_end(s->device, job->commands);
}

bool subject_create(
    struct device *device, const struct shape *shape, const struct wanted *wanted, struct subject *subject) {
  struct subject *s = subject;
  uint32_t jobs = wanted->jobs;
  *s = (struct subject){.device = device, .shape = shape};
  if (peer_why_not(&shape->info))
    jobs &= ~(1u << JOB_PEER);
  if (!make_plan(s) || !make_buffers(s) || !bind(s) || (jobs & JOBS_COPY && !make_copy(s, wanted->plain_copies)) ||
      (jobs & 1u << JOB_PEER && !(s->peer = peer_create(s))))
    return false;
  define_jobs(s, jobs);
  for (uint32_t i = 0; i < JOB_COUNT; i++)
    if (s->taken[i] && !s->jobs[i].run && !record_job(s, (enum job_index)i))
      return false;
  return true;
}

void subject_destroy(struct subject *s) {
  jobs_free(s->device, s->jobs, JOB_COUNT);
  copy_destroy(&s->copy);
  peer_destroy(s->peer);
  s2vk_binding_destroy(&s->binding);
  s2vk_plan_destroy(&s->plan);
  s2vk_context_destroy(&s->context);
  struct buffer *const buffers[] = {&s->input, &s->tiles, &s->features, &s->output, &s->source, &s->destination};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
    buffer_destroy(s->device, buffers[i]);
  image_destroy(s->device, &s->image);
  free(s->host_input);
  free(s->host_features);
  free(s->host_output);
  *s = (struct subject){0};
}

bool subject_time(struct subject *s, double seconds) {
  /* The chosen jobs, copied side by side for jobs_run(), and then back. */
  struct job taken[JOB_COUNT];
  uint32_t count = 0;
  for (uint32_t i = 0; i < JOB_COUNT; i++)
    if (s->taken[i])
      taken[count++] = s->jobs[i];
  bool done = jobs_warm_up(s->device, taken, count) && jobs_run(s->device, taken, count, seconds);
  for (uint32_t i = 0, from = 0; i < JOB_COUNT; i++)
    if (s->taken[i])
      s->jobs[i] = taken[from++];
  return done;
}
