/* read_image [--no-rotate] [--drop] [--convert] [--max-pixels N] [--shrink SIDE] FILE OUT.npy: an image as extract
 * reads it, as height x width x 3 bytes, and on stdout what is known of it. */
#include "npy.h"
#include "photograph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  struct photograph_options options = {0};
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES];
  int at = 1;
  for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++)
    if (strcmp(argv[at], "--no-rotate") == 0)
      options.no_rotate = true;
    else if (strcmp(argv[at], "--drop") == 0)
      options.alpha = PHOTOGRAPH_ALPHA_DROP;
    else if (strcmp(argv[at], "--convert") == 0)
      options.convert_profile = true;
    else if (strcmp(argv[at], "--max-pixels") == 0)
      options.max_pixels = strtoull(argv[++at], NULL, 10);
    else if (strcmp(argv[at], "--shrink") == 0)
      options.shrink_side = (uint32_t)strtoul(argv[++at], NULL, 10);
  if (argc - at != 2)
    return 2;
  if (!photograph_read_as(&photograph, &options, argv[at], reason)) {
    fprintf(stderr, "%s: %s\n", argv[at], reason);
    return 1;
  }
  printf("%s %u x %u, stored %u x %u, orientation %u, shrink %u, alpha %d, profile \"%s\"\n", photograph.format,
      photograph.size.height, photograph.size.width, photograph.stored.height, photograph.stored.width,
      photograph.orientation, photograph.shrink, photograph.has_alpha, photograph.profile);
  struct npy array = {
      .type = "u1", .rank = 3, .dims = {photograph.size.height, photograph.size.width, 3}, .data = photograph.pixels};
  bool done = npy_write(argv[at + 1], &array, reason, sizeof reason);
  if (!done)
    fprintf(stderr, "%s: %s\n", argv[at + 1], reason);
  photograph_free(&photograph);
  return done ? 0 : 1;
}
