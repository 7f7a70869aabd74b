#include "vocabulary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const names_of_split_mode[] = {"resize", "pad"}, *const names_of_output_shape[] = {"bnc", "bchw"},
                  *const names_of_type[] = {"f32", "f16", "bf16"},
                  *const names_of_filter[] = {"bicubic", "bilinear", "nearest", "bicubic-antialiased",
                      "bilinear-antialiased", "lanczos3"},
                  *const names_of_grid[] = {"image", "split", "square"},
                  *const names_of_norm[] = {"default", "on", "off"},
                  *const names_of_preset[] = {"clip", "siglip", "llava", "bunny", "nvila"},
                  *const names_of_prefix[] = {"mean", "tiles"};

static const struct command_option shared[] = {
    {.name = "model",
        .value = "FOLDER",
        .expected = "a folder",
        .words = COMMAND_FOLDERS,
        .help =
            "a model as Hugging Face transformers, timm or open_clip saves it (config.json, preprocessor_config.json, "
            "model.safetensors): CLIP, SigLIP, DINOv2, DINOv3, ViT, ConvNeXt and others"},
    {.name = "layer",
        .value = "N",
        .expected = "a layer: 1 for the first, -1 for the last",
        .help = "the layer whose output is taken: 1 for the first, -1 for the last, -2 for the one before it"},
    {.name = "preset",
        .value = "NAME",
        .expected = "clip, siglip, llava, bunny or nvila",
        .words = WORDS_PRESET,
        .help =
            "preprocessing that a model was trained with, with Pillow's bytes: clip (shortest side and centre crop), "
            "siglip (a square, as VILA1.5-S2), llava and bunny (a square of the mean colour around the photograph) or "
            "nvila (each scale from the photograph itself, and --blocks of the last scale). Sets --img-sizes, "
            "--max-split-size and --filter; the first two may also be given"},
    {.name = "dynamic-s2",
        .value = "",
        .help = "gives the last scale of --preset nvila the grid of tiles that is nearest to the photograph's shape"},
    {.name = "max-tiles",
        .value = "N",
        .expected = "a number of tiles, such as 12",
        .help = "the most tiles that --dynamic-s2 may choose for the last scale"},
    {.name = "blocks",
        .value = "",
        .help =
            "writes tokens in blocks, one for each tile of the scale of --resize-output-to-idx, row by row in a block"},
    {.name = "downsample",
        .value = "N",
        .expected = "1 to 16 tokens, such as 2",
        .initial = "1",
        .help = "writes one token for each N x N tokens of a block, with their channels side by side, and zeros beyond "
                "the block's last row and column: 2 for the projector of VILA, 2 or 3 for NVILA's"},
    {.name = "by-columns",
        .value = "",
        .help = "writes tokens column by column, in each block or in the whole grid, as VILA1.5's projector does"},
    {.name = "repeat",
        .value = "N",
        .expected = "1 to 16 times, such as 3",
        .initial = "1",
        .help = "writes the channels of all scales N times, side by side: 3 for an image that is one tile in NVILA"},
    {.name = "prefix-tokens",
        .value = "WHICH",
        .expected = "mean or tiles",
        .words = WORDS_PREFIX,
        .initial = "mean",
        .help =
            "CLS, distillation and register tokens: mean (over the tiles of a scale) or tiles (those of each tile)"},
    {.name = "prefix-only",
        .value = "",
        .help = "writes CLS, distillation and register tokens alone, without the grid"},
    {.name = "scales",
        .value = "S,...",
        .expected = "1 to 16 positive numbers, such as 1,2",
        .help = "factors of the image's size"},
    {.name = "img-sizes",
        .value = "HxW,...",
        .expected = "1 to 16 sizes in pixels, such as 224,448 or 112x224,224x448 (height x width)",
        .help = "image size of each scale, in place of --scales; one number for a square"},
    {.name = "max-split-size", .value = "N", .expected = "a number of pixels, such as 224", .help = "side of a tile"},
    {.name = "split-mode",
        .value = "MODE",
        .expected = "resize or pad",
        .words = WORDS_SPLIT_MODE,
        .initial = "resize",
        .help = "how an image that tiles do not divide is made to fit: resize or pad"},
    {.name = "grid",
        .value = "POLICY",
        .expected = "image, split or square",
        .words = WORDS_GRID,
        .initial = "image",
        .help =
            "features of an image that tiles do not divide: image (those of its own part), split (those of all of its "
            "tiles) or square (square images in even tiles)"},
    {.name = "filter",
        .value = "NAME",
        .expected = "bicubic, bilinear, nearest, bicubic-antialiased, bilinear-antialiased or lanczos3",
        .words = WORDS_FILTER,
        .initial = "bicubic",
        .help = "filter from the input to each scale: bicubic, bilinear, nearest, bicubic-antialiased, "
                "bilinear-antialiased or lanczos3"},
    {.name = "resize-output-to-idx",
        .value = "N",
        .expected = "the index of a scale, such as 0, or -1 for the last",
        .help = "scale whose feature grid the output has; negative counts from the end"},
    {.name = "output-shape",
        .value = "SHAPE",
        .expected = "bnc or bchw",
        .words = WORDS_OUTPUT_SHAPE,
        .initial = "bnc",
        .help = "bnc (tokens) or bchw (feature maps, without prefix tokens)"},
    {.name = "split-forward", .value = "", .help = "one tile of each image per model call"},
    {.name = "tiles-per-call",
        .value = "N",
        .expected = "a number of tiles, at least 1",
        .initial = "all tiles of a scale that fit into one buffer",
        .help = "tiles per model call"},
    {.name = "type",
        .value = "TYPE",
        .expected = "f32, f16 or bf16",
        .words = WORDS_TYPE,
        .initial = "f32",
        .help = "type of the output: f32, f16 or bf16"},
    {.name = "seconds",
        .value = "S",
        .expected = "a number of seconds, such as 0.5",
        .initial = "1",
        .help = "time per measurement"},
    {.name = "json", /* of measurements */
        .value = "FILE",
        .expected = "a file, or -",
        .words = COMMAND_FILES,
        .help = "also writes everything as JSON, every sample included; -: to standard output, in place of the table"},
    {.name = "variant",
        .value = "NAME",
        .expected = "gpu or cpu",
        .words = WORDS_VARIANT,
        .help = "uses the kernels for a GPU (gpu) or for a CPU driver (cpu), whatever the device is"},
    {.name = "device",
        .value = "N",
        .expected = "the number of a device, as --list gives it",
        .initial = "the best one",
        .help = "device to run on, as numbered by --list"},
    {.name = "describe",
        .value = "",
        .help =
            "prints a description of each plan that is made: per scale and pass the kernel, its workgroups and bytes"},
    {.name = "list", .value = "", .help = "lists the devices"},
    {.name = "quiet", .letter = 'q', .value = "", .help = "prints only errors"},
    {.name = "help", .letter = 'h', .value = "", .help = "prints this"},
    {.name = "version", .value = "", .help = "prints the version"},
};

const struct command_option *vocabulary_find(const char *name) {
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
    if (strcmp(shared[i].name, name) == 0)
      return &shared[i];
  return NULL;
}

/* ---- Values ---- */

bool read_integer(const char *text, long min, long max, long *value) {
  char *end;
  errno = 0;
  *value = strtol(text, &end, 10);
  return end != text && !*end && !errno && *value >= min && *value <= max;
}

bool read_count(const char *text, uint32_t min, uint32_t max, uint32_t *value) {
  long read;
  if (!read_integer(text, (long)min, (long)max, &read))
    return false;
  *value = (uint32_t)read;
  return true;
}

/* Parses one number, and moves the text past it. */
static bool take_number(const char **text, double min, double max, double *value) {
  char *end;
  *value = strtod(*text, &end);
  if (end == *text || !(*value >= min && *value <= max)) /* a NaN fails this test */
    return false;
  *text = end;
  return true;
}

bool read_number(const char *text, double min, double max, double *value) {
  return take_number(&text, min, max, value) && !*text;
}

bool read_numbers(const char *text, double min, double max, double *values, uint32_t capacity, uint32_t *count) {
  for (*count = 0; *count < capacity; text++) {
    if (!take_number(&text, min, max, &values[(*count)++]))
      return false;
    if (*text != ',')
      return !*text;
  }
  return false;
}

static bool take_side(const char **text, uint32_t *side) {
  char *end;
  errno = 0;
  long value = strtol(*text, &end, 10);
  if (end == *text || errno || value < 1 || value > (long)S2VK_MAX_SIDE)
    return false;
  *side = (uint32_t)value;
  *text = end;
  return true;
}

bool read_sizes(const char *text, s2vk_size *sizes, uint32_t capacity, uint32_t *count) {
  for (*count = 0; *count < capacity; text++) {
    s2vk_size *size = &sizes[(*count)++];
    if (!take_side(&text, &size->height))
      return false;
    size->width = size->height;
    if (*text == 'x') {
      text++;
      if (!take_side(&text, &size->width))
        return false;
    }
    if (*text != ',')
      return !*text;
  }
  return false;
}

bool read_word(const char *text, const char *words, int *index) {
  size_t length = strlen(text);
  for (*index = 0; length; ++*index) {
    size_t word = strcspn(words, " ");
    if (word == length && memcmp(words, text, length) == 0)
      return true;
    if (!words[word])
      break;
    words += word + 1;
  }
  return false;
}
