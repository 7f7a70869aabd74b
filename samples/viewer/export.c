#define _POSIX_C_SOURCE 200809L

#include "export.h"

#include "record.h"
#include "vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void export_name(const char *ending, char name[64]) {
  for (unsigned i = 1; i < 100000; i++) {
    snprintf(name, 64, "viewer-%u.%s", i, ending);
    if (access(name, F_OK) != 0)
      return;
  }
}

/* ---- The command line -------------------------------------------------------------------------------------------- */

/* Writes a word as a shell reads it. */
static void put_quoted(FILE *file, const char *text) {
  fputc('\'', file);
  for (; *text; text++)
    if (*text == '\'')
      fputs("'\\''", file);
    else
      fputc(*text, file);
  fputc('\'', file);
}

static void put_sizes(FILE *file, const s2vk_size *sizes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    fprintf(file, "%s%ux%u", i ? "," : "", sizes[i].height, sizes[i].width);
}

static void put_numbers(FILE *file, const double *numbers, uint32_t count, const char *between) {
  for (uint32_t i = 0; i < count; i++)
    fprintf(file, "%s%.17g", i ? between : "", numbers[i]);
}

static void put_model(FILE *file, const struct session *session) {
  const struct backend_model *model = session_model(session);
  const struct source *source = &session->backend->source;
  if (!model) {
    fprintf(file, " \\\n  --patch %d", DESCRIPTOR_PATCH);
    return;
  }
  fputs(" \\\n  --model ", file);
  put_quoted(file, model->path);
  if (source->layer)
    fprintf(file, " --layer %d", (int)source->layer);
  if (source->norm)
    fprintf(file, " --final-norm %s", names_of_norm[source->norm]);
}

/* The preset has a filter and, for each photograph, sizes of its own. */
static void put_scales_of_command(FILE *file, const struct session *session) {
  const struct settings *settings = &session->settings;
  const struct preset_choice choice = backend_preset(session->backend, settings);
  s2vk_size sizes[PRESET_MAX_SCALES];
  if (choice.given)
    fprintf(file, " \\\n  --preset %s", names_of_preset[choice.preset]);
  if (choice.dynamic_s2)
    fprintf(file, " --dynamic-s2 --max-tiles %u", preset_max_tiles(&choice));
  fprintf(file, " \\\n  --max-split-size %u ", session->scales[0].tile_side);
  if (choice.given || settings->sized) {
    fputs("--img-sizes ", file);
    put_sizes(file, sizes, preset_sizes(&choice, session->scales[0].tile_side, sizes));
  } else {
    fputs("--scales ", file);
    put_numbers(file, settings->scales, settings->scale_count, ",");
  }
  if (!choice.given)
    fprintf(file, " --filter %s", names_of_filter[settings->filter]);
  else if (settings->blocks && choice.preset == PRESET_NVILA)
    return; /* they are the preset's */
  if (settings->blocks)
    fputs(" --blocks", file);
}

static void put_command(FILE *file, const struct session *session) {
  const struct settings *settings = &session->settings;
  if (settings->model && !settings->preprocess && !settings->has_preset)
    fputs(
        "# extract resizes and crops the photograph first, as the model's image processor says; the viewer does so "
        "with\n"
        "# --preprocess (P), and has the features of the whole photograph without it.\n",
        file);
  fputs("extract ", file);
  put_quoted(file, session->picture->path);
  put_model(file, session);
  put_scales_of_command(file, session);
  fprintf(file, " \\\n  --split-mode %s --grid %s --resize-output-to-idx %u", names_of_split_mode[settings->split_mode],
      names_of_grid[settings->grid], session_output_scale(session));
  if (settings->tiles_per_call)
    fprintf(file, " --tiles-per-call %u", settings->tiles_per_call);
  fputs(" --no-picture --output features.npy\n", file);
}

char *export_command(const struct session *session) {
  char *text = NULL;
  size_t bytes;
  FILE *file = open_memstream(&text, &bytes);
  if (!file)
    return NULL;
  put_command(file, session);
  if (!fclose(file))
    return text;
  free(text);
  return NULL;
}

/* ---- The plan as C ----------------------------------------------------------------------------------------------- */

static const char *const c_filters[] = {
    "BICUBIC", "BILINEAR", "NEAREST", "BICUBIC_ANTIALIASED", "BILINEAR_ANTIALIASED", "LANCZOS3"};

/* Writes a float so that reading it gives the same float. */
static void put_three(FILE *file, const float values[3]) {
  fprintf(file, "{%.9g, %.9g, %.9g}", (double)values[0], (double)values[1], (double)values[2]);
}

static void put_scales(FILE *file, const s2vk_plan_info *info) {
  if (info->img_sizes) {
    fputs("  static const s2vk_size img_sizes[] = {", file); /* height, width */
    for (uint32_t i = 0; i < info->scale_count; i++)
      fprintf(file, "%s{%u, %u}", i ? ", " : "", info->img_sizes[i].height, info->img_sizes[i].width);
  } else {
    fputs("  static const double scales[] = {", file);
    put_numbers(file, info->scales, info->scale_count, ", ");
  }
  fputs("};\n", file);
}

static void put_pixels(FILE *file, const s2vk_pixels_info *pixels) {
  static const char *const names[] = {"GIVEN", "CLIP", "IMAGENET", "SIGNED"};
  fprintf(file,
      "  const s2vk_pixels_info pixels = {\n      .struct_size = sizeof pixels,\n      .source = S2VK_PIXELS_IMAGE,\n"
      "      .normalization = S2VK_NORMALIZATION_%s,\n",
      names[pixels->normalization]);
  if (pixels->normalization == S2VK_NORMALIZATION_GIVEN) {
    fputs("      .mean = ", file);
    put_three(file, pixels->mean);
    fputs(",\n      .std = ", file);
    put_three(file, pixels->std);
    fputs(",\n", file);
  }
  fputs("  };\n", file);
}

static void put_preprocessing(FILE *file, const s2vk_preprocessing_info *p) {
  fprintf(file,
      "  const s2vk_preprocessing_info preprocessing = {\n      .struct_size = sizeof preprocessing,\n"
      "      .pad_square = %s,\n      .fill = {%u, %u, %u, %u},\n      .shortest_side = %u,\n"
      "      .first_size = {%u, %u},\n      .first_filter = S2VK_FILTER_%s,\n      .rounding = S2VK_ROUNDING_%s,\n"
      "  };\n",
      p->pad_square ? "true" : "false", p->fill[0], p->fill[1], p->fill[2], p->fill[3], p->shortest_side,
      p->first_size.height, p->first_size.width, c_filters[p->first_filter],
      p->rounding == S2VK_ROUNDING_BYTES ? "BYTES" : "NONE");
}

static void put_info(FILE *file, const s2vk_plan_info *info) {
  fprintf(file,
      "  const s2vk_plan_info info = {\n      .struct_size = sizeof info,\n      .batch = 1,\n      .channels = 3,\n"
      "      .height = %u,\n      .width = %u,\n      .%s,\n      .scale_count = %u,\n      .max_split_size = %u,\n",
      info->height, info->width, info->img_sizes ? "img_sizes = img_sizes" : "scales = scales", info->scale_count,
      info->max_split_size);
  fprintf(file,
      "      .split_mode = S2VK_SPLIT_%s,\n      .grid_policy = S2VK_GRID_%s,\n      .filter = S2VK_FILTER_%s,\n"
      "      .resize_output_to_idx = %d,\n      .num_prefix_token = %u,\n      .tiles_per_call = %u,\n",
      info->split_mode == S2VK_SPLIT_PAD ? "PAD" : "RESIZE", info->grid_policy == S2VK_GRID_SPLIT ? "SPLIT" : "IMAGE",
      c_filters[info->filter], (int)info->resize_output_to_idx, info->num_prefix_token, info->tiles_per_call);
  if (info->output_blocks)
    fprintf(file, "      .output_blocks = true,\n      .output_blocks_idx = %d,\n", (int)info->output_blocks_idx);
  fprintf(file,
      "      .model = {.tokens = %u, .channels = %u},\n%s%s  };\n  return s2vk_plan_create(context, &info, plan);\n}\n",
      info->model.tokens, info->model.channels, info->pixels ? "      .pixels = &pixels,\n" : "",
      info->preprocessing ? "      .preprocessing = &preprocessing,\n" : "");
}

static void put_code(FILE *file, const struct session *session) {
  struct session_plan plan;
  if (session_plan_info(session, true, &plan))
    return; /* it was possible when the session was made */
  fprintf(file,
      "#include <s2vk/s2vk.h>\n\n/* %s */\ns2vk_result make_plan(s2vk_context *context, s2vk_plan **plan) {\n",
      backend_model_name(session->backend, session->settings.model));
  put_scales(file, &plan.info);
  if (plan.info.pixels)
    put_pixels(file, plan.info.pixels);
  if (plan.info.preprocessing)
    put_preprocessing(file, plan.info.preprocessing);
  put_info(file, &plan.info);
}

char *export_code(const struct session *session) {
  char *text = NULL;
  size_t bytes;
  FILE *file = open_memstream(&text, &bytes);
  if (!file)
    return NULL;
  put_code(file, session);
  if (!fclose(file))
    return text;
  free(text);
  return NULL;
}

/* ---- Features ---------------------------------------------------------------------------------------------------- */

static VkResult read_output(const struct session *session, struct buffer *copy) {
  const struct gpu *gpu = session->backend->gpu;
  const VkDescriptorBufferInfo *features = &session->analysis.features;
  struct one_time one_time;
  VkResult result = buffer_create(copy, gpu, features->range, VK_BUFFER_USAGE_TRANSFER_DST_BIT, true);
  if (!result)
    result = vkQueueWaitIdle(gpu->queue);
  if (!result)
    result = one_time_begin(&one_time, gpu);
  if (result)
    return result;
  const VkBufferCopy all = {.srcOffset = features->offset, .size = features->range};
  vkCmdCopyBuffer(one_time.commands, features->buffer, copy->buffer, 1, &all);
  const VkMemoryBarrier copied = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(
      one_time.commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
  return one_time_end(&one_time, gpu);
}

/* Puts the tokens of the grid in the order of blocks: block by block, and row by row in each. */
static bool put_in_blocks(const struct session *session, void *features) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  if (s2vk_plan_get_layout(session->blocks, &layout))
    return false;
  const s2vk_size grid = layout.output_grid, block = layout.output_block;
  const size_t bytes = layout.output.dims[2] * sizeof(float), tokens = (size_t)grid.height * grid.width;
  char *rows = (char *)features + (layout.output.dims[1] - tokens) * bytes, *copy = malloc(tokens * bytes), *to = rows;
  if (!copy)
    return false;
  memcpy(copy, rows, tokens * bytes);
  for (uint32_t y = 0; y < grid.height; y += block.height)
    for (uint32_t x = 0; x < grid.width; x += block.width)
      for (uint32_t row = 0; row < block.height; row++, to += block.width * bytes)
        memcpy(to, copy + ((size_t)(y + row) * grid.width + x) * bytes, block.width * bytes);
  free(copy);
  return true;
}

static struct record_info record_of(const struct session *session, const void *features) {
  const struct settings *settings = &session->settings;
  const struct backend_model *model = session_model(session);
  const VkExtent2D input = picture_source(session->picture)->extent;
  return (struct record_info){
      .image = session->picture->path,
      .model = model ? model->path : NULL,
      .layer = session->backend->source.layer,
      .norm = session->backend->source.norm,
      .side = session->scales[0].tile_side,
      .patch = DESCRIPTOR_PATCH,
      .preset = backend_preset(session->backend, settings),
      .blocks = settings->blocks,
      .scales = settings->sized ? NULL : settings->scales,
      .img_sizes = settings->sized ? settings->sizes : NULL,
      .scale_count = settings->scale_count,
      .split_mode = settings->split_mode,
      .grid = settings->grid,
      .filter = settings->filter,
      .output = (int32_t)session_output_scale(session),
      .input = {input.height, input.width},
      .plan = session->blocks ? session->blocks : session->plan,
      .features = features,
  };
}

bool export_features(const struct session *session, const char *path, char error[ERROR_BYTES]) {
  struct buffer copy = {0};
  const VkResult result = read_output(session, &copy);
  bool written = false;
  if (result)
    snprintf(error, ERROR_BYTES, "%s: the features cannot be read: VkResult %d", path, result);
  else if (session->blocks && !put_in_blocks(session, copy.host))
    snprintf(error, ERROR_BYTES, "%s: there is no memory for its blocks", path);
  else {
    const struct record_info info = record_of(session, copy.host);
    written = record_write(&info, path, error, ERROR_BYTES);
  }
  buffer_destroy(&copy, session->backend->gpu);
  return written;
}
