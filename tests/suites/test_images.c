/* samples/common/photograph.c: every format as Pillow reads it, how images are turned, what becomes of transparency, of
 * profiles, of large images. */
#include "npy.h"
#include "photograph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER S2VK_IMAGES_DIR "/"

static void expect(const char *name, const char *reference, int tolerance, const struct photograph_options *options,
    struct photograph *photograph) {
  char reason[PHOTOGRAPH_REASON_BYTES] = "", path[512];
  struct npy array;
  snprintf(path, sizeof path, FOLDER "%s", name);
  if (!photograph_read_as(photograph, options, path, reason))
    fail_msg("%s: %s", name, reason);
  snprintf(path, sizeof path, FOLDER "%s.npy", reference);
  if (!npy_read(path, &array, reason, sizeof reason))
    fail_msg("%s: %s", path, reason);
  assert_int_equal(array.dims[0], photograph->size.height);
  assert_int_equal(array.dims[1], photograph->size.width);
  const unsigned char *expected = array.data;
  for (size_t i = 0; i < array.elements; i++)
    if (abs(expected[i] - photograph->pixels[i]) > tolerance)
      fail_msg("%s: element %zu is %d, not %d", name, i, photograph->pixels[i], expected[i]);
  npy_free(&array);
}

static void every_format_is_read_as_pillow_does(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int tolerance;
    const char *format;
  } files[] = {{"exif1.jpg", 0, "JPEG"}, {"exif2.jpg", 0, "JPEG"}, {"exif3.jpg", 0, "JPEG"}, {"exif4.jpg", 0, "JPEG"},
      {"exif5.jpg", 0, "JPEG"}, {"exif6.jpg", 0, "JPEG"}, {"exif7.jpg", 0, "JPEG"}, {"exif8.jpg", 0, "JPEG"},
      {"xmp6.jpg", 0, "JPEG"}, {"grey.jpg", 0, "JPEG"}, {"progressive.jpg", 0, "JPEG"}, {"cmyk.jpg", 0, "JPEG"},
      {"cmyk_unmarked.jpg", 0, "JPEG"}, {"ycck.jpg", 0, "JPEG"}, {"sub31.jpg", 0, "JPEG"}, {"sub411.jpg", 0, "JPEG"},
      {"sub441.jpg", 0, "JPEG"}, {"sub410.jpg", 0, "JPEG"}, {"sub440.jpg", 0, "JPEG"}, {"exif3.png", 0, "PNG"},
      {"exif6.png", 0, "PNG"}, {"xmp8.png", 0, "PNG"}, {"raw5.png", 0, "PNG"}, {"grey1.png", 0, "PNG"},
      {"palette.png", 0, "PNG"}, {"rgba.png", 0, "PNG"}, {"la.png", 0, "PNG"}, {"trns.png", 0, "PNG"},
      {"grey16.png", 0, "PNG"}, {"no_iend.png", 0, "PNG"}, {"adam7.png", 0, "PNG"}, {"srgb.png", 0, "PNG"},
      {"lossy.webp", 0, "WebP"}, {"exif6.webp", 0, "WebP"}, {"rgba.webp", 0, "WebP"}, {"animation.webp", 0, "WebP"},
      {"plain.gif", 0, "GIF"}, {"transparent.gif", 0, "GIF"}, {"animation.gif", 0, "GIF"}, {"rgb.bmp", 0, "BMP"},
      {"palette.bmp", 0, "BMP"}, {"rgb.tif", 0, "TIFF"}, {"exif6.tif", 0, "TIFF"}, {"rgba.tif", 0, "TIFF"},
      {"filler.bmp", 0, "BMP"}, {"top_down.bmp", 0, "BMP"}, {"masks_v3.bmp", 0, "BMP"}, {"masks_v4.bmp", 0, "BMP"},
      {"rgb16.tif", 0, "TIFF"}, {"rgba16.tif", 0, "TIFF"}, {"la.tif", 0, "TIFF"}, {"no_alpha.tif", 0, "TIFF"},
      {"unsaid.tif", 0, "TIFF"}, {"premultiplied.tif", 0, "TIFF"},
      /* these take other filters from chroma to pixels than Pillow's */
      {"rgb.heic", 8, "HEIC"}, {"rgb.avif", 8, "AVIF"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct photograph photograph;
    expect(files[i].name, files[i].name, files[i].tolerance, NULL, &photograph);
    assert_string_equal(photograph.format, files[i].format);
    assert_string_equal(photograph.profile, "");
    assert_int_equal(photograph.shrink, 1);
    photograph_free(&photograph);
  }
}

static void images_can_be_left_as_they_are_stored(void **state) {
  (void)state;
  const struct photograph_options options = {.no_rotate = true};
  static const char *const names[] = {"exif6.jpg", "exif7.jpg"};
  for (size_t i = 0; i < 2; i++) {
    struct photograph photograph;
    expect(names[i], "exif1.jpg", 0, &options, &photograph);
    assert_int_equal(photograph.orientation, i + 6);
    assert_int_equal(photograph.stored.width, 24);
    photograph_free(&photograph);
  }
}

static void transparency_can_be_left_out(void **state) {
  (void)state;
  const struct photograph_options options = {.alpha = PHOTOGRAPH_ALPHA_DROP};
  struct photograph photograph;
  expect("rgba.png", "adam7.png", 0, &options, &photograph);
  assert_true(photograph.has_alpha);
  photograph_free(&photograph);
  static const char *const names[] = {"rgba.webp", "rgba.tif", "rgba16.tif", "masks_v4.bmp"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    expect(names[i], "adam7.png", 0, &options, &photograph);
    assert_true(photograph.has_alpha);
    photograph_free(&photograph);
  }
}

/* The profile has red and blue exchanged. */
static void profiles_are_told_and_converted(void **state) {
  (void)state;
  const struct photograph_options options = {.convert_profile = true};
  struct photograph kept, converted;
  expect("exchanged.png", "exchanged.png", 0, NULL, &kept);
  assert_string_not_equal(kept.profile, "");
  char reason[PHOTOGRAPH_REASON_BYTES];
  assert_true(photograph_read_as(&converted, &options, FOLDER "exchanged.png", reason));
  for (size_t i = 0; i < (size_t)24 * 16; i++)
    for (size_t channel = 0; channel < 3; channel++)
      assert_in_range(converted.pixels[3 * i + channel] + 4 - kept.pixels[3 * i + 2 - channel], 0, 8);
  photograph_free(&kept);
  photograph_free(&converted);
  expect("exchanged.jpg", "exchanged.jpg", 0, NULL, &kept);
  assert_string_not_equal(kept.profile, "");
  photograph_free(&kept);
}

static void admit(void *user, uint64_t pixels) {
  *(uint64_t *)user += pixels;
}

static void large_images_are_refused_or_made_smaller(void **state) {
  (void)state;
  uint64_t admitted = 0;
  struct photograph_options options = {.max_pixels = 24 * 16 - 1, .admit = admit, .admit_user = &admitted};
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES];
  static const char *const names[] = {
      "exif1.jpg", "adam7.png", "lossy.webp", "plain.gif", "rgb.bmp", "rgb.tif", "rgb.avif", "rgb.heic"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s", names[i]);
    assert_false(photograph_read_as(&photograph, &options, path, reason));
    assert_non_null(strstr(reason, "more than the 383 that are read"));
  }
  assert_int_equal(admitted, 0);
  options.shrink_side = 8;
  assert_true(photograph_read_as(&photograph, &options, FOLDER "exif6.jpg", reason));
  assert_int_equal(photograph.shrink, 2);
  assert_int_equal(photograph.size.height, 12);
  assert_int_equal(photograph.size.width, 8);
  assert_int_equal(photograph.stored.width, 24);
  assert_int_equal(admitted, 12 * 8);
  photograph_free(&photograph);
  /* Of several scans all coefficients are kept, whatever size is made of them. */
  assert_false(photograph_read_as(&photograph, &options, FOLDER "progressive.jpg", reason));
  assert_non_null(strstr(reason, "more than the 383 that are read"));
  options.shrink_side = 9;
  assert_false(photograph_read_as(&photograph, &options, FOLDER "exif6.jpg", reason));
}

static void what_is_no_image_is_told(void **state) {
  (void)state;
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES];
  assert_false(photograph_read(&photograph, S2VK_IMAGES_DIR, reason));
  assert_string_equal(reason, "is a folder; an image is a file");
  assert_false(photograph_read(&photograph, "/dev/null", reason));
  assert_string_equal(reason, "is no regular file");
  assert_false(photograph_read(&photograph, FOLDER "regenerate.py", reason));
  assert_non_null(strstr(reason, "it is no JPEG, PNG"));
  assert_true(photograph_named("a.JPG") && photograph_named("a.b.webp") && photograph_named("x.HeIc"));
  assert_false(photograph_named("jpg") || photograph_named(".jpg") || photograph_named("a.jpg.txt"));
}

/* Every format cut at every eighth of its length: refused, or as it was (an end that says nothing of pixels). */
static void files_that_are_cut_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {
      "exif1.jpg", "adam7.png", "lossy.webp", "plain.gif", "rgb.bmp", "rgb.tif", "rgb.avif", "rgb.heic"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[512], reason[PHOTOGRAPH_REASON_BYTES];
    snprintf(path, sizeof path, FOLDER "%s", names[i]);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    unsigned char data[16384];
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    for (size_t part = 0; part < 8; part++) {
      struct photograph photograph;
      if (photograph_decode(&photograph, NULL, data, bytes * part / 8, reason))
        fail_msg("%s is read when cut at %zu of %zu bytes", names[i], bytes * part / 8, bytes);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_format_is_read_as_pillow_does),
      cmocka_unit_test(images_can_be_left_as_they_are_stored),
      cmocka_unit_test(transparency_can_be_left_out),
      cmocka_unit_test(profiles_are_told_and_converted),
      cmocka_unit_test(large_images_are_refused_or_made_smaller),
      cmocka_unit_test(what_is_no_image_is_told),
      cmocka_unit_test(files_that_are_cut_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
