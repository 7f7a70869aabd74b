/* Chooses the pictures, and places everything on the screen. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Which pictures ---------------------------------------------------------------------------------------------- */

static struct panel *add_panel(struct app *app, uint32_t side, uint32_t colour, const char *title) {
  struct panel *panel = &app->layout.panels[app->layout.panel_count++];
  *panel = (struct panel){.colour = colour, .side = side};
  snprintf(panel->title, sizeof panel->title, "%s", title);
  return panel;
}

static void add_photograph(struct app *app, uint32_t side, const char *title) {
  const struct state *state = &app->state;
  const struct session *session = state_session(state, side);
  const struct picture *picture = session ? session->picture : state->sides[side].picture;
  struct panel *panel = add_panel(app, side, 0, title);
  panel->photograph = true;
  if (picture)
    snprintf(panel->detail, sizeof panel->detail, "%u × %u", picture->image.extent.height, picture->image.extent.width);
}

/* With two sides, names what differs between them. */
static void name_photograph(struct app *app, uint32_t side) {
  const struct state *state = &app->state;
  const struct session *session = state_session(state, side);
  char title[64] = "Photograph";
  if (session && state->look.second == SECOND_IMAGE)
    snprintf(title, sizeof title, "%.60s", picture_name(session->picture));
  else if (session && state->look.second == SECOND_SETTINGS)
    snprintf(title, sizeof title, "%s: %.40s", side ? "B" : "A",
        backend_model_name(&state->backend, session->settings.model));
  else if (state->look.view == VIEW_SIMILARITY)
    snprintf(title, sizeof title, "%s", state->pinned ? "Patch, pinned" : "Patch under the pointer");
  add_photograph(app, side, title);
}

static void add_field(struct app *app, uint32_t side, uint32_t field) {
  static const enum content contents[VIEW_COUNT] = {[VIEW_FEATURES] = CONTENT_COLOURS,
      [VIEW_SIMILARITY] = CONTENT_VALUES,
      [VIEW_SEGMENTS] = CONTENT_SEGMENTS,
      [VIEW_NORMS] = CONTENT_VALUES};
  const struct look *look = &app->state.look;
  const struct session *session = state_session(&app->state, side);
  const uint32_t count = session->settings.scale_count;
  const bool all = field >= count;
  char title[32] = "All scales";
  if (!all)
    snprintf(title, sizeof title, "Scale %u%s", field + 1, look->view == VIEW_SIMILARITY && count > 1 ? " alone" : "");
  struct panel *panel = add_panel(app, side, all ? ALL_COLOUR : scale_colours[field], title);
  panel->photograph = look->overlay;
  panel->content = contents[look->view];
  panel->field = all ? count : field;
  snprintf(panel->detail, sizeof panel->detail, "%u channels", session->analysis.shape.channels * (all ? count : 1));
}

static void add_fields(struct app *app, uint32_t side) {
  const struct look *look = &app->state.look;
  const struct session *session = state_session(&app->state, side);
  const uint32_t count = session->settings.scale_count;
  if (look->solo)
    add_field(app, side, look->selected < count ? look->selected : count - 1);
  for (uint32_t i = 0; !look->solo && look->second == SECOND_NONE && i < count; i++)
    add_field(app, side, i);
  if (!look->solo && (count > 1 || look->second != SECOND_NONE))
    add_field(app, side, count > 1 ? count : 0);
}

static void add_tile(struct app *app, const struct session *session) {
  const struct state *state = &app->state;
  uint32_t scale = 0;
  while (scale + 1 < session->settings.scale_count && state->tile >= session->scales[scale + 1].first_tile)
    scale++;
  const s2vk_scale_layout *layout = &session->scales[scale];
  const uint64_t index = state->tile - layout->first_tile;
  char title[64];
  snprintf(title, sizeof title, "Tile %llu, %llu of scale %u", (unsigned long long)(index / layout->tiles.width),
      (unsigned long long)(index % layout->tiles.width), scale + 1);
  struct panel *panel = add_panel(app, 0, scale_colours[scale], title);
  panel->content = CONTENT_TILE;
  panel->field = scale;
  snprintf(panel->detail, sizeof panel->detail, "%u × %u pixels", layout->tile_side, layout->tile_side);
  panel = add_panel(app, 0, scale_colours[scale], "Its tokens");
  panel->content = CONTENT_TOKENS;
  panel->field = scale;
  snprintf(panel->detail, sizeof panel->detail, "%u × %u", layout->features.height, layout->features.width);
}

static void add_tiles(struct app *app, uint32_t side) {
  const struct look *look = &app->state.look;
  const struct session *session = state_session(&app->state, side);
  const uint32_t count = session->settings.scale_count;
  if (app->state.tile < session->layout.tile_count && look->second == SECOND_NONE) {
    add_tile(app, session);
    return;
  }
  if (look->overlay) {
    struct panel *panel = add_panel(app, side, ALL_COLOUR, "Tiles of all scales");
    panel->photograph = true;
    panel->last_grid = count;
    snprintf(panel->detail, sizeof panel->detail, "%llu tiles", (unsigned long long)session->layout.tile_count);
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    char title[32];
    if (look->solo && i != look->selected)
      continue;
    snprintf(title, sizeof title, "Scale %u", i + 1);
    struct panel *panel = add_panel(app, side, scale_colours[i], title);
    panel->content = CONTENT_TILES;
    panel->field = panel->first_grid = i;
    panel->last_grid = i + 1;
    snprintf(panel->detail, sizeof panel->detail, "%u × %u pixels in %u × %u tiles", scale->image.height,
        scale->image.width, scale->tiles.height, scale->tiles.width);
  }
}

static void add_difference(struct app *app, uint32_t side) {
  const struct look *look = &app->state.look;
  const struct session *session = state_session(&app->state, side);
  const uint32_t count = session->settings.scale_count;
  const uint32_t coarse = look->compared[0] < count ? look->compared[0] : 0;
  const bool others = look->compared[1] >= count;
  char title[64];
  if (others)
    snprintf(title, sizeof title, "Scale %u | all scales", coarse + 1);
  else
    snprintf(title, sizeof title, "Scale %u | scale %u", coarse + 1, look->compared[1] + 1);
  struct panel *panel = add_panel(app, side, 0, title);
  panel->photograph = look->overlay;
  panel->content = CONTENT_DIVIDED;
  snprintf(panel->detail, sizeof panel->detail, "drag the line");
  panel = add_panel(app, side, others ? ALL_COLOUR : scale_colours[look->compared[1]], "What it adds");
  panel->photograph = look->overlay;
  panel->content = CONTENT_VALUES;
  snprintf(panel->detail, sizeof panel->detail, "within %u × %u tokens of scale %u", session->scales[coarse].own.height,
      session->scales[coarse].own.width, coarse + 1);
}

/* With two sides, the photographs come first, then what is computed of them. */
static void choose_panels(struct app *app) {
  const struct look *look = &app->state.look;
  const uint32_t sides = state_side_count(&app->state);
  const bool with_photographs = look->view == VIEW_FEATURES || look->view == VIEW_SIMILARITY ||
                                look->view == VIEW_SEGMENTS || look->view == VIEW_NORMS || look->view == VIEW_MATCHES;
  for (uint32_t side = 0; side < sides; side++)
    if (!state_session(&app->state, side))
      add_photograph(app, side, "Photograph");
    else if (with_photographs && !(sides > 1 && look->overlay && look->view != VIEW_MATCHES))
      name_photograph(app, side);
  for (uint32_t side = 0; side < sides; side++) {
    if (!state_session(&app->state, side) || look->view == VIEW_MATCHES)
      continue;
    if (look->view == VIEW_TILES)
      add_tiles(app, side);
    else if (look->view == VIEW_DIFFERENCE)
      add_difference(app, side);
    else
      add_fields(app, side);
  }
}

/* ---- Where they are ---------------------------------------------------------------------------------------------- */

/* The region that has to be seen, in pixels of the photograph. If tiles are padded, it contains the padding. */
static void content_size(const struct app *app, const struct panel *panel, float size[2]) {
  const struct session *session = state_session(&app->state, panel->side);
  const struct picture *picture = session ? session->picture : app->state.sides[panel->side].picture;
  size[0] = picture ? (float)picture->image.extent.width : 1;
  size[1] = picture ? (float)picture->image.extent.height : 1;
  if (panel->content == CONTENT_TILE || panel->content == CONTENT_TOKENS) {
    size[0] = size[1] = (float)session->scales[panel->field].tile_side;
    return;
  }
  if (app->state.look.view != VIEW_TILES || !session || session->settings.split_mode != S2VK_SPLIT_PAD)
    return;
  const float width = size[0], height = size[1];
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    size[0] = fmaxf(size[0], width * (float)scale->padded.width / (float)scale->image.width);
    size[1] = fmaxf(size[1], height * (float)scale->padded.height / (float)scale->image.height);
  }
}

/* Moves the centre of what is seen so that as little as possible outside of that region is seen. */
static float clamp_centre(float centre, float seen) {
  return seen >= 1 ? 0.5f : fminf(fmaxf(centre, seen / 2), 1 - seen / 2);
}

/* Chooses the number of columns that makes pictures largest. */
static uint32_t best_columns(uint32_t count, struct rect area, float aspect) {
  uint32_t best = 1;
  float largest = -1;
  for (uint32_t columns = 1; columns <= count; columns++) {
    const uint32_t rows = (count + columns - 1) / columns;
    const float width = (area.width - GAP * (float)(columns - 1)) / (float)columns;
    const float height = (area.height - GAP * (float)(rows - 1)) / (float)rows - TITLE_HEIGHT;
    const float fitted = fminf(width, height * aspect);
    if (fitted > largest) {
      largest = fitted;
      best = columns;
    }
  }
  return best;
}

struct cells {
  float most_across, most_down, width, height, left, top;
  uint32_t columns;
};

/* Places pictures side by side in the middle of the area. A picture that is larger than its place fills it. */
static struct cells make_cells(const struct app *app, struct rect area) {
  const struct layout *layout = &app->layout;
  const uint32_t count = layout->panel_count;
  float size[2];
  content_size(app, &layout->panels[0], size);
  struct cells cells = {.columns = best_columns(count, area, size[0] / size[1])};
  if (state_side_count(&app->state) > 1 && count > 1)
    cells.columns = 2;
  const uint32_t rows = (count + cells.columns - 1) / cells.columns;
  cells.most_across = fmaxf((area.width - GAP * (float)(cells.columns - 1)) / (float)cells.columns, 8);
  cells.most_down = fmaxf((area.height - GAP * (float)(rows - 1)) / (float)rows - TITLE_HEIGHT, 8);
  for (uint32_t i = 0; i < count; i++) {
    content_size(app, &layout->panels[i], size);
    const float scale = fminf(cells.most_across / size[0], cells.most_down / size[1]) * app->state.zoom;
    cells.width = fmaxf(cells.width, fminf(cells.most_across, size[0] * scale));
    cells.height = fmaxf(cells.height, fminf(cells.most_down, size[1] * scale));
  }
  cells.left = area.x + (area.width - (cells.width + GAP) * (float)cells.columns + GAP) / 2;
  cells.top = area.y + (area.height - (TITLE_HEIGHT + cells.height + GAP) * (float)rows + GAP) / 2;
  return cells;
}

static void place_panel(struct app *app, struct panel *panel, const struct cells *cells, uint32_t index) {
  struct state *state = &app->state;
  float size[2];
  content_size(app, panel, size);
  const struct session *session = state_session(state, panel->side);
  const bool still = panel->content == CONTENT_TILE || panel->content == CONTENT_TOKENS;
  const float scale = fminf(cells->most_across / size[0], cells->most_down / size[1]) * (still ? 1 : state->zoom);
  const float width = fminf(cells->most_across, size[0] * scale), height = fminf(cells->most_down, size[1] * scale);
  const float x = cells->left + (cells->width + GAP) * (float)(index % cells->columns);
  const float y = cells->top + (TITLE_HEIGHT + cells->height + GAP) * (float)(index / cells->columns) + TITLE_HEIGHT;
  panel->area = (struct rect){x, y, width, height};
  if (still || !session) {
    panel->image = panel->area;
    return;
  }
  if (index == 0) {
    state->centre[0] = clamp_centre(state->centre[0], width / (size[0] * scale));
    state->centre[1] = clamp_centre(state->centre[1], height / (size[1] * scale));
  }
  const VkExtent2D extent = session->picture->image.extent;
  panel->image =
      (struct rect){x + width / 2 - clamp_centre(state->centre[0], width / (size[0] * scale)) * size[0] * scale,
          y + height / 2 - clamp_centre(state->centre[1], height / (size[1] * scale)) * size[1] * scale,
          (float)extent.width * scale, (float)extent.height * scale};
  if (index == 0) {
    const float seen[4] = {(x - panel->image.x) / panel->image.width, (y - panel->image.y) / panel->image.height,
        (x + width - panel->image.x) / panel->image.width, (y + height - panel->image.y) / panel->image.height};
    for (int i = 0; i < 4; i++)
      state->seen[i] = fminf(fmaxf(seen[i], 0), 1);
  }
}

static struct rect bar_of(const struct app *app, struct rect legend) {
  const enum view view = app->state.look.view;
  if (view != VIEW_SIMILARITY && view != VIEW_NORMS && view != VIEW_DIFFERENCE)
    return (struct rect){0};
  const float label = legend.width > 620 ? 212 : 0;
  return (struct rect){legend.x + label, legend.y + 14, fmaxf(fminf(300, legend.width - label - 24), 16), 8};
}

void layout_make(struct app *app, struct rect screen) {
  struct layout *layout = &app->layout;
  const float sidebar = screen.width > 2 * SIDEBAR_WIDTH ? SIDEBAR_WIDTH : 0, left = screen.width - sidebar;
  const float strip = app->state.album.count > 1 && screen.height > 400 ? STRIP_HEIGHT : 0;
  const float bottom = screen.height - FOOTER_HEIGHT - strip, inner = left - 2 * MARGIN;
  *layout = (struct layout){
      .header = {0, 0, screen.width, HEADER_HEIGHT},
      .strip = {0, bottom, left, strip},
      .pictures = {MARGIN, HEADER_HEIGHT + 8, fmaxf(inner, 16), fmaxf(bottom - LEGEND_HEIGHT - HEADER_HEIGHT - 20, 48)},
      .legend = {MARGIN, bottom - LEGEND_HEIGHT, inner, LEGEND_HEIGHT},
      .footer = {MARGIN, screen.height - FOOTER_HEIGHT, inner, FOOTER_HEIGHT},
      .sidebar = {left, HEADER_HEIGHT, sidebar, screen.height - HEADER_HEIGHT},
  };
  choose_panels(app);
  if (!layout->panel_count)
    return;
  const struct cells cells = make_cells(app, layout->pictures);
  for (uint32_t i = 0; i < layout->panel_count; i++)
    place_panel(app, &layout->panels[i], &cells, i);
  const float in =
      fmaxf(layout->panels[0].area.x - layout->legend.x, 0); /* below the pictures, if these are wide enough */
  if (layout->legend.width - 2 * in > 560) {
    layout->legend.x += in;
    layout->legend.width -= 2 * in;
  }
  layout->bar = bar_of(app, layout->legend);
}
