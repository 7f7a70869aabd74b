#define _XOPEN_SOURCE 700

#include "state.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const names_of_view[VIEW_COUNT] = {
    "tiles", "features", "similarity", "difference", "segments", "norms", "matches"};

/* ---- Beginning and end ------------------------------------------------------------------------------------------- */

static const struct look first_look = {
    .view = VIEW_FEATURES,
    .opacity = 0.65f,
    .segments = 6,
    .high = 1,
    .compared = {0, 1},
    .divider = 0.5f,
    .matches = 32,
    .mutual = true,
};

bool state_create(
    struct state *state, const struct gpu *gpu, const struct source *source, bool patient, void (*wake)(void)) {
  *state = (struct state){
      .gpu = gpu,
      .look = first_look,
      .patient = patient,
      .zoom = 1,
      .centre = {0.5f, 0.5f},
      .seen = {0, 0, 1, 1},
      .pick = {0.5f, 0.5f},
      .tile = UINT64_MAX,
      .calls_per_frame = 1,
      .frames_wanted = 4,
  };
  for (int i = 0; i < 2; i++)
    state->look.settings[i] =
        (struct settings){.scales = {1, 2}, .scale_count = 2, .output = UINT32_MAX, .model = source->folder_count > 0};
  if (!backend_create(&state->backend, gpu, source))
    return false;
  if (!patient && !(state->loader = loader_create(wake))) {
    fprintf(stderr, "viewer: there is no thread to read photographs on\n");
    return false;
  }
  VkResult result = album_create(&state->album, gpu, state->loader);
  for (int i = 0; !result && i < FRAMES_IN_FLIGHT; i++) {
    result = buffer_create(&state->readings[i], gpu, sizeof(struct reading), VK_BUFFER_USAGE_TRANSFER_DST_BIT, true);
    if (!result)
      memset(state->readings[i].host, 0, sizeof(struct reading));
  }
  if (result)
    fprintf(stderr, "viewer: no memory for what is read back: VkResult %d\n", result);
  return !result;
}

void state_destroy(struct state *state) {
  if (!state->gpu)
    return;
  loader_destroy(state->loader);
  state->album.loader = NULL;
  vkDeviceWaitIdle(state->gpu->device);
  retire_bury(state, true);
  pair_destroy(&state->pair);
  for (int i = 0; i < 2; i++) {
    session_destroy(&state->sides[i].current);
    session_destroy(&state->sides[i].pending);
    picture_drop(&state->sides[i].picture);
  }
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++)
    buffer_destroy(&state->readings[i], state->gpu);
  for (uint32_t i = 0; i < state->recent_count; i++)
    free(state->recent[i]);
  album_destroy(&state->album);
  backend_destroy(&state->backend);
  *state = (struct state){0};
}

/* ---- Small things ------------------------------------------------------------------------------------------------ */

void state_wake(struct state *state) {
  state->frames_wanted = 4;
}

void state_note(struct state *state, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(state->note, sizeof state->note, format, arguments);
  va_end(arguments);
  state->note_frame = state->frame;
  state_wake(state);
}

uint32_t state_side_count(const struct state *state) {
  return state->look.second == SECOND_NONE ? 1 : 2;
}

const struct session *state_session(const struct state *state, uint32_t side) {
  return side < state_side_count(state) ? state->sides[side].current : NULL;
}

bool state_is_comparable(const struct state *state) {
  return pair_is_possible(state_session(state, 0), state_session(state, 1));
}

enum analysis_values state_values(const struct state *state) {
  return state->look.view == VIEW_NORMS        ? VALUES_NORMS
         : state->look.view == VIEW_DIFFERENCE ? VALUES_DIFFERENCES
                                               : VALUES_SIMILARITIES;
}

bool state_has_joint_colours(const struct state *state) {
  return state->pair && state->joint.coloured && state->look.colouring >= COLOURS_BOTH &&
         (state->look.view == VIEW_FEATURES || state->look.view == VIEW_SEGMENTS);
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

const struct settings *state_settings(const struct state *state) {
  return &state->look.settings[state->look.active];
}

void state_set(struct state *state, const struct settings *settings) {
  struct look *look = &state->look;
  look->settings[look->active] = *settings;
  if (look->second == SECOND_IMAGE)
    look->settings[!look->active] = *settings;
  if (look->selected >= settings->scale_count)
    look->selected = settings->scale_count - 1;
  for (int i = 0; i < 2; i++)
    if (look->compared[i] >= settings->scale_count && look->compared[i] != MAX_SCALES)
      look->compared[i] = settings->scale_count - 1;
  state->tile = UINT64_MAX;
  *state->warning = 0;
  state_wake(state);
}

void state_show(struct state *state, uint32_t side, uint32_t number) {
  if (!state->album.count)
    return;
  state->look.number[side] = number % state->album.count;
  state->tile = UINT64_MAX;
  *state->warning = 0;
  state_wake(state);
}

/* ---- Photographs ------------------------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t seed, const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    seed = (seed ^ ((const unsigned char *)data)[i]) * 1099511628211u;
  return seed;
}

static uint32_t number_of(const struct state *state, uint32_t side) {
  return state->look.number[state->look.second == SECOND_SETTINGS ? 0 : side];
}

static struct preparation preparation_of(const struct state *state, uint32_t side) {
  return backend_preparation(&state->backend, &state->look.settings[side]);
}

/* What a side's picture depends on. */
static uint64_t wanted_key(const struct state *state, uint32_t side) {
  const struct preparation at = preparation_of(state, side);
  const char *path = state->album.paths[number_of(state, side)];
  const uint32_t rest[4] = {at.kind, at.kind ? state->look.settings[side].model : 0,
      at.kind == PREPARED_BY_PRESET ? at.preset : 0, at.preprocess.height + at.preprocess.crop_height};
  return hash(hash(14695981039346656037u, path, strlen(path)), rest, sizeof rest);
}

static void remember_recent(struct state *state, const char *path) {
  char *full = realpath(path, NULL);
  if (!full)
    return;
  uint32_t at = state->recent_count;
  for (uint32_t i = 0; i < state->recent_count; i++)
    if (strcmp(state->recent[i], full) == 0)
      at = i;
  if (at == state->recent_count && at < MAX_RECENT)
    state->recent_count++;
  else
    free(state->recent[at = at < MAX_RECENT ? at : MAX_RECENT - 1]);
  memmove(state->recent + 1, state->recent, at * sizeof *state->recent);
  state->recent[0] = full;
}

static void take_picture(struct state *state, uint32_t index, const char *path, const struct picture_data *data) {
  struct side *side = &state->sides[index];
  struct picture *picture = picture_create(state->gpu, path, data, state->warning);
  if (!picture)
    return;
  retire_picture(state, &side->picture);
  side->picture = picture;
  side->cancelled = false;
}

/* Returns true once there is nothing to wait for. */
static bool read_at_once(struct state *state, uint32_t index, const char *path) {
  const struct preparation preparation = preparation_of(state, index);
  struct picture_data data;
  if (!picture_read(path, &preparation, &data, state->warning))
    return false;
  take_picture(state, index, path, &data);
  picture_data_free(&data);
  return !*state->warning;
}

/* An opened photograph replaces the album as soon as it could be read. */
static void take_loaded(struct state *state, uint32_t index) {
  struct side *side = &state->sides[index];
  struct loaded *loaded = malloc(sizeof *loaded);
  if (!loaded || !loader_take(state->loader, index, loaded)) {
    free(loaded);
    return;
  }
  side->loading = false;
  if (!loaded->read) {
    snprintf(state->warning, sizeof state->warning, "%s", loaded->error);
    if (side->opening) /* nothing changes */
      side->asked = side->had;
  } else {
    *state->warning = 0;
    if (side->opening && album_open(&state->album, loaded->path, state->warning)) {
      state->look.number[0] = state->look.number[1] = 0;
      remember_recent(state, loaded->path);
    }
    take_picture(state, index, loaded->path, &loaded->data);
    picture_data_free(&loaded->data);
    const struct preparation now = preparation_of(state, index);
    if (side->opening && side->picture)
      side->asked = preparation_is(&side->picture->preparation, &now) ? wanted_key(state, index) : 0;
  }
  side->opening = false;
  free(loaded);
  state_wake(state);
}

/* Requests the picture that a side should have. */
static void want_picture(struct state *state, uint32_t index) {
  struct side *side = &state->sides[index];
  const uint64_t key = wanted_key(state, index);
  const char *path = state->album.paths[number_of(state, index)];
  const struct preparation preparation = preparation_of(state, index);
  if (side->opening || side->asked == key)
    return;
  side->had = side->asked;
  side->asked = key;
  if (!state->loader) {
    read_at_once(state, index, path);
    return;
  }
  side->loading = true;
  loader_ask(state->loader, index, path, &preparation);
}

static bool open_model(struct state *state, const char *path) {
  char config[4096];
  struct stat status;
  snprintf(config, sizeof config, "%.4000s/config.json", path);
  if (stat(config, &status) != 0) {
    snprintf(config, sizeof config, "%.4000s/open_clip_config.json", path);
    if (stat(config, &status) != 0)
      return false;
  }
  if (!backend_add(&state->backend, path, state->warning))
    return true;
  struct settings settings = *state_settings(state);
  settings.model = state->backend.model_count;
  state_set(state, &settings);
  state_note(state, "model %s", backend_model_name(&state->backend, settings.model));
  return true;
}

bool state_open(struct state *state, const char *path) {
  struct side *side = &state->sides[0];
  state_wake(state);
  *state->warning = 0;
  if (album_is_folder(path) && open_model(state, path))
    return !*state->warning;
  state->tile = UINT64_MAX;
  state->zoom = 1;
  state->pinned = false;
  state->pick[0] = state->pick[1] = 0.5f;
  state->pick_side = 0;
  if (state->loader && side->current && !album_is_folder(path)) {
    side->had = side->asked;
    side->opening = side->loading = true;
    const struct preparation preparation = preparation_of(state, 0);
    loader_ask(state->loader, 0, path, &preparation);
    return true;
  }
  if (!album_open(&state->album, path, state->warning))
    return false;
  state->look.number[0] = 0;
  state->look.number[1] = state->album.count > 1;
  remember_recent(state, path);
  if (side->current)
    return true;
  for (uint32_t i = 0; i < state->album.count; i++) /* the first one that can be read */
    if (read_at_once(state, 0, state->album.paths[i])) {
      state->look.number[0] = i;
      state->look.number[1] = (i + 1) % state->album.count;
      *state->warning = 0;
      side->asked = wanted_key(state, 0);
      return true;
    }
  return false;
}

/* ---- Sessions ---------------------------------------------------------------------------------------------------- */

/* Makes a session if the picture or the settings have changed. Settings for which that fails are taken back. */
static void remake(struct state *state, uint32_t index) {
  struct side *side = &state->sides[index];
  struct settings *wanted = &state->look.settings[index];
  const struct session *made = side->pending ? side->pending : side->current;
  if (side->cancelled && settings_are_same(&side->cancelled_settings, wanted))
    return;
  side->cancelled = false;
  if (!side->picture || side->loading ||
      (made && made->picture == side->picture && settings_are_same(&made->settings, wanted)))
    return;
  const struct preparation preparation = backend_preparation(&state->backend, wanted);
  if (!preparation_is(&side->picture->preparation, &preparation))
    return; /* it could not be read so */
  struct session *session = session_create(&state->backend, side->picture, wanted, state->warning);
  state_wake(state);
  if (session) {
    retire_session(state, &side->pending);
    side->pending = session;
    state->calls_per_frame = 1;
    return;
  }
  if (made && made->picture == side->picture) {
    const uint32_t model_count = state->backend.model_count;
    *wanted = made->settings.model <= model_count ? made->settings : *wanted;
    state->look.selected = state->look.selected < wanted->scale_count ? state->look.selected : wanted->scale_count - 1;
  } else {
    side->cancelled = true;
    side->cancelled_settings = *wanted;
  }
  if (!side->current && index == 0) {
    fprintf(stderr, "viewer: %s\n", state->warning);
    state->quit = true;
  }
}

/* Reads the times. If the first run was short, a second run replaces them. */
static void measure(struct state *state, struct side *side) {
  struct session *session = side->current;
  const double short_run = 10000; /* milliseconds */
  if (!session)
    return;
  const bool timed = session->timed;
  session_read_times(session);
  if (session->timed != timed)
    state_wake(state);
  const struct times *times = &session->times;
  if (!state->without_times && session->timed && session->runs == 1 &&
      times->split + times->model + times->merge < short_run)
    session_restart(session);
}

static bool has_work(const struct side *side) {
  return side->pending || (side->current && !session_is_recorded(side->current));
}

/* Records the next calls of a side's session. A pending session replaces the current one when it has its features. */
static void advance(struct state *state, uint32_t index, VkCommandBuffer commands) {
  struct side *side = &state->sides[index];
  const uint32_t calls = state->patient ? UINT32_MAX : state->calls_per_frame;
  struct session *session = side->pending ? side->pending : side->current;
  state_wake(state);
  if (!session_record(session, commands, calls, state->warning)) {
    if (session == side->current) {
      session->next_call = session->layout.call_count + 1; /* its features still exist */
      return;
    }
    retire_session(state, &side->pending);
    if (side->current && side->current->picture == side->picture)
      state->look.settings[index] = side->current->settings;
    else {
      side->cancelled = true;
      side->cancelled_settings = state->look.settings[index];
    }
  } else if (session_is_recorded(session)) {
    side->made = (struct made){0};
    if (session == side->pending) {
      retire_session(state, &side->current);
      side->current = side->pending;
      side->pending = NULL;
    }
  }
}

bool state_cancel(struct state *state) {
  bool any = false;
  for (uint32_t i = 0; i < 2; i++) {
    struct side *side = &state->sides[i];
    if (!side->pending && !side->loading)
      continue;
    any = true;
    if (side->loading) {
      loader_cancel(state->loader, i);
      side->loading = side->opening = false;
    }
    retire_session(state, &side->pending);
    if (side->current)
      state->look.settings[i] = side->current->settings;
    side->cancelled = true;
    side->cancelled_settings = state->look.settings[i];
    for (uint32_t n = 0; side->current && n < state->album.count; n++)
      if (strcmp(state->album.paths[n], side->current->picture->path) == 0)
        state->look.number[i] = n;
    side->asked = wanted_key(state, i);
    if (side->current && side->picture != side->current->picture) {
      retire_picture(state, &side->picture);
      side->picture = picture_hold(side->current->picture);
    }
  }
  if (any)
    state_note(state, "cancelled");
  return any;
}

bool state_progress(const struct state *state, char text[ERROR_BYTES], float *share) {
  for (uint32_t i = 0; i < state_side_count(state); i++) {
    const struct side *side = &state->sides[i];
    *share = 0;
    if (side->loading) {
      snprintf(text, ERROR_BYTES, "reading the photograph");
      return true;
    }
    if (!side->pending || state->patient)
      continue;
    const struct session *session = side->pending;
    *share = (float)session->next_call / (float)(session->layout.call_count + 1);
    snprintf(text, ERROR_BYTES, "%s of %s: call %u of %u", backend_model_name(&state->backend, session->settings.model),
        picture_name(session->picture),
        session->next_call < session->layout.call_count ? session->next_call + 1 : session->layout.call_count,
        session->layout.call_count);
    return true;
  }
  const struct pair *pair = state->pair;
  if (!state->patient && pair && state->look.view == VIEW_MATCHES && !pair->frame) {
    *share = (float)pair->first / (float)(pair->tokens[0] + pair->tokens[1]);
    snprintf(text, ERROR_BYTES, "looking for the nearest of %u tokens", pair->tokens[0] + pair->tokens[1]);
    return true;
  }
  return false;
}

void state_record(struct state *state, uint32_t index, VkCommandBuffer commands) {
  state->frame++;
  state->frames_wanted -= state->frames_wanted > 0;
  retire_bury(state, false);
  derived_take(state, index);
  if (album_take(&state->album))
    state_wake(state);
  const uint32_t count = state_side_count(state);
  for (uint32_t i = 0; i < count && !state->quit; i++) {
    measure(state, &state->sides[i]);
    if (state->loader)
      take_loaded(state, i);
    want_picture(state, i);
    remake(state, i);
  }
  if (state->quit)
    return;
  for (uint32_t i = 0; i < count; i++) {
    if (!has_work(&state->sides[state->turn]) || state->turn >= count)
      state->turn = (state->turn + 1) % count;
    if (!has_work(&state->sides[state->turn]))
      continue;
    const struct side *side = &state->sides[state->turn];
    const struct session *session = side->pending ? side->pending : side->current;
    const bool has_model = session_model(session); /* which is bound to one session until its commands are done */
    advance(state, state->turn, commands);
    if (!state->patient || has_model)
      break;
  }
  derived_record(state, index, commands);
}
