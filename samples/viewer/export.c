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

static void put_numbers(FILE *file, const struct settings *settings, const char *between) {
  for (uint32_t i = 0; i < settings->scale_count; i++) {
    if (i)
      fputs(between, file);
    if (settings->sized)
      fprintf(file, "%ux%u", settings->sizes[i].height, settings->sizes[i].width);
    else
      fprintf(file, "%.17g", settings->scales[i]);
  }
}

static void put_command(FILE *file, const struct session *session) {
  const struct settings *settings = &session->settings;
  const struct backend_model *model = session_model(session);
  const struct source *source = &session->backend->source;
  if (model && !settings->preprocess)
    fputs(
        "# extract resizes and crops the photograph first, as the model's image processor says; the viewer does so "
        "with\n"
        "# --preprocess (P), and has the features of the whole photograph without it.\n",
        file);
  fputs("extract ", file);
  put_quoted(file, session->picture->path);
  if (model) {
    fputs(" \\\n  --model ", file);
    put_quoted(file, model->path);
    if (source->layer)
      fprintf(file, " --layer %d", (int)source->layer);
    if (source->norm)
      fprintf(file, " --final-norm %s", names_of_norm[source->norm]);
  } else {
    fprintf(file, " \\\n  --patch %d", DESCRIPTOR_PATCH);
  }
  fprintf(
      file, " \\\n  --max-split-size %u --%s ", session->scales[0].tile_side, settings->sized ? "img-sizes" : "scales");
  put_numbers(file, settings, ",");
  fprintf(file, " --split-mode %s --grid %s \\\n  --filter %s --resize-output-to-idx %u",
      names_of_split_mode[settings->split_mode], names_of_grid[settings->grid], names_of_filter[settings->filter],
      session_output_scale(session));
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

static void put_scales(FILE *file, const struct settings *settings) {
  if (settings->sized) {
    fputs("  static const s2vk_size img_sizes[] = {", file); /* height, width */
    for (uint32_t i = 0; i < settings->scale_count; i++)
      fprintf(file, "%s{%u, %u}", i ? ", " : "", settings->sizes[i].height, settings->sizes[i].width);
    fputs("};\n", file);
    return;
  }
  fputs("  static const double scales[] = {", file);
  put_numbers(file, settings, ", ");
  fputs("};\n", file);
}

static void put_code(FILE *file, const struct session *session) {
  const struct settings *settings = &session->settings;
  s2vk_pixels_info pixels;
  const s2vk_plan_info info = session_plan_info(session, &pixels);
  fprintf(file,
      "#include <s2vk/s2vk.h>\n\n/* %s */\ns2vk_result make_plan(s2vk_context *context, s2vk_plan **plan) {\n",
      backend_model_name(session->backend, settings->model));
  put_scales(file, settings);
  if (info.pixels) {
    fputs(
        "  const s2vk_pixels_info pixels = {\n      .struct_size = sizeof pixels,\n      .source = S2VK_PIXELS_IMAGE,\n"
        "      .mean = ",
        file);
    put_three(file, pixels.mean);
    fputs(",\n      .std = ", file);
    put_three(file, pixels.std);
    fputs(",\n  };\n", file);
  }
  fprintf(file,
      "  const s2vk_plan_info info = {\n      .struct_size = sizeof info,\n      .batch = 1,\n      .channels = 3,\n"
      "      .height = %u,\n      .width = %u,\n      .%s,\n      .scale_count = %u,\n      .max_split_size = %u,\n",
      info.height, info.width, settings->sized ? "img_sizes = img_sizes" : "scales = scales", info.scale_count,
      info.max_split_size);
  fprintf(file,
      "      .split_mode = S2VK_SPLIT_%s,\n      .grid_policy = S2VK_GRID_%s,\n      .filter = S2VK_FILTER_%s,\n"
      "      .resize_output_to_idx = %d,\n      .num_prefix_token = %u,\n      .tiles_per_call = %u,\n",
      info.split_mode == S2VK_SPLIT_PAD ? "PAD" : "RESIZE", info.grid_policy == S2VK_GRID_SPLIT ? "SPLIT" : "IMAGE",
      c_filters[info.filter], (int)info.resize_output_to_idx, info.num_prefix_token, info.tiles_per_call);
  fprintf(file,
      "      .model = {.tokens = %u, .channels = %u},\n%s  };\n  return s2vk_plan_create(context, &info, plan);\n}\n",
      info.model.tokens, info.model.channels, info.pixels ? "      .pixels = &pixels,\n" : "");
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

bool export_features(const struct session *session, const char *path, char error[ERROR_BYTES]) {
  const struct settings *settings = &session->settings;
  const struct backend_model *model = session_model(session);
  struct buffer copy = {0};
  const VkResult result = read_output(session, &copy);
  if (result) {
    snprintf(error, ERROR_BYTES, "%s: the features cannot be read: VkResult %d", path, result);
    buffer_destroy(&copy, session->backend->gpu);
    return false;
  }
  const struct record_info info = {
      .image = session->picture->path,
      .model = model ? model->path : NULL,
      .layer = session->backend->source.layer,
      .norm = session->backend->source.norm,
      .side = session->scales[0].tile_side,
      .patch = DESCRIPTOR_PATCH,
      .scales = settings->sized ? NULL : settings->scales,
      .img_sizes = settings->sized ? settings->sizes : NULL,
      .scale_count = settings->scale_count,
      .split_mode = settings->split_mode,
      .grid = settings->grid,
      .filter = settings->filter,
      .output = (int32_t)session_output_scale(session),
      .input = {session->picture->image.extent.height, session->picture->image.extent.width},
      .plan = session->plan,
      .features = copy.host,
  };
  const bool written = record_write(&info, path, error, ERROR_BYTES);
  buffer_destroy(&copy, session->backend->gpu);
  return written;
}
