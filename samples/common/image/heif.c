/* AVIF and HEIC, by libheif. Such an image contains its own rotation and crop. libheif applies both, also with
 * --no-rotate. EXIF repeats the rotation, and is not read. */
#include "reader.h"

#include <libheif/heif.h>
#include <stdlib.h>
#include <string.h>

static bool succeeded(struct reader *reader, struct heif_error error) {
  return error.code == heif_error_Ok || reader_fail(reader, "%s", error.message);
}

static void find_profile(struct reader *reader, const struct heif_image_handle *handle) {
  size_t bytes = heif_image_handle_get_raw_color_profile_size(handle);
  unsigned char *icc = bytes && bytes < 1u << 24 ? malloc(bytes) : NULL;
  if (icc && heif_image_handle_get_raw_color_profile(handle, icc).code == heif_error_Ok)
    reader_keep_profile(reader, icc, bytes);
  free(icc);
}

static bool put(struct reader *reader, const struct heif_image *image) {
  int stride = 0;
  const struct photograph *photograph = reader->photograph;
  const uint8_t *plane = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
  if (!plane || heif_image_get_width(image, heif_channel_interleaved) != (int)photograph->size.width ||
      heif_image_get_height(image, heif_channel_interleaved) != (int)photograph->size.height)
    return reader_fail(reader, "it decodes to another size than it says");
  for (uint32_t y = 0; y < photograph->size.height; y++) {
    const uint8_t *row = plane + (size_t)y * (size_t)stride;
    if (photograph->has_alpha)
      reader_put_rgba(reader, y, row, false);
    else
      memcpy(reader_row(reader, y), row, (size_t)photograph->size.width * 3);
  }
  return true;
}

static bool decode(struct reader *reader, const struct heif_image_handle *handle) {
  struct photograph *photograph = reader->photograph;
  const s2vk_size size = {
      (uint32_t)heif_image_handle_get_height(handle), (uint32_t)heif_image_handle_get_width(handle)};
  photograph->has_alpha = heif_image_handle_has_alpha_channel(handle);
  find_profile(reader, handle);
  if (!reader_begin(reader, size.height, size.width, 1, 0))
    return false;
  reader->turned = true;
  struct heif_image *image = NULL;
  bool done = succeeded(reader,
                  heif_decode_image(handle, &image, heif_colorspace_RGB,
                      photograph->has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL)) &&
              put(reader, image);
  if (image)
    heif_image_release(image);
  return done;
}

static bool read_heif(struct reader *reader) {
  struct heif_context *context = heif_context_alloc();
  struct heif_image_handle *handle = NULL;
  if (!context)
    return reader_fail(reader, "there is no memory for its decoder");
  heif_context_set_max_decoding_threads(context, 0); /* extract runs several decoders already */
  reader->photograph->format = memcmp(reader->data + 8, "avi", 3) == 0 ? "AVIF" : "HEIC";
  bool done =
      succeeded(reader, heif_context_read_from_memory_without_copy(context, reader->data, reader->bytes, NULL)) &&
      succeeded(reader, heif_context_get_primary_image_handle(context, &handle)) && decode(reader, handle);
  if (handle)
    heif_image_handle_release(handle);
  heif_context_free(context);
  return done;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  static const char *const brands[] = {"avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"};
  bool known = false;
  if (bytes < 16 || memcmp(data + 4, "ftyp", 4) != 0)
    return false;
  for (size_t i = 0; !known && i < sizeof brands / sizeof *brands; i++)
    known = memcmp(data + 8, brands[i], 4) == 0;
  return known;
}

const struct reader_format reader_heif = {"AVIF or HEIC", recognises, read_heif};
