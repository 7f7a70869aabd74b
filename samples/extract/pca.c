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

bool pca_project(const float *values, size_t rows, size_t n, float *projected) {
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
