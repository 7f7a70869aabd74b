/* A program's command line as a table: what options there are, what they take, what they mean. The same table makes the
 * parser, the help, the man page and the completions of shells. */
#ifndef SAMPLES_COMMAND_H
#define SAMPLES_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An option, or with a name of NULL a heading. What is left NULL is as in the vocabulary (vocabulary.h), which has the
 * options that several programs share. */
struct command_option {
  const char *name;                              /* "scales", for --scales */
  bool (*set)(void *options, const char *value); /* false: the value is wrong. NULL value: none was given */
  const char *initial;                           /* the default, for --help; NULL: none is printed */
  const char *help;                              /* of a heading: its text */
  const char *value;                             /* "N"; "" : it takes none; "[=all]": it may have one, behind = */
  const char *expected;                          /* what would be right */
  const char *words;                             /* for completions: "resize pad", FILES or FOLDERS */
  char letter;                                   /* 'q', for -q; 0: none */
};

#define COMMAND_FILES "<file>"
#define COMMAND_FOLDERS "<folder>"

struct command {
  const char *name;
  const char *usage;   /* behind the name: "IMAGE... [options]" */
  const char *summary; /* a sentence */
  const char *details; /* paragraphs, with an empty line between them; lines that begin with a blank stay as they are */
  const char *endnote; /* behind the options: exit statuses */
  const struct command_option *options;
  size_t option_count;
  bool operands; /* takes any */
};

enum command_result {
  COMMAND_RUN,   /* options and operands are there */
  COMMAND_DONE,  /* it was --help or the like, which was printed */
  COMMAND_WRONG, /* the reason is on stderr */
};

/* Options may stand among operands, and end at --; names are written out. -h, --help, --version, --man and --completion
 * SHELL are every program's. Operands come first in argv after it. */
enum command_result command_parse(
    const struct command *command, void *options, int argc, char **argv, char ***operands, uint32_t *operand_count);

void command_print_help(const struct command *command, FILE *file);
void command_print_man(const struct command *command, FILE *file);
/* False if there is no such shell: bash, zsh or fish. */
bool command_print_completion(const struct command *command, const char *shell, FILE *file);

/* The option with all that the vocabulary has of it. Of index option_count on those that every program has; NULL name
 * at the end. */
struct command_option command_option_at(const struct command *command, size_t index);

#endif
