/* The legend below the pictures: what their colours mean. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>

#define LINE_STEP 19

/* A row that continues in the next line when it is full. */
struct flow {
  struct ui *ui;
  struct rect area;
  float x, y;
};

/* Goes to the next line unless `width` fits into this one. */
static void make_room(struct flow *flow, float width) {
  if (flow->x + width <= flow->area.x + flow->area.width + 0.5f || flow->x == flow->area.x)
    return;
  flow->x = flow->area.x;
  flow->y += LINE_STEP;
}

static void put_label(struct flow *flow, uint32_t rgb, const char *label, float after) {
  const float width = text_width(flow->ui->canvas->text, FACE_SMALL, label);
  make_room(flow, width);
  ui_text(flow->ui, FACE_SMALL, (struct rect){flow->x, flow->y, width + 1, 20}, ALIGN_LEFT, rgb, label);
  flow->x += width + after;
}

/* Keeps a label and the swatch after it in one line. */
static struct rect put_swatch(struct flow *flow, const char *label, float width, float after) {
  make_room(flow, text_width(flow->ui->canvas->text, FACE_SMALL, label) + 8 + width);
  put_label(flow, TEXT, label, 8);
  const struct rect rect = {flow->x, flow->y + 5, width, 10};
  flow->x += width + after;
  return rect;
}

static void draw_tiles(struct flow *flow) {
  const struct session *session = state_session(&flow->ui->app->state, 0);
  char label[64];
  if (!session)
    return;
  const uint32_t side = session->scales[0].tile_side;
  snprintf(label, sizeof label, "Tiles of %u × %u pixels:", side, side);
  put_label(flow, DIM, label, 18);
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    snprintf(label, sizeof label, "scale %u", i + 1);
    canvas_frame(flow->ui->canvas, put_swatch(flow, label, 16, 20), colour(scale_colours[i]), 1, 1.5f);
  }
  if (session->tiles_shift && !flow->ui->app->state.look.overlay) {
    snprintf(label, sizeof label, "shown at 1/%u; click one for all of it", 1u << session->tiles_shift);
    put_label(flow, DIM, label, 0);
  }
}

static void draw_components(struct flow *flow) {
  static const char *const names[] = {"1st", "2nd", "3rd"};
  static const char *const of[COLOURS_COUNT] = {"Principal components as colour:", "Components of the foreground:",
      "Components of both images:", "Components of both foregrounds:"};
  const enum colouring colouring = flow->ui->app->state.look.colouring;
  const float width = flow->area.width < 640 ? 36 : 72;
  const struct rect line = {flow->x, flow->y, 220, 20};
  put_label(flow, DIM, of[colouring], 18);
  ui_place(flow->ui, line, ACTION_COLOURING, 0);
  for (uint32_t i = 0; i < 3; i++)
    canvas_component_scale(flow->ui->canvas, put_swatch(flow, names[i], width, i < 2 ? 16 : 0), i);
}

static void draw_segments(struct flow *flow) {
  const uint32_t count = flow->ui->app->state.look.segments;
  char label[32];
  snprintf(label, sizeof label, "%u segments (K):", count);
  put_label(flow, DIM, label, 14);
  for (uint32_t i = 0; i < count; i++) {
    make_room(flow, 22);
    canvas_segment(flow->ui->canvas, (struct rect){flow->x, flow->y + 4, 22, 12}, i);
    flow->x += 28;
  }
}

static void draw_matches(struct flow *flow) {
  const struct look *look = &flow->ui->app->state.look;
  char label[96];
  snprintf(label, sizeof label, "The %u most alike of the %s, by the cosine of %s", look->matches,
      look->mutual ? "mutual nearest neighbours" : "nearest neighbours",
      look->solo ? "the chosen scale" : "all scales");
  put_label(flow, DIM, label, 0);
}

/* ---- The bar of values ------------------------------------------------------------------------------------------- */

/* The histogram of the last field that is shown. */
static void draw_histogram(struct ui *ui, struct rect bar) {
  const struct state *state = &ui->app->state;
  const struct session *session = state_session(state, 0);
  if (!session || !(state->sides[0].made.parts >> state_values(state) & 1u))
    return;
  const uint32_t field = state_values(state) == VALUES_DIFFERENCES ? 0 : session->settings.scale_count;
  const float *bins = state->reading.stats[0][field] + 4;
  float most = 1;
  for (int i = 0; i < STATS_BINS; i++)
    most = fmaxf(most, bins[i]);
  for (int i = 0; i < STATS_BINS; i++) {
    const float height = 12 * sqrtf(bins[i] / most), width = bar.width / STATS_BINS;
    canvas_fill(
        ui->canvas, (struct rect){bar.x + width * (float)i, bar.y - 1 - height, width - 0.5f, height}, colour(DIM), 0);
  }
}

static void draw_values(struct ui *ui, struct rect area) {
  const struct app *app = ui->app;
  static const char *const whole[] = {
      "Cosine similarity to the patch:", "Length of a token's features:", "Tokens within a coarse one differ:"};
  static const char *const modes[] = {"automatic", "of what is seen", "by hand"};
  const struct rect bar = app->layout.bar;
  char label[32];
  if (bar.x > area.x + 1) {
    ui_text(ui, FACE_SMALL, (struct rect){area.x, area.y + 7, bar.x - area.x - 8, 18}, ALIGN_LEFT, DIM,
        whole[state_values(&app->state)]);
    const struct rect mode = {area.x, area.y + 24, bar.x - area.x - 8, 18};
    snprintf(label, sizeof label, "range: %s (V)", modes[app->state.look.range]);
    ui_text(ui, FACE_SMALL, mode, ALIGN_LEFT, FAINT, label);
    ui_place(ui, mode, ACTION_RANGE, 0);
  }
  draw_histogram(ui, bar);
  canvas_value_scale(ui->canvas, bar);
  ui_tip(ui, (struct rect){bar.x, bar.y - 14, bar.width, bar.height + 14},
      "How many tokens have which value, of all scales. Drag an end to set the range", ", . < > V");
  const int ticks = bar.width > 240 ? 4 : bar.width > 120 ? 2 : 1;
  const float low = app->state.low, high = app->state.high;
  for (int i = 0; i <= ticks; i++) {
    const float x = bar.x + bar.width * (float)i / (float)ticks, value = low + (high - low) * (float)i / (float)ticks;
    snprintf(label, sizeof label, fabsf(high) < 10 ? "%.2f" : "%.1f", (double)value);
    canvas_fill(ui->canvas, (struct rect){x - 0.5f, bar.y + bar.height, 1, 4}, colour(FAINT), 0);
    /* A negative number at the left end would begin outside the window. */
    const float middle = fmaxf(x, 3 + text_width(ui->canvas->text, FACE_SMALL, label) / 2);
    ui_text(ui, FACE_SMALL, (struct rect){middle - 30, bar.y + bar.height + 4, 60, 16}, ALIGN_CENTRE, DIM, label);
  }
}

void legend_draw(struct ui *ui) {
  const enum view view = ui->app->state.look.view;
  const struct rect area = ui->app->layout.legend;
  struct flow flow = {ui, area, area.x, area.y + 4};
  if (!ui->app->layout.panel_count)
    return;
  if (view == VIEW_TILES)
    draw_tiles(&flow);
  else if (view == VIEW_FEATURES)
    draw_components(&flow);
  else if (view == VIEW_SEGMENTS)
    draw_segments(&flow);
  else if (view == VIEW_MATCHES)
    draw_matches(&flow);
  else
    draw_values(ui, area);
}
