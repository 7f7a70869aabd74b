/* GIF, by giflib. Of an animation it reads the first frame. */
#include "reader.h"

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

struct source {
  struct reader *reader;
  size_t at;
};

static int take(GifFileType *gif, GifByteType *to, int count) {
  struct source *source = gif->UserData;
  size_t left = source->reader->bytes - source->at, bytes = (size_t)count < left ? (size_t)count : left;
  memcpy(to, source->reader->data + source->at, bytes);
  source->at += bytes;
  return (int)bytes;
}

/* Reads the extensions ahead of the first image. *transparent: the index of the transparent colour, or -1. */
static bool find_image(struct reader *reader, GifFileType *gif, int *transparent) {
  for (GifRecordType type;;) {
    if (DGifGetRecordType(gif, &type) != GIF_OK)
      return reader_fail(reader, "%s", GifErrorString(gif->Error) ? GifErrorString(gif->Error) : "it is corrupt");
    if (type == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc(gif) == GIF_OK || reader_fail(reader, "its first image is corrupt");
    if (type == TERMINATE_RECORD_TYPE)
      return reader_fail(reader, "it has no image");
    int code;
    GifByteType *data;
    bool done = type != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &code, &data) == GIF_OK;
    while (type == EXTENSION_RECORD_TYPE && done && data) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(data[0], data + 1, &control) == GIF_OK)
        *transparent = control.TransparentColor;
      done = DGifGetExtensionNext(gif, &data) == GIF_OK;
    }
    if (!done)
      return reader_fail(reader, "one of its extensions is corrupt");
  }
}

/* Rows of an interlaced image come in four passes. */
static uint32_t row_of(uint32_t line, uint32_t height, bool interlaced) {
  static const uint32_t first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
  for (int pass = 0; interlaced && pass < 4; pass++) {
    uint32_t rows = height > first[pass] ? (height - first[pass] + step[pass] - 1) / step[pass] : 0;
    if (line < rows)
      return first[pass] + line * step[pass];
    line -= rows;
  }
  return line;
}

static void put_line(const GifFileType *gif, const ColorMapObject *map, int transparent, uint32_t row,
    const GifPixelType *line, unsigned char *canvas) {
  const GifImageDesc *image = &gif->Image;
  size_t y = (size_t)image->Top + row;
  for (int i = 0; y < (size_t)gif->SHeight && i < image->Width && image->Left + i < gif->SWidth; i++) {
    unsigned char *to = canvas + (y * (size_t)gif->SWidth + (size_t)(image->Left + i)) * 4;
    const GifColorType black = {0, 0, 0}, *colour = line[i] < map->ColorCount ? &map->Colors[line[i]] : &black;
    to[0] = colour->Red;
    to[1] = colour->Green;
    to[2] = colour->Blue;
    to[3] = line[i] == transparent ? 0 : 255;
  }
}

static bool decode(struct reader *reader, GifFileType *gif) {
  int transparent = -1;
  if (!find_image(reader, gif, &transparent))
    return false;
  const GifImageDesc *image = &gif->Image;
  const ColorMapObject *map = image->ColorMap ? image->ColorMap : gif->SColorMap;
  uint32_t height = (uint32_t)gif->SHeight, width = (uint32_t)gif->SWidth;
  if (!map || image->Width < 1 || image->Height < 1 || image->Left < 0 || image->Top < 0)
    return reader_fail(reader, "its first image has no colours or no size");
  reader->photograph->has_alpha =
      transparent >= 0 || image->Left || image->Top || image->Width < gif->SWidth || image->Height < gif->SHeight;
  if (!reader_begin(reader, height, width, 1, 0))
    return false;
  unsigned char *canvas = calloc((size_t)height * width, 4);
  GifPixelType *line = malloc((size_t)image->Width);
  bool done = (canvas && line) || reader_fail(reader, "there is no memory for it");
  for (uint32_t i = 0; done && i < (uint32_t)image->Height; i++) {
    done = DGifGetLine(gif, line, image->Width) == GIF_OK || reader_fail(reader, "its data are cut or corrupt");
    if (done)
      put_line(gif, map, transparent, row_of(i, (uint32_t)image->Height, image->Interlace), line, canvas);
  }
  for (uint32_t y = 0; done && y < height; y++)
    reader_put_rgba(reader, y, canvas + (size_t)y * width * 4, false);
  free(canvas);
  free(line);
  return done;
}

static bool read_gif(struct reader *reader) {
  struct source source = {reader, 0};
  int error = 0;
  GifFileType *gif = DGifOpen(&source, take, &error);
  if (!gif)
    return reader_fail(reader, "%s", GifErrorString(error) ? GifErrorString(error) : "its header is corrupt");
  bool done = decode(reader, gif);
  DGifCloseFile(gif, &error);
  return done;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes > 6 && memcmp(data, "GIF8", 4) == 0;
}

const struct reader_format reader_gif = {"GIF", recognises, read_gif};
