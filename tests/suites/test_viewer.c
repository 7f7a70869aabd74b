/* samples/viewer: every action of its table by its keys, from the palette by keyboard and by mouse, and every button by
 * mouse and by keyboard. The validation layer is enabled by the environment; what it says fails the test in
 * CMakeLists.txt. The window has 640 x 480 points; with S2VK_VIEWER_SIZES=all it is one of two pixels to a point, 1280
 * x 720, 1600 x 1000 and 3840 x 2160, too. */
#define _POSIX_C_SOURCE 200809L

#include "../viewer/easel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct easel easel;

static const char *const sizes[][2] = {
    {"640x480", "1"}, {"640x400", "2"}, {"1280x720", "1"}, {"1600x1000", "1"}, {"3840x2160", "1"}};

static int size_count(void) {
  const char *all = getenv("S2VK_VIEWER_SIZES");
  return all && strcmp(all, "all") == 0 ? 5 : 1;
}

static void open_at(int size) {
  char *arguments[] = {"viewer", PHOTOGRAPH, PHOTOGRAPH, "--size", (char *)(uintptr_t)sizes[size][0], "--ui-scale",
      (char *)(uintptr_t)sizes[size][1], "--scales", "1,1.5", "--without-times", "--max-split-size", "32"};
  assert_true(easel_set_up(&easel, 12, arguments, true));
  assert_true(easel_frame(&easel));
}

static void close_it(void) {
  free(easel.viewer.app.clipboard);
  easel_take_down(&easel);
}

/* Of all that a person can see or has chosen, as far as it is not a number that time brings. */
static uint64_t snapshot(void) {
  const struct app *app = &easel.viewer.app;
  const struct state *state = &app->state;
  const struct look *l = &state->look;
  char text[1024];
  uint64_t hash = 14695981039346656037u;
  int length = snprintf(text, sizeof text, "%d %d %u %u %u %u %d %d %g %d %d %u %d %g %g %u %u %g %u %d|", l->view,
      l->second, l->active, l->number[0], l->number[1], l->selected, l->solo, l->overlay, (double)l->opacity,
      l->colouring, l->flipped, l->segments, l->range, (double)l->low, (double)l->high, l->compared[0], l->compared[1],
      (double)l->divider, l->matches, l->mutual);
  for (int side = 0; side < 2; side++) {
    const struct settings *s = &l->settings[side];
    length += snprintf(text + length, sizeof text - (size_t)length, "%u %g %g %g %d %d %u %u %d %u %d %d %d %d|",
        s->scale_count, s->scales[0], s->scales[1], s->scales[2], s->split_mode, s->grid, s->output, s->tiles_per_call,
        s->filter, s->model, s->preprocess, s->has_preset ? (int)s->preset : -1, s->dynamic_s2, s->blocks);
  }
  length += snprintf(text + length, sizeof text - (size_t)length, "%g %g %d %g %g %llu %s %s %d %d %d %u %g %g",
      (double)state->zoom, (double)state->centre[0], state->pinned, (double)state->pick[0], (double)state->pick[1],
      (unsigned long long)state->tile, state->note, state->warning, app->help, app->palette, app->focus, app->requests,
      (double)app->scroll, (double)app->help_scroll);
  for (int i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
  return hash;
}

/* So that an action can be done and has an effect. */
static void prepare(enum action action) {
  struct app *app = &easel.viewer.app;
  struct state *state = &app->state;
  app->help = app->palette = false;
  app->focus = -1;
  app->requests = 0;
  *state->note = *state->warning = 0;
  state->look.second = SECOND_IMAGE;
  state->look.active = 0;
  state->look.overlay = state->look.solo = state->look.flipped = false;
  state->look.range = RANGE_AUTOMATIC;
  state->look.colouring = COLOURS_FRONT;
  state->look.segments = 5;
  state->look.divider = 0.5f;
  state->look.opacity = 0.5f;
  state->zoom = action == ACTION_ZOOM_ALL || action == ACTION_ZOOM_OUT ? 3 : 1;
  state->pick[0] = state->pick[1] = 0.5f;
  state->tile = action == ACTION_NEXT_TILE ? 0 : UINT64_MAX;
  app->scroll = action == ACTION_SCROLL_UP ? app->scroll_end : 0;
  struct settings settings = {.scales = {1, 1.5}, .scale_count = 2, .output = UINT32_MAX};
  if (action == ACTION_DYNAMIC_S2 || action == ACTION_PRESET_NONE)
    settings_take_preset(&settings, true, PRESET_NVILA);
  state->look.selected = 0;
  state_set(state, &settings);
  for (int view = 0; view < VIEW_COUNT; view++) {
    state->look.view = (enum view)((view + VIEW_FEATURES) % VIEW_COUNT);
    if (action >= ACTION_VIEW_TILES && action <= ACTION_VIEW_MATCHES && state->look.view == (enum view)action)
      continue; /* it is not shown yet */
    if (action_is_enabled(app, action))
      break;
  }
  if (action == ACTION_ESCAPE)
    state->pinned = true;
  if (action == ACTION_PRESS)
    app->focus = 8;
  if (action == ACTION_RUN_AGAIN || action == ACTION_PRESS)
    snprintf(state->note, sizeof state->note, "to be replaced");
}

/* Actions whose effect depends on what is not there: a model, a sidebar that is too long, a widget. */
static bool may_do_nothing(enum action action) {
  const struct app *app = &easel.viewer.app;
  return action == ACTION_MODEL || action == ACTION_PREPROCESS || action == ACTION_RUN_AGAIN ||
         action == ACTION_PRESS ||
         ((action == ACTION_SCROLL_DOWN || action == ACTION_SCROLL_UP) && app->scroll_end <= 0) ||
         action == ACTION_FOCUS_NEXT || action == ACTION_FOCUS_PREVIOUS || action == ACTION_UNDO ||
         action == ACTION_REDO;
}

static void frame(void) {
  assert_true(easel_frame(&easel));
}

static void check(enum action action, uint64_t before, const char *how, int size) {
  if (!may_do_nothing(action) && snapshot() == before)
    fail_msg("%s: \"%s\" changes nothing at %s", how, action_rows[action].name, sizes[size][0]);
  if (*easel.viewer.app.state.warning)
    fail_msg("%s: \"%s\": %s", how, action_rows[action].name, easel.viewer.app.state.warning);
}

/* ---- The table
 * -------------------------------------------------------------------------------------------------------------- */

static void keys_stand_for_one_action_each(void **unused) {
  (void)unused;
  for (int action = 0; action < ACTION_COUNT; action++) {
    const struct action_row *row = &action_rows[action];
    assert_non_null(row->name);
    assert_non_null(row->run);
    assert_true(row->keys || row->unlisted);
    for (const char *text = row->keys; text && *text;) {
      const size_t length = strcspn(text, " ");
      int key, modifiers;
      assert_true(action_parse_key(text, length, &key, &modifiers));
      if (action_of_key(key, modifiers) != (enum action)action)
        fail_msg("%.*s is \"%s\", and not \"%s\"", (int)length, text, action_rows[action_of_key(key, modifiers)].name,
            row->name);
      text += length + (text[length] == ' ');
    }
  }
}

static void every_action_by_its_keys(void **unused) {
  (void)unused;
  for (int size = 0; size < size_count(); size++) {
    open_at(size);
    for (int action = 0; action < ACTION_QUIT; action++) {
      const char *keys = action_rows[action].keys;
      int key, modifiers;
      if (!keys || !action_parse_key(keys, strcspn(keys, " "), &key, &modifiers))
        continue;
      prepare((enum action)action);
      const uint64_t before = snapshot();
      viewer_key(&easel.viewer, key, modifiers);
      check((enum action)action, before, keys, size);
      frame();
    }
    close_it();
  }
}

static void every_action_from_the_palette(void **unused) {
  (void)unused;
  open_at(0);
  for (int action = 0; action < ACTION_QUIT; action++) {
    const struct action_row *row = &action_rows[action];
    struct palette_entry entry;
    if (row->unlisted || action == ACTION_PALETTE)
      continue;
    prepare((enum action)action);
    viewer_key(&easel.viewer, 'P', MODIFIER_CONTROL);
    const uint64_t before = snapshot();
    for (const char *c = row->name; *c; c++)
      viewer_type(&easel.viewer, (unsigned char)*c);
    for (uint32_t i = 0;; i++) {
      assert_true(action_entry(&easel.viewer.app, easel.viewer.app.palette_text, i, &entry));
      if (entry.action == (enum action)action)
        break;
      viewer_key(&easel.viewer, KEY_DOWN, 0);
    }
    viewer_key(&easel.viewer, KEY_ENTER, 0);
    check((enum action)action, before, "palette", 0);
  }
  close_it();
}

/* A click, and the frame that sees it. */
static void click(float x, float y) {
  viewer_move(&easel.viewer, x, y);
  viewer_press(&easel.viewer, true);
  viewer_press(&easel.viewer, false);
  frame();
}

/* The palette is opened by the hint in the footer, its rows are gone through by the wheel, and clicked. */
static void every_action_by_mouse(void **unused) {
  (void)unused;
  for (int size = 0; size < size_count(); size++) {
    open_at(size);
    for (int action = 0; action < ACTION_QUIT; action++) {
      const struct action_row *row = &action_rows[action];
      struct app *app = &easel.viewer.app;
      struct palette_entry entry;
      if (row->unlisted || action == ACTION_PALETTE)
        continue;
      prepare((enum action)action);
      click(app->layout.footer.x + app->layout.footer.width - 20, app->layout.footer.y + app->layout.footer.height / 2);
      if (!app->palette)
        fail_msg("the hint in the footer opens no palette at %s", sizes[size][0]);
      const uint64_t before = snapshot();
      for (uint32_t i = 0; action_entry(app, "", i, &entry) && entry.action != (enum action)action; i++)
        viewer_wheel(&easel.viewer, -1);
      frame();
      const struct rect chosen = app->chosen_row;
      const float scale = easel.viewer.painter.text.scale;
      assert_true(chosen.x > 0 && chosen.y > 0 && chosen.width > 100);
      assert_true(chosen.x + chosen.width < (float)easel.offscreen.target.extent.width / scale);
      assert_true(chosen.y + chosen.height < (float)easel.offscreen.target.extent.height / scale);
      click(chosen.x + chosen.width / 2, chosen.y + chosen.height / 2);
      assert_false(app->palette);
      check((enum action)action, before, "mouse", size);
    }
    close_it();
  }
}

/* ---- Buttons
 * -------------------------------------------------------------------------------------------------------------- */

/* Each widget that Tab comes to, with a ring that lies on the screen, does the same by Enter as by a click in its
 * middle. */
static void every_button_by_mouse_and_keyboard(void **unused) {
  (void)unused;
  for (int size = 0; size < size_count(); size++) {
    open_at(size);
    struct app *app = &easel.viewer.app;
    prepare(ACTION_VIEW_NORMS);
    frame();
    frame();
    const int count = app->focus_count;
    assert_true(count > 15);
    for (int i = 0; i < count; i++) {
      uint64_t after[2];
      struct rect at = {0};
      for (int way = 0; way < 2; way++) {
        prepare(ACTION_VIEW_NORMS);
        app->scroll = 0;
        viewer_move(&easel.viewer, 1, 60);
        app->focus = i;
        frame();
        if (app->scroll != 0) /* it has come into sight */
          frame();
        at = app->focused;
        assert_true(at.width > 0);
        if (way == 0) {
          viewer_key(&easel.viewer, KEY_ENTER, 0);
          frame();
        } else {
          click(at.x + at.width / 2, at.y + at.height / 2);
        }
        app->focus = -1;
        app->scroll = 0;
        *app->state.note = 0;
        app->state.look.number[0] = app->state.look.number[1] = 0;
        after[way] = snapshot();
      }
      if (after[0] != after[1])
        fail_msg("button %d of %d at %g, %g does not do the same by mouse and keyboard at %s", i, count, (double)at.x,
            (double)at.y, sizes[size][0]);
    }
    close_it();
  }
}

/* ---- Undo
 * ----------------------------------------------------------------------------------------------------------------- */

static void undo_takes_back_and_redo_repeats(void **unused) {
  (void)unused;
  static const int keys[] = {'3', 'A', 'O', 'M', 'F', '6', KEY_UP, 'K', 'E'};
  const int count = (int)(sizeof keys / sizeof *keys);
  uint64_t seen[16];
  open_at(0);
  frame();
  struct app *app = &easel.viewer.app;
  for (int i = 0; i < count; i++) {
    seen[i] = snapshot();
    viewer_key(&easel.viewer, keys[i], 0);
    frame();
  }
  seen[count] = snapshot();
  for (int i = count; i-- > 0;) {
    if (keys[i] == 'K') /* is not for this view */
      continue;
    viewer_key(&easel.viewer, 'Z', MODIFIER_CONTROL);
    frame();
    *app->state.note = 0;
    assert_true(snapshot() == seen[i]);
  }
  for (int i = 0; i < count; i++) {
    if (keys[i] == 'K')
      continue;
    viewer_key(&easel.viewer, 'Y', MODIFIER_CONTROL);
    frame();
    *app->state.note = 0;
    assert_true(snapshot() == seen[i + 1]);
  }
  close_it();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_stand_for_one_action_each),
      cmocka_unit_test(every_action_by_its_keys),
      cmocka_unit_test(every_action_from_the_palette),
      cmocka_unit_test(every_action_by_mouse),
      cmocka_unit_test(every_button_by_mouse_and_keyboard),
      cmocka_unit_test(undo_takes_back_and_redo_repeats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
