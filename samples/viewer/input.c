/* What pointer and keys do. */
#include "theme.h"
#include "viewer.h"

#include <math.h>
#include <string.h>

#define CLICK 4          /* points that the pointer may move between press and release of a click */
#define LARGEST_PIXEL 64 /* of the photograph, in points */
#define NOTCH 1.2f       /* the factor of a step of zoom */

static void wake(struct viewer *viewer) {
  viewer->frames_wanted = 4;
}

/* ---- Pointer ------------------------------------------------------------------------------------------------------ */

void viewer_find_place(struct viewer *viewer) {
  viewer->over = false;
  for (uint32_t i = 0; i < viewer->panel_count && !viewer->help; i++) {
    const struct panel *panel = &viewer->panels[i];
    if (!rect_has(panel->area, viewer->input.x, viewer->input.y) ||
        !rect_has(panel->image, viewer->input.x, viewer->input.y))
      continue;
    viewer->over = true;
    viewer->at[0] = (viewer->input.x - panel->image.x) / panel->image.width;
    viewer->at[1] = (viewer->input.y - panel->image.y) / panel->image.height;
  }
}

static bool is_over_pictures(const struct viewer *viewer, float x, float y) {
  return !viewer->help && rect_has(viewer->pictures, x, y);
}

void viewer_move(struct viewer *viewer, float x, float y) {
  struct input *input = &viewer->input;
  const float dx = x - input->x, dy = y - input->y;
  if (input->down && hypotf(x - input->pressed_x, y - input->pressed_y) > CLICK)
    viewer->dragged = true;
  if (input->down && viewer->dragged && viewer->panel_count &&
      is_over_pictures(viewer, input->pressed_x, input->pressed_y)) {
    viewer->centre[0] -= dx / viewer->panels[0].image.width;
    viewer->centre[1] -= dy / viewer->panels[0].image.height;
  }
  input->x = x;
  input->y = y;
  viewer_find_place(viewer);
  wake(viewer);
}

void viewer_press(struct viewer *viewer, bool down) {
  struct input *input = &viewer->input;
  input->down = down;
  wake(viewer);
  if (down) {
    input->pressed_x = input->x;
    input->pressed_y = input->y;
    viewer->dragged = false;
    return;
  }
  input->released = true;
  input->released_x = input->x;
  input->released_y = input->y;
  if (viewer->dragged || viewer->view != VIEW_SIMILARITY || !viewer->over ||
      !is_over_pictures(viewer, input->x, input->y))
    return;
  const struct session *session = viewer->current;
  if (viewer->pinned && session &&
      session_token_at(session, viewer->at[0], viewer->at[1]) ==
          session_token_at(session, viewer->pick[0], viewer->pick[1])) {
    viewer->pinned = false;
    return;
  }
  viewer->pinned = true;
  memcpy(viewer->pick, viewer->at, sizeof viewer->pick);
}

void viewer_press_other(struct viewer *viewer) {
  viewer->pinned = false;
  wake(viewer);
}

/* By a factor, around a point of the screen. */
static void zoom(struct viewer *viewer, float factor, float x, float y) {
  if (!viewer->panel_count)
    return;
  const struct panel *panel = &viewer->panels[0];
  for (uint32_t i = 0; i < viewer->panel_count; i++)
    if (rect_has(viewer->panels[i].area, x, y))
      panel = &viewer->panels[i];
  const float pixel = panel->image.width / viewer->zoom / (float)viewer->photograph.extent.width;
  const float before = viewer->zoom, most = fmaxf(1, LARGEST_PIXEL / pixel);
  viewer->zoom = fminf(fmaxf(before * factor, 1), most);
  /* What is at (x, y) stays there: it is (x - middle) / size from the centre. */
  const float change = 1 - before / viewer->zoom;
  viewer->centre[0] += (x - panel->area.x - panel->area.width / 2) / panel->image.width * change;
  viewer->centre[1] += (y - panel->area.y - panel->area.height / 2) / panel->image.height * change;
}

void viewer_wheel(struct viewer *viewer, float notches) {
  wake(viewer);
  if (is_over_pictures(viewer, viewer->input.x, viewer->input.y))
    zoom(viewer, powf(NOTCH, notches), viewer->input.x, viewer->input.y);
  else if (!viewer->help)
    viewer->scroll = fminf(fmaxf(viewer->scroll - 40 * notches, 0), viewer->scroll_end);
}

/* ---- Keys --------------------------------------------------------------------------------------------------------- */

static void zoom_in_the_middle(struct viewer *viewer, float factor) {
  const struct rect area = viewer->panel_count ? viewer->panels[0].area : viewer->pictures;
  zoom(viewer, factor, area.x + area.width / 2, area.y + area.height / 2);
}

static void move_patch(struct viewer *viewer, float columns, float rows) {
  const struct session *session = viewer->current;
  if (!session || viewer->view != VIEW_SIMILARITY)
    return;
  const float step[2] = {columns / session->covered[0], rows / session->covered[1]};
  viewer->pinned = true;
  for (int i = 0; i < 2; i++)
    viewer->pick[i] = fminf(fmaxf(viewer->pick[i] + step[i], 0), 0.99999f);
}

static void escape(struct viewer *viewer) {
  if (viewer->help)
    viewer->help = false;
  else if (*viewer->message)
    *viewer->message = 0;
  else if (viewer->pinned)
    viewer->pinned = false;
  else
    viewer->quit = true;
}

static void add_scale(const struct viewer *viewer, struct settings *settings) {
  (void)viewer;
  if (settings->scale_count == MAX_SCALES)
    return;
  const double last = settings->scales[settings->scale_count - 1];
  settings->scales[settings->scale_count++] = fmin(last + 1, MAX_SCALE);
  settings->sized = false;
}

static void remove_scale(const struct viewer *viewer, struct settings *settings) {
  if (settings->scale_count == 1)
    return;
  settings->scale_count--;
  for (uint32_t i = viewer->selected; i < settings->scale_count; i++) {
    settings->scales[i] = settings->scales[i + 1];
    settings->sizes[i] = settings->sizes[i + 1];
  }
}

/* 1, 2, 4 ... 32, all. */
static uint32_t next_tiles(uint32_t tiles, bool fewer) {
  if (fewer)
    return tiles == 0 ? 32 : tiles > 1 ? tiles / 2 : 0;
  return tiles == 0 ? 1 : tiles < 32 ? tiles * 2 : 0;
}

static void change_settings(struct viewer *viewer, int key, bool shift) {
  struct settings settings = viewer->settings;
  double *scale = &settings.scales[viewer->selected];
  const uint32_t last = settings.scale_count - 1, output = settings.output < last ? settings.output : last;
  if (key == KEY_UP || key == KEY_DOWN) {
    *scale = fmin(fmax(*scale + (key == KEY_UP ? SCALE_STEP : -SCALE_STEP), MIN_SCALE), MAX_SCALE);
    settings.sized = false;
  } else if (key == 'A' || key == KEY_INSERT)
    add_scale(viewer, &settings);
  else if (key == KEY_DELETE)
    remove_scale(viewer, &settings);
  else if (key == 'M')
    settings.split_mode = settings.split_mode == S2VK_SPLIT_PAD ? S2VK_SPLIT_RESIZE : S2VK_SPLIT_PAD;
  else if (key == 'G')
    settings.output = output == last ? 0 : output + 1 == last ? UINT32_MAX : output + 1;
  else if (key == 'T')
    settings.tiles_per_call = next_tiles(settings.tiles_per_call, shift);
  else if (key == 'F')
    settings.filter = (s2vk_filter)(((int)settings.filter + (shift ? 5 : 1)) % 6);
  else if (key == 'D' && viewer->backend.vit)
    settings.vit = !settings.vit;
  viewer_set(viewer, &settings);
}

static void select_scale(struct viewer *viewer, uint32_t by) {
  viewer->selected = (viewer->selected + by) % viewer->settings.scale_count;
}

void viewer_key(struct viewer *viewer, int key, bool shift) {
  wake(viewer);
  const uint32_t count = viewer->settings.scale_count;
  if (key == KEY_ESCAPE)
    escape(viewer);
  else if (key == 'H' || key == KEY_F1)
    viewer->help = !viewer->help;
  else if (key >= '1' && key <= '3')
    viewer->view = (enum view)(key - '1');
  else if (key == 'R' && viewer->current && !viewer->pending && session_is_recorded(viewer->current))
    session_restart(viewer->current);
  else if (key == 'O')
    viewer->overlay = !viewer->overlay;
  else if (key == '[' || key == ']')
    viewer->opacity = fminf(fmaxf(viewer->opacity + (key == '[' ? -0.05f : 0.05f), 0.05f), 1);
  else if (key == '0' || key == KEY_HOME)
    viewer->zoom = 1;
  else if (key == '+' || key == '=')
    zoom_in_the_middle(viewer, NOTCH);
  else if (key == '-')
    zoom_in_the_middle(viewer, 1 / NOTCH);
  else if (shift && key >= KEY_LEFT && key <= KEY_DOWN)
    move_patch(viewer, key == KEY_LEFT ? -1 : key == KEY_RIGHT, key == KEY_UP ? -1 : key == KEY_DOWN);
  else if (key == KEY_TAB || key == KEY_LEFT || key == KEY_RIGHT)
    select_scale(viewer, (key == KEY_TAB ? shift : key == KEY_LEFT) ? count - 1 : 1);
  else
    change_settings(viewer, key, shift);
}
