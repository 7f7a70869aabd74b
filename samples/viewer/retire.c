/* Destroys things once no frame in flight can use them any more. */
#include "state.h"

static void destroy(struct retired *retired) {
  session_destroy(&retired->session);
  pair_destroy(&retired->pair);
  picture_drop(&retired->picture);
}

void retire_bury(struct state *state, bool all) {
  for (int i = 0; i < MAX_RETIRED; i++)
    if (all || state->retired[i].frame + FRAMES_IN_FLIGHT <= state->frame)
      destroy(&state->retired[i]);
}

static struct retired *place(struct state *state) {
  for (int i = 0; i < MAX_RETIRED; i++) {
    struct retired *retired = &state->retired[i];
    if (retired->session || retired->pair || retired->picture)
      continue;
    retired->frame = state->frame;
    return retired;
  }
  vkQueueWaitIdle(state->gpu->queue); /* all places are taken */
  retire_bury(state, true);
  state->retired[0].frame = state->frame;
  return &state->retired[0];
}

void retire_session(struct state *state, struct session **session) {
  if (!*session)
    return;
  if (state->pair && (state->pair->sessions[0] == *session || state->pair->sessions[1] == *session))
    retire_pair(state, &state->pair);
  for (int i = 0; i < 2; i++)
    if (state->sides[i].made.of == *session)
      state->sides[i].made = (struct made){0};
  place(state)->session = *session;
  *session = NULL;
}

void retire_pair(struct state *state, struct pair **pair) {
  if (!*pair)
    return;
  state->joint = (struct made){0};
  place(state)->pair = *pair;
  *pair = NULL;
}

void retire_picture(struct state *state, struct picture **picture) {
  if (!*picture)
    return;
  place(state)->picture = *picture;
  *picture = NULL;
}
