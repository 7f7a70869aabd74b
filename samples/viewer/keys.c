/* Finds the action of a key and the actions that match a text, both in the table of actions. */
#include "actions.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int key;
} names[] = {
    {"Esc", KEY_ESCAPE},
    {"Tab", KEY_TAB},
    {"Enter", KEY_ENTER},
    {"Space", ' '},
    {"Left", KEY_LEFT},
    {"Right", KEY_RIGHT},
    {"Up", KEY_UP},
    {"Down", KEY_DOWN},
    {"Home", KEY_HOME},
    {"End", KEY_END},
    {"PageUp", KEY_PAGE_UP},
    {"PageDown", KEY_PAGE_DOWN},
    {"Delete", KEY_DELETE},
    {"Insert", KEY_INSERT},
    {"Backspace", KEY_BACKSPACE},
    {"F1", KEY_F1},
    {"F11", KEY_F11},
    {"F12", KEY_F12},
};

/* Parses the modifiers of the first key of a text. */
static int parse(const char *text, size_t length, int *modifiers) {
  *modifiers = 0;
  for (;;) {
    if (length > 6 && strncmp(text, "Shift+", 6) == 0) {
      *modifiers |= MODIFIER_SHIFT;
      text += 6;
      length -= 6;
    } else if (length > 5 && strncmp(text, "Ctrl+", 5) == 0) {
      *modifiers |= MODIFIER_CONTROL;
      text += 5;
      length -= 5;
    } else {
      break;
    }
  }
  for (size_t i = 0; length > 1 && i < sizeof names / sizeof *names; i++)
    if (strlen(names[i].name) == length && strncmp(names[i].name, text, length) == 0)
      return names[i].key;
  return (unsigned char)*text;
}

bool action_parse_key(const char *text, size_t length, int *key, int *modifiers) {
  *key = length ? parse(text, length, modifiers) : 0;
  const char *last = text + length - 1;
  return length && (*key >= KEY_ESCAPE || *key == ' ' || *key == (unsigned char)*last);
}

enum action action_of_key(int key, int modifiers) {
  /* Signs that some keyboards need Shift for. */
  const bool sign = key < 256 && !isalnum(key) && key != ' ' && key != ',' && key != '.';
  if (sign || (key >= '0' && key <= '9'))
    modifiers &= ~MODIFIER_SHIFT;
  for (int action = 0; action < ACTION_COUNT; action++)
    for (const char *text = action_rows[action].keys; text && *text;) {
      const size_t length = strcspn(text, " ");
      int wanted;
      if (parse(text, length, &wanted) == key && wanted == modifiers)
        return (enum action)action;
      text += length + (text[length] == ' ');
    }
  return ACTION_COUNT;
}

/* ---- The palette ------------------------------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *word, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (tolower((unsigned char)text[i]) != tolower((unsigned char)word[i]))
      return false;
  return true;
}

/* Whether another text contains all words of a text. */
static bool matches(const char *in, const char *text) {
  while (*text) {
    const size_t length = strcspn(text, " ");
    bool found = !length;
    for (const char *at = in; *at && !found; at++)
      found = starts_with(at, text, length);
    if (!found)
      return false;
    text += length + (text[length] == ' ');
  }
  return true;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

bool action_entry(const struct app *app, const char *text, uint32_t index, struct palette_entry *entry) {
  const struct state *state = &app->state;
  for (int action = 0; action < ACTION_COUNT; action++) {
    const struct action_row *row = &action_rows[action];
    if (row->unlisted || action == ACTION_PALETTE || !matches(row->name, text) || index--)
      continue;
    *entry = (struct palette_entry){.action = (enum action)action};
    snprintf(entry->text, sizeof entry->text, "%s", row->name);
    return true;
  }
  for (uint32_t i = 0; state->album.count > 1 && i < state->album.count; i++) {
    if (!matches(last_part(state->album.paths[i]), text) || index--)
      continue;
    *entry = (struct palette_entry){.action = ACTION_SHOW_IMAGE, .argument = (int)i};
    snprintf(entry->text, sizeof entry->text, "Show %.140s", last_part(state->album.paths[i]));
    return true;
  }
  for (uint32_t i = 0; i < state->recent_count; i++) {
    if (!matches(state->recent[i], text) || index--)
      continue;
    *entry = (struct palette_entry){.action = ACTION_OPEN_RECENT, .argument = (int)i};
    snprintf(entry->text, sizeof entry->text, "Open %.140s", state->recent[i]);
    return true;
  }
  return false;
}
