#include "pca.h"

#include <math.h>
#include <stdlib.h>

#define MAX_SWEEPS 50

static void covariance(const float *values, size_t rows, size_t n, const double *mean, double *matrix) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j <= i; j++)
        matrix[i * n + j] += (values[row * n + i] - mean[i]) * (values[row * n + j] - mean[j]) / (double)rows;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      matrix[j * n + i] = matrix[i * n + j];
}

static void rotate(double *a, double *b, double cosine, double sine) {
  double old = *a;
  *a = cosine * old - sine * *b;
  *b = sine * old + cosine * *b;
}

/* One Jacobi rotation: makes element (p, q) of the symmetric matrix 0 and turns the rows of vectors along. */
static void eliminate(double *matrix, double *vectors, size_t n, size_t p, size_t q) {
  double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * matrix[p * n + q]);
  double tangent = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
  double cosine = 1 / sqrt(tangent * tangent + 1), sine = tangent * cosine;
  for (size_t i = 0; i < n; i++)
    rotate(&matrix[i * n + p], &matrix[i * n + q], cosine, sine);
  for (size_t i = 0; i < n; i++) {
    rotate(&matrix[p * n + i], &matrix[q * n + i], cosine, sine);
    rotate(&vectors[p * n + i], &vectors[q * n + i], cosine, sine);
  }
}

/* Leaves the eigenvalues on the diagonal of the symmetric matrix, and their eigenvectors in the rows of vectors. */
static void diagonalise(double *matrix, double *vectors, size_t n) {
  for (size_t i = 0; i < n * n; i++)
    vectors[i] = i % (n + 1) == 0;
  for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    double diagonal = 0, rest = 0;
    for (size_t i = 0; i < n * n; i++)
      *(i % (n + 1) == 0 ? &diagonal : &rest) += matrix[i] * matrix[i];
    if (rest <= 1e-24 * diagonal)
      return;
    for (size_t p = 0; p < n; p++)
      for (size_t q = p + 1; q < n; q++)
        if (matrix[p * n + q] != 0)
          eliminate(matrix, vectors, n, p, q);
  }
}

/* The row of vectors with the largest eigenvalue, which is then crossed out; NULL if all are. */
static const double *take_largest(double *matrix, double *vectors, size_t n) {
  size_t best = n;
  for (size_t i = 0; i < n; i++)
    if (matrix[i * (n + 1)] >= 0 && (best == n || matrix[i * (n + 1)] > matrix[best * (n + 1)]))
      best = i;
  if (best == n)
    return NULL;
  matrix[best * (n + 1)] = -1;
  double *vector = vectors + best * n, largest = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(vector[i]) > fabs(largest))
      largest = vector[i];
  for (size_t i = 0; largest < 0 && i < n; i++)
    vector[i] = -vector[i];
  return vector;
}

/* Projects rows of n values by their whole covariance. n is small: at most about MAX_EXACT. */
static bool project_exactly(const float *values, size_t rows, size_t n, float *projected) {
  double *memory = calloc(n * (2 * n + 1), sizeof *memory);
  if (!memory)
    return false;
  double *mean = memory, *matrix = mean + n, *vectors = matrix + n * n;
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < n; i++)
      mean[i] += values[row * n + i] / (double)rows;
  covariance(values, rows, n, mean, matrix);
  diagonalise(matrix, vectors, n);
  for (size_t component = 0; component < PCA_COMPONENTS; component++) {
    const double *vector = take_largest(matrix, vectors, n);
    for (size_t row = 0; row < rows; row++) {
      double sum = 0;
      for (size_t i = 0; vector && i < n; i++)
        sum += vector[i] * (values[row * n + i] - mean[i]);
      projected[row * PCA_COMPONENTS + component] = (float)sum;
    }
  }
  free(memory);
  return true;
}

/* ---- Many channels ---- */

#define MAX_EXACT 64
#define BASIS 16 /* vectors; the first three are the result */
#define ITERATIONS 40

/* Makes the rows of the basis, of n values, orthogonal and of length 1. A row that depends on the rows before it
 * becomes 0. */
static void orthonormalise(double *basis, size_t n) {
  for (size_t i = 0; i < BASIS; i++) {
    double *row = basis + i * n, before = 0, after = 0;
    for (size_t k = 0; k < n; k++)
      before += row[k] * row[k];
    for (int pass = 0; pass < 2; pass++) /* the second pass removes the rounding errors of the first */
      for (size_t j = 0; j < i; j++) {
        double dot = 0;
        for (size_t k = 0; k < n; k++)
          dot += row[k] * basis[j * n + k];
        for (size_t k = 0; k < n; k++)
          row[k] -= dot * basis[j * n + k];
      }
    for (size_t k = 0; k < n; k++)
      after += row[k] * row[k];
    double factor = after > 1e-24 * before ? 1 / sqrt(after) : 0;
    for (size_t k = 0; k < n; k++)
      row[k] *= factor;
  }
}

/* coordinates = centred values x basis, and then, if next is not NULL, next = coordinates x centred values. */
static void multiply(const float *values, size_t rows, size_t n, const double *mean, const double *basis,
    float *coordinates, double *next) {
  for (size_t i = 0; next && i < BASIS * n; i++)
    next[i] = 0;
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < BASIS; i++) {
      double dot = 0;
      for (size_t k = 0; k < n; k++)
        dot += (values[row * n + k] - mean[k]) * basis[i * n + k];
      coordinates[row * BASIS + i] = (float)dot;
      for (size_t k = 0; next && k < n; k++)
        next[i * n + k] += dot * (values[row * n + k] - mean[k]);
    }
}

/* Finds the space of the largest components by subspace iteration, which begins with a few of the rows. The components
 * are exact in this space. */
static bool project_by_iteration(const float *values, size_t rows, size_t n, float *projected) {
  double *memory = calloc(n * (2 * BASIS + 1), sizeof *memory);
  float *coordinates = calloc(rows * BASIS, sizeof *coordinates);
  bool done = memory && coordinates;
  if (done) {
    double *mean = memory, *basis = mean + n, *next = basis + BASIS * n;
    for (size_t row = 0; row < rows; row++)
      for (size_t k = 0; k < n; k++)
        mean[k] += values[row * n + k] / (double)rows;
    for (size_t i = 0; i < BASIS; i++)
      for (size_t k = 0; k < n; k++)
        basis[i * n + k] = values[i * rows / BASIS * n + k] - mean[k];
    orthonormalise(basis, n);
    for (int i = 0; i < ITERATIONS; i++) {
      multiply(values, rows, n, mean, basis, coordinates, next);
      double *old = basis;
      basis = next;
      next = old;
      orthonormalise(basis, n);
    }
    multiply(values, rows, n, mean, basis, coordinates, NULL);
    done = project_exactly(coordinates, rows, BASIS, projected);
  }
  free(memory);
  free(coordinates);
  return done;
}

bool pca_project(const float *values, size_t rows, size_t n, float *projected) {
  return (n <= MAX_EXACT ? project_exactly : project_by_iteration)(values, rows, n, projected);
}
