/* The visible part of the photographs, and the place under the pointer. */
#include "actions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST_PIXEL 64 /* the largest size of a pixel of the photograph, in points */

void find_place(struct app *app) {
  struct state *state = &app->state;
  state->over = false;
  for (uint32_t i = 0; i < app->layout.panel_count && !app->help && !app->palette; i++) {
    const struct panel *panel = &app->layout.panels[i];
    if (panel->content == CONTENT_TILE || panel->content == CONTENT_TOKENS ||
        !rect_has(panel->area, app->input.x, app->input.y) || !rect_has(panel->image, app->input.x, app->input.y))
      continue;
    state->over = true;
    state->over_side = panel->side;
    state->at[0] = (app->input.x - panel->image.x) / panel->image.width;
    state->at[1] = (app->input.y - panel->image.y) / panel->image.height;
  }
}

void zoom_by(struct app *app, float factor, float x, float y) {
  struct state *state = &app->state;
  if (!app->layout.panel_count)
    return;
  const struct panel *panel = &app->layout.panels[0];
  for (uint32_t i = 0; i < app->layout.panel_count; i++)
    if (rect_has(app->layout.panels[i].area, x, y))
      panel = &app->layout.panels[i];
  const struct session *session = state_session(state, panel->side);
  const float across = session ? (float)session->picture->image.extent.width : 1000;
  const float pixel = panel->image.width / state->zoom / across;
  const float before = state->zoom, most = fmaxf(1, LARGEST_PIXEL / pixel);
  state->zoom = fminf(fmaxf(before * factor, 1), most);
  /* The point at (x, y) stays there. Its distance from the centre is (x - middle) / size. */
  const float change = 1 - before / state->zoom;
  state->centre[0] += (x - panel->area.x - panel->area.width / 2) / panel->image.width * change;
  state->centre[1] += (y - panel->area.y - panel->area.height / 2) / panel->image.height * change;
}

/* ---- The line of the pointer ------------------------------------------------------------------------------------- */

struct line {
  char *out;
  size_t size, length;
};

static void say(struct line *line, const char *format, double a, double b) {
  if (line->length >= line->size)
    return;
  const int length = snprintf(line->out + line->length, line->size - line->length, format, a, b);
  line->length += length > 0 ? (size_t)length : 0;
}

static void say_tiles(const struct app *app, const struct session *session, struct line *line) {
  const struct state *state = &app->state;
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    const bool padded = session->settings.split_mode == S2VK_SPLIT_PAD;
    const double across = (double)(padded ? scale->image.width : scale->padded.width) / scale->tile_side,
                 down = (double)(padded ? scale->image.height : scale->padded.height) / scale->tile_side;
    say(line, i ? "; %.0f, %.0f" : "   ·   tile %.0f, %.0f", floor(state->at[1] * down), floor(state->at[0] * across));
  }
}

static void say_values(const struct app *app, uint32_t side, struct line *line) {
  const struct state *state = &app->state;
  const struct session *session = state->sides[side].current;
  const enum analysis_values values = state_values(state);
  const uint32_t count = session->settings.scale_count;
  const float(*under)[MAX_FIELDS] = state->reading.under[side];
  if (state->look.view == VIEW_SIMILARITY && (state->pinned || state->look.second == SECOND_IMAGE)) {
    for (uint32_t i = 0; i < count; i++)
      say(line, i ? " %.3f" : "   ·   similarity %.3f", (double)under[VALUES_SIMILARITIES][i], 0);
    if (count > 1)
      say(line, ", all %.3f", (double)under[VALUES_SIMILARITIES][count], 0);
  }
  if (values == VALUES_DIFFERENCES)
    say(line, "   ·   differs by %.3f", (double)under[VALUES_DIFFERENCES][0], 0);
  if (state->look.view != VIEW_TILES)
    say(line, "   ·   norm %.3g", (double)under[VALUES_NORMS][count], 0);
}

void describe_place(const struct app *app, char *out, size_t size) {
  const struct state *state = &app->state;
  const struct session *session = state_session(state, state->over_side);
  struct line line = {out, size, 0};
  *out = 0;
  if (!session || !state->over)
    return;
  const VkExtent2D extent = session->picture->image.extent;
  say(&line, "pixel %.0f, %.0f", floor(state->at[1] * (double)extent.height),
      floor(state->at[0] * (double)extent.width));
  if (state->look.view == VIEW_TILES) {
    say_tiles(app, session, &line);
    return;
  }
  const uint32_t token = session_token_at(session, state->at[0], state->at[1]),
                 across = session->layout.output_grid.width;
  float box[4];
  session_token_box(session, token, box);
  say(&line, "   ·   token %.0f, %.0f", token / across, token % across);
  say(&line, " of pixels %.0f–%.0f", (double)box[1], (double)(box[1] + box[3]));
  say(&line, ", %.0f–%.0f", (double)box[0], (double)(box[0] + box[2]));
  say_tiles(app, session, &line);
  say_values(app, state->over_side, &line);
}
