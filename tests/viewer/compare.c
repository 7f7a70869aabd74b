/* compare REFERENCE.png PICTURE [--other-font]: whether two pictures look the same. Drivers round in their own ways,
 * and an edge may fall on the other side of a pixel: of all pixels one in a thousand may be off by more than that, and
 * the mean error is small. With another version of the font all text is off, which is allowed for. A picture is .png,
 * or the screen of an X server (.xwd, of 4 bytes a pixel, blue first), of which the upper left part counts. */
#include <stb_image.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING 8 /* of 255 */

/* The share of the pixels that may be off, and the mean error, of 255. Between Inter 4.0 and 4.1 there were 0.043 and
 * 2.0 in the picture that is nothing but text. */
static const struct limits {
  double share, error;
} same_font = {0.001, 0.25}, other_font = {0.05, 2.5};

struct picture {
  int width, height;
  unsigned char *pixels; /* height x width x 3 */
};

/* The fields of its header. */
enum {
  XWD_HEADER_BYTES = 0,
  XWD_WIDTH = 4,
  XWD_HEIGHT = 5,
  XWD_BITS = 11,
  XWD_STRIDE = 12,
  XWD_COLOURS = 19,
  XWD_FIELDS = 25
};

static bool read_screen(const char *path, struct picture *picture, int width, int height) {
  FILE *file = fopen(path, "rb");
  unsigned char bytes[4 * XWD_FIELDS];
  uint32_t fields[XWD_FIELDS];
  bool read = file && fread(bytes, sizeof bytes, 1, file) == 1;
  for (int i = 0; read && i < XWD_FIELDS; i++)
    fields[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 |
                bytes[4 * i + 3];
  read =
      read && fields[XWD_BITS] == 32 && fields[XWD_WIDTH] >= (uint32_t)width && fields[XWD_HEIGHT] >= (uint32_t)height;
  *picture = (struct picture){width, height, malloc((size_t)width * (size_t)height * 3)};
  unsigned char *row = read ? malloc(fields[XWD_STRIDE]) : NULL;
  read = read && row && picture->pixels &&
         fseek(file, (long)(fields[XWD_HEADER_BYTES] + 12 * fields[XWD_COLOURS]), SEEK_SET) == 0;
  for (int y = 0; read && y < height; y++) {
    read = fread(row, fields[XWD_STRIDE], 1, file) == 1;
    for (int x = 0; read && x < width; x++)
      for (int c = 0; c < 3; c++)
        picture->pixels[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] = row[4 * x + 2 - c];
  }
  free(row);
  if (file)
    fclose(file);
  return read;
}

static bool read_png(const char *path, struct picture *picture) {
  int channels;
  picture->pixels = stbi_load(path, &picture->width, &picture->height, &channels, 3);
  return picture->pixels;
}

/* The share of the pixels that are off, and the mean error of a value. */
static void measure(const struct picture *a, const struct picture *b, double *share, double *error) {
  const size_t count = (size_t)a->width * (size_t)a->height;
  size_t off = 0;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    int worst = 0;
    for (size_t c = 0; c < 3; c++) {
      const int apart = abs(a->pixels[3 * i + c] - b->pixels[3 * i + c]);
      worst = apart > worst ? apart : worst;
      sum += apart;
    }
    off += worst > ROUNDING;
  }
  *share = (double)off / (double)count;
  *error = sum / (3 * (double)count);
}

int main(int argc, char **argv) {
  struct picture a = {0}, b = {0};
  const bool other = argc == 4 && strcmp(argv[3], "--other-font") == 0;
  if (argc != 3 && !other) {
    fprintf(stderr, "Usage: compare REFERENCE.png PICTURE.png|SCREEN.xwd [--other-font]\n");
    return 2;
  }
  const char *end = strrchr(argv[2], '.');
  if (!read_png(argv[1], &a) ||
      !(end && strcmp(end, ".xwd") == 0 ? read_screen(argv[2], &b, a.width, a.height) : read_png(argv[2], &b))) {
    fprintf(stderr, "%s or %s cannot be read\n", argv[1], argv[2]);
    return 2;
  }
  if (a.width != b.width || a.height != b.height) {
    fprintf(stderr, "%s has %d x %d pixels, %s has %d x %d\n", argv[1], a.height, a.width, argv[2], b.height, b.width);
    return 1;
  }
  double share, error;
  measure(&a, &b, &share, &error);
  printf("%s: %.4f%% of the pixels are off, the mean error is %.3f\n", argv[2], share * 100, error);
  free(a.pixels);
  free(b.pixels);
  const struct limits *limits = other ? &other_font : &same_font;
  return share > limits->share || error > limits->error;
}
