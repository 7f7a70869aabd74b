/* What can be changed, and what it comes to: times, shapes, bytes. */
#include "theme.h"
#include "viewer.h"

#include <math.h>
#include <stdio.h>

#define ROW 28
#define LINE_HEIGHT 19
#define SECTION_GAP 13
#define LABEL_WIDTH 92

const char *const filter_names[6] = {
    [S2VK_FILTER_BICUBIC] = "bicubic",
    [S2VK_FILTER_BILINEAR] = "bilinear",
    [S2VK_FILTER_NEAREST] = "nearest",
    [S2VK_FILTER_BICUBIC_ANTIALIASED] = "bicubic, antialiased",
    [S2VK_FILTER_BILINEAR_ANTIALIASED] = "bilinear, antialiased",
    [S2VK_FILTER_LANCZOS3] = "Lanczos 3",
};

/* Where the next row goes. */
struct column {
  struct viewer *viewer;
  const struct ui *ui;
  float x, y, width;
};

static void text(const struct column *c, enum face face, float x, float width, enum align align, uint32_t rgb,
    float height, const char *string) {
  canvas_text(c->ui->canvas, face, (struct rect){c->x + x, c->y, width, height}, align, colour(rgb), string);
}

static void section(struct column *c, const char *name, const char *note) {
  const float width = text_width(c->ui->canvas->text, FACE_BOLD, name) + 8;
  text(c, FACE_BOLD, 0, c->width, ALIGN_LEFT, TEXT, LINE_HEIGHT, name);
  text(c, FACE_SMALL, width, c->width - width, ALIGN_RIGHT, FAINT, LINE_HEIGHT, note);
  c->y += LINE_HEIGHT + 5;
}

/* ---- Settings ----------------------------------------------------------------------------------------------------- */

static void draw_scales(struct column *c, struct settings *settings) {
  struct viewer *viewer = c->viewer;
  section(c, "Scales", "of the photograph's size");
  for (uint32_t i = 0; i < settings->scale_count; i++) {
    const struct rect row = {c->x, c->y, c->width, ROW - 2};
    const struct rect name = {c->x, c->y, LABEL_WIDTH, ROW - 2};
    char label[32], value[32];
    snprintf(label, sizeof label, "Scale %u", i + 1);
    if (settings->sized)
      snprintf(value, sizeof value, "%u × %u", settings->sizes[i].height, settings->sizes[i].width);
    else
      snprintf(value, sizeof value, "× %.2f", settings->scales[i]);
    if (i == viewer->selected)
      canvas_fill(
          c->ui->canvas, (struct rect){row.x - 8, row.y, row.width + 16, row.height}, faded(ACCENT, 0.13f), RADIUS);
    canvas_fill(c->ui->canvas, (struct rect){c->x, c->y + 9, 8, 8}, colour(scale_colours[i]), 4);
    text(c, i == viewer->selected ? FACE_BOLD : FACE_BODY, 16, LABEL_WIDTH, ALIGN_LEFT, TEXT, ROW - 2, label);
    const double scale = settings->scales[i];
    const int step = ui_stepper(c->ui, (struct rect){c->x + LABEL_WIDTH, c->y + 1, c->width - LABEL_WIDTH, ROW - 4},
        value, scale > MIN_SCALE, scale < MAX_SCALE);
    if (step || ui_is_clicked(c->ui, name))
      viewer->selected = i;
    if (step) {
      settings->scales[i] = fmin(fmax(scale + step * SCALE_STEP, MIN_SCALE), MAX_SCALE);
      settings->sized = false;
    }
    c->y += ROW;
  }
  const float half = (c->width - 8) / 2;
  c->y += 2;
  if (ui_button(c->ui, (struct rect){c->x, c->y, half, ROW - 4}, "Add", settings->scale_count < MAX_SCALES))
    viewer_key(viewer, 'A', false);
  if (ui_button(c->ui, (struct rect){c->x + half + 8, c->y, half, ROW - 4}, "Remove", settings->scale_count > 1))
    viewer_key(viewer, KEY_DELETE, false);
  c->y += ROW;
}

static struct rect field(struct column *c, const char *label) {
  text(c, FACE_BODY, 0, LABEL_WIDTH, ALIGN_LEFT, DIM, ROW - 4, label);
  const struct rect rect = {c->x + LABEL_WIDTH, c->y, c->width - LABEL_WIDTH, ROW - 4};
  c->y += ROW;
  return rect;
}

static void draw_tiles_per_call(struct column *c, struct settings *settings) {
  char value[32];
  if (settings->tiles_per_call)
    snprintf(value, sizeof value, "%u", settings->tiles_per_call);
  else
    snprintf(value, sizeof value, "all of a scale");
  /* ... 16, 32, all */
  const uint32_t tiles = settings->tiles_per_call;
  const int step = ui_stepper(c->ui, field(c, "Tiles a call"), value, tiles != 1, tiles != 0);
  if (step < 0)
    settings->tiles_per_call = tiles ? tiles / 2 : 32;
  else if (step > 0)
    settings->tiles_per_call = tiles < 32 ? tiles * 2 : 0;
}

static void draw_settings(struct column *c, struct settings *settings) {
  static const char *const modes[] = {"resize", "pad"}, *const numbers[] = {"1", "2", "3", "4"};
  const struct backend *backend = &c->viewer->backend;
  const char *const models[] = {"descriptor", backend->vit ? vit_folder_config(backend->folder)->family->name : ""};
  section(c, "Settings", "");
  settings->split_mode = (s2vk_split_mode)ui_segments(c->ui, field(c, "To tiles"), modes, 2, settings->split_mode);
  const uint32_t last = settings->scale_count - 1, output = settings->output < last ? settings->output : last;
  const uint32_t chosen = ui_segments(c->ui, field(c, "Grid of scale"), numbers, settings->scale_count, output);
  if (chosen != output)
    settings->output = chosen == last ? UINT32_MAX : chosen;
  draw_tiles_per_call(c, settings);
  settings->filter =
      (s2vk_filter)((int)settings->filter + ui_stepper(c->ui, field(c, "Filter"), filter_names[settings->filter],
                                                settings->filter > 0, settings->filter < 5));
  if (backend->vit)
    settings->vit = ui_segments(c->ui, field(c, "Model"), models, 2, settings->vit);
  else
    canvas_text(c->ui->canvas, FACE_BODY, field(c, "Model"), ALIGN_CENTRE, colour(TEXT), models[0]);
}

/* ---- What it comes to --------------------------------------------------------------------------------------------- */

static void draw_time(struct column *c, const char *name, bool known, double time, double longest, uint32_t rgb) {
  char value[32] = "–";
  const float bar = c->width - 72 - 82;
  if (known)
    snprintf(value, sizeof value, time < 100 ? "%.2f ms" : "%.0f ms", time);
  text(c, FACE_BODY, 0, 90, ALIGN_LEFT, DIM, LINE_HEIGHT, name);
  canvas_fill(c->ui->canvas, (struct rect){c->x + 84, c->y + 7, bar, 6}, colour(RAISED), 3);
  if (known && longest > 0)
    canvas_fill(
        c->ui->canvas, (struct rect){c->x + 84, c->y + 7, fmaxf(3, bar * (float)(time / longest)), 6}, colour(rgb), 3);
  text(c, FACE_BODY, 84, c->width - 84, ALIGN_RIGHT, known ? TEXT : FAINT, LINE_HEIGHT, value);
  c->y += LINE_HEIGHT;
}

static void draw_times(struct column *c, const struct session *session) {
  struct times times = session->times;
  if (c->viewer->without_times)
    times = (struct times){0};
  const double longest = fmax(fmax(times.split, times.model), fmax(times.merge, times.components));
  section(c, "Time on the GPU", "");
  draw_time(c, "split", times.known, times.split, longest, 0x59C3E6);
  draw_time(c, "model", times.known, times.model, longest, 0xF2C14E);
  draw_time(c, "merge", times.known, times.merge, longest, 0x59C3E6);
  draw_time(c, "components", times.known, times.components, longest, 0x646D7E);
}

static void draw_cells(struct column *c, uint32_t rgb, const char *image, const char *tiles, const char *tokens) {
  const float third = (c->width - 24) / 3;
  text(c, FACE_SMALL, 20, third + 4, ALIGN_RIGHT, rgb, LINE_HEIGHT - 2, image);
  text(c, FACE_SMALL, 24 + third, third, ALIGN_RIGHT, rgb, LINE_HEIGHT - 2, tiles);
  text(c, FACE_SMALL, 24 + 2 * third, third, ALIGN_RIGHT, rgb, LINE_HEIGHT - 2, tokens);
}

static void draw_line(struct column *c, const char *name, const char *value) {
  text(c, FACE_BODY, 0, c->width, ALIGN_LEFT, DIM, LINE_HEIGHT, name);
  text(c, FACE_BODY, 0, c->width, ALIGN_RIGHT, TEXT, LINE_HEIGHT, value);
  c->y += LINE_HEIGHT;
}

static void draw_shapes(struct column *c, const struct session *session) {
  char cells[3][32], line[64];
  section(c, "Shapes", "height × width");
  draw_cells(c, FAINT, "pixels", "tiles", "tokens");
  c->y += LINE_HEIGHT - 2;
  for (uint32_t i = 0; i < session->settings.scale_count; i++) {
    const s2vk_scale_layout *scale = &session->scales[i];
    const s2vk_size sizes[3] = {scale->image, scale->tiles, scale->own};
    for (int j = 0; j < 3; j++)
      snprintf(cells[j], sizeof cells[j], "%u × %u", sizes[j].height, sizes[j].width);
    canvas_fill(c->ui->canvas, (struct rect){c->x, c->y + 5, 8, 8}, colour(scale_colours[i]), 4);
    draw_cells(c, TEXT, cells[0], cells[1], cells[2]);
    c->y += LINE_HEIGHT - 2;
  }
  const s2vk_shape *shape = &session->layout.output;
  snprintf(line, sizeof line, "%u × %u × %u", shape->dims[0], shape->dims[1], shape->dims[2]);
  c->y += 3;
  draw_line(c, "Output", line);
  snprintf(line, sizeof line, "%u, of %llu tiles in all", session->layout.call_count,
      (unsigned long long)session->layout.tile_count);
  draw_line(c, "Model calls", line);
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
  char value[32];
  text(c, FACE_BOLD, 0, c->width, ALIGN_RIGHT, TEXT, LINE_HEIGHT, bytes(session_workspace_bytes(session), value));
  section(c, "Workspace", "");
  draw_line(c, "Tiles of a call", bytes(layout->tiles_bytes, value));
  draw_line(c, "Features of a call", bytes(layout->features_bytes, value));
  draw_line(c, "Output", bytes(layout->output_bytes, value));
  draw_line(c, "Tables", bytes(layout->table_bytes + layout->accumulator_bytes, value));
  if (session->settings.vit)
    draw_line(c, "Transformer", bytes(vit_workspace_bytes(session->backend->vit), value));
  draw_line(c, "Pictures of it", bytes(analysis_bytes(&session->analysis), value));
}

void sidebar_draw(struct viewer *viewer, const struct ui *ui, struct rect area) {
  struct canvas *canvas = ui->canvas;
  const struct rect all = canvas->clip;
  canvas_fill(canvas, area, colour(SURFACE), 0);
  canvas_fill(canvas, (struct rect){area.x, area.y, 1, area.height}, colour(LINE), 0);
  canvas->clip = area;
  struct column c = {viewer, ui, area.x + 20, area.y + 16 - viewer->scroll, area.width - 40};
  struct settings settings = viewer->settings;
  draw_scales(&c, &settings);
  /* Buttons that stand for keys have changed settings of their own accord. */
  if (settings.scale_count == viewer->settings.scale_count) {
    c.y += SECTION_GAP;
    draw_settings(&c, &settings);
    viewer_set(viewer, &settings);
  }
  if (viewer->current) {
    c.y += SECTION_GAP;
    draw_times(&c, viewer->current);
    c.y += SECTION_GAP;
    draw_shapes(&c, viewer->current);
    c.y += SECTION_GAP;
    draw_memory(&c, viewer->current);
  }
  viewer->scroll_end = fmaxf(0, c.y + viewer->scroll + 12 - area.y - area.height);
  viewer->scroll = fminf(viewer->scroll, viewer->scroll_end);
  canvas->clip = all;
}
