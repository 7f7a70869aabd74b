/* Actions that write something, and those of the program itself. */
#define _POSIX_C_SOURCE 200809L

#include "actions_parts.h"

#include "export.h"
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What leaves the program ------------------------------------------------------------------------------------- */

static const struct session *session_of(const struct app *app) {
  return app->state.sides[app->state.look.second == SECOND_NONE ? 0 : app->state.look.active].current;
}

bool app_has_session(const struct app *app) {
  return session_of(app);
}

static void put_on_clipboard(struct app *app, char *text) {
  free(app->clipboard);
  app->clipboard = text;
}

void act_copy_readout(struct app *app, int unused) {
  (void)unused;
  char line[512];
  describe_place(app, line, sizeof line);
  if (!*line)
    snprintf(line, sizeof line, "%s", picture_name(session_of(app)->picture));
  put_on_clipboard(app, strdup(line));
  state_note(&app->state, "copied: %s", line);
}

void act_copy_text(struct app *app, int code) {
  char name[64], reason[OUTPUT_REASON_BYTES];
  char *text = code ? export_code(session_of(app)) : export_command(session_of(app));
  export_name(code ? "c" : "sh", name);
  if (!text || !output_write(name, text, strlen(text), reason))
    snprintf(app->state.warning, ERROR_BYTES, "%s: %s", name, text ? reason : "there is no memory for it");
  else
    state_note(&app->state, "copied, and wrote %s", name);
  put_on_clipboard(app, text);
}

bool app_is_complete(const struct app *app) {
  return session_of(app) && session_is_recorded(session_of(app));
}

void act_export_to_file(struct app *app, int unused) {
  (void)unused;
  char name[64];
  export_name("npy", name);
  if (export_features(session_of(app), name, app->state.warning))
    state_note(&app->state, "wrote %s and %s.json", name, name);
}

void act_request(struct app *app, int what) {
  app->requests |= (uint32_t)what;
}

void act_next_size(struct app *app, int unused) {
  (void)unused;
  app->export_size = app->export_size == 0 ? 1024 : app->export_size < 4096 ? app->export_size * 2 : 0;
  if (app->export_size)
    state_note(&app->state, "pictures are written with %u pixels on their longer side", app->export_size);
  else
    state_note(&app->state, "pictures are written as they are on the screen");
}

/* ---- The program ------------------------------------------------------------------------------------------------- */

void act_step_history(struct app *app, int forwards) {
  if (!(forwards ? state_redo(&app->state) : state_undo(&app->state)))
    state_note(&app->state, forwards ? "there is nothing to redo" : "there is nothing to undo");
}

void act_open_palette(struct app *app, int unused) {
  (void)unused;
  app->palette = !app->palette;
  app->palette_text[0] = 0;
  app->palette_chosen = 0;
  app->help = false;
}

void act_toggle_help(struct app *app, int unused) {
  (void)unused;
  app->help = !app->help;
  app->help_scroll = 0;
}

void act_move_focus(struct app *app, int by) {
  const int count = app->focus_count > 0 ? app->focus_count : 1;
  app->focus = app->focus < 0 ? (by > 0 ? 0 : count - 1) : (app->focus + count + by) % count;
}

void act_press(struct app *app, int unused) {
  (void)unused;
  app->focus_pressed = app->focus >= 0;
}

void act_scroll(struct app *app, int by) {
  float *at = app->help ? &app->help_scroll : &app->scroll;
  *at = fminf(fmaxf(*at + 160 * (float)by, 0), app->help ? app->help_end : app->scroll_end);
}

/* Closes the topmost of what is open. It never ends the program. */
void act_escape(struct app *app, int unused) {
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

void act_quit(struct app *app, int unused) {
  (void)unused;
  app->state.quit = true;
}
