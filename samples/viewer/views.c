/* The three views: which panels there are, where, and what is in them. */
#include "theme.h"
#include "viewer.h"

#include <math.h>
#include <stdio.h>

#define TITLE_HEIGHT 26

/* ---- Which panels ------------------------------------------------------------------------------------------------- */

static struct panel *add_panel(struct viewer *viewer, uint32_t colour, const char *title) {
  struct panel *panel = &viewer->panels[viewer->panel_count++];
  *panel = (struct panel){.colour = colour};
  snprintf(panel->title, sizeof panel->title, "%s", title);
  return panel;
}

static struct panel *add_scale(struct viewer *viewer, uint32_t scale, const char *after) {
  char title[32];
  snprintf(title, sizeof title, "Scale %u%s", scale + 1, after);
  return add_panel(viewer, scale_colours[scale], title);
}

static void add_tile_panels(struct viewer *viewer, const struct session *session) {
  const uint32_t count = session->settings.scale_count;
  if (viewer->overlay) {
    struct panel *panel = add_panel(viewer, ALL_COLOUR, "Tiles of all scales");
    panel->photograph = true;
    panel->last_grid = count;
    snprintf(panel->detail, sizeof panel->detail, "%llu tiles", (unsigned long long)session->layout.tile_count);
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    struct panel *panel = add_scale(viewer, i, "");
    panel->photograph = true;
    panel->first_grid = i;
    panel->last_grid = i + 1;
    snprintf(panel->detail, sizeof panel->detail, "%u × %u pixels in %u × %u tiles", scale->image.height,
        scale->image.width, scale->tiles.height, scale->tiles.width);
  }
}

static void add_field(struct viewer *viewer, const struct session *session, uint32_t field, const char *after) {
  const bool all = field == session->settings.scale_count;
  struct panel *panel = all ? add_panel(viewer, ALL_COLOUR, "All scales") : add_scale(viewer, field, after);
  panel->photograph = viewer->overlay;
  panel->fields = true;
  panel->field = field;
  const uint32_t channels = session->analysis.shape.channels * (all ? session->settings.scale_count : 1);
  snprintf(panel->detail, sizeof panel->detail, "%u channels", channels);
}

static void add_photograph(struct viewer *viewer, const char *title) {
  struct panel *panel = add_panel(viewer, 0, title);
  panel->photograph = true;
  snprintf(panel->detail, sizeof panel->detail, "%u × %u", viewer->photograph.extent.height,
      viewer->photograph.extent.width);
}

static void add_feature_panels(struct viewer *viewer, const struct session *session) {
  const uint32_t count = session->settings.scale_count;
  add_photograph(viewer, "Photograph");
  for (uint32_t i = 0; i < count; i++)
    add_field(viewer, session, i, "");
  if (count > 1)
    add_field(viewer, session, count, "");
}

static void add_similarity_panels(struct viewer *viewer, const struct session *session) {
  add_photograph(viewer, viewer->pinned ? "Patch, pinned" : "Patch under the pointer");
  const uint32_t count = session->settings.scale_count;
  for (uint32_t i = 0; i < count; i++)
    add_field(viewer, session, i, " alone");
  if (count > 1)
    add_field(viewer, session, count, "");
}

/* ---- Where -------------------------------------------------------------------------------------------------------- */

/* What has to be seen, in pixels of the photograph: with its tiles, if they are padded. */
static void content_size(const struct viewer *viewer, float size[2]) {
  const float width = (float)viewer->photograph.extent.width, height = (float)viewer->photograph.extent.height;
  size[0] = width;
  size[1] = height;
  const struct session *session = viewer->current;
  if (viewer->view != VIEW_TILES || !session || session->settings.split_mode != S2VK_SPLIT_PAD)
    return;
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    size[0] = fmaxf(size[0], width * (float)scale->padded.width / (float)scale->image.width);
    size[1] = fmaxf(size[1], height * (float)scale->padded.height / (float)scale->image.height);
  }
}

/* The centre of what is seen, so that no more of the surroundings is seen than has to be. */
static float clamp_centre(float centre, float seen) {
  return seen >= 1 ? 0.5f : fminf(fmaxf(centre, seen / 2), 1 - seen / 2);
}

/* The number of columns that makes pictures largest. */
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

/* Side by side in the middle of the area, at one size. Once pictures are larger than their places, they fill those. */
static void place_panels(struct viewer *viewer, struct rect area) {
  float content[2];
  content_size(viewer, content);
  const uint32_t count = viewer->panel_count, columns = best_columns(count, area, content[0] / content[1]);
  const uint32_t rows = (count + columns - 1) / columns;
  const float most_across = (area.width - GAP * (float)(columns - 1)) / (float)columns;
  const float most_down = (area.height - GAP * (float)(rows - 1)) / (float)rows - TITLE_HEIGHT;
  const float scale = fminf(most_across / content[0], most_down / content[1]) * viewer->zoom; /* points of a pixel */
  const float width = fminf(most_across, content[0] * scale), height = fminf(most_down, content[1] * scale);
  const float step_across = width + GAP, step_down = TITLE_HEIGHT + height + GAP;
  const float left = area.x + (area.width - step_across * (float)columns + GAP) / 2;
  const float top = area.y + (area.height - step_down * (float)rows + GAP) / 2;
  viewer->centre[0] = clamp_centre(viewer->centre[0], width / (content[0] * scale));
  viewer->centre[1] = clamp_centre(viewer->centre[1], height / (content[1] * scale));
  for (uint32_t i = 0; i < count; i++) {
    struct panel *panel = &viewer->panels[i];
    panel->area = (struct rect){left + step_across * (float)(i % columns),
        top + step_down * (float)(i / columns) + TITLE_HEIGHT, width, height};
    panel->image = (struct rect){panel->area.x + width / 2 - viewer->centre[0] * content[0] * scale,
        panel->area.y + height / 2 - viewer->centre[1] * content[1] * scale,
        (float)viewer->photograph.extent.width * scale, (float)viewer->photograph.extent.height * scale};
  }
}

void views_lay_out(struct viewer *viewer, struct rect area) {
  viewer->panel_count = 0;
  viewer->pictures = area;
  const struct session *session = viewer->current;
  if (!session)
    add_photograph(viewer, "Photograph");
  else if (viewer->view == VIEW_TILES)
    add_tile_panels(viewer, session);
  else if (viewer->view == VIEW_FEATURES)
    add_feature_panels(viewer, session);
  else
    add_similarity_panels(viewer, session);
  place_panels(viewer, area);
}

/* ---- What is in them ---------------------------------------------------------------------------------------------- */

/* The rectangle of a tile: of rows and columns there may be fractions and more than one. */
static struct rect tile_rect(const struct panel *panel, const struct session *session, uint32_t scale, float row,
    float column, float rows, float columns) {
  const s2vk_scale_layout *layout = &session->scales[scale];
  const bool padded = session->settings.split_mode == S2VK_SPLIT_PAD;
  const float covered_width = (float)(padded ? layout->image.width : layout->padded.width);
  const float covered_height = (float)(padded ? layout->image.height : layout->padded.height);
  const float width = panel->image.width * (float)layout->tile_side / covered_width;
  const float height = panel->image.height * (float)layout->tile_side / covered_height;
  return (struct rect){panel->image.x + column * width, panel->image.y + row * height, columns * width, rows * height};
}

static void draw_padding(struct canvas *canvas, const struct panel *panel, const struct session *session) {
  for (uint32_t i = panel->first_grid; i < panel->last_grid; i++) {
    const s2vk_size tiles = session->scales[i].tiles;
    canvas_fill(
        canvas, tile_rect(panel, session, i, 0, 0, (float)tiles.height, (float)tiles.width), colour(0x0A0B0F), 0);
  }
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
  const struct rect all = tile_rect(panel, session, scale, 0, 0, (float)tiles.height, (float)tiles.width);
  const bool among_others = panel->last_grid - panel->first_grid > 1;
  const float wanted = among_others ? 3 - 0.7f * (float)scale : 1.5f;
  const float thickness = fmaxf(1, roundf(wanted * canvas->scale)) / canvas->scale; /* whole pixels, of one kind */
  for (uint32_t i = 0; i <= tiles.width; i++) {
    const float x = roundf((all.x + all.width * (float)i / (float)tiles.width) * canvas->scale) / canvas->scale;
    const float left = i == 0             ? 0
                       : i == tiles.width ? thickness
                                          : floorf(thickness * canvas->scale / 2) / canvas->scale;
    draw_line(canvas, (struct rect){x - left, all.y, thickness, all.height}, scale_colours[scale], true);
  }
  for (uint32_t i = 0; i <= tiles.height; i++) {
    const float y = roundf((all.y + all.height * (float)i / (float)tiles.height) * canvas->scale) / canvas->scale;
    const float above = i == 0              ? 0
                        : i == tiles.height ? thickness
                                            : floorf(thickness * canvas->scale / 2) / canvas->scale;
    draw_line(canvas, (struct rect){all.x, y - above, all.width, thickness}, scale_colours[scale], false);
  }
}

static void draw_tile_under_pointer(
    struct canvas *canvas, const struct panel *panel, const struct viewer *viewer, uint32_t scale) {
  const struct session *session = viewer->current;
  const struct rect tile = tile_rect(panel, session, scale, 0, 0, 1, 1);
  const float column = floorf(viewer->at[0] * panel->image.width / tile.width);
  const float row = floorf(viewer->at[1] * panel->image.height / tile.height);
  canvas_fill(canvas, tile_rect(panel, session, scale, row, column, 1, 1), faded(scale_colours[scale], 0.25f), 0);
}

/* The token at a place, framed. */
static void draw_token(
    struct canvas *canvas, const struct panel *panel, const struct session *session, const float at[2], uint32_t rgb) {
  const uint32_t token = session_token_at(session, at[0], at[1]), across = session->layout.output_grid.width;
  const float width = panel->image.width / session->covered[0], height = panel->image.height / session->covered[1];
  const struct rect place = {panel->image.x + (float)(token % across) * width,
      panel->image.y + (float)(token / across) * height, width, height};
  canvas_frame(canvas, rect_inset(place, -2.5f), faded(INK, 0.85f), 1, 3.5f);
  canvas_frame(canvas, rect_inset(place, -1.5f), colour(rgb), 0.5f, 1.5f);
}

static void draw_panel(struct viewer *viewer, struct canvas *canvas, const struct panel *panel) {
  const struct session *session = viewer->current;
  canvas->clip = panel->area;
  if (session)
    draw_padding(canvas, panel, session);
  if (panel->photograph)
    canvas_photograph(canvas, panel->image);
  if (!session)
    return;
  const float opacity = viewer->overlay ? viewer->opacity : 1;
  if (panel->fields && viewer->view == VIEW_FEATURES)
    canvas_colours(canvas, panel->image, session->covered, panel->field, opacity);
  else if (panel->fields && viewer->picked_of == session)
    canvas_similarities(canvas, panel->image, session->covered, panel->field, opacity);
  for (uint32_t i = panel->last_grid; i-- > panel->first_grid;)
    draw_grid(canvas, panel, session, i);
  if (viewer->view == VIEW_TILES && viewer->over && panel->last_grid == panel->first_grid + 1)
    draw_tile_under_pointer(canvas, panel, viewer, panel->first_grid);
  if (viewer->view == VIEW_SIMILARITY)
    draw_token(canvas, panel, session, viewer->pick, 0xFFFFFF);
  if (viewer->over && (viewer->view == VIEW_FEATURES || (viewer->view == VIEW_SIMILARITY && viewer->pinned)))
    draw_token(canvas, panel, session, viewer->at, viewer->view == VIEW_FEATURES ? 0xFFFFFF : ACCENT);
}

static void draw_title(struct canvas *canvas, const struct panel *panel) {
  const float y = panel->area.y - TITLE_HEIGHT;
  float x = panel->area.x;
  if (panel->colour) {
    canvas_fill(canvas, (struct rect){x, y + 8, 8, 8}, colour(panel->colour), 4);
    x += 15;
  }
  const float width = panel->area.x + panel->area.width - x;
  const float title = fminf(text_width(canvas->text, FACE_BOLD, panel->title), width);
  canvas_text(canvas, FACE_BOLD, (struct rect){x, y, width, 24}, ALIGN_LEFT, colour(TEXT), panel->title);
  if (width - title > 60)
    canvas_text(canvas, FACE_SMALL, (struct rect){x + title + 10, y, width - title - 10, 24}, ALIGN_LEFT, colour(DIM),
        panel->detail);
}

void views_draw(struct viewer *viewer, struct canvas *canvas) {
  const struct rect all = canvas->clip;
  for (uint32_t i = 0; i < viewer->panel_count; i++) {
    draw_panel(viewer, canvas, &viewer->panels[i]);
    canvas->clip = all;
    draw_title(canvas, &viewer->panels[i]);
  }
}

/* ---- Legends ------------------------------------------------------------------------------------------------------ */

static float draw_label(struct canvas *canvas, float x, float y, uint32_t rgb, const char *label) {
  const float width = text_width(canvas->text, FACE_SMALL, label);
  canvas_text(canvas, FACE_SMALL, (struct rect){x, y, width + 1, 20}, ALIGN_LEFT, colour(rgb), label);
  return x + width;
}

static void draw_tile_legend(struct viewer *viewer, struct canvas *canvas, struct rect area) {
  const struct session *session = viewer->current;
  char label[64];
  if (!session)
    return;
  const uint32_t side = session->scales[0].tile_side;
  snprintf(label, sizeof label, "Tiles of %u × %u pixels:", side, side);
  float x = draw_label(canvas, area.x, area.y, DIM, label) + 18;
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    snprintf(label, sizeof label, "scale %u", i + 1);
    canvas_frame(canvas, (struct rect){x, area.y + 4, 16, 12}, colour(scale_colours[i]), 1, 1.5f);
    x = draw_label(canvas, x + 24, area.y, TEXT, label) + 20;
  }
}

static void draw_component_legend(struct canvas *canvas, struct rect area) {
  static const char *const names[] = {"1st component", "2nd", "3rd"};
  const char *const label = "Principal components of the features as colour:";
  const bool two_lines = area.width < 680;
  const float width = two_lines ? 52 : 72;
  const float after = draw_label(canvas, area.x, area.y, DIM, label), y = area.y + (two_lines ? 19 : 0);
  float x = two_lines ? area.x : after + 18;
  for (uint32_t i = 0; i < 3; i++) {
    x = draw_label(canvas, x, y, TEXT, names[i]) + 8;
    canvas_component_scale(canvas, (struct rect){x, y + 5, width, 10}, i);
    x += width + 20;
  }
}

static void draw_similarity_legend(struct viewer *viewer, struct canvas *canvas, struct rect area) {
  char label[32];
  float x = draw_label(canvas, area.x, area.y, DIM, "Cosine similarity to the patch:") + 18;
  const float width = fminf(280, area.x + area.width - x - 30);
  canvas_similarity_scale(canvas, (struct rect){x, area.y + 4, width, 12});
  const float lowest = viewer->picked_of ? viewer->lowest : 0;
  for (int i = 0; i <= 4; i++) {
    const float tick = x + width * (float)i / 4;
    snprintf(label, sizeof label, "%s%.2f", i ? "" : "≤ ", (double)(lowest + (1 - lowest) * (float)i / 4));
    canvas_fill(canvas, (struct rect){tick - 0.5f, area.y + 16, 1, 4}, colour(FAINT), 0);
    canvas_text(canvas, FACE_SMALL, (struct rect){tick - 30, area.y + 19, 60, 18}, ALIGN_CENTRE, colour(DIM), label);
  }
}

void views_legend(struct viewer *viewer, struct canvas *canvas, struct rect area) {
  const float left = viewer->panels[0].area.x - area.x; /* as the pictures are */
  area.x += left;
  area.width -= 2 * left;
  if (viewer->view == VIEW_TILES)
    draw_tile_legend(viewer, canvas, area);
  else if (viewer->view == VIEW_FEATURES)
    draw_component_legend(canvas, area);
  else
    draw_similarity_legend(viewer, canvas, area);
}
