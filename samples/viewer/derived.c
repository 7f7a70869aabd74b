/* Computes what the view shows of sessions: colours, segments, similarities, differences and matches. Only what has
 * changed is computed again. Also reads values back to the host. */
#include "state.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define PRODUCTS_CPU (UINT64_C(1) << 25) /* multiplications for nearest tokens in one frame, on CPU drivers */
#define PRODUCTS_GPU (UINT64_C(1) << 32)

static bool has_values(const struct state *state) {
  const enum view view = state->look.view;
  return view == VIEW_SIMILARITY || view == VIEW_DIFFERENCE || view == VIEW_NORMS;
}

static bool is_ready(const struct session *session) {
  return session && session_is_recorded(session);
}

/* ---- Colours and segments ---------------------------------------------------------------------------------------- */

static void record_colours(
    struct state *state, struct made *made, const struct session *session, VkCommandBuffer commands) {
  const struct look *look = &state->look;
  const bool front = look->colouring == COLOURS_FRONT || look->colouring == COLOURS_FRONT_BOTH;
  const s2vk_size grid = session ? session->layout.output_grid : (s2vk_size){0};
  const uint32_t grids[4] = {grid.height, grid.width, 0, 0};
  if (!made->coloured || made->front != front || (front && made->flipped != look->flipped)) {
    if (session)
      analysis_record_components(&session->analysis, commands, front ? grids : NULL, look->flipped);
    else
      pair_record_components(state->pair, commands, front, look->flipped);
    made->coloured = true;
    made->front = front;
    made->flipped = look->flipped;
    made->segments = 0;
  }
  if (look->view == VIEW_SEGMENTS && made->segments != look->segments) {
    analysis_record_segments(session ? &session->analysis : &state->pair->joint, commands, look->segments);
    made->segments = look->segments;
  }
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* Similarities to the patch of this side or, if the sides can be compared, of the other side. If both sides show one
 * image under two settings, each has the patch at the same place. */
static void record_similarities(struct state *state, uint32_t index, VkCommandBuffer commands) {
  struct side *side = &state->sides[index];
  const struct session *session = side->current, *of = session;
  if (state->look.second == SECOND_IMAGE && state_is_comparable(state))
    of = state->sides[state->pick_side].current;
  if (!is_ready(of))
    return;
  const uint32_t token = session_token_at(of, state->pick[0], state->pick[1]);
  if (side->made.picked_of == of && side->made.picked == token)
    return;
  analysis_record_similarities(&session->analysis, commands, &of->analysis, token);
  side->made.picked_of = of;
  side->made.picked = token;
  state_wake(state);
}

static void record_differences(struct state *state, struct side *side, VkCommandBuffer commands) {
  const struct session *session = side->current;
  const uint32_t count = session->settings.scale_count, all = (1u << count) - 1;
  const uint32_t coarse = state->look.compared[0] < count ? state->look.compared[0] : 0;
  const uint32_t chosen = state->look.compared[1] < count ? 1u << state->look.compared[1] : all & ~(1u << coarse);
  const uint32_t key = chosen << 8 | coarse << 1 | 1;
  if (side->made.differences == key)
    return;
  const s2vk_size *grid = &session->layout.output_grid, *own = &session->scales[coarse].own;
  const s2vk_size within = {
      own->height < grid->height ? own->height : grid->height, own->width < grid->width ? own->width : grid->width};
  analysis_record_differences(&session->analysis, commands, chosen ? chosen : all, grid, &within);
  side->made.differences = key;
  state_wake(state);
}

static struct stats_range seen_range(const struct state *state, const struct session *session) {
  const s2vk_size grid = session->layout.output_grid;
  struct stats_range range = {
      .columns = grid.width, .end_row = grid.height, .end_column = grid.width, .low = state->low, .high = state->high};
  if (state->look.range != RANGE_SEEN)
    return range;
  const uint32_t first = session_token_at(session, state->seen[0], state->seen[1]),
                 last = session_token_at(session, state->seen[2] - 1e-4f, state->seen[3] - 1e-4f);
  range.first_row = first / grid.width;
  range.first_column = first % grid.width;
  range.end_row = last / grid.width + 1 > range.first_row ? last / grid.width + 1 : range.first_row + 1;
  range.end_column = last % grid.width + 1 > range.first_column ? last % grid.width + 1 : range.first_column + 1;
  return range;
}

/* ---- What comes back --------------------------------------------------------------------------------------------- */

static void record_reading(struct state *state, uint32_t index, uint32_t side, VkCommandBuffer commands) {
  const struct session *session = state->sides[side].current;
  const struct analysis *analysis = &session->analysis;
  const enum analysis_values values = state_values(state);
  const struct stats_range range = seen_range(state, session);
  const uint32_t fields = values == VALUES_DIFFERENCES ? 1 : analysis->shape.scales + 1;
  const uint32_t token = session_token_at(session, state->at[0], state->at[1]);
  const VkBuffer to = state->readings[index].buffer;
  if (has_values(state))
    analysis_record_stats(analysis, commands, values, &range);
  analysis_record_end(commands);
  const VkBufferCopy stats = {
      .dstOffset = offsetof(struct reading, stats[0]) + side * sizeof(float[MAX_FIELDS][STATS_VALUES]),
      .size = fields * sizeof(float[STATS_VALUES])};
  if (has_values(state))
    vkCmdCopyBuffer(commands, analysis->stats[values].buffer, to, 1, &stats);
  for (uint32_t v = 0; v < VALUES_COUNT; v++) {
    if (v != VALUES_NORMS && (v != values || !has_values(state)))
      continue;
    VkBufferCopy under[MAX_FIELDS];
    const uint32_t count = v == VALUES_DIFFERENCES ? 1 : analysis->shape.scales + 1;
    for (uint32_t i = 0; i < count; i++)
      under[i] = (VkBufferCopy){
          .srcOffset = ((VkDeviceSize)i * analysis->shape.tokens + token) * sizeof(float),
          .dstOffset =
              offsetof(struct reading, under[0]) + ((side * VALUES_COUNT + v) * MAX_FIELDS + i) * sizeof(float),
          .size = sizeof(float),
      };
    vkCmdCopyBuffer(commands, analysis->values[v].buffer, to, count, under);
  }
}

void derived_take(struct state *state, uint32_t index) {
  const enum analysis_values values = state_values(state);
  float low = values == VALUES_SIMILARITIES ? 0.999f : INFINITY, high = values == VALUES_SIMILARITIES ? 1 : -INFINITY;
  memcpy(&state->reading, state->readings[index].host, sizeof state->reading);
  bool any = false;
  if (!has_values(state))
    return;
  for (uint32_t side = 0; side < state_side_count(state); side++) {
    const struct session *session = state->sides[side].current;
    if (!session || !(state->sides[side].made.parts >> values & 1u))
      continue;
    const uint32_t fields = values == VALUES_DIFFERENCES ? 1 : session->settings.scale_count + 1;
    any = true;
    for (uint32_t i = 0; i < fields; i++) {
      const float *stats = state->reading.stats[side][i];
      const bool robust = values == VALUES_SIMILARITIES && state->look.range == RANGE_AUTOMATIC;
      low = fminf(low, robust ? stats[0] : stats[1]);
      const float most = values == VALUES_DIFFERENCES && state->look.range == RANGE_AUTOMATIC
                             ? fminf(stats[2], 6 * stats[3]) /* only a few tokens differ much */
                             : stats[2];
      high = fmaxf(high, values == VALUES_SIMILARITIES ? fminf(most, 1) : most);
    }
  }
  if (!any)
    return;
  if (values == VALUES_DIFFERENCES && state->look.range == RANGE_AUTOMATIC)
    low = 0;
  if (state->look.range == RANGE_HAND) {
    low = state->look.low;
    high = state->look.high;
  }
  high = fmaxf(high, low + 1e-6f);
  if (low != state->low || high != state->high)
    state_wake(state);
  state->low = low;
  state->high = high;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static void follow_pointer(struct state *state) {
  if (state->pinned || !state->over || state->look.view != VIEW_SIMILARITY)
    return;
  memcpy(state->pick, state->at, sizeof state->pick);
  state->pick_side = state->look.second == SECOND_IMAGE ? state->over_side : 0;
}

static void record_side(struct state *state, uint32_t index, uint32_t number, VkCommandBuffer commands) {
  struct side *side = &state->sides[number];
  const enum view view = state->look.view;
  if (!is_ready(side->current))
    return;
  if (side->made.of != side->current)
    side->made = (struct made){.of = side->current, .coloured = true};
  const bool joint = state->look.colouring >= COLOURS_BOTH && state_is_comparable(state);
  if ((view == VIEW_FEATURES || view == VIEW_SEGMENTS || view == VIEW_DIFFERENCE || view == VIEW_TILES) && !joint)
    record_colours(state, &side->made, side->current, commands);
  if (view == VIEW_SIMILARITY)
    record_similarities(state, number, commands);
  if (view == VIEW_DIFFERENCE)
    record_differences(state, side, commands);
  if (view == VIEW_TILES && state->tile != UINT64_MAX && number == 0 &&
      state->tile < side->current->layout.tile_count && side->current->shown_tile != state->tile)
    session_record_tile(side->current, commands, state->tile);
  if (view != VIEW_SIMILARITY || side->made.picked_of) {
    record_reading(state, index, number, commands);
    const uint32_t part = has_values(state) ? 1u << state_values(state) : 0;
    if (part & ~side->made.parts)
      state_wake(state);
    side->made.parts |= part;
  }
}

static void record_pair(struct state *state, VkCommandBuffer commands) {
  const struct look *look = &state->look;
  const struct session *a = state_session(state, 0), *b = state_session(state, 1);
  const bool wanted = look->view == VIEW_MATCHES ||
                      ((look->view == VIEW_FEATURES || look->view == VIEW_SEGMENTS) && look->colouring >= COLOURS_BOTH);
  if (!wanted || !is_ready(a) || !is_ready(b) || !pair_is_possible(a, b))
    return;
  if (state->pair && (state->pair->sessions[0] != a || state->pair->sessions[1] != b))
    retire_pair(state, &state->pair);
  if (!state->pair && !*state->warning) {
    state->pair = pair_create(&state->backend.analyst, a, b, state->warning);
    state_wake(state);
  }
  if (!state->pair)
    return;
  if (look->view != VIEW_MATCHES) {
    record_colours(state, &state->joint, NULL, commands);
    return;
  }
  const bool cpu = state->gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  const uint32_t field = look->solo ? look->selected : MAX_SCALES;
  bool done = state->pair->frame && state->pair->field == field;
  for (int i = 0; !done && i < (state->patient ? 4 : 1); i++) {
    done = pair_record_nearest(state->pair, commands, field,
        state->patient ? UINT64_C(1) << 62
        : cpu          ? PRODUCTS_CPU
                       : PRODUCTS_GPU);
    if (done)
      state->pair->frame = state->frame;
    state_wake(state);
  }
}

void derived_record(struct state *state, uint32_t index, VkCommandBuffer commands) {
  follow_pointer(state);
  for (uint32_t side = 0; side < state_side_count(state); side++)
    record_side(state, index, side, commands);
  record_pair(state, commands);
  analysis_record_end(commands);
  const VkMemoryBarrier copied = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };
  vkCmdPipelineBarrier(
      commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
}
