/* The parts of the suite of samples/vit. */
#ifndef TESTS_TEST_VIT_H
#define TESTS_TEST_VIT_H

#include "suite.h"

extern const char *root; /* tests/vit */
extern const char *work; /* where files may be written */

void options_that_cannot_be_are_refused(void **state);
void other_tensors_are_refused(void **state);
void broken_files_are_refused(void **state);
void random_bytes_do_no_harm(void **state);
void broken_configurations_are_refused(void **state);
void weights_in_several_files_are_the_same(void **state);

#endif
