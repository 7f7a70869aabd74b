#include "describe.h"

#include "json.h"
#include "output.h"
#include "vocabulary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON ---- */

cJSON *json_text(const char *text) {
  if (json_is_utf8(text))
    return cJSON_CreateString(text);
  char *valid = malloc(3 * strlen(text) + 1), *end = valid;
  if (!valid)
    return NULL;
  for (; *text; text++)
    if ((unsigned char)*text < 0x80)
      *end++ = *text;
    else
      end = (char *)memcpy(end, "\xEF\xBF\xBD", 3) + 3;
  *end = 0;
  cJSON *json = cJSON_CreateString(valid);
  free(valid);
  return json;
}

void json_add_path(cJSON *object, const char *name, const char *path) {
  cJSON_AddItemToObject(object, name, json_text(path));
  const size_t length = strlen(path);
  char key[64], *digits = json_is_utf8(path) ? NULL : malloc(2 * length + 1);
  for (size_t i = 0; digits && i < length; i++)
    snprintf(digits + 2 * i, 3, "%02x", (unsigned char)path[i]);
  snprintf(key, sizeof key, "%s_hex", name);
  if (digits)
    cJSON_AddStringToObject(object, key, digits);
  free(digits);
}

void json_add_numbers(cJSON *object, const char *name, const uint32_t *numbers, uint32_t count) {
  cJSON *array = cJSON_AddArrayToObject(object, name);
  for (uint32_t i = 0; i < count; i++)
    cJSON_AddItemToArray(array, cJSON_CreateNumber(numbers[i]));
}

static void add_size(cJSON *object, const char *name, s2vk_size size) {
  json_add_numbers(object, name, (const uint32_t[]){size.height, size.width}, 2);
}

/* ---- A run ---- */

static void add_preprocessing(cJSON *run, const struct vit_preprocess *p) {
  static const char *const filters[] = {"nearest", "lanczos", "bilinear", "bicubic"};
  cJSON *json = cJSON_AddObjectToObject(run, "preprocessing");
  if (p->resize) {
    cJSON_AddBoolToObject(json, "shortest_edge", p->shortest_edge);
    add_size(json, "resize", (s2vk_size){p->height, p->shortest_edge ? p->height : p->width});
    cJSON_AddStringToObject(json, "filter", filters[p->resample]);
  }
  if (p->crop)
    add_size(json, "crop", (s2vk_size){p->crop_height, p->crop_width});
  if (p->rescale)
    cJSON_AddNumberToObject(json, "rescale", p->rescale_factor);
  for (int i = 0; p->normalize && i < 2; i++) {
    cJSON *values = cJSON_AddArrayToObject(json, i ? "std" : "mean");
    for (int channel = 0; channel < 3; channel++)
      cJSON_AddItemToArray(values, cJSON_CreateNumber((double)(i ? p->std : p->mean)[channel]));
  }
}

static void add_model(cJSON *run, const struct options *o, const struct model *model) {
  cJSON *json = cJSON_AddObjectToObject(run, "model");
  if (!model->folder) {
    cJSON_AddStringToObject(json, "name", "descriptor");
    cJSON_AddNumberToObject(json, "patch", o->patch);
    return;
  }
  const struct vit_config *config = vit_folder_config(model->folder);
  int32_t layer = o->layer ? o->layer : -1;
  cJSON_AddItemToObject(json, "name", json_text(model->name));
  cJSON_AddStringToObject(json, "family", config->family->name);
  cJSON_AddStringToObject(json, "hash", model->identity);
  cJSON_AddNumberToObject(json, "layer", layer < 0 ? (int32_t)config->layers + 1 + layer : layer);
  cJSON_AddNumberToObject(json, "layers", config->layers);
  cJSON_AddBoolToObject(json, "without_cls", o->without_cls);
  cJSON_AddStringToObject(json, "final_norm", names_of_norm[o->norm]);
  if (o->has_preset)
    return;
  const struct vit_preprocess at = model_preprocess(model, o);
  add_preprocessing(run, &at);
}

/* The preprocessing by a preset, with the values that come from the model. */
static void add_preset(cJSON *run, const struct options *o, const struct model *model) {
  cJSON_AddStringToObject(run, "preset", names_of_preset[o->preset]);
  const struct preset_choice choice = model_preset(model, o);
  if (o->dynamic_s2)
    cJSON_AddNumberToObject(run, "max_tiles", preset_max_tiles(&choice));
  if (!model->folder)
    return;
  struct vit_preprocess processor = *vit_folder_preprocess(model->folder);
  processor.resize = processor.crop = false;
  add_preprocessing(run, &processor);
}

static void add_scales(cJSON *run, const struct options *o, const struct model *model) {
  const bool are_sizes = o->img_size_count || o->has_preset;
  cJSON *scales = cJSON_AddArrayToObject(run, are_sizes ? "img_sizes" : "scales");
  s2vk_size sizes[MAX_SCALES];
  const struct preset_choice choice = model_preset(model, o);
  const uint32_t count = preset_sizes(&choice, model_side(model, o), sizes);
  for (uint32_t i = 0; i < count; i++) {
    const int size[] = {(int)sizes[i].height, (int)sizes[i].width};
    cJSON_AddItemToArray(scales, are_sizes ? cJSON_CreateIntArray(size, 2) : cJSON_CreateNumber(o->scales[i]));
  }
}

cJSON *describe_run(const struct options *o, const struct model *model) {
  char version[32];
  cJSON *run = cJSON_CreateObject();
  snprintf(version, sizeof version, "%d.%d.%d", S2VK_VERSION_MAJOR, S2VK_VERSION_MINOR, S2VK_VERSION_PATCH);
  cJSON_AddStringToObject(run, "s2vk", version);
  add_model(run, o, model);
  if (o->has_preset)
    add_preset(run, o, model);
  add_scales(run, o, model);
  cJSON_AddStringToObject(run, "split_mode", names_of_split_mode[o->split_mode]);
  cJSON_AddStringToObject(run, "grid_policy", names_of_grid[o->grid]);
  cJSON_AddStringToObject(run, "filter", names_of_filter[o->filter]);
  cJSON_AddNumberToObject(run, "resize_output_to_idx", o->resize_output_to_idx);
  cJSON_AddStringToObject(run, "output_shape", names_of_output_shape[o->output_shape]);
  if (o->downsample > 1)
    cJSON_AddNumberToObject(run, "downsample", o->downsample);
  if (o->repeat > 1)
    cJSON_AddNumberToObject(run, "repeat", o->repeat);
  if (o->prefix_tokens || o->prefix_only)
    cJSON_AddStringToObject(run, "prefix_tokens", names_of_prefix[o->prefix_tokens]);
  cJSON_AddBoolToObject(run, "rotate", !o->images.no_rotate);
  cJSON_AddStringToObject(run, "alpha", o->images.alpha == PHOTOGRAPH_ALPHA_DROP ? "drop" : "white");
  cJSON_AddStringToObject(run, "profiles", o->images.convert_profile ? "convert" : "keep");
  return run;
}

/* ---- An image ---- */

void describe_modified(int64_t modified, char text[MODIFIED_BYTES]) {
  snprintf(text, MODIFIED_BYTES, "%" PRId64 ".%09" PRId64, modified / 1000000000, modified % 1000000000);
}

static void add_photograph(cJSON *json, const struct photograph *facts) {
  cJSON *image = cJSON_AddObjectToObject(json, "image");
  cJSON_AddStringToObject(image, "format", facts->format);
  add_size(image, "stored", facts->stored);
  cJSON_AddNumberToObject(image, "orientation", facts->orientation);
  add_size(image, "size", facts->size);
  if (facts->shrink > 1)
    cJSON_AddNumberToObject(image, "shrink", facts->shrink);
  if (facts->has_alpha)
    cJSON_AddTrueToObject(image, "transparency");
  if (*facts->profile)
    cJSON_AddStringToObject(image, "profile", facts->profile);
}

cJSON *describe_image(const struct described *d) {
  char modified[MODIFIED_BYTES];
  cJSON *json = cJSON_CreateObject();
  describe_modified(d->source->modified, modified);
  cJSON_AddItemToObject(json, "name", json_text(d->source->name));
  cJSON_AddItemToObject(json, "path", json_text(d->source->path));
  cJSON_AddNumberToObject(json, "bytes", (double)d->source->bytes);
  cJSON_AddStringToObject(json, "modified", modified);
  add_photograph(json, d->facts);
  add_size(json, "input", d->input);
  cJSON_AddNumberToObject(json, "tile_side", d->plan->scales[0].tile_side);
  cJSON *scales = cJSON_AddArrayToObject(json, "scales");
  for (uint32_t i = 0; i < d->plan->scale_count; i++) {
    const s2vk_scale_layout *scale = &d->plan->scales[i];
    cJSON *one = cJSON_CreateObject();
    cJSON_AddItemToArray(scales, one);
    add_size(one, "image", scale->image);
    add_size(one, "padded", scale->padded);
    add_size(one, "tiles", scale->tiles);
    cJSON_AddNumberToObject(one, "tile_side", scale->tile_side);
    add_size(one, "grid", scale->own);
  }
  add_size(json, "grid", d->plan->grid);
  if (d->plan->block.height) {
    const s2vk_size grid = d->plan->grid, block = d->plan->block;
    add_size(json, "blocks", (s2vk_size){grid.height / block.height, grid.width / block.width});
    add_size(json, "block", block);
  }
  if (d->plan->by_columns)
    cJSON_AddTrueToObject(json, "by_columns");
  cJSON_AddNumberToObject(json, "prefix", d->plan->prefix);
  cJSON_AddStringToObject(json, "type", names_of_type[d->type]);
  json_add_numbers(json, "shape", d->shape->dims, d->shape->rank);
  return json;
}

bool describe_write(const struct described *d, const struct options *o, const struct model *model, const char *output,
    cJSON **record, char *reason) {
  size_t bytes = strlen(output) + sizeof ".json";
  char *path = malloc(bytes);
  const char *slash = strrchr(output, '/');
  *record = describe_image(d);
  json_add_path(*record, "features", slash ? slash + 1 : output);
  cJSON_AddItemToObject(*record, "run", describe_run(o, model));
  char *text = cJSON_Print(*record);
  bool done = path && text;
  if (done) {
    snprintf(path, bytes, "%s.json", output);
    done = !output_is_regular(output) || output_write(path, text, strlen(text), reason);
  } else {
    snprintf(reason, OUTPUT_REASON_BYTES, "no memory for it");
  }
  cJSON_free(text);
  free(path);
  return done;
}
