/* Plan descriptions with every field free, on paper: a plan that is made keeps what the header says, one that is not
 * leaves nothing behind and says why, and neither takes more memory than it is given. Then the same description on a
 * device with free limits, whose dispatches must keep them.
 *
 * The input is the fields of s2vk_plan_info in order, then those of the device, then overlap, strides, blocks, pixels,
 * preprocessing, scales, sizes and models, as bytes say which. */
#include "fuzz.h"
#include "kernels/kernels.h"
#include "schedule/schedule.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SCALES 4096
#define MAX_BYTES ((size_t)16 << 20)
#define MAX_CALLS_LOOKED_AT 4096

/* ---- The host --------------------------------------------------------------------------------------------------- */

struct header {
  size_t bytes, padding;
};

static size_t live_bytes, live_count, most_bytes;
static unsigned logged;

static void *VKAPI_CALL allocate(void *user, size_t bytes, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)scope;
  FUZZ_REQUIRE(bytes > 0 && alignment <= sizeof(struct header));
  if (bytes > most_bytes - live_bytes)
    return NULL;
  struct header *memory = malloc(sizeof *memory + bytes);
  if (!memory)
    return NULL;
  memory->bytes = bytes;
  live_bytes += bytes;
  live_count++;
  return memory + 1;
}

static void VKAPI_CALL release(void *user, void *memory) {
  (void)user;
  struct header *header = (struct header *)memory - 1;
  live_bytes -= header->bytes;
  live_count--;
  free(header);
}

static void on_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  FUZZ_REQUIRE((level == S2VK_LOG_ERROR || level == S2VK_LOG_INFO) && *message);
  logged += level == S2VK_LOG_ERROR;
}

static const VkAllocationCallbacks allocator = {.pfnAllocation = allocate, .pfnFree = release};

/* ---- Checks of a plan -------------------------------------------------------------------------------------------- */

static VkDeviceSize bytes_of(const s2vk_shape *shape, s2vk_type type) {
  uint64_t bytes = s2vk_type_size(type);
  for (uint32_t i = 0; i < shape->rank; i++) {
    FUZZ_REQUIRE(shape->dims[i] > 0 && bytes <= UINT64_MAX / 2 / shape->dims[i]);
    bytes *= shape->dims[i];
  }
  return (bytes + 3) / 4 * 4;
}

/* Whether bytes are those of a dense tensor or, with strides, at least these. */
static bool are_bytes_of(VkDeviceSize bytes, const s2vk_shape *shape, s2vk_type type, const s2vk_strides *strides) {
  const s2vk_strides dense = {0};
  const VkDeviceSize least = bytes_of(shape, type);
  return memcmp(strides, &dense, sizeof dense) == 0 ? bytes == least : bytes >= least && bytes % 4 == 0;
}

static uint64_t check_scales(const s2vk_plan *plan, const s2vk_plan_info *info, const s2vk_plan_layout *layout) {
  uint64_t tiles = 0;
  const int64_t index = info->resize_output_to_idx;
  const uint32_t output = (uint32_t)(index < 0 ? index + info->scale_count : index);
  for (uint32_t i = 0; i < layout->scale_count; i++) {
    s2vk_scale_layout s = {.struct_size = sizeof s};
    FUZZ_REQUIRE(s2vk_plan_get_scale(plan, i, &s) == S2VK_SUCCESS);
    FUZZ_REQUIRE(s.first_tile == tiles);
    FUZZ_REQUIRE(s.tile_count == (uint64_t)s.tiles.height * s.tiles.width * info->batch);
    const uint32_t overlap = info->tile_overlap, step = s.tile_side - overlap;
    const uint64_t shared_rows = (uint64_t)s.features.height * overlap,
                   shared_columns = (uint64_t)s.features.width * overlap;
    FUZZ_REQUIRE(overlap <= s.tile_side / 2 && shared_rows % s.tile_side == 0 && shared_columns % s.tile_side == 0);
    FUZZ_REQUIRE(
        s.padded.height == s.tiles.height * step + overlap && s.padded.width == s.tiles.width * step + overlap);
    FUZZ_REQUIRE(s.padded.height - s.image.height < s.tile_side && s.padded.width - s.image.width < s.tile_side);
    FUZZ_REQUIRE(s.padded.height <= S2VK_MAX_SIDE && s.padded.width <= S2VK_MAX_SIDE);
    FUZZ_REQUIRE(
        s.grid.height == s.tiles.height * s.features.height - (s.tiles.height - 1) * (shared_rows / s.tile_side));
    FUZZ_REQUIRE(
        s.grid.width == s.tiles.width * s.features.width - (s.tiles.width - 1) * (shared_columns / s.tile_side));
    FUZZ_REQUIRE(s.grid.height <= S2VK_MAX_SIDE && s.grid.width <= S2VK_MAX_SIDE);
    FUZZ_REQUIRE(s.own.height <= s.grid.height && s.own.width <= s.grid.width);
    FUZZ_REQUIRE(!s.own.height == !s.grid.height && (s.grid.height > 0 || info->prefix_only));
    FUZZ_REQUIRE(!info->img_sizes || memcmp(&s.image, &info->img_sizes[i], sizeof s.image) == 0);
    if (i == output && info->output_downsample < 2 && !info->prefix_only)
      FUZZ_REQUIRE(memcmp(&s.own, &layout->output_grid, sizeof s.own) == 0);
    tiles += s.tile_count;
  }
  return tiles;
}

static void check_calls(const s2vk_plan *plan, const s2vk_plan_info *info, const s2vk_plan_layout *layout) {
  uint64_t tiles = 0;
  VkDeviceSize tiles_bytes = 0, features_bytes = 0;
  const uint32_t looked_at = layout->call_count < MAX_CALLS_LOOKED_AT ? layout->call_count : MAX_CALLS_LOOKED_AT;
  for (uint32_t k = 0; k < looked_at; k++) {
    s2vk_call_layout c = {.struct_size = sizeof c};
    FUZZ_REQUIRE(s2vk_plan_get_call(plan, k, &c) == S2VK_SUCCESS);
    FUZZ_REQUIRE(c.first_tile == tiles && c.tile_count > 0 && c.tiles.dims[0] == c.tile_count);
    FUZZ_REQUIRE(c.features.dims[0] == c.tile_count && c.scale < layout->scale_count);
    FUZZ_REQUIRE(!info->tiles_per_call || c.tile_count <= info->tiles_per_call);
    FUZZ_REQUIRE(are_bytes_of(c.tiles_bytes, &c.tiles, info->tile_type, &info->tile_strides));
    FUZZ_REQUIRE(are_bytes_of(c.features_bytes, &c.features, info->feature_type, &info->feature_strides));
    FUZZ_REQUIRE(c.tiles_bytes <= layout->tiles_bytes && c.features_bytes <= layout->features_bytes);
    tiles_bytes = c.tiles_bytes > tiles_bytes ? c.tiles_bytes : tiles_bytes;
    features_bytes = c.features_bytes > features_bytes ? c.features_bytes : features_bytes;
    tiles += c.tile_count;
  }
  if (looked_at == layout->call_count)
    FUZZ_REQUIRE(
        tiles == layout->tile_count && tiles_bytes == layout->tiles_bytes && features_bytes == layout->features_bytes);
}

/* The output has the tokens and channels that it says; blocks divide the grid; and only what rounds or pads has images
 * in between. */
static void check_extras(const s2vk_plan_info *info, const s2vk_plan_layout *layout) {
  const s2vk_size block = layout->output_block, grid = layout->output_grid;
  const s2vk_preprocessing_info *given = info->preprocessing;
  FUZZ_REQUIRE(info->output_blocks == (block.height > 0) && info->output_blocks == (block.width > 0));
  FUZZ_REQUIRE(!info->output_blocks || (grid.height % block.height == 0 && grid.width % block.width == 0));
  FUZZ_REQUIRE(info->prefix_only == (grid.height == 0) && info->prefix_only == (grid.width == 0));
  if (layout->output.rank == 3)
    FUZZ_REQUIRE(layout->output.dims[1] == layout->output_prefix + grid.height * grid.width);
  FUZZ_REQUIRE(!layout->output_prefix == !info->num_prefix_token);
  FUZZ_REQUIRE(info->prefix_tokens || layout->output_prefix == info->num_prefix_token);
  FUZZ_REQUIRE(layout->scratch_bytes % 4 == 0);
  FUZZ_REQUIRE(layout->scratch_bytes == 0 || (given && (given->rounding || given->pad_square)));
}

static void check_plan(s2vk_plan *plan, const s2vk_plan_info *info) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  FUZZ_REQUIRE(s2vk_plan_get_layout(plan, &layout) == S2VK_SUCCESS);
  FUZZ_REQUIRE(layout.scale_count == info->scale_count && layout.call_count > 0 && layout.offset_alignment == 4);
  if (!info->pixels)
    FUZZ_REQUIRE(layout.input_bytes == bytes_of(&layout.input, info->input_type));
  else
    FUZZ_REQUIRE(layout.input_bytes % 4 == 0 && !layout.input_bytes == (info->pixels->source != S2VK_PIXELS_BUFFER));
  FUZZ_REQUIRE(are_bytes_of(layout.output_bytes, &layout.output, info->output_type, &info->output_strides));
  check_extras(info, &layout);
  FUZZ_REQUIRE(layout.accumulator_bytes % 4 == 0 && layout.table_bytes > 0);
  FUZZ_REQUIRE(check_scales(plan, info, &layout) == layout.tile_count);
  check_calls(plan, info, &layout);

  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  s2vk_call_layout call = {.struct_size = sizeof call};
  s2vk_binding *binding;
  FUZZ_REQUIRE(s2vk_plan_get_scale(plan, layout.scale_count, &scale) == S2VK_ERROR_CALL_INDEX);
  FUZZ_REQUIRE(s2vk_plan_get_call(plan, layout.call_count, &call) == S2VK_ERROR_CALL_INDEX);
  FUZZ_REQUIRE(s2vk_binding_create(plan, NULL, &binding) == S2VK_ERROR_NO_DEVICE && !binding);
}

/* ---- Checks of a schedule ---------------------------------------------------------------------------------------- */

static void check_range(const struct s2_target *target, const struct s2_range *range, uint64_t tensor_bytes) {
  FUZZ_REQUIRE(range->bytes <= target->range && range->offset % target->alignment == 0);
  FUZZ_REQUIRE(range->offset <= tensor_bytes && range->bytes <= tensor_bytes - range->offset);
}

static void check_copy(const struct s2_copy *copy, uint64_t source, uint64_t destination) {
  FUZZ_REQUIRE(copy->rows > 0 && copy->bytes > 0);
  const uint64_t last = copy->rows - 1;
  FUZZ_REQUIRE(copy->source + last * copy->source_stride + copy->bytes <= source);
  FUZZ_REQUIRE(copy->target + last * copy->target_stride + copy->bytes <= destination);
}

static void check_pass(const struct s2_target *target, const struct s2_geometry *g, const struct s2_schedule *schedule,
    enum s2_pass_index index, uint64_t source, uint64_t destination) {
  const struct s2_pass *pass = &schedule->passes[index];
  FUZZ_REQUIRE(pass->first[0] == 0 && pass->first[g->call_count] == pass->dispatch_count);
  const bool resamples = index == S2_PASS_FIRST || index == S2_PASS_SECOND; /* in those calls that need a new image */
  for (uint32_t k = 0; k < g->call_count; k++)
    FUZZ_REQUIRE(pass->first[k] + !resamples <= pass->first[k + 1]);
  for (uint32_t i = 0; i < pass->range_count; i++) {
    check_range(target, &pass->ranges[i].tables, schedule->entry_count * sizeof(struct s2_entry));
    check_range(target, &pass->ranges[i].source, source);
    check_range(target, &pass->ranges[i].target, destination);
    check_range(target, &pass->ranges[i].accumulator, schedule->accumulator_bytes);
  }
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    const struct s2_dispatch *d = &pass->dispatches[i];
    FUZZ_REQUIRE(d->job < g->scale_count * S2_PASS_COUNT && d->job % S2_PASS_COUNT == index);
    if (d->key == S2_NO_KEY) {
      check_copy(&d->copy, source, destination);
      continue;
    }
    FUZZ_REQUIRE(d->ranges < pass->range_count && d->key < pass->key_count);
    for (int k = 0; k < 3; k++)
      FUZZ_REQUIRE(d->groups[k] > 0 && d->groups[k] <= target->groups[k]);
  }
}

static s2vk_result try_schedule(const struct s2_env *env, const struct s2_target *target, const struct s2_geometry *g) {
  struct s2_schedule schedule;
  most_bytes =
      live_bytes + ((size_t)1 << 20); /* bounds how many dispatches there are, and so the time that they take */
  s2vk_result result = s2_schedule_create(env, target, g, s2_kernels, &schedule);
  if (!result) {
    const uint64_t middle = schedule.middle_bytes, resampled = g->pre.resampled_bytes;
    const bool resamples = g->pre.resample_count > 0;
    if (resamples) {
      check_pass(target, g, &schedule, S2_PASS_FIRST, g->input_bytes, middle);
      check_pass(target, g, &schedule, S2_PASS_SECOND, middle, resampled);
    }
    check_pass(target, g, &schedule, S2_PASS_SPLIT, resamples ? resampled : g->input_bytes, g->tiles_bytes);
    check_pass(target, g, &schedule, S2_PASS_MERGE, g->features_bytes, g->output_bytes);
    s2_schedule_destroy(env, &schedule);
  }
  return result;
}

/* Tensors of more than this many ranges are what no device has memory for. */
#define MAX_RANGES 1024

static void check_schedule(const s2vk_plan_info *info, const struct s2_target *target) {
  const struct s2_env env = {.log = on_log, .allocator = &allocator};
  struct s2_geometry g;
  logged = 0;
  s2vk_result result = s2_geometry_create(&env, info, &g);
  if (result) {
    FUZZ_REQUIRE(logged == 1);
    return;
  }
  const uint64_t most = target->range * MAX_RANGES;
  if (g.input_bytes <= most && g.tiles_bytes <= most && g.features_bytes <= most && g.output_bytes <= most) {
    result = try_schedule(&env, target, &g);
    FUZZ_REQUIRE(logged == (result ? 1u : 0u));
  }
  s2_geometry_destroy(&env, &g);
}

/* ---- The input --------------------------------------------------------------------------------------------------- */

/* At least 1; what devices promise is no less. */
static struct s2_target read_target(struct fuzz_input *input) {
  struct s2_target target = {0};
  const uint8_t flags = fuzz_u8(input);
  target.cpu = target.copies = flags & 1;
  target.int64 = flags & 2;
  target.texels = target.cpu && !(flags & 4);
  target.unrolls = !(flags & 8);
  target.long_lines = target.cpu || !target.unrolls;
  target.registers = flags & 16 ? UINT32_MAX : 44;
  target.invocations = 16384;
  target.loop_rounds = UINT32_MAX;
  target.alignment = 1u << (2 + (flags >> 2 & 7)); /* 4 to 512 */
  target.texel_alignment = 1u << (2 + (flags >> 5 & 7));
  target.range = (uint64_t)1 + fuzz_u32(input);
  target.texel_count = fuzz_u32(input);
  for (int i = 0; i < 3; i++)
    target.groups[i] = 1 + (fuzz_u32(input) & 0xFFFFFF);
  return target;
}

static s2vk_strides read_strides(struct fuzz_input *input) {
  s2vk_strides strides = {.order = (s2vk_order)fuzz_u8(input)};
  VkDeviceSize *const fields[] = {&strides.item, &strides.channel, &strides.row, &strides.column};
  const uint8_t given = fuzz_u8(input);
  for (int i = 0; i < 4; i++)
    if (given & 1 << i)
      *fields[i] = (VkDeviceSize)fuzz_u32(input) << (given & 16 ? 1 : 0);
  return strides;
}

/* What a byte of the input says is to come. */
enum more { MORE_STRIDES = 2, MORE_BLOCKS = 4, MORE_PREPROCESSING = 8, MORE_ORDER = 16 };

static s2vk_plan_info read_info(struct fuzz_input *input, uint8_t *more) {
  s2vk_plan_info info = {.struct_size = sizeof info ^ fuzz_u8(input)};
  info.batch = fuzz_u32(input);
  info.channels = fuzz_u32(input);
  info.height = fuzz_u32(input);
  info.width = fuzz_u32(input);
  info.scale_count = fuzz_u32(input);
  info.max_split_size = fuzz_u32(input);
  info.split_mode = (s2vk_split_mode)fuzz_u32(input);
  info.resize_output_to_idx = (int32_t)fuzz_u32(input);
  info.num_prefix_token = fuzz_u32(input);
  info.output_shape = (s2vk_output_shape)fuzz_u32(input);
  info.split_forward = fuzz_u8(input) & 1;
  info.tiles_per_call = fuzz_u32(input);
  *more = fuzz_u8(input);
  info.calls_cross_scales = *more & 1;
  info.grid_policy = (s2vk_grid_policy)fuzz_u32(input);
  info.model = (s2vk_model_shape){fuzz_u32(input), fuzz_u32(input), fuzz_u32(input), fuzz_u32(input)};
  info.input_type = (s2vk_type)fuzz_u32(input);
  info.tile_type = (s2vk_type)fuzz_u32(input);
  info.feature_type = (s2vk_type)fuzz_u32(input);
  info.output_type = (s2vk_type)fuzz_u32(input);
  return info;
}

static float read_float(struct fuzz_input *input) {
  const uint32_t bits = fuzz_u32(input);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const s2vk_pixels_info *read_pixels(struct fuzz_input *input) {
  static s2vk_pixels_info pixels;
  pixels = (s2vk_pixels_info){.struct_size = sizeof pixels ^ fuzz_u8(input)};
  pixels.source = (s2vk_pixel_source)fuzz_u8(input);
  pixels.format = (s2vk_pixel_format)fuzz_u8(input);
  pixels.transfer = (s2vk_transfer)fuzz_u8(input);
  pixels.normalization = (s2vk_normalization)fuzz_u8(input);
  pixels.image = (s2vk_size){fuzz_u32(input), fuzz_u32(input)};
  pixels.x = fuzz_u32(input);
  pixels.y = fuzz_u32(input);
  pixels.row_stride = fuzz_u32(input);
  pixels.image_stride = (uint64_t)fuzz_u32(input) << fuzz_u8(input) % 32;
  for (int i = 0; i < 4; i++) {
    pixels.order[i] = (VkComponentSwizzle)fuzz_u8(input);
    pixels.mean[i] = read_float(input);
    pixels.std[i] = read_float(input);
  }
  return &pixels;
}

static const s2vk_preprocessing_info *read_preprocessing(struct fuzz_input *input) {
  static s2vk_preprocessing_info given;
  given = (s2vk_preprocessing_info){.struct_size = sizeof given ^ fuzz_u8(input)};
  given.pad_square = fuzz_u8(input) & 1;
  for (int i = 0; i < 4; i++)
    given.fill[i] = fuzz_u8(input);
  given.shortest_side = fuzz_u32(input);
  given.first_size = (s2vk_size){fuzz_u32(input), fuzz_u32(input)};
  given.first_filter = (s2vk_filter)fuzz_u8(input);
  given.rounding = (s2vk_rounding)fuzz_u8(input);
  return &given;
}

static void read_order(struct fuzz_input *input, s2vk_plan_info *info) {
  const uint8_t flags = fuzz_u8(input);
  info->prefix_tokens = (s2vk_prefix_tokens)(flags & 3);
  info->prefix_only = flags & 4;
  info->output_by_columns = flags & 8;
  info->output_downsample = fuzz_u8(input);
  info->output_repeat = flags & 16 ? fuzz_u32(input) : fuzz_u8(input);
}

/* The arrays that `given` asks for, with what is left of the input, over and over until all scales have theirs. */
static void read_scales(struct fuzz_input *input, uint8_t given, s2vk_plan_info *info) {
  static double scales[MAX_SCALES];
  static s2vk_size sizes[MAX_SCALES];
  static s2vk_model_shape models[MAX_SCALES];
  const struct fuzz_input all = *input;
  if (given & 7 && info->scale_count > MAX_SCALES)
    info->scale_count %= MAX_SCALES + 1;
  for (uint32_t i = 0; given & 7 && i < info->scale_count; i++) {
    if (input->at >= input->end)
      *input = all;
    if (given & 1)
      scales[i] = fuzz_double(input);
    if (given & 2)
      sizes[i] = (s2vk_size){fuzz_u32(input), fuzz_u32(input)};
    if (given & 4)
      models[i] = (s2vk_model_shape){fuzz_u32(input), fuzz_u32(input), fuzz_u32(input), fuzz_u32(input)};
  }
  info->scales = given & 1 ? scales : NULL;
  info->img_sizes = given & 2 ? sizes : NULL;
  info->scale_models = given & 4 ? models : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, data + size};
  uint8_t more;
  s2vk_plan_info info = read_info(&input, &more);
  const struct s2_target target = read_target(&input);
  const uint8_t given = fuzz_u8(&input);
  info.filter = (s2vk_filter)(given >> 4 & 7);
  if (given & 128)
    info.tile_overlap = fuzz_u32(&input);
  if (more & MORE_STRIDES) {
    info.tile_strides = read_strides(&input);
    info.feature_strides = read_strides(&input);
    info.output_strides = read_strides(&input);
  }
  info.output_blocks = more & MORE_BLOCKS;
  if (info.output_blocks)
    info.output_blocks_idx = (int32_t)fuzz_u32(&input);
  if (more & MORE_ORDER)
    read_order(&input, &info);
  if (given & 8)
    info.pixels = read_pixels(&input);
  if (more & MORE_PREPROCESSING)
    info.preprocessing = read_preprocessing(&input);
  read_scales(&input, given, &info);

  const s2vk_context_info context_info = {.struct_size = sizeof context_info, .allocator = &allocator, .log = on_log};
  s2vk_context *context = NULL;
  s2vk_plan *plan;
  most_bytes = MAX_BYTES;
  FUZZ_REQUIRE(live_count == 0 && s2vk_context_create(&context_info, &context) == S2VK_SUCCESS);
  logged = 0;
  const s2vk_result result = s2vk_plan_create(context, &info, &plan);
  FUZZ_REQUIRE(logged == (result ? 1u : 0u));
  if (result)
    FUZZ_REQUIRE(
        (result >= S2VK_ERROR_VULKAN || result == S2VK_ERROR_PIXELS || result == S2VK_ERROR_TILE_OVERLAP ||
            result == S2VK_ERROR_STRIDES || result == S2VK_ERROR_PREPROCESSING || result == S2VK_ERROR_OUTPUT_BLOCKS ||
            result == S2VK_ERROR_PREFIX_TOKENS || result == S2VK_ERROR_OUTPUT_ORDER) &&
        !plan && live_count == 1);
  else
    check_plan(plan, &info);
  s2vk_plan_destroy(&plan);
  FUZZ_REQUIRE(!plan && live_count == 1);
  s2vk_context_destroy(&context);
  if (info.struct_size == sizeof info)
    check_schedule(&info, &target);
  FUZZ_REQUIRE(live_count == 0 && live_bytes == 0);
  return 0;
}
