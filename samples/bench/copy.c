#include "copy.h"

#include <stdio.h>

#define MAX_COPIES 32
#define FINALISTS 5
#define HEAT_BYTES (8u << 20) /* bytes that each shader copies in the first race */
#define HEAT_SECONDS 0.02
#define MAX_GROUPS 65535 /* workgroups; every device allows them */

static const uint32_t word_code[] =
#include "copy_word.spv.h"
    ;
static const uint32_t word_four_code[] =
#include "copy_word_four.spv.h"
    ;
static const uint32_t vec4_code[] =
#include "copy_vec4.spv.h"
    ;
static const uint32_t vec4_four_code[] =
#include "copy_vec4_four.spv.h"
    ;
static const uint32_t line_code[] =
#include "copy_line.spv.h"
    ;
static const uint32_t int64_code[] =
#include "copy_int64.spv.h"
    ;
static const uint32_t int64_four_code[] =
#include "copy_int64_four.spv.h"
    ;
static const uint32_t int64vec2_code[] =
#include "copy_int64vec2.spv.h"
    ;
static const uint32_t int64vec2_four_code[] =
#include "copy_int64vec2_four.spv.h"
    ;
static const uint32_t int64_line_code[] =
#include "copy_int64_line.spv.h"
    ;

static const struct {
  const char *name;
  const uint32_t *code;
  size_t code_bytes;
  uint32_t element_bytes, per_invocation;
  bool int64;
} shaders[] = {
    {"float", word_code, sizeof word_code, 4, 1, false},
    {"4 x float", word_four_code, sizeof word_four_code, 4, 4, false},
    {"uvec4", vec4_code, sizeof vec4_code, 16, 1, false},
    {"4 x uvec4", vec4_four_code, sizeof vec4_four_code, 16, 4, false},
    {"64-byte line", line_code, sizeof line_code, 64, 1, false},
    {"uint64", int64_code, sizeof int64_code, 8, 1, true},
    {"4 x uint64", int64_four_code, sizeof int64_four_code, 8, 4, true},
    {"u64vec2", int64vec2_code, sizeof int64vec2_code, 16, 1, true},
    {"4 x u64vec2", int64vec2_four_code, sizeof int64vec2_four_code, 16, 4, true},
    {"64-byte line of uint64", int64_line_code, sizeof int64_line_code, 64, 1, true},
};
#define SHADERS (sizeof shaders / sizeof *shaders)

static const uint32_t local_sizes[] = {64, 256, 1024};
#define LOCAL_SIZES (sizeof local_sizes / sizeof *local_sizes)

static uint32_t local_size(uint32_t shader) {
  return local_sizes[shader % LOCAL_SIZES];
}

uint32_t copy_shader_count(void) {
  return SHADERS * LOCAL_SIZES;
}

bool copy_shader_runs(const struct device *device, uint32_t shader) {
  const VkPhysicalDeviceLimits *limits = &device->properties.limits;
  return (device->info.shader_int64 || !shaders[shader / LOCAL_SIZES].int64) &&
         local_size(shader) <= limits->maxComputeWorkGroupInvocations &&
         local_size(shader) <= limits->maxComputeWorkGroupSize[0];
}

void copy_shader_name(uint32_t shader, char name[COPY_NAME_BYTES]) {
  snprintf(name, COPY_NAME_BYTES, "%s, workgroups of %u", shaders[shader / LOCAL_SIZES].name, local_size(shader));
}

bool copy_create(struct device *device, uint32_t shader, const struct buffer *source, const struct buffer *destination,
    struct copy *copy) {
  VkDeviceSize range = device->properties.limits.maxStorageBufferRange;
  const struct kernel_code code = {.words = shaders[shader / LOCAL_SIZES].code,
      .bytes = shaders[shader / LOCAL_SIZES].code_bytes,
      .local_size = local_size(shader)};
  *copy = (struct copy){.shader = shader, .piece_bytes = range / COPY_ALIGNMENT * COPY_ALIGNMENT};
  for (VkDeviceSize at = 0; at < source->bytes; at += copy->piece_bytes) {
    VkDeviceSize bytes = source->bytes - at < copy->piece_bytes ? source->bytes - at : copy->piece_bytes;
    const VkDescriptorBufferInfo buffers[] = {{source->buffer, at, bytes}, {destination->buffer, at, bytes}};
    if (copy->piece_count == COPY_MAX_PIECES) {
      fprintf(stderr, "bench: %llu bytes are too many to copy in pieces of %llu\n", (unsigned long long)source->bytes,
          (unsigned long long)copy->piece_bytes);
      return false;
    }
    if (!succeeded(kernel_create_sized(
                       &copy->pieces[copy->piece_count], device->info.device, &code, buffers, 2, 2 * sizeof(uint32_t)),
            "copy shader"))
      return false;
    copy->piece_count++;
  }
  return true;
}

void copy_destroy(struct copy *copy) {
  for (uint32_t i = 0; i < copy->piece_count; i++)
    kernel_destroy(&copy->pieces[i]);
  *copy = (struct copy){0};
}

static void record_piece(const struct copy *copy, uint32_t piece, VkDeviceSize bytes, VkCommandBuffer commands) {
  const uint32_t shader = copy->shader / LOCAL_SIZES;
  const uint32_t end = (uint32_t)(bytes / shaders[shader].element_bytes);
  const uint32_t per_group = local_size(copy->shader) * shaders[shader].per_invocation;
  for (uint32_t first = 0; first < end;) {
    uint32_t groups = (end - first + per_group - 1) / per_group;
    if (groups > MAX_GROUPS)
      groups = MAX_GROUPS;
    kernel_record(&copy->pieces[piece], commands, (uint32_t[]){first, end}, groups);
    uint32_t left = end - first;
    first += left < groups * per_group ? left : groups * per_group;
  }
}

void copy_record(const struct copy *copy, const struct buffer *source, const struct buffer *destination,
    VkDeviceSize bytes, VkCommandBuffer commands) {
  if (!copy) {
    vkCmdCopyBuffer(commands, source->buffer, destination->buffer, 1, &(VkBufferCopy){0, 0, bytes});
    return;
  }
  for (uint32_t i = 0; i < copy->piece_count; i++) {
    VkDeviceSize at = i * copy->piece_bytes;
    if (at < bytes)
      record_piece(copy, i, bytes - at < copy->piece_bytes ? bytes - at : copy->piece_bytes, commands);
  }
}

/* ---- The best one ---- */

/* Copies that take turns: shaders, and vkCmdCopyBuffer where it is one of them. */
struct race {
  struct device *device;
  const struct buffer *source, *destination;
  VkDeviceSize bytes;
  uint32_t count;
  struct copy copies[MAX_COPIES];
  struct job jobs[MAX_COPIES];
};

/* Adds a shader to the race, or vkCmdCopyBuffer if shader is NULL. */
static bool enter(struct race *race, const uint32_t *shader) {
  struct copy *copy = &race->copies[race->count];
  struct job *job = &race->jobs[race->count];
  *job = (struct job){.bytes = 2 * race->bytes};
  *copy = (struct copy){0};
  race->count++;
  if ((shader && !copy_create(race->device, *shader, race->source, race->destination, copy)) ||
      !device_begin(race->device, &job->commands))
    return false;
  copy_record(shader ? copy : NULL, race->source, race->destination, race->bytes, job->commands);
  return device_end(race->device, job->commands);
}

static bool run(struct race *race, double seconds) {
  return jobs_warm_up(race->device, race->jobs, race->count) &&
         jobs_run(race->device, race->jobs, race->count, seconds);
}

/* The shortest time, which noise hardly affects. On a CPU driver it is the CPU time of all threads, otherwise the
 * clock's. */
static double best_ms(const struct race *race, uint32_t i) {
  const struct job *job = &race->jobs[i];
  const bool cpu = race->device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  return samples_summary(cpu ? &job->cpu : &job->host).min;
}

static void end(struct race *race) {
  jobs_free(race->device, race->jobs, race->count);
  for (uint32_t i = 0; i < race->count; i++)
    copy_destroy(&race->copies[i]);
}

/* The fastest shaders, best first. */
static uint32_t finalists(const struct race *race, uint32_t shaders_best_first[FINALISTS]) {
  uint32_t found = 0;
  bool chosen[MAX_COPIES] = {false};
  for (; found < FINALISTS && found < race->count; found++) {
    uint32_t best = race->count;
    for (uint32_t i = 0; i < race->count; i++)
      if (!chosen[i] && (best == race->count || best_ms(race, i) < best_ms(race, best)))
        best = i;
    chosen[best] = true;
    shaders_best_first[found] = race->copies[best].shader;
  }
  return found;
}

/* Chooses the shaders that copy a few bytes fastest; with plain, among those without 64-bit integers. */
static bool run_heat(struct device *device, bool plain, uint32_t best[FINALISTS], uint32_t *count) {
  static struct race race;
  struct buffer source = {0}, destination = {0};
  race = (struct race){.device = device, .source = &source, .destination = &destination, .bytes = HEAT_BYTES};
  bool done = buffer_create(device, HEAT_BYTES, false, &source) &&
              buffer_create(device, HEAT_BYTES, false, &destination) && buffer_fill(device, &source, 0x3F800000) &&
              buffer_fill(device, &destination, 0);
  for (uint32_t i = 0; done && i < copy_shader_count(); i++)
    done = !copy_shader_runs(device, i) || (plain && shaders[i / LOCAL_SIZES].int64) || enter(&race, &i);
  done = done && run(&race, HEAT_SECONDS);
  *count = done ? finalists(&race, best) : 0;
  end(&race);
  buffer_destroy(device, &source);
  buffer_destroy(device, &destination);
  return done;
}

bool copy_create_best(struct device *device, bool plain, const struct buffer *source, const struct buffer *destination,
    struct copy *copy) {
  static struct race race;
  static uint32_t best[FINALISTS], count; /* the result of the first race, which runs once */
  *copy = (struct copy){0};
  if (!count && !run_heat(device, plain, best, &count))
    return false;
  uint32_t final[FINALISTS];
  race = (struct race){.device = device, .source = source, .destination = destination, .bytes = source->bytes};
  bool done = true;
  for (uint32_t i = 0; done && i < count; i++)
    done = enter(&race, &best[i]);
  done = done && run(&race, 0.1) && finalists(&race, final) > 0;
  end(&race);
  return done && copy_create(device, final[0], source, destination, copy);
}

/* ---- All of them ---- */

static void print_race(const struct race *race) {
  printf("  %-40s %8s %8s %8s %8s %8s\n", "", "ms", "p10", "p90", "CPU ms", "GB/s");
  for (uint32_t i = 0; i < race->count; i++) {
    const struct job *job = &race->jobs[i];
    const struct summary s = samples_summary(&job->host);
    char name[COPY_NAME_BYTES] = "vkCmdCopyBuffer";
    if (i)
      copy_shader_name(race->copies[i].shader, name);
    printf("  %-40s %8.2f %8.2f %8.2f %8.2f %8.2f\n", name, s.median, s.p10, s.p90, samples_summary(&job->cpu).median,
        (double)job->bytes / s.median / 1e6);
  }
}

bool copy_print_all(struct device *device, VkDeviceSize bytes, double seconds) {
  static struct race race;
  struct buffer source = {0}, destination = {0};
  race = (struct race){.device = device, .source = &source, .destination = &destination, .bytes = bytes};
  bool done = buffer_create(device, bytes, false, &source) && buffer_create(device, bytes, false, &destination) &&
              buffer_fill(device, &source, 0x3F800000) && buffer_fill(device, &destination, 0) && enter(&race, NULL);
  for (uint32_t i = 0; done && i < copy_shader_count(); i++)
    done = !copy_shader_runs(device, i) || enter(&race, &i);
  done = done && run(&race, seconds);
  if (done) {
    printf("Copies of %.0f MB, in turns: median, 10th and 90th percentile; CPU time of all threads\n",
        (double)bytes / 1e6);
    print_race(&race);
  }
  end(&race);
  buffer_destroy(device, &source);
  buffer_destroy(device, &destination);
  return done;
}
