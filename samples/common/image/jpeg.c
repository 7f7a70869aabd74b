/* JPEG, by libjpeg-turbo's libjpeg interface. It decodes every sampling, CMYK and YCCK, and returns markers. */
#include "reader.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

/* Each 8 x 8 block takes at least one bit, unless a progressive file leaves it out. */
#define MIN_BITS_OF_PIXEL (1 / 64.)
#define MAX_SCANS 500 /* a file of a few kilobytes can hold thousands, and each is decoded over the whole image */

struct errors {
  struct jpeg_error_mgr base;
  jmp_buf jump;
  struct reader *reader;
};

static void raise(j_common_ptr info) {
  struct errors *errors = (struct errors *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  reader_fail(errors->reader, "%s", text);
  longjmp(errors->jump, 1);
}

/* Warnings about data that are cut or corrupt mean grey areas, so the image is broken. Other warnings do not concern
 * pixels and are ignored. */
static void warn(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM &&
      code != JWRN_BOGUS_ICC)
    raise(info);
}

static void count_scans(j_common_ptr info) {
  j_decompress_ptr jpeg = (j_decompress_ptr)info;
  if (info->is_decompressor && jpeg->input_scan_number > MAX_SCANS) {
    struct errors *errors = (struct errors *)info->err;
    reader_fail(errors->reader, "it has more than %d scans", MAX_SCANS);
    longjmp(errors->jump, 1);
  }
}

static bool begins_with(const struct jpeg_marker_struct *marker, const char *text, size_t bytes) {
  return marker->data_length > bytes && memcmp(marker->data, text, bytes) == 0;
}

static void find_orientation(struct reader *reader, const struct jpeg_decompress_struct *jpeg) {
  static const char exif[] = "Exif\0", xmp[] = "http://ns.adobe.com/xap/1.0/";
  for (const struct jpeg_marker_struct *m = jpeg->marker_list; m; m = m->next)
    if (m->marker == JPEG_APP0 + 1 && begins_with(m, exif, sizeof exif))
      reader_find_exif(reader, m->data + sizeof exif, m->data_length - sizeof exif);
  for (const struct jpeg_marker_struct *m = jpeg->marker_list; m; m = m->next)
    if (m->marker == JPEG_APP0 + 1 && begins_with(m, xmp, sizeof xmp))
      reader_find_xmp(reader, m->data + sizeof xmp, m->data_length - sizeof xmp);
}

/* As in Pillow, values are taken to be inverted, as Adobe's programs store them, with the marker or without it. */
static void put_cmyk(struct reader *reader, uint32_t row, const unsigned char *cmyk) {
  unsigned char *to = reader_row(reader, row);
  for (uint32_t x = 0; x < reader->photograph->size.width; x++, to += 3, cmyk += 4)
    for (int i = 0; i < 3; i++) {
      unsigned product = (255u - cmyk[i]) * cmyk[3] + 128;
      int value = cmyk[3] - (int)((product + (product >> 8)) >> 8);
      to[i] = (unsigned char)(value < 0 ? 0 : value);
    }
}

static bool decode(struct reader *reader, struct jpeg_decompress_struct *jpeg, unsigned char *volatile *line) {
  JOCTET *icc = NULL;
  unsigned icc_bytes = 0;
  bool cmyk = jpeg->num_components == 4;
  find_orientation(reader, jpeg);
  if (jpeg_read_icc_profile(jpeg, &icc, &icc_bytes) && !cmyk)
    reader_keep_profile(reader, icc, icc_bytes);
  free(icc);
  jpeg->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg->scale_num = 1;
  /* Of a file with several scans libjpeg keeps all of its coefficients, however small the image is made. */
  jpeg->scale_denom = jpeg_has_multiple_scans(jpeg) ? 1 : reader_shrink(reader, jpeg->image_height, jpeg->image_width);
  if (!reader_begin(reader, jpeg->image_height, jpeg->image_width, jpeg->scale_denom, MIN_BITS_OF_PIXEL))
    return false;
  if (cmyk && !(*line = malloc((size_t)reader->photograph->size.width * 4)))
    return reader_fail(reader, "there is no memory for a row of it");
  jpeg_start_decompress(jpeg);
  if (jpeg->output_height != reader->photograph->size.height || jpeg->output_width != reader->photograph->size.width)
    return reader_fail(reader, "libjpeg would make %u x %u pixels of it", jpeg->output_height, jpeg->output_width);
  while (jpeg->output_scanline < jpeg->output_height) {
    uint32_t row = jpeg->output_scanline;
    JSAMPROW to = cmyk ? *line : reader_row(reader, row);
    jpeg_read_scanlines(jpeg, &to, 1);
    if (cmyk)
      put_cmyk(reader, row, *line);
  }
  jpeg_finish_decompress(jpeg);
  return true;
}

static bool read_jpeg(struct reader *reader) {
  struct jpeg_decompress_struct jpeg = {0};
  struct jpeg_progress_mgr progress = {.progress_monitor = count_scans};
  struct errors errors = {.reader = reader};
  unsigned char *volatile line = NULL;
  volatile bool done = false;
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = raise;
  errors.base.emit_message = warn;
  if (setjmp(errors.jump) == 0) {
    jpeg_create_decompress(&jpeg);
    jpeg.progress = &progress;
    jpeg_mem_src(&jpeg, reader->data, (unsigned long)reader->bytes);
    jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_save_markers(&jpeg, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(&jpeg, TRUE);
    done = decode(reader, &jpeg, &line);
  }
  jpeg_destroy_decompress(&jpeg);
  free(line);
  return done;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes > 2 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

const struct reader_format reader_jpeg = {"JPEG", recognises, read_jpeg};
