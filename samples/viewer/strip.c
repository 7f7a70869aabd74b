/* The strip of thumbnails, with the present photograph in the middle. */
#include "widgets.h"

#include <math.h>
#include <stdio.h>

void strip_draw(struct ui *ui) {
  const struct app *app = ui->app;
  struct album *album = ui->album;
  const struct rect area = app->layout.strip;
  const struct rect clip = ui->canvas->clip;
  const float cell = 76, inner = area.height - 16;
  if (area.height <= 0)
    return;
  canvas_fill(ui->canvas, (struct rect){area.x, area.y, area.width, 1}, colour(LINE), 0);
  ui->canvas->clip = area;
  ui->canvas->source = SOURCE_THUMBS;
  const struct look *look = &app->state.look;
  const float span = cell * (float)album->count;
  float first = area.x + area.width / 2 - cell * ((float)look->number[0] + 0.5f);
  first = fmaxf(fminf(first, area.x + 8), area.x + area.width - 8 - span);
  if (span < area.width - 16)
    first = area.x + 8;
  for (uint32_t i = 0; i < album->count; i++) {
    const struct rect place = {first + cell * (float)i, area.y + 8, cell - 6, inner};
    if (place.x + place.width < area.x || place.x > area.x + area.width)
      continue;
    const struct album_thumb *thumb = album_see(album, i, app->state.frame);
    canvas_fill(ui->canvas, place, colour(SURFACE), 3);
    if (thumb && thumb->width) {
      const float scale = fminf(place.width / (float)thumb->width, place.height / (float)thumb->height);
      const float width = scale * (float)thumb->width, height = scale * (float)thumb->height;
      canvas_pixels(ui->canvas,
          (struct rect){place.x + (place.width - width) / 2, place.y + (place.height - height) / 2, width, height},
          album_thumb_offset(album, thumb), thumb->width, thumb->height);
    } else {
      ui_text(ui, FACE_SMALL, place, ALIGN_CENTRE, FAINT, thumb ? "unreadable" : "…");
    }
    ui_place(ui, place, ACTION_SHOW_IMAGE, (int)i);
    if (i == look->number[0] || (look->second == SECOND_IMAGE && i == look->number[1]))
      canvas_frame(ui->canvas, rect_inset(place, -2), colour(i == look->number[0] ? ACCENT : WARNING), 4, 2);
  }
  ui->canvas->clip = clip;
  ui->canvas->source = SOURCE_FIRST;
}
