/* Resampling along y: every outcome is summed from its inputs, for four columns at a time. resample.h describes the
 * tables. */
#include "kernels/kernels.h"
#include "kernels/resample.h"

/* A loop also begins the round in which it ends. Weights of bytes are in two loops, groups of four and weights of a
 * group. */
static uint64_t rounds_of(const struct s2_job *job) {
  const uint64_t fours = s2_ceil_div(s2_axis_support(&job->axes[0]), 4);
  return 1 + (job->resampling.floats ? 4 * fours : 6 * fours);
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  s2_resample_configure(job, S2_SHADER_RESAMPLE_DOWN, 4, config);
  return !job->resampling.across && rounds_of(job) <= job->target->loop_rounds;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  return 30 + 20 * (double)s2_axis_support(&job->axes[0]);
}

/* Rows that are filled read nothing. Their footprint is any row that exists. */
static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  const uint32_t first = job->resampling.begin, rows = job->resampling.readable.height;
  s2_axis_footprint(&job->axes[0], begin, end, low, high);
  *low = *low > first ? s2_min(*low - first, rows - 1) : 0;
  *high = *high >= first ? s2_min(*high - first, rows - 1) + 1 : 1;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  return s2_resample_keys(job, S2_SHADER_RESAMPLE_DOWN, false, keys, room);
}

const struct s2_kernel s2_resample_down = {
    .name = "resample_down",
    .pass = S2_PASS_SECOND,
    .general = true,
    .configure = configure,
    .cost = cost,
    .tables = s2_resample_tables,
    .groups = s2_resample_groups,
    .footprint = footprint,
    .keys = keys,
};
