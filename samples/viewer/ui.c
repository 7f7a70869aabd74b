#include "ui.h"

#include "theme.h"

bool ui_is_over(const struct ui *ui, struct rect rect) {
  const struct input *input = ui->input;
  return !input->covered && rect_has(rect, input->x, input->y) && rect_has(ui->canvas->clip, input->x, input->y);
}

bool ui_is_clicked(const struct ui *ui, struct rect rect) {
  const struct input *input = ui->input;
  return input->released && !input->covered && rect_has(ui->canvas->clip, input->released_x, input->released_y) &&
         rect_has(rect, input->released_x, input->released_y) && rect_has(rect, input->pressed_x, input->pressed_y);
}

bool ui_button(const struct ui *ui, struct rect rect, const char *label, bool enabled) {
  const bool over = enabled && ui_is_over(ui, rect);
  canvas_fill(ui->canvas, rect, colour(over ? HOVERED : RAISED), RADIUS);
  canvas_text(ui->canvas, FACE_BODY, rect, ALIGN_CENTRE, colour(enabled ? TEXT : FAINT), label);
  return enabled && ui_is_clicked(ui, rect);
}

uint32_t ui_segments(
    const struct ui *ui, struct rect rect, const char *const *labels, uint32_t count, uint32_t selected) {
  canvas_fill(ui->canvas, rect, colour(RAISED), RADIUS);
  const float width = rect.width / (float)count;
  uint32_t chosen = selected;
  for (uint32_t i = 0; i < count; i++) {
    const struct rect segment = {rect.x + width * (float)i, rect.y, width, rect.height};
    const bool on = i == selected;
    if (on)
      canvas_fill(ui->canvas, rect_inset(segment, 2), colour(ACCENT), RADIUS - 2);
    else if (ui_is_over(ui, segment))
      canvas_fill(ui->canvas, rect_inset(segment, 2), colour(HOVERED), RADIUS - 2);
    canvas_text(ui->canvas, on ? FACE_BOLD : FACE_BODY, segment, ALIGN_CENTRE, colour(on ? INK : TEXT), labels[i]);
    if (ui_is_clicked(ui, segment))
      chosen = i;
  }
  return chosen;
}

int ui_stepper(const struct ui *ui, struct rect rect, const char *value, bool less, bool more) {
  const float side = rect.height;
  const struct rect middle = {rect.x + side, rect.y, rect.width - 2 * side, rect.height};
  const struct rect ends[] = {
      {rect.x, rect.y, side, side},
      {rect.x + rect.width - side, rect.y, side, side},
  };
  const bool enabled[] = {less, more};
  const char *const signs[] = {"−", "+"};
  int step = 0;
  canvas_fill(ui->canvas, rect, colour(RAISED), RADIUS);
  for (int i = 0; i < 2; i++) {
    if (enabled[i] && ui_is_over(ui, ends[i]))
      canvas_fill(ui->canvas, rect_inset(ends[i], 2), colour(HOVERED), RADIUS - 2);
    canvas_text(ui->canvas, FACE_BODY, ends[i], ALIGN_CENTRE, colour(enabled[i] ? TEXT : FAINT), signs[i]);
    if (enabled[i] && ui_is_clicked(ui, ends[i]))
      step = i ? 1 : -1;
  }
  canvas_text(ui->canvas, FACE_BODY, middle, ALIGN_CENTRE, colour(TEXT), value);
  return step;
}
