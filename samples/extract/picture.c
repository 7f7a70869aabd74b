#include "picture.h"

#include "output.h"
#include "pca.h"

#include <math.h>
#include <stb_image_resize.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_HEIGHT 400 /* or more, if the grid has more tokens */
#define MAX_PANEL_SIDE 4096
#define GAP 8
#define BACKGROUND 24

/* ---- False colours ---- */

static int compare_floats(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Maps component i of all tokens to [0, 255], from the first percentile to the 99th. */
static void stretch(const float *projected, size_t tokens, size_t i, float *scratch, unsigned char *colours) {
  for (size_t token = 0; token < tokens; token++)
    scratch[token] = projected[token * PCA_COMPONENTS + i];
  qsort(scratch, tokens, sizeof *scratch, compare_floats);
  float low = scratch[(tokens - 1) / 100], high = scratch[tokens - 1 - (tokens - 1) / 100];
  for (size_t token = 0; token < tokens; token++) {
    float value = high > low ? (projected[token * PCA_COMPONENTS + i] - low) / (high - low) : 0.5f;
    colours[token * 3 + i] = (unsigned char)lrintf(255 * fminf(fmaxf(value, 0), 1));
  }
}

static double dot(const float *a, const float *b, size_t tokens) {
  double sum = 0;
  for (size_t token = 0; token < tokens; token++)
    sum += (double)a[token * PCA_COMPONENTS] * b[token * PCA_COMPONENTS];
  return sum;
}

/* Order and sign of components are arbitrary. Chooses those that agree best with the reference, so that panels have
 * similar colours. */
static void align(float *projected, const float *reference, size_t tokens) {
  for (size_t i = 0; i < PCA_COMPONENTS; i++) {
    size_t best = i;
    double best_cosine = 0;
    for (size_t j = i; j < PCA_COMPONENTS; j++) {
      double length = sqrt(dot(projected + j, projected + j, tokens));
      double cosine = length > 0 ? dot(projected + j, reference + i, tokens) / length : 0;
      if (fabs(cosine) > fabs(best_cosine)) {
        best = j;
        best_cosine = cosine;
      }
    }
    for (size_t token = 0; token < tokens; token++) {
      float *components = projected + token * PCA_COMPONENTS, chosen = components[best];
      components[best] = components[i];
      components[i] = best_cosine < 0 ? -chosen : chosen;
    }
  }
}

/* Makes a picture with one pixel for each token. The first picture sets the reference, tokens x 3. */
static unsigned char *false_colours(
    const struct features *features, uint32_t first_channel, uint32_t channel_count, float *reference) {
  size_t tokens = (size_t)features->grid.height * features->grid.width;
  float *values = features_decode(features, first_channel, channel_count);
  float *projected = calloc(tokens * (PCA_COMPONENTS + 1), sizeof *projected);
  unsigned char *colours = calloc(tokens, PCA_COMPONENTS);
  bool done = values && projected && colours && pca_project(values, tokens, channel_count, projected);
  if (done && first_channel == 0 && channel_count == features->channels)
    memcpy(reference, projected, tokens * PCA_COMPONENTS * sizeof *reference);
  else if (done)
    align(projected, reference, tokens);
  for (size_t i = 0; done && i < PCA_COMPONENTS; i++)
    stretch(projected, tokens, i, projected + tokens * PCA_COMPONENTS, colours);
  free(values);
  free(projected);
  if (done)
    return colours;
  free(colours);
  return NULL;
}

/* ---- The picture ---- */

struct picture {
  unsigned char *pixels;
  size_t height;
  size_t width;
  size_t panel_width;
  float *reference; /* tokens x 3: the components of the first scale */
};

/* Gives panels the photograph's shape and a height that shows every token, within reasonable sides. */
static bool allocate(struct picture *picture, s2vk_size photograph, s2vk_size grid, size_t panels) {
  double height = grid.height > PANEL_HEIGHT ? grid.height : PANEL_HEIGHT;
  double width = height * photograph.width / photograph.height;
  double shrink = fmin(1, MAX_PANEL_SIDE / fmax(height, width));
  picture->height = (size_t)fmax(1, round(height * shrink));
  picture->panel_width = (size_t)fmax(1, round(width * shrink));
  picture->width = panels * (picture->panel_width + GAP) - GAP;
  picture->pixels = malloc(picture->height * picture->width * 3);
  picture->reference = calloc((size_t)grid.height * grid.width, PCA_COMPONENTS * sizeof *picture->reference);
  if (!picture->pixels || !picture->reference)
    return false;
  memset(picture->pixels, BACKGROUND, picture->height * picture->width * 3);
  return true;
}

static unsigned char *panel(const struct picture *picture, size_t index) {
  return picture->pixels + index * (picture->panel_width + GAP) * 3;
}

static bool draw_photograph(const struct picture *picture, const struct photograph *photograph) {
  return stbir_resize_uint8(photograph->pixels, (int)photograph->size.width, (int)photograph->size.height, 0,
      panel(picture, 0), (int)picture->panel_width, (int)picture->height, (int)(picture->width * 3), 3);
}

static size_t nearest(size_t pixel, size_t pixels, double tokens, uint32_t limit) {
  size_t token = (size_t)(((double)pixel + 0.5) / (double)pixels * tokens);
  return token < limit ? token : limit - 1;
}

static bool draw_features(const struct picture *picture, size_t index, const struct features *features,
    uint32_t first_channel, uint32_t channel_count, double covered_height, double covered_width) {
  unsigned char *colours = false_colours(features, first_channel, channel_count, picture->reference);
  for (size_t y = 0; colours && y < picture->height; y++) {
    size_t row = nearest(y, picture->height, covered_height, features->grid.height);
    for (size_t x = 0; x < picture->panel_width; x++) {
      size_t column = nearest(x, picture->panel_width, covered_width, features->grid.width);
      memcpy(
          panel(picture, index) + (y * picture->width + x) * 3, colours + (row * features->grid.width + column) * 3, 3);
    }
  }
  bool done = colours;
  free(colours);
  return done;
}

bool picture_write(const struct features *features, const struct photograph *photograph, double covered_height,
    double covered_width, const char *path) {
  struct picture picture;
  uint32_t scales = features->scale_count, channels = features->channels;
  bool done = allocate(&picture, photograph->size, features->grid, scales + 2) && draw_photograph(&picture, photograph);
  for (uint32_t i = 0; done && i < scales; i++)
    done = draw_features(&picture, i + 1, features, i * channels, channels, covered_height, covered_width);
  done = done && draw_features(&picture, scales + 1, features, 0, scales * channels, covered_height, covered_width);
  if (!done) {
    fprintf(stderr, "extract: --picture %s: no memory for it\n", path);
  } else {
    char reason[OUTPUT_REASON_BYTES];
    done = output_write_png(path, picture.pixels, (int)picture.height, (int)picture.width, reason);
    if (!done)
      fprintf(stderr, "extract: --picture %s: %s\n", path, reason);
  }
  free(picture.pixels);
  free(picture.reference);
  return done;
}
