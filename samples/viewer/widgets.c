#include "widgets.h"

bool ui_is_over(const struct ui *ui, struct rect rect) {
  const struct input *input = &ui->app->input;
  return !ui->covered && rect_has(rect, input->x, input->y) && rect_has(ui->canvas->clip, input->x, input->y);
}

static bool is_clicked(const struct ui *ui, struct rect rect) {
  const struct input *input = &ui->app->input;
  return input->released && !ui->covered && rect_has(ui->canvas->clip, input->released_x, input->released_y) &&
         rect_has(rect, input->released_x, input->released_y) && rect_has(rect, input->pressed_x, input->pressed_y);
}

void ui_tip(struct ui *ui, struct rect rect, const char *tip, const char *keys) {
  if (!ui_is_over(ui, rect) || !tip)
    return;
  ui->tip = tip;
  ui->tip_keys = keys;
  ui->tip_at = rect;
}

void ui_fire(struct ui *ui, enum action action, int argument) {
  if (ui->fired_count == MAX_FIRED)
    return;
  ui->fired[ui->fired_count].action = action;
  ui->fired[ui->fired_count++].argument = argument;
}

/* A ring around the widget that keys press. */
static void draw_focus(struct ui *ui, struct rect rect) {
  ui->focused = rect;
  ui->has_focused = true;
  canvas_frame(ui->canvas, rect_inset(rect, -2), colour(FOCUS), RADIUS + 2, 2);
}

bool ui_place(struct ui *ui, struct rect rect, enum action action, int argument) {
  const struct action_row *row = &action_rows[action];
  if (!action_is_enabled(ui->app, action) || ui->covered)
    return false;
  const bool focused = ui->app->focus == ui->widgets++;
  if (focused)
    draw_focus(ui, rect);
  if (is_clicked(ui, rect) || (focused && ui->app->focus_pressed))
    ui_fire(ui, action, argument);
  ui_tip(ui, rect, row->tip ? row->tip : row->name, row->keys);
  return ui_is_over(ui, rect);
}

void ui_text(struct ui *ui, enum face face, struct rect rect, enum align align, uint32_t rgb, const char *string) {
  canvas_text(ui->canvas, face, rect, align, colour(rgb), string);
}

void ui_button(struct ui *ui, struct rect rect, enum action action, int argument, const char *label) {
  const bool over = ui_is_over(ui, rect) && action_is_enabled(ui->app, action);
  canvas_fill(ui->canvas, rect, colour(over ? HOVERED : RAISED), RADIUS);
  ui_place(ui, rect, action, argument);
  ui_text(ui, FACE_BODY, rect, ALIGN_CENTRE, action_is_enabled(ui->app, action) ? TEXT : FAINT, label);
}

void ui_choices(struct ui *ui, struct rect rect, const struct choices *choices) {
  canvas_fill(ui->canvas, rect, colour(RAISED), RADIUS);
  const float width = rect.width / (float)choices->count;
  for (uint32_t i = 0; i < choices->count; i++) {
    const struct rect one = {rect.x + width * (float)i, rect.y, width, rect.height};
    const bool on = i == choices->selected, each = choices->first < 0;
    if (on)
      canvas_fill(ui->canvas, rect_inset(one, 2), colour(ACCENT), RADIUS - 2);
    else if (ui_is_over(ui, one))
      canvas_fill(ui->canvas, rect_inset(one, 2), colour(HOVERED), RADIUS - 2);
    if (on && !each && choices->first == 0) /* a toggle: press the other choice */
      ui_tip(ui, one, action_rows[choices->action].tip, action_rows[choices->action].keys);
    else
      ui_place(ui, one, each ? choices->action + i : choices->action,
          each             ? 0
          : choices->first ? (int)i + choices->first
                           : 0);
    ui_text(ui, on ? FACE_BOLD : FACE_BODY, rect_inset(one, 3), ALIGN_CENTRE, on ? INK : TEXT, choices->labels[i]);
  }
}

void ui_stepper(struct ui *ui, struct rect rect, const struct stepper *stepper) {
  const float side = rect.height;
  const struct rect middle = {rect.x + side, rect.y, rect.width - 2 * side, rect.height};
  const struct rect ends[] = {{rect.x, rect.y, side, side}, {rect.x + rect.width - side, rect.y, side, side}};
  const bool can[] = {stepper->can_less, stepper->can_more};
  const enum action actions[] = {stepper->less, stepper->more};
  static const char *const signs[] = {"−", "+"};
  canvas_fill(ui->canvas, rect, colour(RAISED), RADIUS);
  for (int i = 0; i < 2; i++) {
    const bool enabled = can[i] && action_is_enabled(ui->app, actions[i]);
    if (enabled && ui_is_over(ui, ends[i]))
      canvas_fill(ui->canvas, rect_inset(ends[i], 2), colour(HOVERED), RADIUS - 2);
    if (enabled)
      ui_place(ui, ends[i], actions[i], stepper->argument);
    ui_text(ui, FACE_BODY, ends[i], ALIGN_CENTRE, enabled ? TEXT : FAINT, signs[i]);
  }
  ui_text(ui, FACE_BODY, middle, ALIGN_CENTRE, TEXT, stepper->value);
  ui_tip(ui, middle, action_rows[stepper->more].tip, action_rows[stepper->more].keys);
}
