/* The parts of the suite of samples/vit. */
#ifndef TESTS_TEST_VIT_H
#define TESTS_TEST_VIT_H

#include "suite.h"

extern const char *root; /* tests/vit */
extern const char *work; /* where files may be written */

/* ---- Folders of models, in work ---- */

extern char work_folder[512];

void work_make(void); /* a new folder, empty */
void work_remove(void);
void work_empty(void);
void work_write(const char *name, const void *data, size_t bytes);
void work_write_text(const char *name, const char *text);
void work_drop(const char *name);

/* A file of a model of tests/vit, followed by a zero byte. */
char *work_read(const char *model, const char *name, size_t *bytes);

/* The text with its first `from` replaced by `to`. */
char *work_replace(const char *text, const char *from, const char *to);

/* Copies a model into the empty folder. */
void work_copy(const char *model);

/* A text file of a model, with its first `from` replaced by `to`. */
void work_change(const char *model, const char *name, const char *from, const char *to);

/* Asserts that the call returns false, and that its error has all of the words. */
#define assert_refused(call, error, ...)                                                                               \
  do {                                                                                                                 \
    (error).text[0] = 0;                                                                                               \
    if (call)                                                                                                          \
      fail_msg("%s was accepted", #call);                                                                              \
    const char *const words_[] = {__VA_ARGS__};                                                                        \
    for (size_t i_ = 0; i_ < sizeof words_ / sizeof *words_; i_++)                                                     \
      if (!strstr((error).text, words_[i_]))                                                                           \
        fail_msg("\"%s\" is not in \"%s\"", words_[i_], (error).text);                                                 \
  } while (0)

/* ---- Tests ---- */

void options_that_cannot_be_are_refused(void **state);
void other_tensors_are_refused(void **state);
void broken_files_are_refused(void **state);
void random_bytes_do_no_harm(void **state);
void broken_configurations_are_refused(void **state);
void weights_in_several_files_are_the_same(void **state);
void nulls_mean_what_they_do_in_python(void **state);
void activations_have_their_other_names(void **state);
void numbers_of_python_are_read(void **state);
void long_images_are_resized_in_part(void **state);
void folders_of_other_versions_are_read(void **state);
void names_of_transformers_5_are_read(void **state);
void what_is_not_fetched_or_not_converted_is_told(void **state);
void several_layers_come_of_one_forward(void **state);
void maps_are_the_tokens(void **state);
void levels_that_cannot_be_are_refused(void **state);
void products_are_those_of_double_precision(void **state);
void cooperative_products_are_those_of_double_precision(void **state);
void patches_are_those_of_double_precision(void **state);
void norms_are_those_of_double_precision(void **state);
void attention_is_that_of_double_precision(void **state);
void rotations_are_those_of_double_precision(void **state);
void gates_are_those_of_double_precision(void **state);
void convolutions_are_those_of_double_precision(void **state);
void maps_are_copied(void **state);

#endif
