#include "golden.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_JSON_BYTES (1 << 20)

struct reader {
  const char *dir;
  struct golden *golden;
  char *error;
  size_t error_bytes;
};

static bool fail(struct reader *r, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(r->error, r->error_bytes, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- case.json -------------------------------------------------------------------------------------------------- */

/* A whole file as text; *bytes is its length. NULL, with a reason in r->error, if it cannot be read or is too long. */
static char *read_text(struct reader *r, const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    fail(r, "%s cannot be opened", path);
    return NULL;
  }
  long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  char *text = NULL;
  if (end < 1 || end > MAX_JSON_BYTES || fseek(file, 0, SEEK_SET) != 0)
    fail(r, "%s has not 1 to %d bytes", path, MAX_JSON_BYTES);
  else if (!(text = malloc((size_t)end)) || fread(text, (size_t)end, 1, file) != 1) {
    fail(r, "%s cannot be read", path);
    free(text);
    text = NULL;
  }
  fclose(file);
  *bytes = text ? (size_t)end : 0;
  return text;
}

static cJSON *read_json(struct reader *r) {
  char path[4096];
  snprintf(path, sizeof path, "%s/case.json", r->dir);
  size_t bytes;
  char *text = read_text(r, path, &bytes);
  if (!text)
    return NULL;
  cJSON *json = cJSON_ParseWithLength(text, bytes);
  free(text);
  if (!cJSON_IsObject(json)) {
    fail(r, "%s is not a JSON object", path);
    cJSON_Delete(json);
    return NULL;
  }
  return json;
}

static bool to_u32(const cJSON *item, uint32_t *value) {
  if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > UINT32_MAX)
    return false;
  *value = (uint32_t)item->valuedouble;
  return *value == item->valuedouble;
}

/* A list of exactly count numbers. */
static bool to_u32s(const cJSON *list, uint32_t *values, int count) {
  if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != count)
    return false;
  for (int i = 0; i < count; i++)
    if (!to_u32(cJSON_GetArrayItem(list, i), &values[i]))
      return false;
  return true;
}

/* A field that is one of a list of words, separated by spaces: its place among them. Absent means the first. */
static bool to_choice(struct reader *r, const cJSON *json, const char *field, const char *words, int *choice) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  *choice = 0;
  if (!item || cJSON_IsNull(item))
    return true;
  const char *value = cJSON_GetStringValue(item);
  for (const char *word = words; value && *word; (*choice)++) {
    size_t length = strcspn(word, " ");
    if (strlen(value) == length && strncmp(word, value, length) == 0)
      return true;
    word += length;
    word += strspn(word, " ");
  }
  return fail(r, "%s is not one of %s", field, words);
}

static bool read_choices(struct reader *r, const cJSON *json) {
  int mode, shape, type, policy;
  if (!to_choice(r, json, "split_mode", "resize pad", &mode) ||
      !to_choice(r, json, "output_shape", "bnc bchw", &shape) || !to_choice(r, json, "dtype", "f32 f16 bf16", &type) ||
      !to_choice(r, json, "variant", "seed split_grid square", &policy))
    return false;
  s2vk_plan_info *info = &r->golden->info;
  info->split_mode = (s2vk_split_mode)mode;
  info->output_shape = (s2vk_output_shape)shape;
  info->grid_policy = (s2vk_grid_policy)policy;
  info->input_type = info->tile_type = info->feature_type = info->output_type = (s2vk_type)type;
  return true;
}

/* Two sides, or none where the field is absent. */
static bool to_size(struct reader *r, const cJSON *json, const char *field, s2vk_size *size) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  uint32_t sides[2] = {0};
  if (item && !cJSON_IsNull(item) && !to_u32s(item, sides, 2))
    return fail(r, "%s is not two sizes", field);
  *size = (s2vk_size){sides[0], sides[1]};
  return true;
}

static bool read_fill(struct reader *r, const cJSON *json, s2vk_preprocessing_info *preprocessing) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "pad_square");
  uint32_t colour[3];
  if (!item || cJSON_IsNull(item))
    return true;
  if (!to_u32s(item, colour, 3) || colour[0] > 255 || colour[1] > 255 || colour[2] > 255)
    return fail(r, "pad_square is not three bytes");
  preprocessing->pad_square = true;
  for (int i = 0; i < 3; i++)
    preprocessing->fill[i] = (uint8_t)colour[i];
  return true;
}

/* Of a case whose input is pixels. */
static bool read_preprocessing(struct reader *r, const cJSON *json) {
  static const s2vk_filter filters[] = {S2VK_FILTER_BICUBIC, S2VK_FILTER_BICUBIC_ANTIALIASED, S2VK_FILTER_BILINEAR,
      S2VK_FILTER_BILINEAR_ANTIALIASED, S2VK_FILTER_LANCZOS3, S2VK_FILTER_NEAREST};
  static const char words[] = "bicubic bicubic_antialiased bilinear bilinear_antialiased lanczos3 nearest";
  struct golden *g = r->golden;
  int format, normalization, filter, first_filter, rounding;
  if (!to_choice(r, json, "input_format", "tensor rgb8", &format) || !to_choice(r, json, "filter", words, &filter) ||
      !to_choice(r, json, "first_filter", words, &first_filter) ||
      !to_choice(r, json, "normalization", "none clip imagenet signed", &normalization) ||
      !to_choice(r, json, "rounding", "none bytes bytes_pillow_13", &rounding))
    return false;
  g->info.filter = filters[filter];
  if (format == 0)
    return true;
  g->pixels = (s2vk_pixels_info){
      .struct_size = sizeof g->pixels, .format = S2VK_PIXEL_RGB8, .normalization = (s2vk_normalization)normalization};
  g->preprocessing = (s2vk_preprocessing_info){.struct_size = sizeof g->preprocessing,
      .first_filter = filters[first_filter],
      .rounding = (s2vk_rounding)rounding};
  g->info.pixels = &g->pixels;
  g->info.preprocessing = &g->preprocessing;
  g->info.input_type = S2VK_TYPE_F32;
  return to_size(r, json, "first_size", &g->preprocessing.first_size) && read_fill(r, json, &g->preprocessing);
}

/* An index of a scale; 0 where the field is absent. */
static bool to_index(struct reader *r, const cJSON *json, const char *field, int32_t *index) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  if (item && (!cJSON_IsNumber(item) || item->valuedouble < INT32_MIN || item->valuedouble > INT32_MAX))
    return fail(r, "%s is not an index", field);
  *index = item ? (int32_t)item->valuedouble : 0;
  return true;
}

/* The order of the output; absent means the original's. */
static bool read_order(struct reader *r, const cJSON *json) {
  s2vk_plan_info *info = &r->golden->info;
  const cJSON *square = cJSON_GetObjectItemCaseSensitive(json, "output_downsample");
  const cJSON *repeat = cJSON_GetObjectItemCaseSensitive(json, "output_repeat");
  int prefix;
  if (!to_choice(r, json, "prefix_tokens", "mean tiles", &prefix) ||
      !to_index(r, json, "output_blocks_idx", &info->output_blocks_idx))
    return false;
  if (square && !to_u32(square, &info->output_downsample))
    return fail(r, "output_downsample is not a count");
  if (repeat && !to_u32(repeat, &info->output_repeat))
    return fail(r, "output_repeat is not a count");
  info->prefix_tokens = (s2vk_prefix_tokens)prefix;
  info->prefix_only = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "prefix_only"));
  info->output_blocks = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "output_blocks"));
  info->output_by_columns = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "output_by_columns"));
  return true;
}

static bool read_scales(struct reader *r, const cJSON *json) {
  s2vk_plan_info *info = &r->golden->info;
  const cJSON *given = cJSON_GetObjectItemCaseSensitive(json, "given");
  const cJSON *scales = cJSON_GetObjectItemCaseSensitive(given, "scales");
  const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(given, "img_sizes");
  const cJSON *list = cJSON_IsArray(scales) ? scales : sizes;
  int count = cJSON_GetArraySize(list);
  if (!cJSON_IsArray(list) || count < 1 || count > GOLDEN_MAX_SCALES)
    return fail(r, "given has no list of 1 to %d scales or img_sizes", GOLDEN_MAX_SCALES);
  info->scale_count = (uint32_t)count;
  for (int i = 0; i < count; i++) {
    const cJSON *item = cJSON_GetArrayItem(list, i);
    uint32_t size[2];
    if (list == scales && cJSON_IsNumber(item))
      r->golden->scales[i] = item->valuedouble;
    else if (list == sizes && to_u32(item, &size[0]))
      r->golden->img_sizes[i] = (s2vk_size){size[0], size[0]};
    else if (list == sizes && to_u32s(item, size, 2))
      r->golden->img_sizes[i] = (s2vk_size){size[0], size[1]};
    else
      return fail(r, "entry %d of the scales given is not one", i);
  }
  info->scales = list == scales ? r->golden->scales : NULL;
  info->img_sizes = list == sizes ? r->golden->img_sizes : NULL;
  return true;
}

static bool read_numbers(struct reader *r, const cJSON *json) {
  s2vk_plan_info *info = &r->golden->info;
  uint32_t shape[4];
  if (!to_u32s(cJSON_GetObjectItemCaseSensitive(json, "input_shape"), shape, 4))
    return fail(r, "input_shape is not four numbers");
  info->batch = shape[0];
  info->channels = shape[1];
  info->height = shape[2];
  info->width = shape[3];
  const cJSON *side = cJSON_GetObjectItemCaseSensitive(json, "max_split_size");
  if (side && !cJSON_IsNull(side) && !to_u32(side, &info->max_split_size))
    return fail(r, "max_split_size is not a size");
  const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(json, "num_prefix_token");
  if (prefix && !to_u32(prefix, &info->num_prefix_token))
    return fail(r, "num_prefix_token is not a count");
  const cJSON *overlap = cJSON_GetObjectItemCaseSensitive(json, "tile_overlap");
  if (overlap && !to_u32(overlap, &info->tile_overlap))
    return fail(r, "tile_overlap is not a size");
  info->split_forward = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "split_forward"));
  return to_index(r, json, "resize_output_to_idx", &info->resize_output_to_idx);
}

/* ---- Arrays ----------------------------------------------------------------------------------------------------- */

static bool read_array(struct reader *r, const char *name, const char *type, struct npy *array) {
  char path[4096], reason[256];
  snprintf(path, sizeof path, "%s/%s.npy", r->dir, name);
  if (!npy_read(path, array, reason, sizeof reason))
    return fail(r, "%s: %s", path, reason);
  if (strcmp(array->type, type) != 0)
    return fail(r, "%s has elements of type %s; dtype asks for %s", path, array->type, type);
  return true;
}

/* The model's signature at one scale is the shape of what it returned. */
static bool read_model(struct reader *r, uint32_t i) {
  const struct npy *features = &r->golden->features[i];
  s2vk_model_shape *model = &r->golden->models[i];
  const bool bnc = r->golden->info.output_shape == S2VK_OUTPUT_BNC;
  if (features->rank != (bnc ? 3u : 4u))
    return fail(r, "features_%u.npy has rank %u", i, features->rank);
  for (unsigned k = 0; k < features->rank; k++)
    if (features->dims[k] == 0 || features->dims[k] > UINT32_MAX)
      return fail(r, "features_%u.npy has dimension %zu", i, features->dims[k]);
  const size_t *d = features->dims;
  if (bnc)
    *model = (s2vk_model_shape){.tokens = (uint32_t)d[1], .channels = (uint32_t)d[2]};
  else
    *model = (s2vk_model_shape){.channels = (uint32_t)d[1], .height = (uint32_t)d[2], .width = (uint32_t)d[3]};
  return true;
}

/* A tensor; or the pixels of one image, height x width x 3. */
static bool read_input(struct reader *r, const char *type) {
  struct golden *g = r->golden;
  const s2vk_plan_info *info = &g->info;
  if (!read_array(r, "input", info->pixels ? "u1" : type, &g->input))
    return false;
  const uint32_t shape[] = {info->batch, info->channels, info->height, info->width};
  const uint32_t image[] = {info->height, info->width, info->channels};
  const unsigned rank = info->pixels ? 3 : 4;
  bool same = g->input.rank == rank && (!info->pixels || (info->batch == 1 && info->channels == 3));
  for (unsigned i = 0; same && i < rank; i++)
    same = g->input.dims[i] == (info->pixels ? image[i] : shape[i]);
  return same || fail(r, "input.npy is not of input_shape %u x %u x %u x %u", shape[0], shape[1], shape[2], shape[3]);
}

static bool read_arrays(struct reader *r) {
  static const char *const types[] = {"f4", "f2", "u2"};
  struct golden *g = r->golden;
  const char *type = types[g->info.tile_type];
  if (!read_input(r, type) || !read_array(r, "output", type, &g->output))
    return false;
  for (uint32_t i = 0; i < g->info.scale_count; i++) {
    char name[32];
    snprintf(name, sizeof name, "tiles_%u", i);
    if (!read_array(r, name, type, &g->tiles[i]))
      return false;
    snprintf(name, sizeof name, "features_%u", i);
    if (!read_array(r, name, type, &g->features[i]) || !read_model(r, i))
      return false;
  }
  g->info.scale_models = g->models;
  return true;
}

/* ----
 * All together ------------------------------------------------------------------------------------------------- */

static void read_name(struct reader *r, const cJSON *json) {
  const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "name"));
  if (!name) {
    const char *slash = strrchr(r->dir, '/');
    name = slash && slash[1] ? slash + 1 : r->dir;
  }
  snprintf(r->golden->name, sizeof r->golden->name, "%s", name);
}

bool golden_read(const char *dir, struct golden *golden, char *error, size_t error_bytes) {
  struct reader r = {dir, golden, error, error_bytes};
  *golden = (struct golden){.info.struct_size = sizeof golden->info};
  cJSON *json = read_json(&r);
  if (!json)
    return false;
  read_name(&r, json);
  bool ok = read_choices(&r, json) && read_numbers(&r, json) && read_scales(&r, json) && read_preprocessing(&r, json) &&
            read_order(&r, json) && read_arrays(&r);
  cJSON_Delete(json);
  if (!ok)
    golden_free(golden);
  return ok;
}

void golden_free(struct golden *golden) {
  npy_free(&golden->input);
  npy_free(&golden->output);
  for (uint32_t i = 0; i < golden->info.scale_count; i++) {
    npy_free(&golden->tiles[i]);
    npy_free(&golden->features[i]);
  }
}
