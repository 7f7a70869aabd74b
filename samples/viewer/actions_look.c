/* Actions that change what is shown: views, photographs, the range of colours. */
#define _POSIX_C_SOURCE 200809L

#include "actions_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOTCH 1.2f /* zoom factor of one step */

/* ---- What is shown ----------------------------------------------------------------------------------------------- */

void act_set_view(struct app *app, int view) {
  app->state.look.view = (enum view)view;
  app->state.tile = UINT64_MAX;
}

void act_toggle_overlay(struct app *app, int unused) {
  (void)unused;
  app->state.look.overlay = !app->state.look.overlay;
}

void act_change_opacity(struct app *app, int by) {
  struct look *look = &app->state.look;
  look->opacity = fminf(fmaxf(look->opacity + 0.05f * (float)by, 0.05f), 1);
}

void act_toggle_solo(struct app *app, int unused) {
  (void)unused;
  app->state.look.solo = !app->state.look.solo;
}

void act_zoom_in_the_middle(struct app *app, int by) {
  const struct rect area = app->layout.panel_count ? app->layout.panels[0].area : app->layout.pictures;
  zoom_by(app, by > 0 ? NOTCH : 1 / NOTCH, area.x + area.width / 2, area.y + area.height / 2);
}

void act_zoom_all(struct app *app, int unused) {
  (void)unused;
  app->state.zoom = 1;
}

/* ---- Photographs ------------------------------------------------------------------------------------------------- */

bool app_has_album(const struct app *app) {
  return app->state.album.count > 1;
}

void act_step_image(struct app *app, int by) {
  const uint32_t count = app->state.album.count;
  state_show(&app->state, 0, app->state.look.number[0] + count + (uint32_t)by);
}

void act_show_image(struct app *app, int number) {
  state_show(&app->state, app->state.look.second == SECOND_IMAGE ? app->state.look.active : 0, (uint32_t)number);
}

void act_open_recent(struct app *app, int number) {
  if ((uint32_t)number < app->state.recent_count) {
    char *path = strdup(app->state.recent[number]);
    if (path)
      state_open(&app->state, path);
    free(path);
  }
}

void act_toggle_second(struct app *app, int second) {
  struct look *look = &app->state.look;
  look->second = look->second == (enum second)second ? SECOND_NONE : (enum second)second;
  look->active = look->second == SECOND_SETTINGS;
  if (look->second == SECOND_IMAGE) {
    look->settings[1] = look->settings[0];
    if (look->number[1] == look->number[0] && app->state.album.count > 1)
      look->number[1] = (look->number[0] + 1) % app->state.album.count;
  }
  app->state.pick_side = 0;
  app->state.tile = UINT64_MAX;
}

bool app_has_second_image(const struct app *app) {
  return app->state.look.second == SECOND_IMAGE && app_has_album(app);
}

void act_step_second(struct app *app, int by) {
  const uint32_t count = app->state.album.count;
  state_show(&app->state, 1, app->state.look.number[1] + count + (uint32_t)by);
}

bool app_has_second(const struct app *app) {
  return app->state.look.second != SECOND_NONE;
}

void act_other_side(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  look->active = !look->active;
  if (look->selected >= state_settings(&app->state)->scale_count)
    look->selected = state_settings(&app->state)->scale_count - 1;
}

/* ---- Views ------------------------------------------------------------------------------------------------------- */

bool app_has_colours(const struct app *app) {
  const enum view view = app->state.look.view;
  return view == VIEW_FEATURES || view == VIEW_SEGMENTS || view == VIEW_DIFFERENCE;
}

void act_next_colouring(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  const uint32_t count = look->second == SECOND_IMAGE ? COLOURS_COUNT : COLOURS_BOTH;
  look->colouring = (enum colouring)((look->colouring + 1u) % count);
}

bool app_has_front(const struct app *app) {
  const enum colouring colouring = app->state.look.colouring;
  return app_has_colours(app) && (colouring == COLOURS_FRONT || colouring == COLOURS_FRONT_BOTH);
}

void act_flip_front(struct app *app, int unused) {
  (void)unused;
  app->state.look.flipped = !app->state.look.flipped;
}

bool app_is_in_segments(const struct app *app) {
  return app->state.look.view == VIEW_SEGMENTS;
}

void act_step_segments(struct app *app, int by) {
  app->state.look.segments = clamp((int64_t)app->state.look.segments + by, 2, MAX_SEGMENTS);
}

bool app_is_in_difference(const struct app *app) {
  return app->state.look.view == VIEW_DIFFERENCE;
}

void act_next_compared(struct app *app, int which) {
  struct look *look = &app->state.look;
  const uint32_t count = state_settings(&app->state)->scale_count;
  if (which == 0)
    look->compared[0] = (look->compared[0] + 1) % count;
  else
    look->compared[1] = look->compared[1] == MAX_SCALES ? 0
                        : look->compared[1] + 1 < count ? look->compared[1] + 1
                                                        : MAX_SCALES;
}

void act_move_divider(struct app *app, int by) {
  app->state.look.divider = fminf(fmaxf(app->state.look.divider + 0.02f * (float)by, 0), 1);
}

bool app_is_in_matches(const struct app *app) {
  return app->state.look.view == VIEW_MATCHES;
}

void act_step_matches(struct app *app, int by) {
  struct look *look = &app->state.look;
  look->matches = by > 0 ? clamp(look->matches * 2, 1, 512) : clamp(look->matches / 2, 1, 512);
}

void act_toggle_mutual(struct app *app, int unused) {
  (void)unused;
  app->state.look.mutual = !app->state.look.mutual;
}

bool app_is_in_similarity(const struct app *app) {
  return app->state.look.view == VIEW_SIMILARITY && app->state.sides[0].current;
}

/* argument: 100 * columns + rows. */
void act_move_patch(struct app *app, int by) {
  struct state *state = &app->state;
  const struct session *session = state->sides[state->pick_side].current;
  if (!session)
    return;
  const int columns = by / 100, rows = by % 100;
  const float step[2] = {(float)columns / session->covered[0], (float)rows / session->covered[1]};
  state->pinned = true;
  for (int i = 0; i < 2; i++)
    state->pick[i] = fminf(fmaxf(state->pick[i] + step[i], 0), 0.99999f);
}

void act_toggle_pin(struct app *app, int unused) {
  (void)unused;
  app->state.pinned = !app->state.pinned;
}

bool app_is_in_tiles(const struct app *app) {
  return app->state.look.view == VIEW_TILES && app->state.sides[0].current;
}

/* Shows the tile of the chosen scale that is under the pointer, or its first tile. Shows none if one is shown. */
void act_look_at_tile(struct app *app, int unused) {
  (void)unused;
  struct state *state = &app->state;
  const struct session *session = state->sides[0].current;
  const uint32_t scale = clamp(state->look.selected, 0, session->settings.scale_count - 1);
  state->tile = state->tile == UINT64_MAX ? session->scales[scale].first_tile : UINT64_MAX;
}

void act_next_tile(struct app *app, int unused) {
  (void)unused;
  struct state *state = &app->state;
  const uint64_t count = state->sides[0].current->layout.tile_count;
  state->tile = state->tile == UINT64_MAX ? 0 : (state->tile + 1) % count;
}

/* ---- The range of colours ---------------------------------------------------------------------------------------- */

bool app_has_range(const struct app *app) {
  const enum view view = app->state.look.view;
  return view == VIEW_SIMILARITY || view == VIEW_NORMS || view == VIEW_DIFFERENCE;
}

void act_next_range(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  look->range = (enum range)((look->range + 1u) % 3);
  look->low = app->state.low;
  look->high = app->state.high;
}

/* argument: 1 and -1 move the low end, 2 and -2 the high end. */
void act_move_range(struct app *app, int by) {
  struct look *look = &app->state.look;
  if (look->range != RANGE_HAND) {
    look->low = app->state.low;
    look->high = app->state.high;
  }
  look->range = RANGE_HAND;
  const float step = 0.05f * (look->high - look->low) * (by > 0 ? 1 : -1);
  if (by == 1 || by == -1)
    look->low = fminf(look->low + step, look->high - 1e-4f * fabsf(look->high) - 1e-6f);
  else
    look->high = fmaxf(look->high + step, look->low + 1e-4f * fabsf(look->low) + 1e-6f);
}
