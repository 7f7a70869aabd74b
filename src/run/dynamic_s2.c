/* The image sizes of Dynamic-S2, as the published code of NVILA chooses them. */
#include "vulkan/context.h"

#include <math.h>

struct grid {
  uint32_t columns, rows;
  double distance; /* between columns / rows and the image's width / height */
};

/* Whether grid b is better than grid a. The published code goes through the grids in the order of their tiles. It takes
 * a grid that is nearer. It also takes one that is equally near if the image has over half of that grid's pixels. This
 * function gives the same result in any order. */
static bool is_better(const s2vk_dynamic_s2_info *info, const struct grid *a, const struct grid *b) {
  if (a->distance != b->distance)
    return b->distance < a->distance;
  const uint64_t a_tiles = (uint64_t)a->columns * a->rows, b_tiles = (uint64_t)b->columns * b->rows;
  const bool b_is_later = b_tiles > a_tiles || (b_tiles == a_tiles && b->columns < a->columns);
  const double pixels = (double)info->height * info->width;
  const double half = 0.5 * info->sizes[0] * info->sizes[0] * (double)(b_is_later ? b_tiles : a_tiles);
  return (pixels > half) == b_is_later;
}

static struct grid choose_grid(const s2vk_dynamic_s2_info *info, uint32_t least) {
  const double shape = (double)info->width / info->height;
  struct grid best = {0, 0, INFINITY};
  for (uint32_t rows = 1; rows <= info->max_tiles; rows++)
    for (uint32_t columns = (least + rows - 1) / rows; columns <= info->max_tiles / rows; columns++) {
      const struct grid grid = {columns, rows, fabs(shape - (double)columns / rows)};
      if (is_better(info, &best, &grid))
        best = grid;
    }
  return best;
}

static s2vk_result check_sizes(const struct s2_env *env, const s2vk_dynamic_s2_info *info) {
  if (!info->sizes || info->size_count == 0)
    return s2_fail(env, S2VK_ERROR_NO_SCALES, "sizes is %s and size_count is %u; at least one size must be given",
        info->sizes ? "not NULL" : "NULL", info->size_count);
  for (uint32_t i = 0; i < info->size_count; i++) {
    if (info->sizes[i] == 0)
      return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "sizes[%u] is 0; it must be at least 1", i);
    if (info->sizes[i] > S2VK_MAX_SIDE)
      return s2_fail(
          env, S2VK_ERROR_OVERFLOW, "sizes[%u] is %u; it must be at most %u", i, info->sizes[i], S2VK_MAX_SIDE);
    if (info->sizes[i] % info->sizes[0])
      return s2_fail(env, S2VK_ERROR_DYNAMIC_S2, "sizes[%u] is %u; it must be a multiple of sizes[0], which is %u", i,
          info->sizes[i], info->sizes[0]);
  }
  return S2VK_SUCCESS;
}

static s2vk_result check_info(const struct s2_env *env, const s2vk_dynamic_s2_info *info) {
  s2vk_result result = check_sizes(env, info);
  if (result)
    return result;
  if (info->height == 0 || info->width == 0)
    return s2_fail(
        env, S2VK_ERROR_ZERO_SIZE, "height is %u and width is %u; both must be at least 1", info->height, info->width);
  if (info->height > S2VK_MAX_SIDE || info->width > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "height is %u and width is %u; both must be at most %u", info->height,
        info->width, S2VK_MAX_SIDE);
  const uint64_t across = info->sizes[info->size_count - 1] / info->sizes[0], least = across * across;
  const uint32_t most = S2VK_MAX_SIDE / info->sizes[0];
  if (info->max_tiles > most)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "max_tiles is %u; with tiles of %u it must be at most %u", info->max_tiles,
        info->sizes[0], most);
  if (info->max_tiles < least)
    return s2_fail(env, S2VK_ERROR_DYNAMIC_S2,
        "max_tiles is %u; it must be at least %llu, the tiles of the last size as a square", info->max_tiles,
        (unsigned long long)least);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_dynamic_s2_sizes(const s2vk_context *context, const s2vk_dynamic_s2_info *info, s2vk_size *img_sizes) {
  if (!context)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &context->env;
  s2vk_result result =
      s2_check_struct(env, "s2vk_dynamic_s2_info", info, info ? info->struct_size : 0, sizeof(s2vk_dynamic_s2_info));
  if (result)
    return result;
  if (!img_sizes)
    return s2_fail(env, S2VK_ERROR_NULL, "img_sizes is NULL");
  if ((result = check_info(env, info)))
    return result;
  const uint32_t last = info->size_count - 1, side = info->sizes[0], across = info->sizes[last] / side;
  for (uint32_t i = 0; i < last; i++)
    img_sizes[i] = (s2vk_size){info->sizes[i], info->sizes[i]};
  const struct grid grid = choose_grid(info, across * across);
  img_sizes[last] = (s2vk_size){grid.rows * side, grid.columns * side};
  return S2VK_SUCCESS;
}

static s2vk_result check_model(const struct s2_env *env, const s2vk_dynamic_s2_model *model) {
  s2vk_result result =
      s2_check_struct(env, "s2vk_dynamic_s2_model", model, model ? model->struct_size : 0, sizeof *model);
  if (result)
    return result;
  if (model->grid == 0)
    return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "s2vk_dynamic_s2_model.grid is 0; it must be at least 1");
  if (model->grid > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "s2vk_dynamic_s2_model.grid is %u; it must be at most %u", model->grid,
        S2VK_MAX_SIDE);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_dynamic_s2_plan(const s2vk_context *context, const s2vk_dynamic_s2_info *info,
    const s2vk_dynamic_s2_model *model, s2vk_size *img_sizes, s2vk_dynamic_s2_recipe *recipe) {
  s2vk_result result = s2vk_dynamic_s2_sizes(context, info, img_sizes);
  if (!result)
    result = check_model(&context->env, model);
  if (!result)
    result = s2_check_struct(
        &context->env, "s2vk_dynamic_s2_recipe", recipe, recipe ? recipe->struct_size : 0, sizeof *recipe);
  if (result)
    return result;
  const uint32_t side = info->sizes[0], down = model->downsample ? model->downsample : 1;
  const uint32_t scales = model->single_tile ? 1 : info->size_count;
  uint64_t tiles = 0;
  for (uint32_t i = 0; i < info->size_count; i++) {
    if (model->single_tile)
      img_sizes[i] = (s2vk_size){side, side};
    tiles += i < scales ? (uint64_t)(img_sizes[i].height / side) * (img_sizes[i].width / side) : 0;
  }
  const s2vk_size last = img_sizes[info->size_count - 1], blocks = {last.height / side, last.width / side};
  const uint32_t projected = model->grid / down + (model->grid % down != 0);
  *recipe = (s2vk_dynamic_s2_recipe){
      .struct_size = sizeof *recipe,
      .blocks = blocks,
      .block = {model->grid, model->grid},
      .projected = {projected, projected},
      .tokens = (uint64_t)blocks.height * blocks.width * projected * projected,
      .tiles = tiles,
      .scales = scales,
      .repeat = info->size_count / scales,
  };
  return S2VK_SUCCESS;
}
