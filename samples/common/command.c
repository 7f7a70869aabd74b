#include "command.h"

#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAME 64

/* ---- The table ---- */

static const char *const own_names[] = {"help", "version"};
#define OWN_COUNT (sizeof own_names / sizeof *own_names)

struct command_option command_option_at(const struct command *command, size_t index) {
  struct command_option option = {0};
  if (index < command->option_count)
    option = command->options[index];
  else if (index < command->option_count + OWN_COUNT)
    option.name = own_names[index - command->option_count];
  const struct command_option *shared = option.name ? vocabulary_find(option.name) : NULL;
  if (!shared)
    return option;
  const char **own[] = {&option.initial, &option.help, &option.value, &option.expected, &option.words};
  const char *const others[] = {shared->initial, shared->help, shared->value, shared->expected, shared->words};
  for (int i = 0; i < 5; i++)
    *own[i] = *own[i] ? *own[i] : others[i];
  option.letter = option.letter ? option.letter : shared->letter;
  return option;
}

static size_t count_of(const struct command *command) {
  return command->option_count + OWN_COUNT;
}

/* Finds an option by its name, of `length` characters, or by its letter if the name is NULL. */
static bool find(
    const struct command *command, const char *name, size_t length, char letter, struct command_option *option) {
  for (size_t i = 0; i < count_of(command); i++) {
    *option = command_option_at(command, i);
    if (option->name &&
        (name ? strlen(option->name) == length && memcmp(option->name, name, length) == 0 : option->letter == letter))
      return true;
  }
  return false;
}

/* ---- What was meant ---- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The edit distance of two names: letters to add, to remove, to change, or to exchange with the next one. */
static size_t distance(const char *from, size_t from_length, const char *to) {
  size_t rows[3][MAX_NAME + 1], to_length = strlen(to);
  if (from_length > MAX_NAME || to_length > MAX_NAME)
    return MAX_NAME;
  for (size_t i = 0; i <= from_length; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= to_length; j++) {
      if (i == 0) {
        row[j] = j;
        continue;
      }
      bool same = from[i - 1] == to[j - 1];
      row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = least(row[j], twice[j - 2] + 1);
    }
  }
  return rows[from_length % 3][to_length];
}

/* The nearest known name: the shortest one that begins with the given text, or else one at a small edit distance. */
static const char *nearest(const struct command *command, const char *name, size_t length) {
  const char *best = NULL;
  size_t best_distance = length / 3 + 2;
  for (size_t i = 0; i < count_of(command); i++) {
    struct command_option option = command_option_at(command, i);
    if (!option.name)
      continue;
    size_t changes = distance(name, length, option.name);
    if (length > 2 && strlen(option.name) > length && memcmp(option.name, name, length) == 0)
      changes = 1;
    if (changes < best_distance || (best && changes == best_distance && strlen(option.name) < strlen(best))) {
      best = option.name;
      best_distance = changes;
    }
  }
  return best;
}

static enum command_result tell_unknown(const struct command *command, const char *argument, const char *name) {
  size_t length = strcspn(name, "=");
  const char *known = length ? nearest(command, name, length) : NULL;
  fprintf(stderr, "%s: there is no option %s", command->name, argument);
  if (known)
    fprintf(stderr, "; did you mean --%s?\n", known);
  else
    fprintf(stderr, "; see --help\n");
  return COMMAND_WRONG;
}

/* ---- Parsing ---- */

struct parser {
  const struct command *command;
  void *options;
  int argc, at;
  char **argv;
};

static enum command_result finish(const struct command *command, const char *version) {
  if (version)
    printf("%s (s2vk) %d.%d.%d\n", command->name, S2VK_VERSION_MAJOR, S2VK_VERSION_MINOR, S2VK_VERSION_PATCH);
  else
    command_print_help(command, stdout);
  return COMMAND_DONE;
}

/* value: the text after =, or NULL. */
static enum command_result apply(
    struct parser *parser, const struct command_option *option, const char *argument, const char *value) {
  const char *program = parser->command->name;
  bool wants = *option->value && *option->value != '[';
  if (!option->set)
    return finish(parser->command, strcmp(option->name, "version") == 0 ? option->name : NULL);
  if (!wants && !*option->value && value) {
    fprintf(stderr, "%s: --%s takes no value, and got %s\n", program, option->name, value);
    return COMMAND_WRONG;
  }
  if (wants && !value) {
    if (parser->at == parser->argc) {
      fprintf(stderr, "%s: %s: expected %s behind it\n", program, argument, option->expected);
      return COMMAND_WRONG;
    }
    value = parser->argv[parser->at++];
  }
  char given[256]; /* the setter may cut the text apart */
  snprintf(given, sizeof given, "%s", value ? value : "");
  if (option->set(parser->options, value))
    return COMMAND_RUN;
  fprintf(stderr, "%s: --%s%s%s: expected %s\n", program, option->name, *given ? " " : "", given,
      option->expected ? option->expected : "something else");
  return COMMAND_WRONG;
}

static enum command_result parse_long(struct parser *parser, const char *argument) {
  const char *name = argument + 2, *equals = strchr(name, '=');
  size_t length = equals ? (size_t)(equals - name) : strlen(name);
  struct command_option option;
  if (!find(parser->command, name, length, 0, &option))
    return tell_unknown(parser->command, argument, name);
  return apply(parser, &option, argument, equals ? equals + 1 : NULL);
}

/* Several letters in one argument, such as -q0. */
static enum command_result parse_letters(struct parser *parser, const char *argument) {
  enum command_result result = COMMAND_RUN;
  for (const char *letter = argument + 1; result == COMMAND_RUN && *letter; letter++) {
    struct command_option option;
    if (!find(parser->command, NULL, 0, *letter, &option))
      return tell_unknown(parser->command, argument, argument + 1);
    result = apply(parser, &option, argument, NULL);
  }
  return result;
}

/* --man and --completion, which the installation of the program uses. */
static bool print_files(const struct command *command, int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--man") == 0)
    command_print_man(command, stdout);
  else if (argc != 3 || strcmp(argv[1], "--completion") != 0 || !command_print_completion(command, argv[2], stdout))
    return false;
  return true;
}

enum command_result command_parse(
    const struct command *command, void *options, int argc, char **argv, char ***operands, uint32_t *operand_count) {
  struct parser parser = {command, options, argc, 1, argv};
  enum command_result result = COMMAND_RUN;
  int kept = 1;
  if (print_files(command, argc, argv))
    return COMMAND_DONE;
  for (bool ended = false; result == COMMAND_RUN && parser.at < argc;) {
    char *argument = argv[parser.at++];
    if (!ended && strcmp(argument, "--") == 0)
      ended = true;
    else if (!ended && strncmp(argument, "--", 2) == 0)
      result = parse_long(&parser, argument);
    else if (!ended && argument[0] == '-' && argument[1])
      result = parse_letters(&parser, argument);
    else
      argv[kept++] = argument;
  }
  *operands = argv + 1;
  *operand_count = (uint32_t)kept - 1;
  if (result == COMMAND_RUN && !command->operands && kept > 1) {
    fprintf(stderr, "%s: unexpected argument %s; see --help\n", command->name, argv[1]);
    return COMMAND_WRONG;
  }
  return result;
}
