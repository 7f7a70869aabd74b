#include "tell.h"

#include "vocabulary.h"

#include <stdio.h>
#include <string.h>

static uint32_t count_thumbs(const struct album *album) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < ALBUM_THUMBS; i++)
    count += album->thumbs[i].used && album->thumbs[i].there;
  return count;
}

void tell_state(const struct app *app, const struct tell_window *window, char last[TELL_BYTES]) {
  const struct state *state = &app->state;
  const struct session *session = state->sides[0].current;
  const struct settings *settings = state_settings(state);
  char line[TELL_BYTES], progress[ERROR_BYTES];
  float share;
  if (!session || state_progress(state, progress, &share))
    return;
  snprintf(line, sizeof line,
      "size=%ux%u focus=%d full=%d pointer=%s view=%s image=%.120s preset=%s thumbs=%u help=%d palette=%s%.60s",
      window->extent.width, window->extent.height, window->focused, app->full_screen, state->over ? "in" : "out",
      names_of_view[state->look.view], picture_name(session->picture),
      settings->has_preset ? names_of_preset[settings->preset] : "none", count_thumbs(&state->album), app->help,
      app->palette ? "open:" : "closed", app->palette ? app->palette_text : "");
  if (strcmp(line, last) == 0)
    return;
  puts(line);
  fflush(stdout);
  memcpy(last, line, sizeof line);
}
