/* Makes every plan of the golden cases, shaped for a GPU, and the pipelines of samples/vit, on a device that may only
 * compile: RADV's null device (RADV_FORCE_FAMILY) has the real AMD compiler but no memory, and is given some here.
 * Checks that those for GPUs load and store wide. tests/amd.sh runs it. With --prepared, it also makes all that can be
 * prepared. With --time, it times contexts with a cold and with a warm pipeline cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gpu.h"
#include "null_device.h"
#include "plans.h"
#include "run/plan.h"
#include "widths.h"
#include "work.h"

static bool reads_widths; /* of the pipelines that contexts make from here on */

static void read_widths(bool read) {
  reads_widths = read;
  null_device_create_pipelines = read ? widths_create_pipelines : NULL;
}

/* Loads of the source, of the tables, and scalar ones; stores. Without tables all loads are the source's. */
static void print_widths(VkPipeline pipeline, bool tables) {
  struct widths w = {0};
  widths_of(pipeline, &w);
  for (unsigned bytes = 0; !tables && bytes <= 16; bytes++) {
    w.count[WIDTH_SOURCE][bytes] += w.count[WIDTH_TABLES][bytes] + w.count[WIDTH_OTHER][bytes];
    w.count[WIDTH_TABLES][bytes] = 0;
  }
  fprintf(stderr, " %s %s %s %s\n", widths_text(&w, WIDTH_SOURCE), widths_text(&w, WIDTH_TABLES),
      widths_text(&w, WIDTH_SCALAR), widths_text(&w, WIDTH_STORES));
}

/* For each pipeline of a pass, in the order in which they were made: workgroups, their invocations, bytes, and widths;
 * or no more than that there is one. */
static void print_work(const s2vk_plan *plan, int index, bool shown) {
  const struct s2_pass *pass = &plan->form.schedule.passes[index];
  for (uint32_t k = 0; k < pass->key_count; k++) {
    if (!shown) {
      fprintf(stderr, "hidden\n");
      continue;
    }
    const struct work work = work_of(plan, index, k);
    fprintf(stderr, "work %s %.0f %.0f %.0f", s2_shader_name(work.key->shader), work.groups,
        work.invocations / work.groups, work.bytes);
    print_widths(s2_pipeline_handle(plan->form.pipelines[index][k]), true);
  }
}

/* Elements of a source and a target that lie next to each other, in rows of a multiple of four, are to be moved four at
 * once: 16 bytes, or 8 of half precision. Not where it cannot be: pixels; a column to an invocation, as the scatter
 * stores it; loads from wherever a column's window begins; the general gathers, but of tokens; sums that wait in memory
 * for other tiles. */
struct demand {
  unsigned load, store;
};

static struct demand demand_split(const struct s2_geometry *g, const struct s2_pipeline_key *key, uint32_t side) {
  const bool polyphase = key->shader == S2_SHADER_SPLIT_POLYPHASE, scatter = key->shader == S2_SHADER_SPLIT_SCATTER;
  const unsigned input = (unsigned)s2vk_type_size(g->input_type);
  struct demand demand = {0};
  if (side % 4 == 0 && polyphase)
    demand.store = 4 * (unsigned)s2vk_type_size(g->tile_type);
  if (g->pixels.source == S2_SOURCE_TENSOR && g->input.width % (16 / input) == 0 &&
      ((polyphase && key->constants[S2_SHARED]) || scatter))
    demand.load = 4 * input;
  return demand;
}

static struct demand demand_merge(const struct s2_geometry *g, const struct s2_pipeline_key *key, uint32_t scale) {
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const s2vk_size in = g->scales[scale].features, out = g->output_grid;
  struct demand demand = {0};
  if (maps && key->shader == S2_SHADER_MERGE_GATHER)
    return demand;
  if ((maps ? g->feature_channels * in.height * in.width : g->feature_channels) % 4 == 0)
    demand.load = 4 * (unsigned)s2vk_type_size(g->feature_type);
  if ((maps ? g->feature_channels * out.height * out.width : g->feature_channels) % 4 == 0 &&
      key->constants[S2_ACCUMULATOR] == S2_ACCUMULATOR_NONE)
    demand.store = 4 * (unsigned)s2vk_type_size(g->output_type);
  return demand;
}

static unsigned demanded[2]; /* loads and stores of pipelines of plans, so far */

/* How many pipelines of a plan move less at once than can be demanded. */
static unsigned check_widths(const s2vk_plan *plan, const char *name, int index) {
  const struct s2_pass *pass = &plan->form.schedule.passes[index];
  unsigned failed = 0;
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    const struct s2_dispatch *d = &pass->dispatches[i];
    if (d->key == S2_NO_KEY)
      continue;
    const struct s2_pipeline_key *key = &pass->keys[d->key];
    const struct demand demand = index == S2_PASS_MERGE ? demand_merge(&plan->geometry, key, d->job / S2_PASS_COUNT)
                                                        : demand_split(&plan->geometry, key, d->push.split.side);
    struct widths w;
    demanded[0] += demand.load > 0;
    demanded[1] += demand.store > 0;
    const bool known = widths_of(s2_pipeline_handle(plan->form.pipelines[index][d->key]), &w);
    if (known && !widths_narrower(&w, WIDTH_SOURCE, demand.load) && !widths_narrower(&w, WIDTH_STORES, demand.store))
      continue;
    printf("%s: %s loads %s and stores %s, where at least %u and %u bytes at once are demanded\n", name,
        s2_shader_name(key->shader), known ? widths_text(&w, WIDTH_SOURCE) : "?",
        known ? widths_text(&w, WIDTH_STORES) : "?", demand.load, demand.store);
    failed++;
  }
  return failed;
}

/* Statistics of pipelines that the driver prints belong to the plan named last; what its dispatches do follows them.
 * Plans that are shown have a context of their own, or else they would share pipelines with those ahead of them. */
static bool make_plan(s2vk_context *context, const char *name, const char *variant, const s2vk_plan_info *info) {
  s2vk_plan *plan = NULL;
  fprintf(stderr, "plan %s %s\n", name, variant);
  s2vk_result result = s2vk_plan_create(context, info, &plan);
  if (result)
    printf("%s for a %s: %s\n", name, variant, gpu_last_log());
  const bool maps = strcmp(name, "B-bchw") == 0, other = strcmp(name, "B-pixels") == 0 || strcmp(name, "B-image") == 0;
  if (!result && (name[0] == 'B' || name[0] == 'P')) {
    print_work(plan, S2_PASS_SPLIT, !maps);
    print_work(plan, S2_PASS_MERGE, name[0] == 'B' && !other);
  }
  unsigned narrow = 0;
  for (int pass = 0; pass <= S2_PASS_MERGE && !result && reads_widths && strcmp(variant, "gpu") == 0; pass++)
    narrow += check_widths(plan, name, pass);
  s2vk_plan_destroy(&plan);
  return result == S2VK_SUCCESS && narrow == 0;
}

static bool make_shown(
    const s2vk_context_info *device, const char *name, const char *variant, const s2vk_plan_info *info) {
  s2vk_context *context = NULL;
  s2vk_context_info wrapped = *device;
  wrapped.get_instance_proc_addr = null_device_wrapped;
  if (s2vk_context_create(&wrapped, &context)) {
    printf("%s for a %s: no context\n", name, variant);
    return false;
  }
  const bool made = make_plan(context, name, variant, info);
  s2vk_context_destroy(&context);
  return made;
}

/* All plans that are shown: how many failed. */
static unsigned make_all_shown(const s2vk_context_info *device, const char *variant) {
  unsigned failed = 0;
  for (size_t i = 0; i < shown_plan_count; i++)
    failed += make_shown(device, shown_plans[i].name, variant, &shown_plans[i].info) ? 0 : 1;
  return failed;
}

static unsigned prepare_all(s2vk_context *context) {
  fprintf(stderr, "plan prepared gpu\n");
  return prepare_kinds(context);
}

struct maker {
  s2vk_context *context;
  const char *variant;
  unsigned made, failed;
};

static void make_case(void *user, const char *name, const s2vk_plan_info *info) {
  struct maker *maker = user;
  maker->failed += make_plan(maker->context, name, maker->variant, info) ? 0 : 1;
  maker->made++;
}

/* Milliseconds that the benchmark's shape B takes, as tokens and as maps, each with a context; below 0 if there is an
 * error. */
static double time_context(const struct gpu *gpu, VkPipelineCache cache) {
  s2vk_context_info info = gpu->info;
  struct timespec begin, end;
  info.pipeline_cache = cache;
  timespec_get(&begin, TIME_UTC);
  const bool ok =
      make_shown(&info, "B", "gpu", &shown_plans[0].info) && make_shown(&info, "B-bchw", "gpu", &shown_plans[1].info);
  timespec_get(&end, TIME_UTC);
  return ok ? (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6 : -1;
}

/* The cache is what vkGetPipelineCacheData() gave, as an application keeps it from one start to the next. */
static bool time_cache(void) {
  const struct gpu_options options = {
      .variant = S2VK_VARIANT_GPU, .no_validation = true, .wrapped = null_device_wrapped};
  struct gpu gpu;
  VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  VkPipelineCache cold, warm;
  size_t bytes = 0;
  if (!gpu_open(&gpu, &options) || vkCreatePipelineCache(gpu.info.device, &info, NULL, &cold))
    return false;
  const double none = time_context(&gpu, VK_NULL_HANDLE), first = time_context(&gpu, cold);
  const double again = time_context(&gpu, cold);
  void *data = vkGetPipelineCacheData(gpu.info.device, cold, &bytes, NULL) ? NULL : malloc(bytes);
  if (!data || vkGetPipelineCacheData(gpu.info.device, cold, &bytes, data))
    return false;
  info.initialDataSize = bytes;
  info.pInitialData = data;
  if (vkCreatePipelineCache(gpu.info.device, &info, NULL, &warm))
    return false;
  const double second = time_context(&gpu, warm);
  printf(
      "%s: two contexts, a plan each, in %.1f ms; with an empty cache in %.1f ms, with it again in %.1f ms, with its "
      "%zu bytes loaded into another in %.1f ms\n",
      gpu.properties.deviceName, none, first, again, bytes, second);
  vkDestroyPipelineCache(gpu.info.device, cold, NULL);
  vkDestroyPipelineCache(gpu.info.device, warm, NULL);
  free(data);
  gpu_close(&gpu);
  return none >= 0 && first >= 0 && again >= 0 && second >= 0;
}

static unsigned make_vit(const struct gpu *gpu) {
  struct vit_device device;
  struct vit_error error;
  unsigned failed = 0;
  if (!vit_device_create(&device, &gpu->info, &error))
    return 1;
  vkCreateComputePipelines = widths_create_pipelines; /* volk's, until it loads another device */
  for (size_t i = 0; i < vit_pipeline_count; i++) {
    VkPipeline pipeline;
    uint32_t constants[VIT_CONSTANTS];
    if (!vit_pipeline_constants(&device, &vit_pipelines[i], constants))
      continue;
    fprintf(stderr, "plan %s gpu\n", vit_pipelines[i].name);
    if (vit_pipeline_create(&device, vit_pipelines[i].shader, constants, &pipeline, &error)) {
      fprintf(stderr, "widths");
      print_widths(pipeline, false);
      vkDestroyPipeline(device.device, pipeline, NULL);
    } else {
      printf("%s: %s\n", vit_pipelines[i].name, error.text);
      failed++;
    }
  }
  vit_device_destroy(&device);
  return failed;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--time") == 0)
    return !time_cache();
  const bool prepared = argc == 3 && strcmp(argv[1], "--prepared") == 0;
  if (argc != 2 && !prepared) {
    fprintf(stderr,
        "Usage: compile [--prepared] FOLDER | --time\n"
        "Makes the plans of the golden cases in a folder and all that can be prepared, or times contexts with a cold\n"
        "and a warm pipeline cache.\n"
        "Exit status: 0 if all were made.\n");
    return 2;
  }
  unsigned failed = 0, made = 0;
  for (int i = 0; i < 2; i++) {
    const char *variant = i ? "cpu" : "gpu";
    const struct gpu_options options = {.variant = i ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU,
        .no_validation = true,
        .wrapped = null_device_wrapped,
        .opened = null_device_opened};
    struct gpu gpu;
    read_widths(true);
    if (!gpu_open(&gpu, &options))
      return 2;
    if (!i)
      printf("%s\n", gpu.properties.deviceName);
    failed += make_all_shown(&gpu.info, variant);
    if (!i) { /* the shape for CPUs is a GPU's only if an application asks for it: what is shown of it is enough */
      struct maker maker = {gpu.context, variant, 0, 0};
      each_golden(argv[argc - 1], make_case, &maker);
      failed += maker.failed + (prepared ? prepare_all(gpu.context) : 0) + make_vit(&gpu);
      made += maker.made;
    }
    gpu_close(&gpu);
  }
  printf("%u plans of golden cases; loads of %u dispatches and stores of %u are to be wide; %u plans failed\n", made,
      demanded[0], demanded[1], failed);
  return made == 0 || demanded[0] == 0 || demanded[1] == 0 || failed > 0;
}
