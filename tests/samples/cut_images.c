/* cut_images PHOTO FOLDER COUNT HEIGHTxWIDTH...: writes parts of a photograph, each from another place, as
 * FOLDER/00000.png and so on, in the sizes given by turns. */
#include "stb.h"

#include <stb_image.h>
#include <stb_image_write.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int height, width, channels;
  if (argc < 5) {
    fprintf(stderr, "usage: cut_images PHOTO FOLDER COUNT HEIGHTxWIDTH...\n");
    return 2;
  }
  unsigned char *photo = stbi_load(argv[1], &width, &height, &channels, 3);
  if (!photo) {
    fprintf(stderr, "%s: %s\n", argv[1], stbi_failure_reason());
    return 1;
  }
  int count = atoi(argv[3]), done = 0;
  for (; done < count; done++) {
    const char *size = argv[4 + done % (argc - 4)];
    int h, w;
    char path[4096];
    if (sscanf(size, "%dx%d", &h, &w) != 2 || h < 1 || w < 1 || h > height || w > width) {
      fprintf(stderr, "%s: expected a size of at most %dx%d\n", size, height, width);
      break;
    }
    int y = h < height ? done * 37 % (height - h) : 0, x = w < width ? done * 59 % (width - w) : 0;
    snprintf(path, sizeof path, "%s/%05d.png", argv[2], done);
    if (!stbi_write_png(path, w, h, 3, photo + (y * width + x) * 3, width * 3)) {
      fprintf(stderr, "%s: cannot be written\n", path);
      break;
    }
  }
  stbi_image_free(photo);
  return done < count;
}
