#define _POSIX_C_SOURCE 200809L

#include "store.h"

#include "output.h"
#include "vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find(char path[4096]) {
  const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  if (config && *config == '/')
    return snprintf(path, 4096, "%s/s2vk/viewer.conf", config) < 4096;
  return home && *home && snprintf(path, 4096, "%s/.config/s2vk/viewer.conf", home) < 4096;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static void take_settings(struct settings *settings, const char *name, const char *value) {
  int word;
  uint32_t count;
  double scales[MAX_SCALES];
  if (strcmp(name, "preset") == 0 && read_word(value, WORDS_PRESET, &word)) {
    settings_take_preset(settings, true, (enum preset)word);
  } else if (strcmp(name, "scales") == 0 && read_numbers(value, MIN_SCALE, MAX_SCALE, scales, MAX_SCALES, &count)) {
    memcpy(settings->scales, scales, sizeof scales);
    settings->scale_count = count;
  } else if (strcmp(name, "split-mode") == 0 && read_word(value, WORDS_SPLIT_MODE, &word))
    settings->split_mode = (s2vk_split_mode)word;
  else if (strcmp(name, "grid") == 0 && read_word(value, WORDS_GRID, &word) && word != S2VK_GRID_SQUARE)
    settings->grid = (s2vk_grid_policy)word;
  else if (strcmp(name, "filter") == 0 && read_word(value, WORDS_FILTER, &word))
    settings->filter = (s2vk_filter)word;
  else if (strcmp(name, "tiles-per-call") == 0 && read_count(value, 0, 1000000, &count))
    settings->tiles_per_call = count;
  else if (strcmp(name, "dynamic-s2") == 0 && read_count(value, 0, 1, &count))
    settings->dynamic_s2 = count && settings->has_preset && settings->preset == PRESET_NVILA;
  else if (strcmp(name, "blocks") == 0 && read_count(value, 0, 1, &count))
    settings->blocks = count || (settings->has_preset && settings->preset == PRESET_NVILA);
}

static void take(struct app *app, const char *name, const char *value) {
  struct state *state = &app->state;
  struct look *look = &state->look;
  uint32_t count;
  double number;
  int word;
  if (strcmp(name, "view") == 0 && read_word(value, WORDS_VIEW, &word))
    look->view = (enum view)word;
  else if (strcmp(name, "overlay") == 0 && read_count(value, 0, 1, &count))
    look->overlay = count;
  else if (strcmp(name, "opacity") == 0 && read_number(value, 0.05, 1, &number))
    look->opacity = (float)number;
  else if (strcmp(name, "segments") == 0 && read_count(value, 2, MAX_SEGMENTS, &count))
    look->segments = count;
  else if (strcmp(name, "matches") == 0 && read_count(value, 1, 512, &count))
    look->matches = count;
  else if (strcmp(name, "recent") == 0 && state->recent_count < MAX_RECENT &&
           (state->recent[state->recent_count] = strdup(value)))
    state->recent_count++;
  else
    take_settings(&look->settings[0], name, value);
}

void store_read(struct app *app) {
  char path[4096], line[4200];
  FILE *file = find(path) ? fopen(path, "r") : NULL;
  while (file && fgets(line, sizeof line, file)) {
    char *equals = strchr(line, '=');
    line[strcspn(line, "\n")] = 0;
    if (!equals)
      continue;
    *equals = 0;
    take(app, line, equals + 1);
  }
  if (file)
    fclose(file);
  app->state.look.settings[1] = app->state.look.settings[0];
}

static void put(FILE *file, const struct app *app) {
  const struct look *look = &app->state.look;
  const struct settings *settings = &look->settings[0];
  fprintf(file, "view=%s\noverlay=%d\nopacity=%.2f\nsegments=%u\nmatches=%u\n", names_of_view[look->view],
      look->overlay, (double)look->opacity, look->segments, look->matches);
  if (settings->has_preset) /* ahead of what it has other defaults for */
    fprintf(file, "preset=%s\ndynamic-s2=%d\n", names_of_preset[settings->preset], settings->dynamic_s2);
  fprintf(file, "blocks=%d\nscales=", settings->blocks);
  for (uint32_t i = 0; i < settings->scale_count; i++)
    fprintf(file, "%s%.17g", i ? "," : "", settings->scales[i]);
  fprintf(file, "\nsplit-mode=%s\ngrid=%s\nfilter=%s\ntiles-per-call=%u\n", names_of_split_mode[settings->split_mode],
      names_of_grid[settings->grid], names_of_filter[settings->filter], settings->tiles_per_call);
  for (uint32_t i = 0; i < app->state.recent_count; i++)
    if (!strchr(app->state.recent[i], '\n'))
      fprintf(file, "recent=%s\n", app->state.recent[i]);
}

bool store_write(const struct app *app, char error[ERROR_BYTES]) {
  char path[4096], reason[OUTPUT_REASON_BYTES] = "there is no memory for it";
  char *text = NULL;
  size_t bytes = 0;
  if (!find(path))
    return true;
  FILE *file = open_memstream(&text, &bytes);
  if (file)
    put(file, app);
  const bool made = file && fclose(file) == 0;
  const bool written = made && output_make_folders(path, reason) && output_write(path, text, bytes, reason);
  free(text);
  if (!written)
    snprintf(error, ERROR_BYTES, "%.250s: %.200s", path, reason);
  return written;
}
