/* The options that programs share, and the readers of their values. An option means the same in every program. */
#ifndef SAMPLES_VOCABULARY_H
#define SAMPLES_VOCABULARY_H

#include "command.h"

#include <s2vk/s2vk.h>

/* Returns the shared option of a name, or NULL. */
const struct command_option *vocabulary_find(const char *name);

/* Parse a value. Return false if the text is not one. */
bool read_integer(const char *text, long min, long max, long *value);
bool read_count(const char *text, uint32_t min, uint32_t max, uint32_t *value);
bool read_number(const char *text, double min, double max, double *value);
/* Numbers, separated by commas. */
bool read_numbers(const char *text, double min, double max, double *values, uint32_t capacity, uint32_t *count);
/* Sizes, separated by commas: HxW, or one number for a square. */
bool read_sizes(const char *text, s2vk_size *sizes, uint32_t capacity, uint32_t *count);
/* A word of a list that blanks separate. *index: its place. */
bool read_word(const char *text, const char *words, int *index);

#define WORDS_SPLIT_MODE "resize pad"
#define WORDS_OUTPUT_SHAPE "bnc bchw"
#define WORDS_TYPE "f32 f16 bf16"
#define WORDS_FILTER "bicubic bilinear nearest bicubic-antialiased bilinear-antialiased lanczos3"
#define WORDS_GRID "image split square"
/* For programs whose model takes tiles of one side. */
#define HELP_GRID                                                                                                      \
  "features of an image that tiles do not divide: image (those of its own part) or split (those of all of its tiles)"
/* For programs whose output is a table. */
#define HELP_QUIET "does not print progress"
#define WORDS_VARIANT "gpu cpu"
#define WORDS_NORM "default on off"
#define WORDS_PRESET "clip siglip llava bunny nvila"
#define WORDS_PREFIX "mean tiles"

/* The names of the values of an enum, in their order. */
extern const char *const names_of_split_mode[],
    *const names_of_output_shape[],
        *const names_of_type[], *const names_of_filter[], *const names_of_grid[], *const names_of_norm[],
                                                                                      *const names_of_preset[],
                                                                                          *const names_of_prefix[];

#endif
