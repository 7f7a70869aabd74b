/* Principal components. */
#ifndef EXTRACT_PCA_H
#define EXTRACT_PCA_H

#include <stdbool.h>
#include <stddef.h>

#define PCA_COMPONENTS 3

/* Projects rows of n values on their first three principal components, the largest first: projected holds rows x 3. The
 * sign of a component is arbitrary, but the same in every run. With more than 64 values the components are found by
 * iteration, exact enough for a picture. False if there is no memory. */
bool pca_project(const float *values, size_t rows, size_t n, float *projected);

#endif
