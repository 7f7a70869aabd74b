#include "viewer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Beginning and end ------------------------------------------------------------------------------------------- */

bool viewer_set_scale(struct viewer *viewer, float scale) {
  state_wake(&viewer->app.state);
  return painter_set_text(&viewer->painter, viewer->regular, viewer->bold, scale, viewer->app.state.warning);
}

bool viewer_create(struct viewer *viewer, const struct viewer_info *info) {
  memset(viewer, 0, sizeof *viewer);
  viewer->regular = info->regular;
  viewer->bold = info->bold;
  viewer->app.input.x = viewer->app.input.y = -1;
  viewer->app.focus = -1;
  viewer->app.device = info->gpu->properties.deviceName;
  if (!state_create(&viewer->app.state, info->gpu, &info->source, info->patient, info->wake) ||
      !painter_create(&viewer->painter, info->gpu, info->pass))
    return false;
  if (viewer_set_scale(viewer, info->scale))
    return true;
  fprintf(stderr, "viewer: %s\n", viewer->app.state.warning);
  return false;
}

void viewer_destroy(struct viewer *viewer) {
  state_destroy(&viewer->app.state);
  painter_destroy(&viewer->painter);
}

/* ---- Pointer ----------------------------------------------------------------------------------------------------- */

static bool is_covered(const struct app *app) {
  return app->help || app->palette;
}

/* Where the button goes down on. */
static enum dragging find_handle(const struct app *app) {
  const struct layout *layout = &app->layout;
  const float x = app->input.x, y = app->input.y;
  const struct rect bar = rect_inset(layout->bar, -6), side = layout->sidebar;
  if (is_covered(app))
    return DRAG_NOTHING;
  if (layout->bar.width > 0 && rect_has(bar, x, y))
    return x < layout->bar.x + layout->bar.width / 2 ? DRAG_LOW : DRAG_HIGH;
  if (side.width > 0 && rect_has(side, x, y) && x > side.x + side.width - SCROLL_WIDTH - 6)
    return DRAG_SCROLL;
  for (uint32_t i = 0; i < layout->panel_count; i++) {
    const struct panel *panel = &layout->panels[i];
    const float divider = panel->area.x + panel->area.width * app->state.look.divider;
    if (panel->content == CONTENT_DIVIDED && rect_has(rect_inset(panel->area, -8), x, y) && fabsf(x - divider) < 14)
      return DRAG_DIVIDER;
  }
  return rect_has(layout->pictures, x, y) ? DRAG_PICTURES : DRAG_NOTHING;
}

static void drag_range(struct app *app) {
  struct look *look = &app->state.look;
  const struct rect bar = app->layout.bar;
  const float low = app->state.low, high = app->state.high;
  const float value = low + (high - low) * (app->input.x - bar.x) / fmaxf(bar.width, 1);
  if (look->range != RANGE_HAND) {
    look->low = low;
    look->high = high;
    look->range = RANGE_HAND;
  }
  const float least = 1e-3f * fmaxf(fabsf(high - low), 1e-3f);
  if (app->dragging == DRAG_LOW)
    look->low = fminf(value, look->high - least);
  else
    look->high = fmaxf(value, look->low + least);
}

static void drag(struct app *app, float dx, float dy) {
  const struct layout *layout = &app->layout;
  switch (app->dragging) {
  case DRAG_PICTURES:
    if (!layout->panel_count || !app->dragged)
      return;
    app->state.centre[0] -= dx / layout->panels[0].image.width;
    app->state.centre[1] -= dy / layout->panels[0].image.height;
    break;
  case DRAG_DIVIDER:
    for (uint32_t i = 0; i < layout->panel_count; i++)
      if (layout->panels[i].content == CONTENT_DIVIDED)
        app->state.look.divider =
            fminf(fmaxf((app->input.x - layout->panels[i].area.x) / layout->panels[i].area.width, 0), 1);
    break;
  case DRAG_LOW:
  case DRAG_HIGH:
    if (app->dragged)
      drag_range(app);
    break;
  case DRAG_SCROLL:
    app->scroll += dy * (layout->sidebar.height + app->scroll_end) / fmaxf(layout->sidebar.height, 1);
    app->scroll = fminf(fmaxf(app->scroll, 0), app->scroll_end);
    break;
  case DRAG_NOTHING:
    break;
  }
}

void viewer_move(struct viewer *viewer, float x, float y) {
  struct app *app = &viewer->app;
  struct input *input = &app->input;
  const float dx = x - input->x, dy = y - input->y, click = 4;
  if (input->down && hypotf(x - input->pressed_x, y - input->pressed_y) > click)
    app->dragged = true;
  input->x = x;
  input->y = y;
  input->still_since = app->seconds;
  if (input->down)
    drag(app, dx, dy);
  find_place(app);
  state_wake(&app->state);
}

/* Handles a click on a picture. */
static void click(struct app *app) {
  struct state *state = &app->state;
  const struct session *session = state_session(state, state->over_side);
  if (state->look.view == VIEW_TILES && state->tile != UINT64_MAX) {
    state->tile = UINT64_MAX;
    return;
  }
  if (!state->over || !session)
    return;
  if (state->look.view == VIEW_SIMILARITY) {
    const bool again = state->pinned && session_token_at(session, state->at[0], state->at[1]) ==
                                            session_token_at(session, state->pick[0], state->pick[1]);
    state->pinned = !again;
    memcpy(state->pick, state->at, sizeof state->pick);
    state->pick_side = state->look.second == SECOND_IMAGE ? state->over_side : 0;
  }
  for (uint32_t i = 0; state->look.view == VIEW_TILES && i < app->layout.panel_count; i++) {
    const struct panel *panel = &app->layout.panels[i];
    if (panel->content != CONTENT_TILES || !rect_has(panel->area, app->input.x, app->input.y) || panel->side)
      continue;
    const s2vk_scale_layout *scale = &session->scales[panel->field];
    const bool padded = session->settings.split_mode == S2VK_SPLIT_PAD;
    const float across = (float)(padded ? scale->image.width : scale->padded.width) / (float)scale->tile_side,
                down = (float)(padded ? scale->image.height : scale->padded.height) / (float)scale->tile_side;
    const uint32_t row = (uint32_t)fminf(state->at[1] * down, (float)scale->tiles.height - 1),
                   column = (uint32_t)fminf(state->at[0] * across, (float)scale->tiles.width - 1);
    state->tile = scale->first_tile + (uint64_t)row * scale->tiles.width + column;
  }
}

void viewer_press(struct viewer *viewer, bool down) {
  struct app *app = &viewer->app;
  struct input *input = &app->input;
  input->down = down;
  state_wake(&app->state);
  if (down) {
    input->pressed_x = input->x;
    input->pressed_y = input->y;
    app->dragged = false;
    app->dragging = find_handle(app);
    app->focus = -1;
    return;
  }
  input->released = true;
  input->released_x = input->x;
  input->released_y = input->y;
  if (app->dragging == DRAG_PICTURES && !app->dragged && rect_has(app->layout.pictures, input->x, input->y))
    click(app);
  app->dragging = DRAG_NOTHING;
}

void viewer_press_other(struct viewer *viewer) {
  viewer->app.state.pinned = false;
  state_wake(&viewer->app.state);
}

/* Handles a key while the palette is open. */
static void palette_key(struct app *app, int key) {
  struct palette_entry entry;
  const size_t length = strlen(app->palette_text);
  if (key == KEY_BACKSPACE && length) {
    size_t end = length - 1;
    while (end && ((unsigned char)app->palette_text[end] & 0xC0) == 0x80)
      end--;
    app->palette_text[end] = 0;
    app->palette_chosen = 0;
  } else if (key == KEY_UP && app->palette_chosen) {
    app->palette_chosen--;
  } else if (key == KEY_DOWN && action_entry(app, app->palette_text, app->palette_chosen + 1, &entry)) {
    app->palette_chosen++;
  } else if (key == KEY_ENTER) {
    const bool found = action_entry(app, app->palette_text, app->palette_chosen, &entry);
    app->palette = false;
    if (found)
      action_run(app, entry.action, entry.argument);
  }
}

void viewer_wheel(struct viewer *viewer, float notches) {
  struct app *app = &viewer->app;
  const float notch = 1.2f; /* zoom factor of one step */
  state_wake(&app->state);
  if (app->help)
    app->help_scroll = fminf(fmaxf(app->help_scroll - 40 * notches, 0), app->help_end);
  else if (app->palette)
    palette_key(app, notches > 0 ? KEY_UP : KEY_DOWN);
  else if (rect_has(app->layout.pictures, app->input.x, app->input.y))
    zoom_by(app, powf(notch, notches), app->input.x, app->input.y);
  else if (rect_has(app->layout.strip, app->input.x, app->input.y))
    action_run(app, notches > 0 ? ACTION_PREVIOUS_IMAGE : ACTION_NEXT_IMAGE, 0);
  else
    app->scroll = fminf(fmaxf(app->scroll - 40 * notches, 0), app->scroll_end);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

void viewer_key(struct viewer *viewer, int key, int modifiers) {
  struct app *app = &viewer->app;
  const enum action action = action_of_key(key, modifiers);
  state_wake(&app->state);
  if (app->palette && action != ACTION_ESCAPE && action != ACTION_PALETTE && action != ACTION_QUIT) {
    palette_key(app, key);
    return;
  }
  if (app->help && (key == KEY_UP || key == KEY_DOWN || key == KEY_PAGE_UP || key == KEY_PAGE_DOWN)) {
    action_run(app, key == KEY_UP || key == KEY_PAGE_UP ? ACTION_SCROLL_UP : ACTION_SCROLL_DOWN, 0);
    return;
  }
  if (action != ACTION_COUNT)
    action_run(app, action, 0);
}

void viewer_type(struct viewer *viewer, unsigned code) {
  struct app *app = &viewer->app;
  char *text = app->palette_text;
  const size_t length = strlen(text);
  if (!app->palette || length + 3 >= PALETTE_BYTES || code < ' ' || code > 0x7FF || code == 0x7F)
    return;
  if (code < 0x80) {
    text[length] = (char)code;
    text[length + 1] = 0;
  } else {
    text[length] = (char)(0xC0 | code >> 6);
    text[length + 1] = (char)(0x80 | (code & 0x3F));
    text[length + 2] = 0;
  }
  app->palette_chosen = 0;
  state_wake(&app->state);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

bool viewer_wants_frame(const struct viewer *viewer) {
  return viewer->app.state.frames_wanted > 0;
}

/* The resources that the quads of a side read. */
static struct scene_source side_source(const struct state *state, uint32_t index) {
  const struct session *session = state_session(state, index);
  const struct picture *picture = session ? session->picture : state->sides[index].picture;
  struct scene_source source = {.grid = {1, 1}, .photograph = picture ? &picture->image : NULL};
  if (!session)
    return source;
  const bool joint = state_has_joint_colours(state);
  const struct analysis *analysis = joint ? &state->pair->joint : &session->analysis;
  const bool segments =
      state->look.view == VIEW_SEGMENTS && (joint ? &state->joint : &state->sides[index].made)->segments;
  source.colours = segments ? analysis->segments.buffer : analysis->colours.buffer;
  source.values = session->analysis.values[state_values(state)].buffer;
  source.pixels = session->tiles.buffer;
  source.grid[0] = session->layout.output_grid.height;
  source.grid[1] = session->layout.output_grid.width;
  source.first = joint && index ? state->pair->tokens[0] : 0;
  source.stride = joint ? state->pair->joint.shape.tokens : session->analysis.shape.tokens;
  return source;
}

static struct scene make_scene(const struct state *state) {
  struct scene scene = {.low = state->low, .high = state->high};
  scene.sources[SOURCE_FIRST] = side_source(state, 0);
  scene.sources[SOURCE_SECOND] = side_source(state, 1);
  scene.sources[SOURCE_TILE] = scene.sources[SOURCE_FIRST];
  scene.sources[SOURCE_THUMBS] = (struct scene_source){.grid = {1, 1}, .pixels = state->album.pixels.buffer};
  if (state->sides[0].current)
    scene.sources[SOURCE_TILE].pixels = state->sides[0].current->tile.buffer;
  return scene;
}

/* Scrolls so that the widget with the focus is visible. */
static void show_focus(struct app *app, const struct ui *ui) {
  const struct rect side = app->layout.sidebar, focused = ui->focused;
  if (!ui->has_focused || side.width <= 0 || focused.x < side.x)
    return;
  if (focused.y < side.y + 8)
    app->scroll = fmaxf(app->scroll - (side.y + 24 - focused.y), 0);
  else if (focused.y + focused.height > side.y + side.height - 8)
    app->scroll = fminf(app->scroll + focused.y + focused.height - side.y - side.height + 24, ui->scroll_end);
}

static void take_input(struct app *app, const struct ui *ui) {
  const bool palette = app->palette;
  const float scroll = app->scroll;
  app->scroll_end = ui->scroll_end;
  app->help_end = ui->help_end;
  app->scroll = fminf(app->scroll, ui->scroll_end);
  app->focus_count = ui->widgets;
  if (app->focus >= ui->widgets)
    app->focus = ui->widgets ? ui->widgets - 1 : -1;
  app->focused = ui->has_focused ? ui->focused : (struct rect){0};
  app->chosen_row = ui->chosen_row;
  show_focus(app, ui);
  if (app->scroll != scroll)
    state_wake(&app->state);
  if ((app->help || palette) && app->input.released)
    app->help = app->palette = false;
  app->input.released = false;
  app->focus_pressed = false;
  for (uint32_t i = 0; i < ui->fired_count; i++)
    action_run(app, ui->fired[i].action, ui->fired[i].argument);
}

void viewer_draw(
    struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target, bool panel) {
  struct app *app = &viewer->app;
  struct canvas canvas = painter_begin(&viewer->painter, index, target->extent);
  struct ui ui = {.app = app, .canvas = &canvas, .album = &app->state.album};
  if (panel && app->layout.panel_count) {
    struct panel *first = &app->layout.panels[app->layout.panel_count - 1];
    for (uint32_t i = 0; i < app->layout.panel_count; i++)
      if (rect_has(app->layout.panels[i].area, app->input.x, app->input.y))
        first = &app->layout.panels[i];
    struct panel alone = *first;
    alone.area = alone.image = canvas.clip;
    views_draw_panel(&ui, &alone, true);
  } else {
    layout_make(app, canvas.clip);
    screen_draw(&ui);
    take_input(app, &ui);
  }
  const struct scene scene = make_scene(&app->state);
  painter_record(&viewer->painter, index, commands, &canvas, &scene, target);
}

void viewer_record(struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target) {
  struct app *app = &viewer->app;
  const float scale = viewer->painter.text.scale;
  layout_make(app, (struct rect){0, 0, (float)target->extent.width / scale, (float)target->extent.height / scale});
  find_place(app);
  if (app->noted != app->state.note_frame)
    app->noted_at = app->seconds;
  app->noted = app->state.note_frame;
  state_record(&app->state, index, commands);
  if (app->state.quit && !app->state.sides[0].current)
    return;
  viewer_draw(viewer, index, commands, target, false);
  if (!app->input.down)
    state_remember(&app->state);
}
