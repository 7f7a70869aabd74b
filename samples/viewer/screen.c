/* Draws the whole screen. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>

/* Buttons that do not fit are left out. Keys and the palette still reach their actions. */
static void draw_header(struct ui *ui) {
  static const char *const names[VIEW_COUNT] = {
      "1 Tiles", "2 Features", "3 Similarity", "4 Difference", "5 Segments", "6 Norms", "7 Matches"};
  static const char *const numbers[] = {"1", "2", "3", "4", "5", "6", "7"}, *const ways[] = {"beside", "overlay"};
  const struct app *app = ui->app;
  const struct rect area = app->layout.header;
  const float keys = 76, full = 680, ways_width = 148;
  canvas_fill(ui->canvas, area, colour(SURFACE), 0);
  canvas_fill(ui->canvas, (struct rect){area.x, area.y + area.height - 1, area.width, 1}, colour(LINE), 0);
  ui_text(ui, FACE_TITLE, (struct rect){MARGIN, 14, 60, 24}, ALIGN_LEFT, TEXT, "s2vk");
  const float right = area.width - MARGIN - keys;
  float x = MARGIN + text_width(ui->canvas->text, FACE_TITLE, "s2vk") + 20;
  const bool wide = right - x - 12 >= full;
  const float views = wide ? full : fminf(210, right - x - 12);
  ui_choices(ui, (struct rect){x, 12, views, 28},
      &(struct choices){ACTION_VIEW_TILES, -1, wide ? names : numbers, VIEW_COUNT, app->state.look.view});
  x += views + 12;
  if (right - x - 12 >= ways_width) {
    ui_choices(ui, (struct rect){x, 12, ways_width, 28},
        &(struct choices){ACTION_OVERLAY, 0, ways, 2, app->state.look.overlay});
    x += ways_width + 12;
  }
  ui_button(ui, (struct rect){right, 12, keys, 28}, ACTION_HELP, 0, "H  Help");
  if (!app->state.without_times && right - x > 80)
    ui_text(ui, FACE_SMALL, (struct rect){x, 14, right - x - 16, 24}, ALIGN_RIGHT, FAINT, app->device);
}

static void draw_footer(struct ui *ui) {
  const char *hint = "Ctrl+P: find an action   ·   H: all keys";
  const struct app *app = ui->app;
  const struct state *state = &app->state;
  const struct rect area = app->layout.footer;
  char line[512];
  canvas_fill(ui->canvas, (struct rect){0, area.y, area.width + 2 * MARGIN, 1}, colour(LINE), 0);
  describe_place(app, line, sizeof line);
  const struct session *session = state_session(state, 0);
  if (!*line && session && state->album.count > 1)
    snprintf(line, sizeof line, "%s   ·   %u of %u", picture_name(session->picture), state->look.number[0] + 1,
        state->album.count);
  else if (!*line && session)
    snprintf(line, sizeof line, "%s", picture_name(session->picture));
  const float taken = text_width(ui->canvas->text, FACE_SMALL, line);
  if (area.width - taken - 24 <= text_width(ui->canvas->text, FACE_SMALL, hint))
    hint = "Ctrl+P: find";
  const float width = text_width(ui->canvas->text, FACE_SMALL, hint);
  ui_text(ui, FACE_SMALL, area, ALIGN_LEFT, DIM, line);
  const struct rect place = {area.x + area.width - width, area.y + 4, width, area.height - 8};
  if (area.width - taken - 24 <= width)
    return;
  const bool over = ui_place(ui, place, ACTION_PALETTE, 0);
  ui_text(ui, FACE_SMALL, area, ALIGN_RIGHT, over ? TEXT : FAINT, hint);
}

void screen_draw(struct ui *ui) {
  ui->covered = ui->app->help || ui->app->palette;
  views_draw(ui);
  legend_draw(ui);
  strip_draw(ui);
  draw_footer(ui);
  sidebar_draw(ui);
  draw_header(ui);
  overlay_draw(ui);
}
