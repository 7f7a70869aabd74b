/* Undo and redo: looks that were, and looks that will be again. */
#include "state.h"

#include <string.h>

bool settings_are_same(const struct settings *a, const struct settings *b) {
  for (uint32_t i = 0; i < a->scale_count; i++)
    if (a->scales[i] != b->scales[i] ||
        (a->sized && (a->sizes[i].height != b->sizes[i].height || a->sizes[i].width != b->sizes[i].width)))
      return false;
  return a->scale_count == b->scale_count && a->sized == b->sized && a->grid == b->grid &&
         a->split_mode == b->split_mode && a->output == b->output && a->tiles_per_call == b->tiles_per_call &&
         a->filter == b->filter && a->model == b->model && a->preprocess == b->preprocess &&
         a->has_preset == b->has_preset && a->preset == b->preset && a->dynamic_s2 == b->dynamic_s2 &&
         a->max_tiles == b->max_tiles && a->blocks == b->blocks;
}

/* Changes of the divider and of the active side are no steps of their own. */
static bool look_is(const struct look *a, const struct look *b) {
  for (int i = 0; i < 2; i++)
    if (a->number[i] != b->number[i] || !settings_are_same(&a->settings[i], &b->settings[i]) ||
        a->compared[i] != b->compared[i])
      return false;
  return a->view == b->view && a->second == b->second && a->selected == b->selected && a->solo == b->solo &&
         a->overlay == b->overlay && a->opacity == b->opacity && a->colouring == b->colouring &&
         a->flipped == b->flipped && a->segments == b->segments && a->range == b->range && a->low == b->low &&
         a->high == b->high && a->matches == b->matches && a->mutual == b->mutual;
}

void state_remember(struct state *state) {
  if (state->past_count && look_is(&state->past[state->past_at], &state->look)) {
    state->past[state->past_at] = state->look;
    return;
  }
  if (state->past_count && state->past_at == HISTORY - 1) {
    memmove(state->past, state->past + 1, (HISTORY - 1) * sizeof *state->past);
    state->past_at--;
  }
  state->past_at = state->past_count ? state->past_at + 1 : 0;
  state->past[state->past_at] = state->look;
  state->past_count = state->past_at + 1;
}

static bool go_to(struct state *state, uint32_t at) {
  if (at >= state->past_count)
    return false;
  state->past_at = at;
  state->look = state->past[at];
  for (int i = 0; i < 2 && state->album.count; i++)
    state->look.number[i] %= state->album.count;
  state->past[at] = state->look;
  state->tile = UINT64_MAX;
  *state->warning = 0;
  state_wake(state);
  return true;
}

bool state_undo(struct state *state) {
  return go_to(state, state->past_at - 1);
}

bool state_redo(struct state *state) {
  return go_to(state, state->past_at + 1);
}
