#include "first_use.h"

#include "random.h"
#include "subject.h"
#include "tally.h"
#include "timing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM 30      /* shapes ahead of those whose time counts */
#define SHORTEST 300 /* sides of photographs, in pixels */
#define LONGEST 4000

/* ---- Streams ---- */

static const uint32_t dynamic_sides[] = {448, 896, 1344};
static const s2vk_size llava_sizes[] = {{336, 336}, {672, 672}, {1008, 1008}};
static const s2vk_pixels_info rgba8 = {.struct_size = sizeof rgba8, .format = S2VK_PIXEL_RGBA8};

struct stream {
  const char *name, *text;
  bool dynamic;
  s2vk_plan_info info; /* without the image's size */
};

#define LLAVA                                                                                                          \
  .struct_size = sizeof(s2vk_plan_info), .batch = 1, .channels = 3, .img_sizes = llava_sizes, .scale_count = 3,        \
  .max_split_size = 336, .model = {.tokens = 576, .channels = 1024}

static const struct stream streams[] = {
    {.name = "pixels",
        .text = "LLaVA's sizes 336, 672, 1008 from RGBA8 pixels, antialiased",
        .info = {LLAVA, .filter = S2VK_FILTER_BICUBIC_ANTIALIASED, .pixels = &rgba8}},
    {.name = "tensors", .text = "LLaVA's sizes from f32 tensors, by the default filter", .info = {LLAVA}},
    {.name = "dynamic-s2",
        .text = "NVILA's sizes 448, 896, and up to 12 tiles, from RGBA8 pixels, antialiased, in f16",
        .dynamic = true,
        .info = {.struct_size = sizeof(s2vk_plan_info),
            .batch = 1,
            .channels = 3,
            .scale_count = 3,
            .max_split_size = 448,
            .resize_output_to_idx = -1,
            .model = {.tokens = 1024, .channels = 1152},
            .tile_type = S2VK_TYPE_F16,
            .feature_type = S2VK_TYPE_F16,
            .output_type = S2VK_TYPE_F16,
            .filter = S2VK_FILTER_BICUBIC_ANTIALIASED,
            .pixels = &rgba8}},
};

uint32_t stream_count(void) {
  return sizeof streams / sizeof *streams;
}

const struct stream *stream_at(uint32_t index) {
  return &streams[index];
}

const struct stream *stream_find(const char *name, size_t length) {
  for (uint32_t i = 0; i < stream_count(); i++)
    if (strlen(streams[i].name) == length && strncmp(streams[i].name, name, length) == 0)
      return &streams[i];
  return NULL;
}

const char *stream_name(const struct stream *stream) {
  return stream->name;
}

const char *stream_text(const struct stream *stream) {
  return stream->text;
}

/* ---- One shape ---- */

struct use {
  struct device *device;
  s2vk_context *context;
  const struct stream *stream;
  struct samples made; /* CPU ms of plan and binding, of each shape after WARM */
  struct samples late; /* the first run less the second one: some drivers compile in the first run */
  size_t memories;     /* allocations of the last plan and its binding */
};

static bool run(struct use *use, const s2vk_binding *binding, double *cpu_ms) {
  VkCommandBuffer commands;
  if (!device_begin(use->device, &commands))
    return false;
  bool done = s2vk_succeeded(s2vk_record(binding, commands, &subject_no_model), "s2vk_record");
  const double start = process_cpu_ms();
  done = done && device_end(use->device, commands) && device_submit(use->device, commands);
  *cpu_ms = process_cpu_ms() - start;
  vkFreeCommandBuffers(use->device->info.device, use->device->pool, 1, &commands);
  return done;
}

static bool use_shape(struct use *use, s2vk_size image, bool counts) {
  s2vk_plan_info info = use->stream->info;
  s2vk_size sizes[3];
  s2vk_plan *plan = NULL;
  s2vk_binding *binding = NULL;
  info.height = image.height;
  info.width = image.width;
  const size_t memories = tally_now().memories;
  const double start = process_cpu_ms();
  if (use->stream->dynamic) {
    const s2vk_dynamic_s2_info dynamic = {.struct_size = sizeof dynamic,
        .height = image.height,
        .width = image.width,
        .sizes = dynamic_sides,
        .size_count = 3,
        .max_tiles = 12};
    if (!s2vk_succeeded(s2vk_dynamic_s2_sizes(use->context, &dynamic, sizes), "s2vk_dynamic_s2_sizes"))
      return false;
    info.img_sizes = sizes;
  }
  bool done = s2vk_succeeded(s2vk_plan_create(use->context, &info, &plan), "s2vk_plan_create") &&
              s2vk_succeeded(s2vk_binding_create(plan, NULL, &binding), "s2vk_binding_create");
  const double made = process_cpu_ms() - start;
  use->memories = tally_now().memories - memories;
  double first = 0, second = 0;
  done = done && run(use, binding, &first) && run(use, binding, &second) &&
         (!counts || (samples_add(&use->made, made) && samples_add(&use->late, first - second)));
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  return done;
}

/* ---- A stream ---- */

/* Draws a size that no earlier shape has. */
static s2vk_size new_size(uint64_t *random, const s2vk_size *before, uint32_t count) {
  for (;;) {
    const s2vk_size size = {random_from(random, SHORTEST, LONGEST), random_from(random, SHORTEST, LONGEST)};
    uint32_t i = 0;
    while (i < count && (before[i].height != size.height || before[i].width != size.width))
      i++;
    if (i == count)
      return size;
  }
}

static double resident_mb(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%*u %lu", &pages) != 1)
    pages = 0;
  if (file)
    fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static bool is_checkpoint(uint32_t shapes, uint32_t count) {
  static const uint32_t checkpoints[] = {1, 20, WARM, 60, 100, 200, 500, 1000, 4000};
  for (size_t i = 0; i < sizeof checkpoints / sizeof *checkpoints; i++)
    if (checkpoints[i] == shapes)
      return true;
  return shapes == count;
}

static void print_growth(const double *resident, uint32_t from, uint32_t to, uint32_t count) {
  if (to <= count)
    printf("    resident memory from the %uth to the %uth: %+.1f MB\n", from, to, resident[to] - resident[from]);
}

static void print_times(const struct use *use) {
  const struct summary made = samples_summary(&use->made), late = samples_summary(&use->late);
  if (use->made.count)
    printf(
        "    after %u shapes, CPU ms: plan and binding median %.2f, p95 %.2f; first run less second run median %.2f, "
        "p95 %.2f\n",
        WARM, made.median, made.p95, late.median, late.p95);
  printf("    allocations of device memory that a plan holds with its binding: %zu\n", use->memories);
}

static bool run_stream(struct use *use, const struct options *options) {
  const uint32_t count = options->count;
  uint64_t random = options->seed;
  s2vk_size *sizes = malloc(count * sizeof *sizes);
  double *resident = calloc(count + 1, sizeof *resident);
  bool done = sizes && resident;
  printf("\n  %s: %s\n    %8s %16s %14s %12s\n", use->stream->name, use->stream->text, "shapes", "pipelines alive",
      "pipelines made", "resident MB");
  for (uint32_t i = 0; done && i < count; i++) {
    if (i % 50 == 0 && !options->quiet)
      fprintf(stderr, "bench: %s: shape %u of %u\n", use->stream->name, i + 1, count);
    sizes[i] = new_size(&random, sizes, i);
    done = use_shape(use, sizes[i], i >= WARM);
    resident[i + 1] = resident_mb();
    if (done && is_checkpoint(i + 1, count))
      printf("    %8u %16zu %14zu %12.1f\n", i + 1, tally_now().pipelines, tally_now().pipelines_made, resident[i + 1]);
    fflush(stdout);
  }
  if (done) {
    print_times(use);
    print_growth(resident, 20, 60, count);
    print_growth(resident, 200, 1000, count);
  }
  free(sizes);
  free(resident);
  return done;
}

/* Opens a context for a stream. Calls to the driver are counted. */
static bool open_stream(struct device *device, const struct stream *stream, const struct options *options) {
  struct use use = {.device = device, .stream = stream};
  s2vk_context_info info = device->info;
  info.get_instance_proc_addr = tally_get_instance_proc_addr;
  bool done = device_context(&info, VK_NULL_HANDLE, &use.context) && run_stream(&use, options);
  s2vk_context_destroy(&use.context);
  free(use.made.ms);
  free(use.late.ms);
  return done;
}

bool first_use_run(struct device *device, const struct machine *machine, const struct options *options) {
  printf("Device    %s; %s\n", device->properties.deviceName, device->driver);
  printf("Machine   %s, %u cores\n", machine->cpu, machine->cores);
  printf("Seed      %" PRIu64 " (--seed)\n", options->seed);
  printf("Shapes    photographs of %u to %u pixels a side, no size twice; each plan is destroyed before the next one\n",
      SHORTEST, LONGEST);
  for (uint32_t i = 0; i < options->stream_count; i++)
    if (!open_stream(device, options->streams[i], options))
      return false;
  return true;
}
