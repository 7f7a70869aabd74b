/* WebP, by libwebp. Of an animation it reads the first frame. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

static void find_chunks(struct reader *reader, const WebPDemuxer *demuxer) {
  WebPChunkIterator chunk;
  uint32_t flags = WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS);
  if (flags & EXIF_FLAG && WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
    bool head = chunk.chunk.size > 6 && memcmp(chunk.chunk.bytes, "Exif\0", 6) == 0;
    reader_find_exif(reader, chunk.chunk.bytes + (head ? 6 : 0), chunk.chunk.size - (head ? 6 : 0));
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  if (flags & XMP_FLAG && WebPDemuxGetChunk(demuxer, "XMP ", 1, &chunk)) {
    reader_find_xmp(reader, chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  if (flags & ICCP_FLAG && WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk)) {
    reader_keep_profile(reader, chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
  }
}

static void put_rows(struct reader *reader, const unsigned char *rgba) {
  for (uint32_t y = 0; y < reader->photograph->size.height; y++)
    reader_put_rgba(reader, y, rgba + (size_t)y * reader->photograph->size.width * 4, false);
}

static bool read_still(struct reader *reader) {
  struct photograph *photograph = reader->photograph;
  size_t width = photograph->size.width, height = photograph->size.height;
  unsigned char *rgba = photograph->has_alpha ? malloc(height * width * 4) : NULL;
  bool done;
  if (photograph->has_alpha)
    done = rgba && WebPDecodeRGBAInto(reader->data, reader->bytes, rgba, height * width * 4, (int)(width * 4)) != NULL;
  else
    done = WebPDecodeRGBInto(reader->data, reader->bytes, photograph->pixels, height * width * 3, (int)(width * 3)) !=
           NULL;
  if (done && rgba)
    put_rows(reader, rgba);
  free(rgba);
  return done || reader_fail(reader, "its data are cut or corrupt");
}

static bool read_animation(struct reader *reader) {
  const WebPData data = {reader->data, reader->bytes};
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options))
    return reader_fail(reader, "libwebp is of another version than its headers");
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  unsigned char *rgba = NULL;
  int timestamp;
  bool done = decoder && WebPAnimDecoderGetNext(decoder, &rgba, &timestamp);
  if (done)
    put_rows(reader, rgba);
  WebPAnimDecoderDelete(decoder);
  return done || reader_fail(reader, "the first frame of its animation is cut or corrupt");
}

static bool read_webp(struct reader *reader) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(reader->data, reader->bytes, &features) != VP8_STATUS_OK)
    return reader_fail(reader, "its header is cut or corrupt");
  const WebPData data = {reader->data, reader->bytes};
  WebPDemuxer *demuxer = WebPDemux(&data); /* NULL if the file is cut: then the decoder reports the error */
  if (demuxer)
    find_chunks(reader, demuxer);
  WebPDemuxDelete(demuxer);
  reader->photograph->has_alpha = features.has_alpha || features.has_animation;
  return reader_begin(reader, (uint32_t)features.height, (uint32_t)features.width, 1, 0) &&
         (features.has_animation ? read_animation : read_still)(reader);
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

const struct reader_format reader_webp = {"WebP", recognises, read_webp};
