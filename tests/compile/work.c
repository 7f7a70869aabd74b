#include "work.h"

static double min(double a, double b) {
  return a < b ? a : b;
}

static double pixel_bytes(const struct s2_geometry *g, const struct s2_split_push *p) {
  if (g->pixels.source == S2_SOURCE_TENSOR)
    return (double)p->channel_count * (double)s2vk_type_size(g->input_type);
  return g->pixels.source == S2_SOURCE_PIXELS ? p->pixel_bytes : 4; /* an image: of RGBA8 */
}

static double bytes_of(const struct s2_geometry *g, const struct s2_dispatch *d, int pass) {
  if (pass == S2_PASS_SPLIT) {
    const struct s2_split_push *p = &d->push.split;
    return (double)p->batch * p->height * p->width * pixel_bytes(g, p) +
           (double)d->groups[2] * p->channel_count * p->row_count * p->side * (double)s2vk_type_size(g->tile_type);
  }
  const struct s2_merge_push *p = &d->push.merge;
  const double box = (double)p->box_height * p->box_width * p->channel_count * d->groups[2];
  return (double)(p->tile_end - p->tile_begin) * p->feature_item * (double)s2vk_type_size(g->feature_type) +
         box * (double)s2vk_type_size(g->output_type);
}

/* The input rows that `outputs` rows of a tile reach. */
static double lines_of(const struct s2_geometry *g, const struct s2_config *config, const struct s2_dispatch *d) {
  const struct s2_scale *scale = &g->scales[d->job / S2_PASS_COUNT];
  const double outputs = min(d->push.split.run, d->push.split.row_count), taps = config->key.constants[S2_TAPS];
  return min(taps + (outputs - 1) * g->input.height / scale->image.height, outputs * taps);
}

/* How often an invocation goes through its code; below 0: that is not known of this kernel with this shape.
 * split_polyphase filters input rows, and for each output row sums TAPS of them; the code of one and of the other are
 * taken to be as long as what they multiply. split_convert makes one row after the other. */
static double passes_of(const struct s2_geometry *g, const struct s2_config *config, const struct s2_dispatch *d) {
  const uint32_t *constants = config->key.constants, shader = config->key.shader;
  if (shader == S2_SHADER_MERGE_TOKENS)
    return constants[S2_TAPS] > 0 ? (double)constants[S2_RUN] : -1;
  const double outputs = min(d->push.split.run, d->push.split.row_count), taps = constants[S2_TAPS];
  const double span = 4.0 * constants[S2_QUADS];
  if (shader == S2_SHADER_SPLIT_POLYPHASE)
    return (outputs * taps + lines_of(g, config, d) * span) / (taps + span);
  return shader == S2_SHADER_SPLIT_CONVERT ? outputs : -1;
}

struct work work_of(const s2vk_plan *plan, int pass, uint32_t index) {
  const struct s2_pass *p = &plan->form.schedule.passes[pass];
  struct work work = {.key = &p->keys[index]};
  const uint32_t size = work.key->constants[S2_LOCAL_SIZE_X] * work.key->constants[S2_LOCAL_SIZE_Y];
  for (uint32_t i = 0; i < p->dispatch_count; i++) {
    const struct s2_dispatch *d = &p->dispatches[i];
    if (d->key != index)
      continue;
    const double groups = (double)d->groups[0] * d->groups[1] * d->groups[2];
    const struct s2_config *config = &plan->form.schedule.choices[d->job / S2_PASS_COUNT][pass].config;
    const double passes = passes_of(&plan->geometry, config, d);
    work.groups += groups;
    work.invocations += groups * size;
    work.passes = passes < 0 || work.passes < 0 ? -1 : work.passes + passes * groups;
    if (work.key->shader == S2_SHADER_SPLIT_POLYPHASE) {
      work.lines += lines_of(&plan->geometry, config, d) * groups;
      work.rows += min(d->push.split.run, d->push.split.row_count) * groups;
    }
    work.bytes += bytes_of(&plan->geometry, d, pass);
  }
  work.passes = work.passes > 0 ? work.passes / work.groups : work.passes;
  work.lines /= work.groups;
  work.rows /= work.groups;
  work.moves =
      (double)work.key->constants[S2_TAPS] * work.key->constants[S2_COLUMNS] * work.key->constants[S2_CHANNELS];
  return work;
}

double work_copied(const s2vk_plan *plan, int pass) {
  const struct s2_pass *p = &plan->form.schedule.passes[pass];
  double bytes = 0;
  for (uint32_t i = 0; i < p->dispatch_count; i++)
    if (p->dispatches[i].key == S2_NO_KEY)
      bytes += 2.0 * (double)p->dispatches[i].copy.bytes * p->dispatches[i].copy.rows;
  return bytes;
}

double work_least_bytes(const s2vk_plan *plan, int pass) {
  const struct s2_geometry *g = &plan->geometry;
  double tiles = 0, features = 0;
  for (uint32_t i = 0; i < g->scale_count; i++) {
    const struct s2_scale *scale = &g->scales[i];
    const double count = scale->tile_count; /* of all images */
    tiles += count * (double)scale->tile_elements * (double)s2vk_type_size(g->tile_type);
    features += count * (double)scale->feature_elements * (double)s2vk_type_size(g->feature_type);
  }
  const double input =
      g->pixels.source == S2_SOURCE_IMAGE ? 4.0 * g->batch * g->input.height * g->input.width : (double)g->input_bytes;
  return pass == S2_PASS_SPLIT ? input + tiles : features + (double)g->output_bytes;
}
