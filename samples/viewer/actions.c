#define _POSIX_C_SOURCE 200809L

#include "actions.h"

#include "export.h"
#include "output.h"
#include "vocabulary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTCH 1.2f /* zoom factor of one step */

static uint32_t clamp(int64_t value, int64_t low, int64_t high) {
  return (uint32_t)(value < low ? low : value > high ? high : value);
}

/* ---- What is shown ----------------------------------------------------------------------------------------------- */

static void set_view(struct app *app, int view) {
  app->state.look.view = (enum view)view;
  app->state.tile = UINT64_MAX;
}

static void toggle_overlay(struct app *app, int unused) {
  (void)unused;
  app->state.look.overlay = !app->state.look.overlay;
}

static void change_opacity(struct app *app, int by) {
  struct look *look = &app->state.look;
  look->opacity = fminf(fmaxf(look->opacity + 0.05f * (float)by, 0.05f), 1);
}

static void toggle_solo(struct app *app, int unused) {
  (void)unused;
  app->state.look.solo = !app->state.look.solo;
}

static void zoom_in_the_middle(struct app *app, int by) {
  const struct rect area = app->layout.panel_count ? app->layout.panels[0].area : app->layout.pictures;
  zoom_by(app, by > 0 ? NOTCH : 1 / NOTCH, area.x + area.width / 2, area.y + area.height / 2);
}

static void zoom_all(struct app *app, int unused) {
  (void)unused;
  app->state.zoom = 1;
}

/* ---- Photographs ------------------------------------------------------------------------------------------------- */

static bool has_album(const struct app *app) {
  return app->state.album.count > 1;
}

static void step_image(struct app *app, int by) {
  const uint32_t count = app->state.album.count;
  state_show(&app->state, 0, app->state.look.number[0] + count + (uint32_t)by);
}

static void show_image(struct app *app, int number) {
  state_show(&app->state, app->state.look.second == SECOND_IMAGE ? app->state.look.active : 0, (uint32_t)number);
}

static void open_recent(struct app *app, int number) {
  if ((uint32_t)number < app->state.recent_count) {
    char *path = strdup(app->state.recent[number]);
    if (path)
      state_open(&app->state, path);
    free(path);
  }
}

static void toggle_second(struct app *app, int second) {
  struct look *look = &app->state.look;
  look->second = look->second == (enum second)second ? SECOND_NONE : (enum second)second;
  look->active = look->second == SECOND_SETTINGS;
  if (look->second == SECOND_IMAGE) {
    look->settings[1] = look->settings[0];
    if (look->number[1] == look->number[0] && app->state.album.count > 1)
      look->number[1] = (look->number[0] + 1) % app->state.album.count;
  }
  app->state.pick_side = 0;
  app->state.tile = UINT64_MAX;
}

static bool has_second_image(const struct app *app) {
  return app->state.look.second == SECOND_IMAGE && has_album(app);
}

static void step_second(struct app *app, int by) {
  const uint32_t count = app->state.album.count;
  state_show(&app->state, 1, app->state.look.number[1] + count + (uint32_t)by);
}

static bool has_second(const struct app *app) {
  return app->state.look.second != SECOND_NONE;
}

static void other_side(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  look->active = !look->active;
  if (look->selected >= state_settings(&app->state)->scale_count)
    look->selected = state_settings(&app->state)->scale_count - 1;
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static void step_scale(struct app *app, int by) {
  const uint32_t count = state_settings(&app->state)->scale_count;
  app->state.look.selected = (app->state.look.selected + count + (uint32_t)by) % count;
}

static void choose_scale(struct app *app, int scale) {
  app->state.look.selected = clamp(scale, 0, state_settings(&app->state)->scale_count - 1);
}

/* argument: the sign is the direction, the magnitude is the scale and 1. */
static void resize_scale(struct app *app, int argument, int by) {
  struct settings settings = *state_settings(&app->state);
  if (argument)
    choose_scale(app, argument - 1);
  double *scale = &settings.scales[app->state.look.selected];
  *scale = fmin(fmax(*scale + by * SCALE_STEP, MIN_SCALE), MAX_SCALE);
  settings.sized = false;
  state_set(&app->state, &settings);
}

static void enlarge(struct app *app, int argument) {
  resize_scale(app, argument, 1);
}

static void reduce(struct app *app, int argument) {
  resize_scale(app, argument, -1);
}

static bool can_add(const struct app *app) {
  return state_settings(&app->state)->scale_count < MAX_SCALES;
}

static void add_scale(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  const double last = settings.scales[settings.scale_count - 1];
  settings.scales[settings.scale_count++] = fmin(last + 1, MAX_SCALE);
  settings.sized = false;
  state_set(&app->state, &settings);
}

static bool can_remove(const struct app *app) {
  return state_settings(&app->state)->scale_count > 1;
}

static void remove_scale(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.scale_count--;
  for (uint32_t i = app->state.look.selected; i < settings.scale_count; i++) {
    settings.scales[i] = settings.scales[i + 1];
    settings.sizes[i] = settings.sizes[i + 1];
  }
  state_set(&app->state, &settings);
}

static void toggle_split_mode(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.split_mode = settings.split_mode == S2VK_SPLIT_PAD ? S2VK_SPLIT_RESIZE : S2VK_SPLIT_PAD;
  state_set(&app->state, &settings);
}

static void toggle_grid_policy(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.grid = settings.grid == S2VK_GRID_SPLIT ? S2VK_GRID_IMAGE : S2VK_GRID_SPLIT;
  state_set(&app->state, &settings);
}

static void set_output(struct app *app, int argument) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t last = settings.scale_count - 1, output = settings.output < last ? settings.output : last;
  const uint32_t next = argument ? (uint32_t)argument - 1 : (output + 1) % settings.scale_count;
  settings.output = next == last ? UINT32_MAX : next;
  state_set(&app->state, &settings);
}

/* Steps through 1, 2, 4 ... 32, all. */
static void step_tiles(struct app *app, int by) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t tiles = settings.tiles_per_call;
  if (by > 0)
    settings.tiles_per_call = tiles == 0 ? 1 : tiles < 32 ? tiles * 2 : 0;
  else
    settings.tiles_per_call = tiles == 0 ? 32 : tiles > 1 ? tiles / 2 : 0;
  state_set(&app->state, &settings);
}

static void step_filter(struct app *app, int by) {
  struct settings settings = *state_settings(&app->state);
  settings.filter = (s2vk_filter)(((int)settings.filter + 6 + by) % 6);
  state_set(&app->state, &settings);
}

static bool has_models(const struct app *app) {
  return app->state.backend.model_count > 0;
}

static void set_model(struct app *app, int argument) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t count = app->state.backend.model_count + 1;
  settings.model = argument ? clamp(argument - 1, 0, count - 1) : (settings.model + 1) % count;
  state_set(&app->state, &settings);
}

static bool has_model(const struct app *app) {
  return state_settings(&app->state)->model > 0;
}

static void toggle_preprocess(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.preprocess = !settings.preprocess;
  state_set(&app->state, &settings);
}

static void run_again(struct app *app, int unused) {
  (void)unused;
  for (uint32_t i = 0; i < state_side_count(&app->state); i++) {
    struct side *side = &app->state.sides[i];
    side->cancelled = false;
    if (side->current && !side->pending && session_is_recorded(side->current))
      session_restart(side->current);
  }
}

/* ---- Views ------------------------------------------------------------------------------------------------------- */

static bool has_colours(const struct app *app) {
  const enum view view = app->state.look.view;
  return view == VIEW_FEATURES || view == VIEW_SEGMENTS || view == VIEW_DIFFERENCE;
}

static void next_colouring(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  const uint32_t count = look->second == SECOND_IMAGE ? COLOURS_COUNT : COLOURS_BOTH;
  look->colouring = (enum colouring)((look->colouring + 1u) % count);
}

static bool has_front(const struct app *app) {
  const enum colouring colouring = app->state.look.colouring;
  return has_colours(app) && (colouring == COLOURS_FRONT || colouring == COLOURS_FRONT_BOTH);
}

static void flip_front(struct app *app, int unused) {
  (void)unused;
  app->state.look.flipped = !app->state.look.flipped;
}

static bool is_in_segments(const struct app *app) {
  return app->state.look.view == VIEW_SEGMENTS;
}

static void step_segments(struct app *app, int by) {
  app->state.look.segments = clamp((int64_t)app->state.look.segments + by, 2, MAX_SEGMENTS);
}

static bool is_in_difference(const struct app *app) {
  return app->state.look.view == VIEW_DIFFERENCE;
}

static void next_compared(struct app *app, int which) {
  struct look *look = &app->state.look;
  const uint32_t count = state_settings(&app->state)->scale_count;
  if (which == 0)
    look->compared[0] = (look->compared[0] + 1) % count;
  else
    look->compared[1] = look->compared[1] == MAX_SCALES ? 0
                        : look->compared[1] + 1 < count ? look->compared[1] + 1
                                                        : MAX_SCALES;
}

static void move_divider(struct app *app, int by) {
  app->state.look.divider = fminf(fmaxf(app->state.look.divider + 0.02f * (float)by, 0), 1);
}

static bool is_in_matches(const struct app *app) {
  return app->state.look.view == VIEW_MATCHES;
}

static void step_matches(struct app *app, int by) {
  struct look *look = &app->state.look;
  look->matches = by > 0 ? clamp(look->matches * 2, 1, 512) : clamp(look->matches / 2, 1, 512);
}

static void toggle_mutual(struct app *app, int unused) {
  (void)unused;
  app->state.look.mutual = !app->state.look.mutual;
}

static bool is_in_similarity(const struct app *app) {
  return app->state.look.view == VIEW_SIMILARITY && app->state.sides[0].current;
}

/* argument: 100 * columns + rows. */
static void move_patch(struct app *app, int by) {
  struct state *state = &app->state;
  const struct session *session = state->sides[state->pick_side].current;
  if (!session)
    return;
  const int columns = by / 100, rows = by % 100;
  const float step[2] = {(float)columns / session->covered[0], (float)rows / session->covered[1]};
  state->pinned = true;
  for (int i = 0; i < 2; i++)
    state->pick[i] = fminf(fmaxf(state->pick[i] + step[i], 0), 0.99999f);
}

static void toggle_pin(struct app *app, int unused) {
  (void)unused;
  app->state.pinned = !app->state.pinned;
}

static bool is_in_tiles(const struct app *app) {
  return app->state.look.view == VIEW_TILES && app->state.sides[0].current;
}

/* Shows the tile of the chosen scale that is under the pointer, or its first tile. Shows none if one is shown. */
static void look_at_tile(struct app *app, int unused) {
  (void)unused;
  struct state *state = &app->state;
  const struct session *session = state->sides[0].current;
  const uint32_t scale = clamp(state->look.selected, 0, session->settings.scale_count - 1);
  state->tile = state->tile == UINT64_MAX ? session->scales[scale].first_tile : UINT64_MAX;
}

static void next_tile(struct app *app, int unused) {
  (void)unused;
  struct state *state = &app->state;
  const uint64_t count = state->sides[0].current->layout.tile_count;
  state->tile = state->tile == UINT64_MAX ? 0 : (state->tile + 1) % count;
}

/* ---- The range of colours ---------------------------------------------------------------------------------------- */

static bool has_range(const struct app *app) {
  const enum view view = app->state.look.view;
  return view == VIEW_SIMILARITY || view == VIEW_NORMS || view == VIEW_DIFFERENCE;
}

static void next_range(struct app *app, int unused) {
  (void)unused;
  struct look *look = &app->state.look;
  look->range = (enum range)((look->range + 1u) % 3);
  look->low = app->state.low;
  look->high = app->state.high;
}

/* argument: 1 and -1 move the low end, 2 and -2 the high end. */
static void move_range(struct app *app, int by) {
  struct look *look = &app->state.look;
  if (look->range != RANGE_HAND) {
    look->low = app->state.low;
    look->high = app->state.high;
  }
  look->range = RANGE_HAND;
  const float step = 0.05f * (look->high - look->low) * (by > 0 ? 1 : -1);
  if (by == 1 || by == -1)
    look->low = fminf(look->low + step, look->high - 1e-4f * fabsf(look->high) - 1e-6f);
  else
    look->high = fmaxf(look->high + step, look->low + 1e-4f * fabsf(look->low) + 1e-6f);
}

/* ---- What leaves the program ------------------------------------------------------------------------------------- */

static const struct session *session_of(const struct app *app) {
  return app->state.sides[app->state.look.second == SECOND_NONE ? 0 : app->state.look.active].current;
}

static bool has_session(const struct app *app) {
  return session_of(app);
}

static void put_on_clipboard(struct app *app, char *text) {
  free(app->clipboard);
  app->clipboard = text;
}

static void copy_readout(struct app *app, int unused) {
  (void)unused;
  char line[512];
  describe_place(app, line, sizeof line);
  if (!*line)
    snprintf(line, sizeof line, "%s", picture_name(session_of(app)->picture));
  put_on_clipboard(app, strdup(line));
  state_note(&app->state, "copied: %s", line);
}

static void copy_text(struct app *app, int code) {
  char name[64], reason[OUTPUT_REASON_BYTES];
  char *text = code ? export_code(session_of(app)) : export_command(session_of(app));
  export_name(code ? "c" : "sh", name);
  if (!text || !output_write(name, text, strlen(text), reason))
    snprintf(app->state.warning, ERROR_BYTES, "%s: %s", name, text ? reason : "there is no memory for it");
  else
    state_note(&app->state, "copied, and wrote %s", name);
  put_on_clipboard(app, text);
}

static bool is_complete(const struct app *app) {
  return session_of(app) && session_is_recorded(session_of(app));
}

static void export_to_file(struct app *app, int unused) {
  (void)unused;
  char name[64];
  export_name("npy", name);
  if (export_features(session_of(app), name, app->state.warning))
    state_note(&app->state, "wrote %s and %s.json", name, name);
}

static void request(struct app *app, int what) {
  app->requests |= (uint32_t)what;
}

static void next_size(struct app *app, int unused) {
  (void)unused;
  app->export_size = app->export_size == 0 ? 1024 : app->export_size < 4096 ? app->export_size * 2 : 0;
  if (app->export_size)
    state_note(&app->state, "pictures are written with %u pixels on their longer side", app->export_size);
  else
    state_note(&app->state, "pictures are written as they are on the screen");
}

/* ---- The program ------------------------------------------------------------------------------------------------- */

static void step_history(struct app *app, int forwards) {
  if (!(forwards ? state_redo(&app->state) : state_undo(&app->state)))
    state_note(&app->state, forwards ? "there is nothing to redo" : "there is nothing to undo");
}

static void open_palette(struct app *app, int unused) {
  (void)unused;
  app->palette = !app->palette;
  app->palette_text[0] = 0;
  app->palette_chosen = 0;
  app->help = false;
}

static void toggle_help(struct app *app, int unused) {
  (void)unused;
  app->help = !app->help;
  app->help_scroll = 0;
}

static void move_focus(struct app *app, int by) {
  const int count = app->focus_count > 0 ? app->focus_count : 1;
  app->focus = app->focus < 0 ? (by > 0 ? 0 : count - 1) : (app->focus + count + by) % count;
}

static void press(struct app *app, int unused) {
  (void)unused;
  app->focus_pressed = app->focus >= 0;
}

static void scroll(struct app *app, int by) {
  float *at = app->help ? &app->help_scroll : &app->scroll;
  *at = fminf(fmaxf(*at + 160 * (float)by, 0), app->help ? app->help_end : app->scroll_end);
}

/* Closes the topmost of what is open. It never ends the program. */
static void escape(struct app *app, int unused) {
  (void)unused;
  struct state *state = &app->state;
  if (app->palette || app->help)
    app->palette = app->help = false;
  else if (state_cancel(state))
    app->focus = -1;
  else if (app->focus >= 0)
    app->focus = -1;
  else if (*state->warning || *state->note)
    *state->warning = *state->note = 0;
  else if (state->tile != UINT64_MAX)
    state->tile = UINT64_MAX;
  else if (state->pinned)
    state->pinned = false;
  else if (app->full_screen)
    app->requests |= REQUEST_FULL_SCREEN;
}

static void quit(struct app *app, int unused) {
  (void)unused;
  app->state.quit = true;
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

const struct action_row action_rows[ACTION_COUNT] = {
    [ACTION_VIEW_TILES] = {.name = "Tiles",
        .keys = "1",
        .tip = "What the model is given: every tile of every scale",
        .run = set_view,
        .value = VIEW_TILES,
        .begins = true},
    [ACTION_VIEW_FEATURES] = {.name = "Features",
        .keys = "2",
        .tip = "The first three principal components of the features, as colour",
        .run = set_view,
        .value = VIEW_FEATURES},
    [ACTION_VIEW_SIMILARITY] = {.name = "Similarity",
        .keys = "3",
        .tip = "The cosine of the angle between the features of each patch and those of one",
        .run = set_view,
        .value = VIEW_SIMILARITY},
    [ACTION_VIEW_DIFFERENCE] = {.name = "Difference",
        .keys = "4",
        .tip = "What a finer scale adds: how far its tokens differ within one token of a coarser one",
        .run = set_view,
        .value = VIEW_DIFFERENCE},
    [ACTION_VIEW_SEGMENTS] = {.name = "Segments",
        .keys = "5",
        .tip = "k-means of the first eight principal components",
        .run = set_view,
        .value = VIEW_SEGMENTS},
    [ACTION_VIEW_NORMS] = {.name = "Norms",
        .keys = "6",
        .tip = "The length of each token's features: artefacts and registers stand out",
        .run = set_view,
        .value = VIEW_NORMS},
    [ACTION_VIEW_MATCHES] = {.name = "Matches",
        .keys = "7",
        .tip = "Of two images, the tokens that are nearest to each other",
        .run = set_view,
        .value = VIEW_MATCHES},
    [ACTION_OVERLAY] = {.name = "Overlay on the photograph, or side by side",
        .keys = "O",
        .tip = "Pictures lie on the photograph, or beside it",
        .run = toggle_overlay},
    [ACTION_LESS_OPACITY] = {.name = "Overlay: more of the photograph",
        .keys = "[",
        .run = change_opacity,
        .value = -1},
    [ACTION_MORE_OPACITY] = {.name = "Overlay: less of the photograph", .keys = "]", .run = change_opacity, .value = 1},
    [ACTION_SOLO] = {.name = "The chosen scale alone, or all", .keys = "E", .run = toggle_solo},
    [ACTION_ZOOM_IN] = {.name = "Zoom in", .keys = "+ =", .run = zoom_in_the_middle, .value = 1},
    [ACTION_ZOOM_OUT] = {.name = "Zoom out", .keys = "-", .run = zoom_in_the_middle, .value = -1},
    [ACTION_ZOOM_ALL] = {.name = "All of the photograph", .keys = "0 Home", .run = zoom_all},
    [ACTION_NEXT_IMAGE] = {.name = "Next photograph",
        .keys = "Right PageDown",
        .run = step_image,
        .enabled = has_album,
        .value = 1,
        .begins = true},
    [ACTION_PREVIOUS_IMAGE] =
        {.name = "Previous photograph", .keys = "Left PageUp", .run = step_image, .enabled = has_album, .value = -1},
    [ACTION_SHOW_IMAGE] = {.name = "Show", .run = show_image, .unlisted = true},
    [ACTION_OPEN_RECENT] = {.name = "Open", .run = open_recent, .unlisted = true},
    [ACTION_SECOND_IMAGE] = {.name = "A second image beside it, or none",
        .keys = "B",
        .tip = "Similarities, components and matches go from one image to the other",
        .run = toggle_second,
        .value = SECOND_IMAGE},
    [ACTION_SECOND_SETTINGS] = {.name = "Two settings of one image side by side, or one",
        .keys = "Shift+B",
        .tip = "Another model or other scales beside these, with linked pointers",
        .run = toggle_second,
        .value = SECOND_SETTINGS},
    [ACTION_NEXT_SECOND] = {.name = "Second image: the next photograph",
        .keys = "N",
        .run = step_second,
        .enabled = has_second_image,
        .value = 1},
    [ACTION_PREVIOUS_SECOND] = {.name = "Second image: the previous photograph",
        .keys = "Shift+N",
        .run = step_second,
        .enabled = has_second_image,
        .value = -1},
    [ACTION_OTHER_SIDE] = {.name = "Settings of the other side",
        .keys = "X",
        .tip = "The sidebar says and changes the settings of one side",
        .run = other_side,
        .enabled = has_second},
    [ACTION_NEXT_SCALE] = {.name = "Choose the next scale", .keys = "S", .run = step_scale, .value = 1, .begins = true},
    [ACTION_PREVIOUS_SCALE] = {.name = "Choose the previous scale", .keys = "Shift+S", .run = step_scale, .value = -1},
    [ACTION_CHOOSE_SCALE] = {.name = "Choose this scale",
        .tip = "The one that arrows change, and that is shown alone",
        .run = choose_scale,
        .unlisted = true},
    [ACTION_LARGER] = {.name = "Make the scale larger", .keys = "Up", .run = enlarge},
    [ACTION_SMALLER] = {.name = "Make the scale smaller", .keys = "Down", .run = reduce},
    [ACTION_ADD_SCALE] = {.name = "Add a scale", .keys = "A Insert", .run = add_scale, .enabled = can_add},
    [ACTION_REMOVE_SCALE] = {.name = "Remove the chosen scale",
        .keys = "Delete Backspace",
        .run = remove_scale,
        .enabled = can_remove},
    [ACTION_SPLIT_MODE] = {.name = "To tiles by resize, or by pad",
        .keys = "M",
        .tip = "How an image is made a multiple of tiles: --split-mode",
        .run = toggle_split_mode},
    [ACTION_GRID_POLICY] = {.name = "Grid of the image, or of all tiles",
        .keys = "Shift+G",
        .tip = "Of features that tiles go beyond the image with: --grid",
        .run = toggle_grid_policy},
    [ACTION_OUTPUT] = {.name = "The scale whose grid the output has",
        .keys = "G",
        .tip = "The grid that features of all scales are brought to: --resize-output-to-idx",
        .run = set_output},
    [ACTION_MORE_TILES] = {.name = "More tiles in a model call",
        .keys = "T",
        .tip = "Tiles that go through the model at once, all that fit where none are said: --tiles-per-call",
        .run = step_tiles,
        .value = 1},
    [ACTION_FEWER_TILES] = {.name = "Fewer tiles in a model call",
        .keys = "Shift+T",
        .tip = "--tiles-per-call",
        .run = step_tiles,
        .value = -1},
    [ACTION_NEXT_FILTER] = {.name = "Next filter",
        .keys = "F",
        .tip = "From the photograph to each scale: --filter",
        .run = step_filter,
        .value = 1},
    [ACTION_PREVIOUS_FILTER] = {.name = "Previous filter",
        .keys = "Shift+F",
        .tip = "From the photograph to each scale: --filter",
        .run = step_filter,
        .value = -1},
    [ACTION_MODEL] = {.name = "Next model",
        .keys = "D",
        .tip = "The descriptor, and the folders that were given with --model or dropped here",
        .run = set_model,
        .enabled = has_models},
    [ACTION_PREPROCESS] = {.name = "The model's own preprocessing, or the whole photograph",
        .keys = "P",
        .tip = "Resized and cropped as the model's image processor does, and extract: --preprocess",
        .run = toggle_preprocess,
        .enabled = has_model},
    [ACTION_RUN_AGAIN] = {.name = "Run again, for its times", .keys = "R", .run = run_again},
    [ACTION_COLOURING] = {.name = "Components of each, of the foreground, of both images",
        .keys = "C",
        .tip = "Of one image, of what is in front, or of two images together, so that colours mean the same in both",
        .run = next_colouring,
        .enabled = has_colours,
        .begins = true},
    [ACTION_FLIP] = {.name = "Foreground and background change places",
        .keys = "Shift+C",
        .run = flip_front,
        .enabled = has_front},
    [ACTION_MORE_SEGMENTS] =
        {.name = "More segments", .keys = "K", .run = step_segments, .enabled = is_in_segments, .value = 1},
    [ACTION_FEWER_SEGMENTS] =
        {.name = "Fewer segments", .keys = "Shift+K", .run = step_segments, .enabled = is_in_segments, .value = -1},
    [ACTION_COMPARED_COARSE] = {.name = "Difference: the next coarser scale",
        .keys = "J",
        .tip = "The scale on the left of the divider",
        .run = next_compared,
        .enabled = is_in_difference},
    [ACTION_COMPARED_FINE] = {.name = "Difference: the next finer scale, or all the others",
        .keys = "Shift+J",
        .tip = "What is on the right of the divider",
        .run = next_compared,
        .enabled = is_in_difference,
        .value = 1},
    [ACTION_DIVIDER_LEFT] = {.name = "Divider to the left",
        .keys = "Ctrl+Left",
        .run = move_divider,
        .enabled = is_in_difference,
        .value = -1},
    [ACTION_DIVIDER_RIGHT] = {.name = "Divider to the right",
        .keys = "Ctrl+Right",
        .run = move_divider,
        .enabled = is_in_difference,
        .value = 1},
    [ACTION_MORE_MATCHES] =
        {.name = "More matches", .keys = "L", .run = step_matches, .enabled = is_in_matches, .value = 1},
    [ACTION_FEWER_MATCHES] =
        {.name = "Fewer matches", .keys = "Shift+L", .run = step_matches, .enabled = is_in_matches, .value = -1},
    [ACTION_MUTUAL] = {.name = "Mutual nearest neighbours alone, or all matches",
        .keys = "I",
        .tip = "Tokens each of which is the nearest of the other",
        .run = toggle_mutual,
        .enabled = is_in_matches},
    [ACTION_PATCH_LEFT] = {.name = "Pinned patch to the left",
        .keys = "Shift+Left",
        .run = move_patch,
        .enabled = is_in_similarity,
        .value = -100},
    [ACTION_PATCH_RIGHT] = {.name = "Pinned patch to the right",
        .keys = "Shift+Right",
        .run = move_patch,
        .enabled = is_in_similarity,
        .value = 100},
    [ACTION_PATCH_UP] =
        {.name = "Pinned patch up", .keys = "Shift+Up", .run = move_patch, .enabled = is_in_similarity, .value = -1},
    [ACTION_PATCH_DOWN] =
        {.name = "Pinned patch down", .keys = "Shift+Down", .run = move_patch, .enabled = is_in_similarity, .value = 1},
    [ACTION_PIN] = {.name = "Pin the patch, or let it follow the pointer",
        .keys = "U",
        .run = toggle_pin,
        .enabled = is_in_similarity},
    [ACTION_LOOK_AT_TILE] = {.name = "Look at a tile, or at all",
        .keys = "Q",
        .run = look_at_tile,
        .enabled = is_in_tiles},
    [ACTION_NEXT_TILE] = {.name = "Look at the next tile", .keys = "W", .run = next_tile, .enabled = is_in_tiles},
    [ACTION_RANGE] = {.name = "Range of colours: automatic, of what is seen, by hand",
        .keys = "V",
        .tip = "Where the colours begin and end",
        .run = next_range,
        .enabled = has_range},
    [ACTION_LOW_DOWN] =
        {.name = "Range of colours: begin lower", .keys = ",", .run = move_range, .enabled = has_range, .value = -1},
    [ACTION_LOW_UP] =
        {.name = "Range of colours: begin higher", .keys = ".", .run = move_range, .enabled = has_range, .value = 1},
    [ACTION_HIGH_DOWN] = {.name = "Range of colours: end lower",
        .keys = "Shift+, <",
        .run = move_range,
        .enabled = has_range,
        .value = -2},
    [ACTION_HIGH_UP] = {.name = "Range of colours: end higher",
        .keys = "Shift+. >",
        .run = move_range,
        .enabled = has_range,
        .value = 2},
    [ACTION_COPY_READOUT] = {.name = "Copy what is under the pointer",
        .keys = "Ctrl+C",
        .run = copy_readout,
        .enabled = has_session,
        .begins = true},
    [ACTION_COPY_COMMAND] = {.name = "Copy the command line of extract",
        .keys = "Ctrl+E",
        .tip = "It computes the same features; it is written to viewer-N.sh, too",
        .run = copy_text,
        .enabled = has_session},
    [ACTION_COPY_CODE] = {.name = "Copy the plan as C",
        .keys = "Ctrl+D",
        .tip = "s2vk_plan_info that makes the same plan; it is written to viewer-N.c, too",
        .run = copy_text,
        .enabled = has_session,
        .value = 1},
    [ACTION_EXPORT_FEATURES] = {.name = "Write the features",
        .keys = "Ctrl+S",
        .tip = "viewer-N.npy and .npy.json, as extract writes them",
        .run = export_to_file,
        .enabled = is_complete},
    [ACTION_EXPORT_WINDOW] = {.name = "Write the window as a picture",
        .keys = "F12",
        .tip = "viewer-N.png",
        .run = request,
        .value = REQUEST_WINDOW_PNG},
    [ACTION_EXPORT_PANEL] = {.name = "Write the picture under the pointer",
        .keys = "Shift+F12",
        .tip = "viewer-N.png, without what is around it",
        .run = request,
        .value = REQUEST_PANEL_PNG},
    [ACTION_EXPORT_SIZE] = {.name = "Size of written pictures: as on the screen, 1024, 2048, 4096",
        .keys = "Ctrl+F12",
        .run = next_size},
    [ACTION_UNDO] = {.name = "Undo", .keys = "Ctrl+Z", .run = step_history, .begins = true},
    [ACTION_REDO] = {.name = "Redo", .keys = "Ctrl+Y Ctrl+Shift+Z", .run = step_history, .value = 1},
    [ACTION_PALETTE] = {.name = "Find an action or a photograph by its name", .keys = "Ctrl+P", .run = open_palette},
    [ACTION_HELP] = {.name = "This page", .keys = "H F1", .run = toggle_help},
    [ACTION_FULL_SCREEN] = {.name = "Full screen", .keys = "F11", .run = request, .value = REQUEST_FULL_SCREEN},
    [ACTION_FOCUS_NEXT] = {.name = "Next button", .keys = "Tab", .run = move_focus, .value = 1},
    [ACTION_FOCUS_PREVIOUS] = {.name = "Previous button", .keys = "Shift+Tab", .run = move_focus, .value = -1},
    [ACTION_PRESS] = {.name = "Press the button", .keys = "Enter Space", .run = press},
    [ACTION_SCROLL_DOWN] = {.name = "Scroll the sidebar down", .keys = "Ctrl+Down", .run = scroll, .value = 1},
    [ACTION_SCROLL_UP] = {.name = "Scroll the sidebar up", .keys = "Ctrl+Up", .run = scroll, .value = -1},
    [ACTION_ESCAPE] = {.name = "Cancel, close, let go", .keys = "Esc", .run = escape},
    [ACTION_QUIT] = {.name = "Quit", .keys = "Ctrl+Q", .run = quit},
};

bool action_is_enabled(const struct app *app, enum action action) {
  return !action_rows[action].enabled || action_rows[action].enabled(app);
}

void action_run(struct app *app, enum action action, int argument) {
  const struct action_row *row = &action_rows[action];
  state_wake(&app->state);
  if (action_is_enabled(app, action))
    row->run(app, argument ? argument : row->value);
}
