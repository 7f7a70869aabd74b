/* The merge of feature maps with four channels or more side by side, to maps that are planes. For drivers on the CPU:
 * a GPU stores the neighbouring places of its neighbouring invocations at once, whatever an invocation makes.
 *
 * Tables: those of s2_merge_tap_tables(). Entry 1: (places of a part of a row). */
#include "kernels/kernels.h"
#include "kernels/merge.h"

/* The most places of a part of a row. */
#define MAX_PLACES 64

#define LOCAL_SIZE 8

/* Fours of channels of an invocation. Of eight, a group reads 1 KB of f32 of a place at once, which takes 0.9 of the
 * time of half of that (24 x 24 places, lavapipe). Four, if fewer channels are then made twice. */
static uint32_t run_of(uint32_t channels) {
  const uint32_t group = LOCAL_SIZE * 4 * 4;
  return s2_round_to(channels, 2 * group) == s2_round_to(channels, group) ? 8 : 4;
}

/* S2_ROWS_*: where fours of places begin in the output. */
static uint32_t target_rows(const struct s2_geometry *g) {
  const struct s2_strides *out = &g->output_strides;
  const uint64_t all = out->item | out->channel | out->row | g->output_grid.width;
  if (all % 4 == 0)
    return S2_ROWS_QUADS;
  return g->output_type == S2VK_TYPE_F32 || all % 2 == 0 ? S2_ROWS_WORDS : S2_ROWS_HALVES;
}

static struct s2_pipeline_key key_of(const struct s2_job *job) {
  struct s2_pipeline_key key = s2_merge_key(job, S2_SHADER_MERGE_BLOCKS);
  key.constants[S2_LOCAL_SIZE_X] = LOCAL_SIZE;
  key.constants[S2_COLUMNS] = job->geometry->feature_channels % 4 ? 1 : 4;
  key.constants[S2_TAPS] = s2_merge_unrolled_taps(job);
  key.constants[S2_RUN] = run_of(job->geometry->feature_channels);
  key.constants[S2_TARGET_ROWS] = target_rows(job->geometry);
  return key;
}

/* Places of a part of a row. The loop rounds of an invocation must stay within what the driver allows even if the
 * gather makes all its places again. 0: not even four are possible. */
static uint32_t places_of(const struct s2_job *job) {
  const uint64_t each = 5 * run_of(job->geometry->feature_channels) * (1 + s2_merge_gather_rounds(job)) + 1;
  const uint64_t most = job->target->loop_rounds / each / 4 * 4;
  return (uint32_t)(most < MAX_PLACES ? most : MAX_PLACES);
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_target *target = job->target;
  *config = (struct s2_config){.key = key_of(job),
      .columns = 4,
      .rows = 1,
      .channels = 4 * run_of(g->feature_channels),
      .step_x = 4,
      .step_y = 1,
      .step_channels = 4,
      .whole_scale = true};
  return target->cpu && target->unrolls && g->layout == S2VK_OUTPUT_BCHW && s2_merge_reads_fours(job) &&
         s2_strides_planar(&g->output_strides) && g->output_grid.width >= 4 && places_of(job) > 0;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  return 8 + 5 * (double)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  struct s2_entry *record = s2_merge_tap_tables(job, config->key.constants[S2_TAPS], writer);
  if (record)
    record->words[0] = places_of(job);
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const bool quads = config->key.constants[S2_TARGET_ROWS] == S2_ROWS_QUADS;
  const uint64_t places = box->x_end - (quads ? box->x_begin / 4 * 4 : box->x_begin);
  const uint64_t channels = box->channel_end - box->channel_begin;
  groups[0] = s2_ceil_div(channels, LOCAL_SIZE * config->channels) * s2_ceil_div(places, places_of(job));
  groups[1] = box->y_end - box->y_begin;
}

const struct s2_kernel s2_merge_blocks = {
    .name = "merge_blocks",
    .pass = S2_PASS_MERGE,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups, /* and no keys: dense plans do not need it */
};
