/* Actions that change settings. */
#include "actions_parts.h"

#include <math.h>

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

void act_step_scale(struct app *app, int by) {
  const uint32_t count = state_settings(&app->state)->scale_count;
  app->state.look.selected = (app->state.look.selected + count + (uint32_t)by) % count;
}

void act_choose_scale(struct app *app, int scale) {
  app->state.look.selected = clamp(scale, 0, state_settings(&app->state)->scale_count - 1);
}

/* argument: the sign is the direction, the magnitude is the scale and 1. */
static void resize_scale(struct app *app, int argument, int by) {
  struct settings settings = *state_settings(&app->state);
  if (argument)
    act_choose_scale(app, argument - 1);
  double *scale = &settings.scales[app->state.look.selected];
  const double step = settings.has_preset ? 1 : SCALE_STEP; /* a preset's scales are of whole tiles */
  *scale = fmin(fmax(*scale + by * step, settings.has_preset ? 1 : MIN_SCALE), MAX_SCALE);
  settings.sized = false;
  state_set(&app->state, &settings);
}

void act_enlarge(struct app *app, int argument) {
  resize_scale(app, argument, 1);
}

void act_reduce(struct app *app, int argument) {
  resize_scale(app, argument, -1);
}

bool app_can_add(const struct app *app) {
  return state_settings(&app->state)->scale_count < MAX_SCALES;
}

void act_add_scale(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  const double last = settings.scales[settings.scale_count - 1];
  settings.scales[settings.scale_count++] = fmin(last + 1, MAX_SCALE);
  settings.sized = false;
  state_set(&app->state, &settings);
}

bool app_can_remove(const struct app *app) {
  return state_settings(&app->state)->scale_count > 1;
}

void act_remove_scale(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.scale_count--;
  for (uint32_t i = app->state.look.selected; i < settings.scale_count; i++) {
    settings.scales[i] = settings.scales[i + 1];
    settings.sizes[i] = settings.sizes[i + 1];
  }
  state_set(&app->state, &settings);
}

void act_toggle_split_mode(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.split_mode = settings.split_mode == S2VK_SPLIT_PAD ? S2VK_SPLIT_RESIZE : S2VK_SPLIT_PAD;
  state_set(&app->state, &settings);
}

void act_toggle_grid_policy(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.grid = settings.grid == S2VK_GRID_SPLIT ? S2VK_GRID_IMAGE : S2VK_GRID_SPLIT;
  state_set(&app->state, &settings);
}

void act_set_output(struct app *app, int argument) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t last = settings.scale_count - 1, output = settings.output < last ? settings.output : last;
  const uint32_t next = argument ? (uint32_t)argument - 1 : (output + 1) % settings.scale_count;
  settings.output = next == last ? UINT32_MAX : next;
  state_set(&app->state, &settings);
}

/* Steps through 1, 2, 4 ... 32, all. */
void act_step_tiles(struct app *app, int by) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t tiles = settings.tiles_per_call;
  if (by > 0)
    settings.tiles_per_call = tiles == 0 ? 1 : tiles < 32 ? tiles * 2 : 0;
  else
    settings.tiles_per_call = tiles == 0 ? 32 : tiles > 1 ? tiles / 2 : 0;
  state_set(&app->state, &settings);
}

void act_step_filter(struct app *app, int by) {
  struct settings settings = *state_settings(&app->state);
  settings.filter = (s2vk_filter)(((int)settings.filter + 6 + by) % 6);
  state_set(&app->state, &settings);
}

bool app_has_models(const struct app *app) {
  return app->state.backend.model_count > 0;
}

void act_set_model(struct app *app, int argument) {
  struct settings settings = *state_settings(&app->state);
  const uint32_t count = app->state.backend.model_count + 1;
  settings.model = argument ? clamp(argument - 1, 0, count - 1) : (settings.model + 1) % count;
  state_set(&app->state, &settings);
}

bool app_can_preprocess(const struct app *app) {
  return state_settings(&app->state)->model > 0 && !state_settings(&app->state)->has_preset;
}

bool app_has_filter(const struct app *app) {
  return !state_settings(&app->state)->has_preset;
}

/* preset: -1: none */
void act_set_preset(struct app *app, int preset) {
  struct settings settings = *state_settings(&app->state);
  settings_take_preset(&settings, preset >= 0, (enum preset)(preset < 0 ? 0 : preset));
  state_set(&app->state, &settings);
}

void act_step_preset(struct app *app, int by) {
  const struct settings *settings = state_settings(&app->state);
  const int at = settings->has_preset ? 1 + (int)settings->preset : 0;
  act_set_preset(app, (at + PRESET_COUNT + 1 + by) % (PRESET_COUNT + 1) - 1);
}

bool app_is_nvila(const struct app *app) {
  const struct settings *settings = state_settings(&app->state);
  return settings->has_preset && settings->preset == PRESET_NVILA;
}

void act_toggle_dynamic_s2(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.dynamic_s2 = !settings.dynamic_s2;
  settings.max_tiles = 0;
  state_set(&app->state, &settings);
}

bool app_can_choose_blocks(const struct app *app) {
  return !app_is_nvila(app);
}

void act_toggle_blocks(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.blocks = !settings.blocks;
  state_set(&app->state, &settings);
}

void act_toggle_preprocess(struct app *app, int unused) {
  (void)unused;
  struct settings settings = *state_settings(&app->state);
  settings.preprocess = !settings.preprocess;
  state_set(&app->state, &settings);
}

void act_run_again(struct app *app, int unused) {
  (void)unused;
  for (uint32_t i = 0; i < state_side_count(&app->state); i++) {
    struct side *side = &app->state.sides[i];
    side->cancelled = false;
    if (side->current && !side->pending && session_is_recorded(side->current))
      session_restart(side->current);
  }
}
