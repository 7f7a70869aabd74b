/* Help, man page and completions. */
#include "command.h"

#include <ctype.h>
#include <string.h>

#define WIDTH 110
#define INDENT 31 /* of the meanings of options */

/* ---- Help ---- */

/* Prints words in lines of up to WIDTH characters. Lines after the first are indented. Returns the column of the
 * end. */
static size_t print_words(FILE *file, const char *text, size_t column, size_t indent) {
  while (*text) {
    size_t length = strcspn(text, " ");
    if (column > indent && column + 1 + length > WIDTH) {
      fprintf(file, "\n%*s", (int)indent, "");
      column = indent;
    } else if (column > indent) {
      fputc(' ', file);
      column++;
    }
    fprintf(file, "%.*s", (int)length, text);
    column += length;
    text += length + (text[length] == ' ');
  }
  return column;
}

/* Prints paragraphs, which \n separates. */
static void print_paragraphs(FILE *file, const char *text) {
  while (text && *text) {
    char line[4096];
    size_t length = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)length, text);
    if (*line == ' ')
      fputs(line, file);
    else
      print_words(file, line, 0, 0);
    fputc('\n', file);
    text += length + (text[length] == '\n');
  }
}

static void print_option(const struct command_option *option, FILE *file) {
  char head[128], letter[8] = "    ";
  if (option->letter)
    snprintf(letter, sizeof letter, "-%c, ", option->letter);
  snprintf(head, sizeof head, "  %s--%s%s%s", letter, option->name, *option->value && *option->value != '[' ? " " : "",
      option->value);
  size_t column = strlen(head);
  fputs(head, file);
  if (column + 2 > INDENT) {
    fputc('\n', file);
    column = 0;
  }
  fprintf(file, "%*s", (int)(INDENT - column), "");
  column = print_words(file, option->help, INDENT, INDENT);
  if (option->initial) {
    char initial[512];
    snprintf(initial, sizeof initial, "(default: %s)", option->initial);
    print_words(file, initial, column, INDENT);
  }
  fputc('\n', file);
}

void command_print_help(const struct command *command, FILE *file) {
  fprintf(file, "Usage: %s %s\n", command->name, command->usage);
  fprintf(file, "%s.\n", command->summary);
  print_paragraphs(file, command->details);
  struct command_option option = command_option_at(command, 0);
  if (option.name)
    fputc('\n', file);
  for (size_t i = 0; (option = command_option_at(command, i)).name || i < command->option_count; i++)
    if (option.name)
      print_option(&option, file);
    else
      fprintf(file, "\n%s\n", option.help);
  if (command->endnote) {
    fputc('\n', file);
    print_paragraphs(file, command->endnote);
  }
}

/* ---- Man page ---- */

static void print_roff(FILE *file, const char *text) {
  bool begins = true;
  for (; *text; text++) {
    if (begins && (*text == '.' || *text == '\''))
      fputs("\\&", file);
    if (*text == '-' || *text == '\\')
      fputc('\\', file);
    fputc(*text, file);
    begins = *text == '\n';
  }
}

/* Paragraphs are filled, and lines that begin with a blank stay as they are. */
static void print_section(FILE *file, const char *title, const char *text) {
  bool kept = false;
  if (text && *text)
    fprintf(file, ".SH %s\n", title);
  while (text && *text) {
    char line[4096];
    size_t length = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)length, text);
    if ((*line == ' ') != kept)
      fputs(kept ? ".fi\n" : ".nf\n", file);
    kept = *line == ' ';
    if (*line)
      print_roff(file, line);
    fputs(*line ? "\n" : ".PP\n", file);
    text += length + (text[length] == '\n');
  }
  if (kept)
    fputs(".fi\n", file);
}

void command_print_man(const struct command *command, FILE *file) {
  char upper[64];
  size_t length = 0;
  for (; command->name[length] && length + 1 < sizeof upper; length++)
    upper[length] = (char)toupper((unsigned char)command->name[length]);
  upper[length] = 0;
  fprintf(file, ".TH %s 1 \"\" \"s2vk\" \"User Commands\"\n.SH NAME\n%s \\- ", upper, command->name);
  print_roff(file, command->summary);
  fprintf(file, "\n.SH SYNOPSIS\n.B %s\n", command->name);
  print_roff(file, command->usage);
  fputc('\n', file);
  print_section(file, "DESCRIPTION", command->details);
  fputs(".SH OPTIONS\n", file);
  struct command_option option;
  for (size_t i = 0; (option = command_option_at(command, i)).name || i < command->option_count; i++) {
    if (!option.name) {
      fputs(".SS ", file);
      print_roff(file, option.help);
      fputc('\n', file);
      continue;
    }
    fputs(".TP\n", file);
    if (option.letter)
      fprintf(file, "\\fB\\-%c\\fR, ", option.letter);
    fputs("\\fB\\-\\-", file);
    print_roff(file, option.name);
    fprintf(file, "\\fR%s\\fI", *option.value && *option.value != '[' ? " " : "");
    print_roff(file, option.value);
    fputs("\\fR\n", file);
    print_roff(file, option.help);
    if (option.initial) {
      fputs(" (default: ", file);
      print_roff(file, option.initial);
      fputc(')', file);
    }
    fputc('\n', file);
  }
  print_section(file, "EXIT STATUS", command->endnote);
}

/* ---- Completions ---- */

/* A name as an identifier of a shell. */
static void print_identifier(FILE *file, const char *name) {
  for (; *name; name++)
    fputc(isalnum((unsigned char)*name) ? *name : '_', file);
}

static void print_bash(const struct command *command, FILE *file) {
  struct command_option option;
  fputc('_', file);
  print_identifier(file, command->name);
  fputs("() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n  case $before in\n", file);
  for (size_t i = 0; i < command->option_count; i++) {
    option = command_option_at(command, i);
    if (!option.name || !*option.value || *option.value == '[')
      continue;
    const char *words = option.words ? option.words : "";
    if (strcmp(words, COMMAND_FILES) == 0)
      fprintf(file, "  --%s) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n", option.name);
    else if (strcmp(words, COMMAND_FOLDERS) == 0)
      fprintf(file, "  --%s) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n", option.name);
    else
      fprintf(file, "  --%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\") ;;\n", option.name, words);
  }
  fputs("  *)\n    if [[ $word == -* ]]; then\n      mapfile -t COMPREPLY < <(compgen -W '", file);
  for (size_t i = 0; (option = command_option_at(command, i)).name || i < command->option_count; i++)
    if (option.name)
      fprintf(file, "--%s ", option.name);
  fprintf(file,
      "' -- \"$word\")\n    else\n      mapfile -t COMPREPLY < <(compgen %s -- \"$word\")\n    fi ;;\n  esac\n}\n",
      command->operands ? "-f" : "-W ''");
  fputs("complete -o filenames -F _", file);
  print_identifier(file, command->name);
  fprintf(file, " %s\n", command->name);
}

/* Prints text for '...' of zsh and fish, and for [...] of zsh. */
static void print_quoted(FILE *file, const char *text) {
  for (; *text; text++)
    if (*text == '\'')
      fputs("'\\''", file);
    else if (*text == '[' || *text == ']' || *text == ':')
      fprintf(file, "\\%c", *text);
    else
      fputc(*text, file);
}

static void print_zsh(const struct command *command, FILE *file) {
  struct command_option option;
  fprintf(file, "#compdef %s\n_arguments \\\n", command->name);
  for (size_t i = 0; (option = command_option_at(command, i)).name || i < command->option_count; i++) {
    if (!option.name)
      continue;
    bool wants = *option.value && *option.value != '[';
    fprintf(file, "  '--%s%s[", option.name, wants ? "=" : "");
    print_quoted(file, option.help);
    fputc(']', file);
    if (wants) {
      fputs(":value:", file);
      const char *words = option.words ? option.words : " ";
      if (strcmp(words, COMMAND_FILES) == 0)
        fputs("_files", file);
      else if (strcmp(words, COMMAND_FOLDERS) == 0)
        fputs("_files -/", file);
      else
        fprintf(file, "(%s)", words);
    }
    fputs("' \\\n", file);
  }
  fprintf(file, "  %s\n", command->operands ? "'*:file:_files'" : "&& return 0");
}

static void print_fish(const struct command *command, FILE *file) {
  struct command_option option;
  for (size_t i = 0; (option = command_option_at(command, i)).name || i < command->option_count; i++) {
    if (!option.name)
      continue;
    fprintf(file, "complete -c %s -l %s", command->name, option.name);
    if (option.letter)
      fprintf(file, " -s %c", option.letter);
    const char *words = option.words ? option.words : "";
    if (*option.value && *option.value != '[')
      fputs(*words == '<' ? " -r -F" : " -x", file);
    if (*words && *words != '<')
      fprintf(file, " -a '%s'", words);
    fputs(" -d '", file);
    for (const char *c = option.help; *c; c++)
      fprintf(file, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
    fputs("'\n", file);
  }
}

bool command_print_completion(const struct command *command, const char *shell, FILE *file) {
  if (strcmp(shell, "bash") == 0)
    print_bash(command, file);
  else if (strcmp(shell, "zsh") == 0)
    print_zsh(command, file);
  else if (strcmp(shell, "fish") == 0)
    print_fish(command, file);
  else
    return false;
  return true;
}
