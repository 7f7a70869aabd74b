/* Everything that lies above the rest: the help page, the palette, tooltips, and progress. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HELP_ROW 22
#define PALETTE_ROW 30
#define PALETTE_ROWS 9
#define TIP_SECONDS 0.5

/* ---- Help -------------------------------------------------------------------------------------------------------- */

static void draw_help(struct ui *ui) {
  static const char *const mouse[][2] = {
      {"wheel", "zoom, down to the pixel; over the sidebar: scroll"},
      {"drag", "move what is seen; the divider; an end of the range of colours"},
      {"click", "pin the patch, again: let it go; a tile: look at it; a thumbnail: show it"},
      {"right click", "let the patch go"},
      {"drop", "a photograph, a folder of them, or a model's folder"},
  };
  const int mouse_count = (int)(sizeof mouse / sizeof *mouse);
  struct canvas *canvas = ui->canvas;
  const struct rect all = canvas->clip;
  const float width = fminf(680, all.width - 16), tall = all.height - 24;
  const struct rect page = {(all.width - width) / 2, 12, width, tall};
  const float keys = fminf(170, width * 0.3f);
  canvas_fill(canvas, all, faded(INK, 0.72f), 0);
  canvas_fill(canvas, page, colour(SURFACE), 10);
  canvas_frame(canvas, page, colour(LINE), 10, 1);
  canvas->clip = (struct rect){page.x, page.y + 8, page.width, page.height - 16};
  float y = page.y + 16 - ui->app->help_scroll;
  ui_text(ui, FACE_TITLE, (struct rect){page.x + 28, y, width - 56, 24}, ALIGN_LEFT, TEXT, "Keys and mouse");
  y += 34;
  for (int i = 0; i < mouse_count + ACTION_COUNT; i++) {
    const struct action_row *row = i < mouse_count ? NULL : &action_rows[i - mouse_count];
    if (row && !row->keys)
      continue;
    y += row && row->begins ? 10 : 0;
    ui_text(ui, FACE_BOLD, (struct rect){page.x + 28, y, keys - 8, HELP_ROW}, ALIGN_LEFT, ACCENT,
        row ? row->keys : mouse[i][0]);
    ui_text(ui, FACE_BODY, (struct rect){page.x + 28 + keys, y, width - 56 - keys, HELP_ROW}, ALIGN_LEFT, TEXT,
        row ? row->name : mouse[i][1]);
    y += HELP_ROW;
  }
  ui->help_end = fmaxf(0, y + ui->app->help_scroll + 12 - page.y - page.height);
  if (ui->help_end > 0) {
    const float part = tall * tall / (tall + ui->help_end);
    canvas_fill(canvas,
        (struct rect){page.x + width - 12, page.y + (tall - part) * ui->app->help_scroll / ui->help_end + 4,
            SCROLL_WIDTH, part - 8},
        colour(FAINT), 3);
  }
  canvas->clip = all;
}

/* ---- The palette ------------------------------------------------------------------------------------------------- */

static void draw_entry(struct ui *ui, struct rect row, const struct palette_entry *entry, bool chosen) {
  const struct action_row *action = &action_rows[entry->action];
  const bool enabled = action_is_enabled(ui->app, entry->action);
  if (chosen) {
    canvas_fill(ui->canvas, row, faded(ACCENT, 0.22f), RADIUS);
    ui->chosen_row = row;
  }
  const struct rect inner = rect_inset(row, 4);
  const float keys = action->keys ? text_width(ui->canvas->text, FACE_SMALL, action->keys) + 12 : 8;
  ui_text(ui, FACE_BODY, (struct rect){inner.x + 10, row.y, inner.width - keys - 20, row.height}, ALIGN_LEFT,
      enabled ? TEXT : FAINT, entry->text);
  if (action->keys)
    ui_text(ui, FACE_SMALL, (struct rect){inner.x, row.y, inner.width - 8, row.height}, ALIGN_RIGHT, DIM, action->keys);
  ui_place(ui, row, entry->action, entry->argument);
}

static void draw_palette(struct ui *ui) {
  const struct app *app = ui->app;
  struct canvas *canvas = ui->canvas;
  const struct rect all = canvas->clip;
  const float width = fminf(560, all.width - 24);
  const uint32_t rows = (uint32_t)fminf(PALETTE_ROWS, fmaxf((all.height - 120) / PALETTE_ROW, 1));
  const struct rect box = {(all.width - width) / 2, fminf(64, all.height / 8), width, 58 + PALETTE_ROW * (float)rows};
  canvas_fill(canvas, all, faded(INK, 0.5f), 0);
  canvas_fill(canvas, box, colour(SURFACE), 10);
  canvas_frame(canvas, box, colour(ACCENT), 10, 1);
  const struct rect line = {box.x + 12, box.y + 10, width - 24, 32};
  canvas_fill(canvas, line, colour(RAISED), RADIUS);
  const bool empty = !*app->palette_text;
  ui_text(ui, FACE_BODY, rect_inset(line, 8), ALIGN_LEFT, empty ? FAINT : TEXT,
      empty ? "What to do, or the name of a photograph" : app->palette_text);
  const float caret = empty ? 0 : text_width(canvas->text, FACE_BODY, app->palette_text);
  canvas_fill(canvas, (struct rect){line.x + 9 + caret, line.y + 8, 1.5f, 16}, colour(ACCENT), 0);
  const uint32_t first = app->palette_chosen >= rows ? app->palette_chosen - rows + 1 : 0;
  struct palette_entry entry;
  for (uint32_t i = 0; i < rows && action_entry(app, app->palette_text, first + i, &entry); i++)
    draw_entry(ui, (struct rect){box.x + 8, box.y + 50 + PALETTE_ROW * (float)i, width - 16, PALETTE_ROW - 2}, &entry,
        first + i == app->palette_chosen);
}

/* ---- Progress, messages, tooltips -------------------------------------------------------------------------------- */

static void draw_progress(struct ui *ui) {
  const struct app *app = ui->app;
  const struct rect area = app->layout.pictures;
  char text[ERROR_BYTES], line[ERROR_BYTES + 32];
  float share;
  if (!state_progress(&app->state, text, &share))
    return;
  const bool running = app->state.sides[0].pending || app->state.sides[1].pending || app->state.sides[0].loading ||
                       app->state.sides[1].loading;
  if (running && app->state.sides[0].current)
    canvas_fill(ui->canvas, (struct rect){0, area.y, area.width + 2 * MARGIN, area.height + LEGEND_HEIGHT},
        faded(0x0E1015, 0.45f), 0);
  snprintf(line, sizeof line, "%s%s", text, running ? "   ·   Esc: cancel" : "");
  const float width = fminf(440, area.width);
  const struct rect box = {area.x + (area.width - width) / 2, area.y + 4, width, 40};
  canvas_fill(ui->canvas, box, colour(SURFACE), RADIUS);
  canvas_frame(ui->canvas, box, colour(LINE), RADIUS, 1);
  ui_text(ui, FACE_SMALL, (struct rect){box.x + 12, box.y + 3, width - 24, 22}, ALIGN_LEFT, TEXT, line);
  canvas_fill(ui->canvas, (struct rect){box.x + 12, box.y + 28, width - 24, 5}, colour(RAISED), 2.5f);
  canvas_fill(
      ui->canvas, (struct rect){box.x + 12, box.y + 28, fmaxf((width - 24) * share, 5), 5}, colour(ACCENT), 2.5f);
}

static void draw_note(struct ui *ui) {
  const struct state *state = &ui->app->state;
  const struct rect area = ui->app->layout.pictures;
  const char *text = *state->warning ? state->warning : state->note;
  if (!*text || (!*state->warning && ui->app->seconds > ui->app->noted_at + NOTE_SECONDS))
    return;
  const float width = fminf(text_width(ui->canvas->text, FACE_BODY, text) + 32, area.width);
  const struct rect box = {area.x + (area.width - width) / 2, area.y + area.height - 34, width, 32};
  canvas_fill(ui->canvas, box, colour(SURFACE), RADIUS);
  canvas_frame(ui->canvas, box, colour(*state->warning ? WARNING : ACCENT), RADIUS, 1);
  ui_text(ui, FACE_BODY, rect_inset(box, 8), ALIGN_CENTRE, *state->warning ? WARNING : TEXT, text);
}

static void draw_tip(struct ui *ui) {
  const struct input *input = &ui->app->input;
  const struct rect all = ui->canvas->clip;
  if (!ui->tip || input->down || ui->app->seconds - input->still_since < TIP_SECONDS)
    return;
  char line[256];
  snprintf(line, sizeof line, "%s%s%s", ui->tip, ui->tip_keys ? "   ·   " : "", ui->tip_keys ? ui->tip_keys : "");
  const float width = fminf(text_width(ui->canvas->text, FACE_SMALL, line) + 20, all.width - 8);
  struct rect box = {ui->tip_at.x, ui->tip_at.y + ui->tip_at.height + 6, width, 24};
  box.x = fmaxf(fminf(box.x, all.width - width - 4), 4);
  if (box.y + box.height > all.height)
    box.y = ui->tip_at.y - 30;
  canvas_fill(ui->canvas, rect_inset(box, -1), colour(LINE), RADIUS);
  canvas_fill(ui->canvas, box, colour(INK), RADIUS);
  ui_text(ui, FACE_SMALL, rect_inset(box, 4), ALIGN_CENTRE, TEXT, line);
}

void overlay_draw(struct ui *ui) {
  draw_progress(ui);
  draw_note(ui);
  ui->covered = false;
  if (ui->app->help)
    draw_help(ui);
  if (ui->app->palette)
    draw_palette(ui);
  draw_tip(ui);
}
