/* All that is on the screen: header, panels, legend, footer, sidebar, and the page of keys. */
#include "theme.h"
#include "viewer.h"

#include <math.h>
#include <stdio.h>

static void text(struct canvas *canvas, enum face face, float x, float y, float width, enum align align, uint32_t rgb,
    const char *string) {
  canvas_text(canvas, face, (struct rect){x, y, width, 24}, align, colour(rgb), string);
}

/* ---- Header ------------------------------------------------------------------------------------------------------- */

/* What does not fit is left to the keys. */
static void draw_header(struct viewer *viewer, const struct ui *ui, struct rect area) {
  static const char *const views[] = {"1  Tiles", "2  Features", "3  Similarity"}, *const numbers[] = {"1", "2", "3"};
  static const char *const ways[] = {"side by side", "overlay"};
  const float views_width = 330, ways_width = 210, keys_width = 84;
  struct canvas *canvas = ui->canvas;
  canvas_fill(canvas, area, colour(SURFACE), 0);
  canvas_fill(canvas, (struct rect){area.x, area.y + area.height - 1, area.width, 1}, colour(LINE), 0);
  text(canvas, FACE_TITLE, MARGIN, 14, 60, ALIGN_LEFT, TEXT, "s2vk");
  const float right = area.width - MARGIN - keys_width;
  float x = MARGIN + text_width(canvas->text, FACE_TITLE, "s2vk") + 24;
  const bool wide = right - x - 16 >= views_width;
  const struct rect places = {x, 12, wide ? views_width : fminf(120, right - x - 16), 28};
  viewer->view = (enum view)ui_segments(ui, places, wide ? views : numbers, VIEW_COUNT, viewer->view);
  x += places.width + 16;
  if (right - x - 16 >= ways_width) {
    viewer->overlay = ui_segments(ui, (struct rect){x, 12, ways_width, 28}, ways, 2, viewer->overlay);
    x += ways_width + 16;
  }
  if (ui_button(ui, (struct rect){right, 12, keys_width, 28}, "H  Help", true))
    viewer->help = true;
  if (!viewer->without_times && right - x > 80)
    text(canvas, FACE_SMALL, x, 14, right - x - 16, ALIGN_RIGHT, FAINT, viewer->gpu->properties.deviceName);
}

/* ---- Footer ------------------------------------------------------------------------------------------------------- */

static size_t describe_place(const struct viewer *viewer, char *out, size_t size) {
  const VkExtent2D extent = viewer->photograph.extent;
  const struct session *session = viewer->current;
  const int row = (int)(viewer->at[1] * (float)extent.height), column = (int)(viewer->at[0] * (float)extent.width);
  int length = snprintf(out, size, "row %d, column %d", row, column);
  if (session && viewer->view != VIEW_TILES) {
    const uint32_t token = session_token_at(session, viewer->at[0], viewer->at[1]),
                   across = session->layout.output_grid.width;
    length += snprintf(out + length, size - (size_t)length, "   ·   token %u, %u", token / across, token % across);
  }
  return (size_t)length;
}

static void describe_similarities(const struct viewer *viewer, char *out, size_t size) {
  const uint32_t count = viewer->current->settings.scale_count;
  int length = snprintf(out, size, "   ·   similarity");
  for (uint32_t i = 0; i < count; i++)
    length += snprintf(out + length, size - (size_t)length, "   %.3f at scale %u", (double)viewer->under[i], i + 1);
  if (count > 1)
    snprintf(out + length, size - (size_t)length, "   %.3f at all", (double)viewer->under[count]);
}

static void draw_footer(struct viewer *viewer, struct canvas *canvas, struct rect area) {
  static const char *const hints[VIEW_COUNT] = {
      "wheel: zoom   ·   drag: move   ·   H: all keys",
      "O: overlay   ·   wheel: zoom   ·   H: all keys",
      "click: pin the patch   ·   wheel: zoom   ·   H: all keys",
  };
  char line[ERROR_BYTES];
  uint32_t rgb = DIM;
  size_t length = 0;
  if (*viewer->message) {
    snprintf(line, sizeof line, "%s", viewer->message);
    rgb = WARNING;
  } else if (viewer->pending && !viewer->patient) {
    snprintf(line, sizeof line, "running: %u of %u model calls", viewer->pending->next_call,
        viewer->pending->layout.call_count);
    rgb = ACCENT;
  } else if (viewer->over) {
    length = describe_place(viewer, line, sizeof line);
    if (viewer->view == VIEW_SIMILARITY && viewer->pinned && viewer->current)
      describe_similarities(viewer, line + length, sizeof line - length);
  } else {
    snprintf(line, sizeof line, "%s", viewer->name);
  }
  const float hint = text_width(canvas->text, FACE_SMALL, hints[viewer->view]);
  const float left = area.width - hint - 24;
  canvas_text(canvas, FACE_SMALL, (struct rect){area.x, area.y, left > 200 ? left : area.width, area.height},
      ALIGN_LEFT, colour(rgb), line);
  if (left > 200)
    canvas_text(canvas, FACE_SMALL, area, ALIGN_RIGHT, colour(FAINT), hints[viewer->view]);
}

/* ---- The page of keys --------------------------------------------------------------------------------------------- */

static const struct {
  const char *keys, *what;
} help[] = {
    {"1   2   3", "tiles, features, similarity"},
    {"O", "overlay on the photograph, or side by side"},
    {"[   ]", "opacity of the overlay"},
    {"wheel, + −", "zoom, down to the pixel"},
    {"drag", "move what is seen"},
    {"0   Home", "all of the photograph"},
    {"click", "pin the patch; again, or right click: let it go"},
    {"arrows", "←→ choose a scale, ↑↓ make it larger or smaller"},
    {"Shift arrows", "move the pinned patch by a token"},
    {"Tab", "next scale"},
    {"A   Delete", "add a scale, remove the chosen one"},
    {"M", "resize or pad"},
    {"G", "the scale whose grid the output has"},
    {"T   Shift T", "more tiles per model call, fewer"},
    {"F   Shift F", "next filter, previous"},
    {"D", "descriptor or transformer (--model FOLDER)"},
    {"R", "run again, for its times"},
    {"F11   F12", "full screen, a screenshot beside you"},
    {"H   Esc", "this page; Esc closes, lets go, quits"},
};
#define HELP_COUNT ((int)(sizeof help / sizeof *help))

static void draw_help(struct viewer *viewer, struct canvas *canvas) {
  const struct rect all = canvas->clip;
  const float width = fminf(520, all.width - 16), height = 84 + HELP_COUNT * 25,
              step = fminf(25, (all.height - 100) / HELP_COUNT);
  const float tall = fminf(height, all.height - 16);
  const struct rect page = {(all.width - width) / 2, (all.height - tall) / 2, width, tall};
  canvas_fill(canvas, all, faded(INK, 0.72f), 0);
  canvas_fill(canvas, page, colour(SURFACE), 10);
  canvas_frame(canvas, page, colour(LINE), 10, 1);
  text(canvas, FACE_TITLE, page.x + 28, page.y + 20, width, ALIGN_LEFT, TEXT, "Keys and mouse");
  for (int i = 0; i < HELP_COUNT; i++) {
    const float y = page.y + 58 + step * (float)i;
    text(canvas, FACE_BOLD, page.x + 28, y, 130, ALIGN_LEFT, ACCENT, help[i].keys);
    text(canvas, FACE_BODY, page.x + 160, y, width - 180, ALIGN_LEFT, TEXT, help[i].what);
  }
  (void)viewer;
}

void screen_draw(struct viewer *viewer, struct canvas *canvas) {
  const struct rect all = canvas->clip;
  struct input input = viewer->input;
  input.covered = viewer->help;
  const struct ui ui = {canvas, &input};
  const float sidebar = all.width > 2 * SIDEBAR_WIDTH ? SIDEBAR_WIDTH : 0, left = all.width - sidebar;
  const float bottom = all.height - FOOTER_HEIGHT - LEGEND_HEIGHT;
  const float inner = left - 2 * MARGIN;
  const bool was_help = viewer->help;
  views_lay_out(
      viewer, (struct rect){MARGIN, HEADER_HEIGHT + 8, fmaxf(inner, 16), fmaxf(bottom - HEADER_HEIGHT - 20, 48)});
  views_draw(viewer, canvas);
  views_legend(viewer, canvas, (struct rect){MARGIN, bottom, inner, LEGEND_HEIGHT});
  canvas_fill(canvas, (struct rect){0, all.height - FOOTER_HEIGHT, left, 1}, colour(LINE), 0);
  draw_footer(viewer, canvas, (struct rect){MARGIN, all.height - FOOTER_HEIGHT, inner, FOOTER_HEIGHT});
  if (sidebar > 0)
    sidebar_draw(viewer, &ui, (struct rect){left, HEADER_HEIGHT, sidebar, all.height - HEADER_HEIGHT});
  draw_header(viewer, &ui, (struct rect){0, 0, all.width, HEADER_HEIGHT});
  if (was_help) {
    draw_help(viewer, canvas);
    if (viewer->input.released)
      viewer->help = false;
  }
}
