/* A program's command line as a table of options, with their values and meanings. The parser, the help, the man page
 * and the completions of shells come from this table. */
#ifndef SAMPLES_COMMAND_H
#define SAMPLES_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An option, or a heading if name is NULL. Several programs share options: vocabulary.h has them. A field that is NULL
 * has the value that it has there. */
struct command_option {
  const char *name;                              /* "scales", for --scales */
  bool (*set)(void *options, const char *value); /* returns false if value is wrong; value is NULL if none was given */
  const char *initial;                           /* the default, for --help; NULL: none is printed */
  const char *help;                              /* of a heading: its text */
  const char *value;                             /* "N"; "": it takes no value; "[=all]": it may take one */
  const char *expected;                          /* which values are right, for error messages */
  const char *words;                             /* for completions: "resize pad", FILES or FOLDERS */
  char letter;                                   /* 'q', for -q; 0: none */
};

#define COMMAND_FILES "<file>"
#define COMMAND_FOLDERS "<folder>"

struct command {
  const char *name;
  const char *usage;   /* after the name: "IMAGE... [options]" */
  const char *summary; /* a sentence */
  const char *details; /* paragraphs, with an empty line between them; lines that begin with a blank stay as they are */
  const char *endnote; /* after the options: exit statuses */
  const struct command_option *options;
  size_t option_count;
  bool operands; /* it takes operands */
};

enum command_result {
  COMMAND_RUN,   /* options and operands are set */
  COMMAND_DONE,  /* --help or a similar option: the text was printed */
  COMMAND_WRONG, /* the reason is on stderr */
};

/* Parses a command line. Options may stand among operands; after -- there are operands only. Names of options cannot be
 * shortened. Every program has -h, --help, --version, --man and --completion SHELL. Afterwards the operands come first
 * in argv. */
enum command_result command_parse(
    const struct command *command, void *options, int argc, char **argv, char ***operands, uint32_t *operand_count);

void command_print_help(const struct command *command, FILE *file);
void command_print_man(const struct command *command, FILE *file);
/* Prints the completions for a shell: bash, zsh or fish. Returns false for any other. */
bool command_print_completion(const struct command *command, const char *shell, FILE *file);

/* Returns an option, completed by the vocabulary. From index option_count on these are the options that every program
 * has. After the last one, name is NULL. */
struct command_option command_option_at(const struct command *command, size_t index);

#endif
