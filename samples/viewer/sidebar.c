/* The sidebar: settings, and the times, shapes and bytes that result. */
#include "widgets.h"

#include "vocabulary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW 28
#define LINE_HEIGHT 19
#define SECTION_GAP 13
#define LABEL_WIDTH 92

/* Where the next row goes. */
struct column {
  struct ui *ui;
  float x, y, width;
  bool stale; /* numbers belong to the old settings; new ones are being computed */
};

static void text(
    const struct column *c, enum face face, struct rect at, enum align align, uint32_t rgb, const char *string) {
  const struct rect place = {c->x + at.x, c->y + at.y, at.width, at.height};
  ui_text(c->ui, face, place, align, rgb, string);
}

static void section(struct column *c, const char *name, const char *note) {
  const float width = text_width(c->ui->canvas->text, FACE_BOLD, name) + 8;
  text(c, FACE_BOLD, (struct rect){0, 0, c->width, LINE_HEIGHT}, ALIGN_LEFT, TEXT, name);
  text(c, FACE_SMALL, (struct rect){width, 0, c->width - width, LINE_HEIGHT}, ALIGN_RIGHT, FAINT, note);
  c->y += LINE_HEIGHT + 5;
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static void draw_scale(struct column *c, const struct settings *settings, uint32_t i) {
  const bool chosen = i == c->ui->app->state.look.selected;
  const struct rect name = {c->x, c->y, LABEL_WIDTH, ROW - 2};
  char label[32], value[32];
  snprintf(label, sizeof label, "Scale %u", i + 1);
  if (settings->sized || settings->has_preset) {
    const struct backend *backend = &c->ui->app->state.backend;
    const struct preset_choice choice = backend_preset(backend, settings);
    s2vk_size sizes[PRESET_MAX_SCALES];
    preset_sizes(&choice, backend_side(backend, settings), sizes);
    snprintf(value, sizeof value, "%u × %u", sizes[i].height, sizes[i].width);
  } else
    snprintf(value, sizeof value, "× %.2f", settings->scales[i]);
  if (chosen)
    canvas_fill(c->ui->canvas, (struct rect){c->x - 8, c->y, c->width + 16, ROW - 2}, faded(ACCENT, 0.13f), RADIUS);
  canvas_fill(c->ui->canvas, (struct rect){c->x, c->y + 9, 8, 8}, colour(scale_colours[i]), 4);
  text(c, chosen ? FACE_BOLD : FACE_BODY, (struct rect){16, 0, LABEL_WIDTH, ROW - 2}, ALIGN_LEFT, TEXT, label);
  ui_place(c->ui, name, ACTION_CHOOSE_SCALE, (int)i);
  const struct stepper stepper = {ACTION_SMALLER, ACTION_LARGER, (int)i + 1, value,
      settings->scales[i] > (settings->has_preset ? 1 : MIN_SCALE), settings->scales[i] < MAX_SCALE};
  ui_stepper(c->ui, (struct rect){c->x + LABEL_WIDTH, c->y + 1, c->width - LABEL_WIDTH, ROW - 4}, &stepper);
  c->y += ROW;
}

static void draw_scales(struct column *c, const struct settings *settings) {
  section(c, "Scales", settings->has_preset || settings->sized ? "in pixels" : "of the photograph's size");
  for (uint32_t i = 0; i < settings->scale_count; i++)
    draw_scale(c, settings, i);
  const float half = (c->width - 8) / 2;
  c->y += 2;
  ui_button(c->ui, (struct rect){c->x, c->y, half, ROW - 4}, ACTION_ADD_SCALE, 0, "Add");
  ui_button(c->ui, (struct rect){c->x + half + 8, c->y, half, ROW - 4}, ACTION_REMOVE_SCALE, 0, "Remove");
  c->y += ROW;
}

static struct rect field(struct column *c, const char *label) {
  text(c, FACE_BODY, (struct rect){0, 0, LABEL_WIDTH, ROW - 4}, ALIGN_LEFT, DIM, label);
  const struct rect rect = {c->x + LABEL_WIDTH, c->y, c->width - LABEL_WIDTH, ROW - 4};
  c->y += ROW;
  return rect;
}

static void draw_model(struct column *c, const struct settings *settings) {
  const struct backend *backend = &c->ui->app->state.backend;
  const char *const inputs[] = {"whole", "as extract"};
  if (!backend->model_count) {
    const struct rect place = field(c, "Model");
    ui_text(c->ui, FACE_BODY, place, ALIGN_CENTRE, TEXT, backend_model_name(backend, 0));
    ui_tip(c->ui, place, "Mean colour and gradients of each patch. Drop a model's folder here, or give --model", NULL);
    return;
  }
  ui_button(c->ui, field(c, "Model"), ACTION_MODEL, 0, backend_model_name(backend, settings->model));
  if (settings->model && !settings->has_preset)
    ui_choices(c->ui, field(c, "Photograph"), &(struct choices){ACTION_PREPROCESS, 0, inputs, 2, settings->preprocess});
}

/* What is done ahead of S2, as the chain of a language model has it. */
static void draw_preset(struct column *c, const struct settings *settings) {
  static const char *const shapes[] = {"square", "as photo"}, *const orders[] = {"by rows", "in blocks"};
  const bool nvila = settings->has_preset && settings->preset == PRESET_NVILA;
  ui_stepper(c->ui, field(c, "Chain"),
      &(struct stepper){ACTION_PREVIOUS_PRESET, ACTION_NEXT_PRESET, 0,
          settings->has_preset ? names_of_preset[settings->preset] : "none", true, true});
  if (nvila)
    ui_choices(c->ui, field(c, "Tiles"), &(struct choices){ACTION_DYNAMIC_S2, 0, shapes, 2, settings->dynamic_s2});
  if (settings->has_preset || settings->blocks)
    ui_choices(c->ui, field(c, "Written"), &(struct choices){ACTION_BLOCKS, 0, orders, 2, settings->blocks});
}

static void draw_settings(struct column *c, const struct settings *settings) {
  static const char *const modes[] = {"resize", "pad"}, *const numbers[] = {"1", "2", "3", "4"},
                           *const grids[] = {"of image", "of tiles"};
  const uint32_t tiles = settings->tiles_per_call, last = settings->scale_count - 1;
  char value[32] = "all of a scale";
  if (tiles)
    snprintf(value, sizeof value, "%u", tiles);
  section(c, "Settings", "");
  ui_choices(c->ui, field(c, "To tiles"), &(struct choices){ACTION_SPLIT_MODE, 0, modes, 2, settings->split_mode});
  ui_choices(
      c->ui, field(c, "Grid"), &(struct choices){ACTION_GRID_POLICY, 0, grids, 2, settings->grid == S2VK_GRID_SPLIT});
  ui_choices(c->ui, field(c, "Grid of scale"),
      &(struct choices){
          ACTION_OUTPUT, 1, numbers, settings->scale_count, settings->output < last ? settings->output : last});
  ui_stepper(c->ui, field(c, "Tiles a call"),
      &(struct stepper){ACTION_FEWER_TILES, ACTION_MORE_TILES, 0, value, tiles != 1, tiles != 0});
  ui_stepper(c->ui, field(c, "Filter"),
      &(struct stepper){ACTION_PREVIOUS_FILTER, ACTION_NEXT_FILTER, 0, names_of_filter[settings->filter],
          !settings->has_preset, !settings->has_preset});
  draw_preset(c, settings);
  draw_model(c, settings);
}

static void draw_sides(struct column *c) {
  const struct look *look = &c->ui->app->state.look;
  static const char *const sides[] = {"A, left", "B, right"};
  if (look->second == SECOND_NONE)
    return;
  ui_choices(c->ui, field(c, "Settings of"), &(struct choices){ACTION_OTHER_SIDE, 0, sides, 2, look->active});
  c->y += 6;
}

/* ---- What it comes to -------------------------------------------------------------------------------------------- */

static uint32_t number_colour(const struct column *c) {
  return c->stale ? FAINT : TEXT;
}

static void draw_time(struct column *c, const char *name, const double times[2], uint32_t rgb, const char *tip) {
  char value[32] = "–";
  const float bar = c->width - 72 - 82;
  if (times[0] >= 0)
    snprintf(value, sizeof value,
        times[0] < 100     ? "%.2f ms"
        : times[0] < 10000 ? "%.0f ms"
                           : "%.1f s",
        times[0] < 10000 ? times[0] : times[0] / 1000);
  text(c, FACE_BODY, (struct rect){0, 0, 90, LINE_HEIGHT}, ALIGN_LEFT, DIM, name);
  canvas_fill(c->ui->canvas, (struct rect){c->x + 84, c->y + 7, bar, 6}, colour(RAISED), 3);
  if (times[0] >= 0 && times[1] > 0)
    canvas_fill(c->ui->canvas, (struct rect){c->x + 84, c->y + 7, fmaxf(3, bar * (float)(times[0] / times[1])), 6},
        faded(rgb, c->stale ? 0.4f : 1), 3);
  text(c, FACE_BODY, (struct rect){84, 0, c->width - 84, LINE_HEIGHT}, ALIGN_RIGHT,
      times[0] >= 0 ? number_colour(c) : FAINT, value);
  ui_tip(c->ui, (struct rect){c->x, c->y, c->width, LINE_HEIGHT}, tip, NULL);
  c->y += LINE_HEIGHT;
}

static void draw_times(struct column *c, const struct session *session) {
  const struct app *app = c->ui->app;
  const struct times *times = &session->times;
  const bool known = times->known && !app->state.without_times;
  const double longest = fmax(fmax(times->split, times->model), fmax(times->merge, times->components));
  const bool cpu = app->state.gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  section(c, app->state.without_times ? "Time" : cpu ? "Time on the CPU" : "Time on the GPU", "");
  draw_time(c, "split", (double[]){known ? times->split : -1, longest}, 0x59C3E6,
      "From the photograph to the tiles of all scales: s2vk_record_split()");
  draw_time(c, "model", (double[]){known ? times->model : -1, longest}, 0xF2C14E, "All calls of the model");
  draw_time(c, "merge", (double[]){known ? times->merge : -1, longest}, 0x59C3E6,
      "From the features of tiles to the output: s2vk_record_merge()");
  draw_time(c, "components", (double[]){known ? times->components : -1, longest}, 0x646D7E,
      "Principal components for the colours, which the viewer adds: no part of S2");
}

static void draw_cells(struct column *c, uint32_t rgb, const char *image, const char *tiles, const char *tokens) {
  const float third = (c->width - 24) / 3;
  text(c, FACE_SMALL, (struct rect){20, 0, third + 4, LINE_HEIGHT - 2}, ALIGN_RIGHT, rgb, image);
  text(c, FACE_SMALL, (struct rect){24 + third, 0, third, LINE_HEIGHT - 2}, ALIGN_RIGHT, rgb, tiles);
  text(c, FACE_SMALL, (struct rect){24 + 2 * third, 0, third, LINE_HEIGHT - 2}, ALIGN_RIGHT, rgb, tokens);
}

static void draw_line(struct column *c, const char *name, const char *value, const char *tip) {
  text(c, FACE_BODY, (struct rect){0, 0, c->width, LINE_HEIGHT}, ALIGN_LEFT, DIM, name);
  text(c, FACE_BODY, (struct rect){0, 0, c->width, LINE_HEIGHT}, ALIGN_RIGHT, number_colour(c), value);
  ui_tip(c->ui, (struct rect){c->x, c->y, c->width, LINE_HEIGHT}, tip, NULL);
  c->y += LINE_HEIGHT;
}

static void draw_shapes(struct column *c, const struct session *session) {
  char cells[3][32], line[64];
  section(c, "Shapes", "height × width");
  ui_tip(c->ui, (struct rect){c->x, c->y, c->width, (LINE_HEIGHT - 2) * (1.0f + (float)session->settings.scale_count)},
      "Of each scale: the image's pixels, its tiles, and the tokens of the image's own part", NULL);
  draw_cells(c, FAINT, "pixels", "tiles", "tokens");
  c->y += LINE_HEIGHT - 2;
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    const s2vk_size sizes[3] = {scale->image, scale->tiles, scale->own};
    for (int j = 0; j < 3; j++)
      snprintf(cells[j], sizeof cells[j], "%u × %u", sizes[j].height, sizes[j].width);
    canvas_fill(c->ui->canvas, (struct rect){c->x, c->y + 5, 8, 8}, colour(scale_colours[i]), 4);
    draw_cells(c, number_colour(c), cells[0], cells[1], cells[2]);
    c->y += LINE_HEIGHT - 2;
  }
  const s2vk_shape *shape = &session->layout.output;
  snprintf(line, sizeof line, "%u × %u × %u", shape->dims[0], shape->dims[1], shape->dims[2]);
  c->y += 3;
  draw_line(c, "Output", line, "Images × tokens × channels of all scales");
  snprintf(line, sizeof line, "%u, of %llu tiles in all", session->layout.call_count,
      (unsigned long long)session->layout.tile_count);
  draw_line(c, "Model calls", line, "How often the model runs, and on how many tiles of all scales together");
}

static const char *bytes(uint64_t count, char out[32]) {
  if (count < 1000000)
    snprintf(out, 32, "%.1f kB", (double)count / 1e3);
  else
    snprintf(out, 32, "%.1f MB", (double)count / 1e6);
  return out;
}

static void draw_memory(struct column *c, const struct session *session) {
  const s2vk_plan_layout *layout = &session->layout;
  const struct backend_model *model = session_model(session);
  char value[32];
  text(c, FACE_BOLD, (struct rect){0, 0, c->width, LINE_HEIGHT}, ALIGN_RIGHT, number_colour(c),
      bytes(session_workspace_bytes(session), value));
  section(c, "Workspace", "");
  draw_line(c, "Tiles of a call", bytes(layout->tiles_bytes, value), "s2vk_plan_layout.tiles_bytes");
  draw_line(c, "Features of a call", bytes(layout->features_bytes, value), "s2vk_plan_layout.features_bytes");
  draw_line(c, "Output", bytes(layout->output_bytes, value), "s2vk_plan_layout.output_bytes");
  draw_line(c, "Tables", bytes(layout->table_bytes + layout->accumulator_bytes, value),
      "Weights of the interpolations and their places, and sums that outlive a call");
  if (model)
    draw_line(
        c, "Model", bytes(vit_workspace_bytes(model->vit), value), "What the model computes with, its weights apart");
  draw_line(c, "Pictures of it",
      bytes(analysis_bytes(&session->analysis) + session->tiles.bytes + session->tile.bytes, value),
      "Tiles and colours that the viewer keeps to show them: no part of S2");
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static void draw_scrollbar(struct ui *ui, struct rect area) {
  const struct app *app = ui->app;
  if (ui->scroll_end <= 0)
    return;
  const float all = area.height + ui->scroll_end, part = area.height * area.height / all;
  const float at = area.y + (area.height - part) * app->scroll / ui->scroll_end;
  canvas_fill(ui->canvas, (struct rect){area.x + area.width - SCROLL_WIDTH - 3, at + 2, SCROLL_WIDTH, part - 4},
      colour(app->dragging == DRAG_SCROLL ? DIM : FAINT), SCROLL_WIDTH / 2);
}

void sidebar_draw(struct ui *ui) {
  const struct app *app = ui->app;
  const struct rect area = app->layout.sidebar, all = ui->canvas->clip;
  if (area.width <= 0)
    return;
  canvas_fill(ui->canvas, area, colour(SURFACE), 0);
  canvas_fill(ui->canvas, (struct rect){area.x, area.y, 1, area.height}, colour(LINE), 0);
  ui->canvas->clip = area;
  const uint32_t active = app->state.look.second == SECOND_NONE ? 0 : app->state.look.active;
  const struct side *side = &app->state.sides[active];
  struct column c = {ui, area.x + 20, area.y + 16 - app->scroll, area.width - 40,
      (side->pending || side->loading) && !app->state.patient};
  const struct settings *settings = state_settings(&app->state);
  draw_sides(&c);
  draw_scales(&c, settings);
  c.y += SECTION_GAP;
  draw_settings(&c, settings);
  if (side->current) {
    c.y += SECTION_GAP;
    draw_times(&c, side->current);
    c.y += SECTION_GAP;
    draw_shapes(&c, side->current);
    c.y += SECTION_GAP;
    draw_memory(&c, side->current);
  }
  ui->scroll_end = fmaxf(0, c.y + app->scroll + 12 - area.y - area.height);
  draw_scrollbar(ui, area);
  ui->canvas->clip = all;
}
