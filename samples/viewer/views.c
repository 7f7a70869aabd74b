/* Draws the contents of the pictures. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* The rectangle of a number of tiles; rows and columns may be fractions. */
static struct rect tile_rect(
    const struct panel *panel, const struct session *session, uint32_t scale, const float at[4]) {
  const s2vk_scale_layout *layout = &session->scales[scale];
  const bool padded = session->settings.split_mode == S2VK_SPLIT_PAD;
  const float covered_width = (float)(padded ? layout->image.width : layout->padded.width);
  const float covered_height = (float)(padded ? layout->image.height : layout->padded.height);
  const float width = panel->image.width * (float)layout->tile_side / covered_width;
  const float height = panel->image.height * (float)layout->tile_side / covered_height;
  return (struct rect){panel->image.x + at[1] * width, panel->image.y + at[0] * height, at[3] * width, at[2] * height};
}

static struct rect all_tiles(const struct panel *panel, const struct session *session, uint32_t scale) {
  const s2vk_size tiles = session->scales[scale].tiles;
  return tile_rect(panel, session, scale, (const float[]){0, 0, (float)tiles.height, (float)tiles.width});
}

static void draw_line(struct canvas *canvas, struct rect line, uint32_t rgb, bool upright) {
  const float side = 1 / canvas->scale;
  struct rect dark = line;
  if (upright)
    dark = (struct rect){line.x - side, line.y, line.width + 2 * side, line.height};
  else
    dark = (struct rect){line.x, line.y - side, line.width, line.height + 2 * side};
  canvas_fill(canvas, dark, faded(INK, 0.45f), 0);
  canvas_fill(canvas, line, colour(rgb), 0);
}

static void draw_grid(struct canvas *canvas, const struct panel *panel, const struct session *session, uint32_t scale) {
  const s2vk_size tiles = session->scales[scale].tiles;
  const struct rect all = all_tiles(panel, session, scale);
  const bool among_others = panel->last_grid - panel->first_grid > 1;
  const float wanted = among_others ? 3 - 0.7f * (float)scale : 1.5f;
  const float thickness = fmaxf(1, roundf(wanted * canvas->scale)) / canvas->scale; /* whole pixels, all alike */
  const float half = floorf(thickness * canvas->scale / 2) / canvas->scale;
  for (uint32_t i = 0; i <= tiles.width; i++) {
    const float x = roundf((all.x + all.width * (float)i / (float)tiles.width) * canvas->scale) / canvas->scale;
    const float left = i == 0 ? 0 : i == tiles.width ? thickness : half;
    draw_line(canvas, (struct rect){x - left, all.y, thickness, all.height}, scale_colours[scale], true);
  }
  for (uint32_t i = 0; i <= tiles.height; i++) {
    const float y = roundf((all.y + all.height * (float)i / (float)tiles.height) * canvas->scale) / canvas->scale;
    const float above = i == 0 ? 0 : i == tiles.height ? thickness : half;
    draw_line(canvas, (struct rect){all.x, y - above, all.width, thickness}, scale_colours[scale], false);
  }
}

/* Draws the visible tiles as the model receives them. */
static void draw_tiles(struct ui *ui, const struct panel *panel, const struct session *session) {
  const uint32_t scale = panel->field, side = session->tiles_side;
  const s2vk_scale_layout *layout = &session->scales[scale];
  const uint64_t tiles = (uint64_t)layout->tiles.height * layout->tiles.width;
  canvas_fill(ui->canvas, all_tiles(panel, session, scale), colour(0x0A0B0F), 0);
  for (uint64_t i = 0; i < 2 * tiles; i++) { /* all tiles ahead of all frames: few changes of the pipeline */
    const uint64_t tile = i % tiles;
    const float at[4] = {(float)(tile / layout->tiles.width), (float)(tile % layout->tiles.width), 1, 1};
    const struct rect rect = tile_rect(panel, session, scale, at);
    const struct rect inner = rect_inset(rect, fminf(3, 0.04f * rect.width)); /* gaps: the model sees tiles apart */
    if (i < tiles)
      canvas_pixels(ui->canvas, inner, (uint32_t)(layout->first_tile + tile) * side * side, side, side);
    else if (rect.width > 12)
      canvas_frame(ui->canvas, rect_inset(inner, -1), faded(scale_colours[scale], 0.8f), 0, 1);
  }
}

/* Marks the tile under the pointer in all pictures of that scale. */
static void draw_tile_under_pointer(struct ui *ui, const struct panel *panel, const struct session *session) {
  const struct state *state = &ui->app->state;
  for (uint32_t scale = panel->first_grid; scale < panel->last_grid; scale++) {
    const struct rect tile = tile_rect(panel, session, scale, (const float[]){0, 0, 1, 1});
    const float column = floorf(state->at[0] * panel->image.width / tile.width);
    const float row = floorf(state->at[1] * panel->image.height / tile.height);
    canvas_frame(ui->canvas, tile_rect(panel, session, scale, (const float[]){row, column, 1, 1}),
        colour(scale_colours[scale]), 0, 3);
  }
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

/* Draws a frame around the token at a place. */
static void draw_token(
    struct canvas *canvas, const struct panel *panel, const struct session *session, const float at[2], uint32_t rgb) {
  const uint32_t token = session_token_at(session, at[0], at[1]), across = session->layout.output_grid.width;
  const float width = panel->image.width / session->covered[0], height = panel->image.height / session->covered[1];
  const struct rect place = {panel->image.x + (float)(token % across) * width,
      panel->image.y + (float)(token / across) * height, width, height};
  canvas_frame(canvas, rect_inset(place, -2.5f), faded(INK, 0.85f), 1, 3.5f);
  canvas_frame(canvas, rect_inset(place, -1.5f), colour(rgb), 0.5f, 1.5f);
}

static struct tokens all_tokens(const struct ui *ui, const struct session *session, uint32_t field) {
  return (struct tokens){.to = {session->covered[0], session->covered[1]},
      .field = field,
      .opacity = ui->app->state.look.overlay ? ui->app->state.look.opacity : 1};
}

static void draw_divided(struct ui *ui, const struct panel *panel, const struct session *session) {
  const struct look *look = &ui->app->state.look;
  const uint32_t count = session->settings.scale_count;
  struct canvas *canvas = ui->canvas;
  const struct rect clip = canvas->clip;
  const float x = panel->area.x + panel->area.width * look->divider;
  const uint32_t fields[2] = {
      look->compared[0] < count ? look->compared[0] : 0, look->compared[1] < count ? look->compared[1] : count};
  for (int i = 0; i < 2; i++) {
    const struct tokens tokens = all_tokens(ui, session, fields[i]);
    canvas->clip = panel->area;
    if (i)
      canvas->clip.x = x;
    canvas->clip.width = i ? panel->area.x + panel->area.width - x : x - panel->area.x;
    canvas_colours(canvas, panel->image, &tokens);
  }
  canvas->clip = clip;
  draw_line(canvas, (struct rect){x - 1, panel->area.y, 2, panel->area.height}, TEXT, true);
  const float y = panel->area.y + panel->area.height / 2;
  canvas_fill(canvas, (struct rect){x - 9, y - 14, 18, 28}, colour(INK), 9);
  canvas_fill(canvas, (struct rect){x - 8, y - 13, 16, 26}, colour(TEXT), 8);
  canvas_fill(canvas, (struct rect){x - 3, y - 6, 1.5f, 12}, colour(INK), 0);
  canvas_fill(canvas, (struct rect){x + 1.5f, y - 6, 1.5f, 12}, colour(INK), 0);
}

/* Marks the tokens of a tile that lie in the output's grid. */
static void draw_tokens_of_tile(struct ui *ui, const struct panel *panel, const struct session *session) {
  const s2vk_scale_layout *scale = &session->scales[panel->field];
  const uint64_t index = ui->app->state.tile - scale->first_tile;
  const float row = (float)(index / scale->tiles.width), column = (float)(index % scale->tiles.width);
  const bool padded = session->settings.split_mode == S2VK_SPLIT_PAD;
  const float across = (float)(padded ? scale->image.width : scale->padded.width) / (float)scale->tile_side,
              down = (float)(padded ? scale->image.height : scale->padded.height) / (float)scale->tile_side;
  const float width = session->covered[0] / across, height = session->covered[1] / down;
  const struct tokens tokens = {.from = {column * width, row * height},
      .to = {(column + 1) * width, (row + 1) * height},
      .field = panel->field,
      .opacity = 1};
  canvas_colours(ui->canvas, panel->image, &tokens);
}

/* ---- One picture ------------------------------------------------------------------------------------------------- */

static void draw_content(struct ui *ui, const struct panel *panel, const struct session *session) {
  const struct tokens tokens = all_tokens(ui, session, panel->field);
  switch (panel->content) {
  case CONTENT_TILES:
    draw_tiles(ui, panel, session);
    break;
  case CONTENT_COLOURS:
  case CONTENT_SEGMENTS:
    canvas_colours(ui->canvas, panel->image, &tokens);
    break;
  case CONTENT_VALUES:
    if (ui->app->state.sides[panel->side].made.parts >> state_values(&ui->app->state) & 1u)
      canvas_values(ui->canvas, panel->image, &tokens);
    break;
  case CONTENT_DIVIDED:
    draw_divided(ui, panel, session);
    break;
  case CONTENT_TOKENS:
    draw_tokens_of_tile(ui, panel, session);
    break;
  case CONTENT_TILE:
    ui->canvas->source = SOURCE_TILE;
    canvas_pixels(
        ui->canvas, panel->image, 0, session->scales[panel->field].tile_side, session->scales[panel->field].tile_side);
    break;
  case CONTENT_NOTHING:
    break;
  }
}

static void draw_marks(struct ui *ui, const struct panel *panel, const struct session *session) {
  const struct state *state = &ui->app->state;
  const enum view view = state->look.view;
  struct canvas *canvas = ui->canvas;
  const bool other = state->look.second == SECOND_IMAGE && panel->side != state->over_side;
  if (panel->content == CONTENT_TILE || panel->content == CONTENT_TOKENS)
    return;
  if (panel->content != CONTENT_TILES)
    for (uint32_t i = panel->last_grid; i-- > panel->first_grid;)
      draw_grid(canvas, panel, session, i);
  if (view == VIEW_TILES && state->over)
    draw_tile_under_pointer(ui, panel, session);
  if (view == VIEW_SIMILARITY && (state->look.second != SECOND_IMAGE || state->pick_side == panel->side))
    draw_token(canvas, panel, session, state->pick, 0xFFFFFF);
  if (state->over && !other && view != VIEW_TILES && view != VIEW_MATCHES &&
      (view != VIEW_SIMILARITY || state->pinned || state->look.second == SECOND_SETTINGS))
    draw_token(canvas, panel, session, state->at, view == VIEW_SIMILARITY ? ACCENT : 0xFFFFFF);
}

void views_draw_panel(struct ui *ui, const struct panel *panel, bool alone) {
  const struct session *session = state_session(&ui->app->state, panel->side);
  const struct picture *picture = session ? session->picture : ui->app->state.sides[panel->side].picture;
  struct canvas *canvas = ui->canvas;
  const struct rect clip = canvas->clip;
  canvas->clip = panel->area;
  canvas->source = panel->side ? SOURCE_SECOND : SOURCE_FIRST;
  if (session && panel->content != CONTENT_TILES)
    for (uint32_t i = panel->first_grid; i < panel->last_grid; i++)
      canvas_fill(canvas, all_tiles(panel, session, i), colour(0x0A0B0F), 0);
  if (panel->photograph && picture)
    canvas_photograph(canvas, panel->image);
  if (session) {
    draw_content(ui, panel, session);
    if (!alone)
      draw_marks(ui, panel, session);
  }
  canvas->clip = clip;
  canvas->source = SOURCE_FIRST;
}

static void draw_title(struct ui *ui, const struct panel *panel) {
  const float y = panel->area.y - TITLE_HEIGHT;
  float x = panel->area.x;
  if (panel->colour) {
    canvas_fill(ui->canvas, (struct rect){x, y + 8, 8, 8}, colour(panel->colour), 4);
    x += 15;
  }
  const float width = panel->area.x + panel->area.width - x;
  const float title = fminf(text_width(ui->canvas->text, FACE_BOLD, panel->title), width);
  ui_text(ui, FACE_BOLD, (struct rect){x, y, width, 24}, ALIGN_LEFT, TEXT, panel->title);
  if (width - title > 60)
    ui_text(ui, FACE_SMALL, (struct rect){x + title + 10, y, width - title - 10, 24}, ALIGN_LEFT, DIM, panel->detail);
}

/* ---- Matches ----------------------------------------------------------------------------------------------------- */

struct candidate {
  uint32_t token;
  struct match match;
};

static int by_similarity(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  return x->match.similarity != y->match.similarity ? (x->match.similarity < y->match.similarity ? 1 : -1)
                                                    : (x->token > y->token) - (x->token < y->token);
}

static void middle_of(const struct panel *panel, const struct session *session, uint32_t token, float at[2]) {
  const uint32_t across = session->layout.output_grid.width;
  at[0] = panel->image.x + ((float)(token % across) + 0.5f) * panel->image.width / session->covered[0];
  at[1] = panel->image.y + ((float)(token / across) + 0.5f) * panel->image.height / session->covered[1];
}

/* Draws the most similar pairs. If the pointer is on the first picture, pairs of the token under it come first. */
static void draw_matches(struct ui *ui) {
  const struct app *app = ui->app;
  const struct state *state = &app->state;
  const struct pair *pair = state->pair;
  const struct panel *panels = app->layout.panels;
  if (!pair || !pair->frame || pair->frame + FRAMES_IN_FLIGHT > state->frame || app->layout.panel_count < 2)
    return;
  struct candidate *all = malloc(pair->tokens[0] * sizeof *all);
  uint32_t count = 0;
  for (uint32_t token = 0; all && token < pair->tokens[0]; token++)
    if (!state->look.mutual || pair_is_mutual(pair, token))
      all[count++] = (struct candidate){token, pair_match(pair, 0, token)};
  if (all)
    qsort(all, count, sizeof *all, by_similarity);
  const uint32_t under = state->over && state->over_side == 0
                             ? session_token_at(pair->sessions[0], state->at[0], state->at[1])
                             : UINT32_MAX;
  const struct rect clip = ui->canvas->clip;
  ui->canvas->clip = app->layout.pictures;
  for (uint32_t i = 0; i < count && i < state->look.matches; i++) {
    float from[2], to[2];
    middle_of(&panels[0], pair->sessions[0], all[i].token, from);
    middle_of(&panels[1], pair->sessions[1], all[i].match.token, to);
    canvas_line(ui->canvas, from, to, faded(scale_colours[i % 4], under == UINT32_MAX ? 0.85f : 0.25f), 1.5f);
  }
  if (under != UINT32_MAX) {
    float from[2], to[2];
    middle_of(&panels[0], pair->sessions[0], under, from);
    middle_of(&panels[1], pair->sessions[1], pair_match(pair, 0, under).token, to);
    canvas_line(ui->canvas, from, to, colour(0xFFFFFF), 3);
  }
  ui->canvas->clip = clip;
  free(all);
}

static void say_what_is_missing(struct ui *ui, const char *text) {
  const struct rect area = ui->app->layout.pictures;
  const struct rect box = {area.x + area.width / 2 - 220, area.y + area.height / 2 - 18, 440, 36};
  canvas_fill(ui->canvas, box, faded(INK, 0.85f), RADIUS);
  ui_text(ui, FACE_BODY, rect_inset(box, 6), ALIGN_CENTRE, TEXT, text);
}

void views_draw(struct ui *ui) {
  const struct layout *layout = &ui->app->layout;
  const struct state *state = &ui->app->state;
  for (uint32_t i = 0; i < layout->panel_count; i++) {
    views_draw_panel(ui, &layout->panels[i], false);
    draw_title(ui, &layout->panels[i]);
  }
  const struct session *session = state_session(state, 0);
  if (state->look.view == VIEW_MATCHES && state->look.second == SECOND_NONE)
    say_what_is_missing(ui, "Matches are of two images: press B for a second one");
  else if (state->look.view == VIEW_MATCHES && session && state_session(state, 1) && !state_is_comparable(state))
    say_what_is_missing(ui, "The features of both sides have different numbers of channels");
  else if (state->look.view == VIEW_MATCHES)
    draw_matches(ui);
  else if (state->look.view == VIEW_DIFFERENCE && session && session->settings.scale_count == 1)
    say_what_is_missing(ui, "A difference is of two scales: press A for another one");
}
