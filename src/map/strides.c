#include "map/strides.h"

#include "base/checked.h"

/* One axis of a tensor. Axes are laid out from the innermost to the outermost. */
struct axis {
  const char *name;
  uint64_t count;
  uint64_t given; /* stride in bytes; 0: dense */
  uint64_t *stride;
};

/* Lays out an axis around `span` elements: sets its stride, and extends *span to the whole axis. */
static s2vk_result lay_axis(
    const struct s2_env *env, const struct s2_extents *extents, const struct axis *axis, uint64_t *span) {
  const uint64_t size = s2vk_type_size(extents->type), given = axis->given;
  if (given > UINT32_MAX)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "%s.%s is %llu; it must be at most %u", extents->name, axis->name,
        (unsigned long long)given, UINT32_MAX);
  if (given % size)
    return s2_fail(env, S2VK_ERROR_STRIDES, "%s.%s is %llu; it must be a multiple of the element's %llu bytes",
        extents->name, axis->name, (unsigned long long)given, (unsigned long long)size);
  if (given && given / size < *span)
    return s2_fail(env, S2VK_ERROR_STRIDES,
        "%s.%s is %llu; it must be 0 or at least %llu, the bytes that it steps over", extents->name, axis->name,
        (unsigned long long)given, (unsigned long long)s2_multiply(*span, size));
  *axis->stride = given ? given / size : *span;
  *span = s2_add(s2_multiply(axis->count - 1, *axis->stride), *span);
  return S2VK_SUCCESS;
}

static s2vk_result check_order(const struct s2_env *env, const struct s2_extents *extents, const s2vk_strides *given) {
  if ((int)given->order < 0 || given->order > S2VK_ORDER_NC8HW8)
    return s2_fail(env, S2VK_ERROR_ENUM, "%s.order is %d; it must be 0 to %d", extents->name, (int)given->order,
        S2VK_ORDER_NC8HW8);
  if (!extents->tokens)
    return S2VK_SUCCESS;
  if (given->order)
    return s2_fail(
        env, S2VK_ERROR_STRIDES, "%s.order is %d; for tokens it must be 0", extents->name, (int)given->order);
  if (given->channel || given->row)
    return s2_fail(env, S2VK_ERROR_STRIDES, "%s.%s is %llu; for tokens it must be 0", extents->name,
        given->channel ? "channel" : "row", (unsigned long long)(given->channel ? given->channel : given->row));
  return S2VK_SUCCESS;
}

static s2vk_result lay_tokens(
    const struct s2_env *env, const struct s2_extents *extents, const s2vk_strides *given, struct s2_strides *strides) {
  const uint64_t tokens = s2_add(s2_multiply(extents->grid.height, extents->grid.width), extents->prefix);
  uint64_t span = extents->channels;
  const struct axis token = {"column", tokens, given->column, &strides->column};
  const struct axis item = {"item", 1, given->item, &strides->item};
  s2vk_result result = lay_axis(env, extents, &token, &span);
  strides->channel = 1;
  strides->row = s2_multiply(strides->column, extents->grid.width);
  return result ? result : lay_axis(env, extents, &item, &span);
}

static s2vk_result lay_maps(
    const struct s2_env *env, const struct s2_extents *extents, const s2vk_strides *given, struct s2_strides *strides) {
  const uint64_t channels = extents->channels / strides->block + (extents->channels % strides->block != 0);
  const struct axis channel = {"channel", channels, given->channel, &strides->channel};
  const struct axis row = {"row", extents->grid.height, given->row, &strides->row};
  const struct axis column = {"column", extents->grid.width, given->column, &strides->column};
  const struct axis item = {"item", 1, given->item, &strides->item};
  const struct axis *planar[] = {&column, &row, &channel, &item}, *last[] = {&channel, &column, &row, &item};
  const struct axis **axes = given->order == S2VK_ORDER_NHWC ? last : planar;
  uint64_t span = strides->block;
  s2vk_result result = S2VK_SUCCESS;
  for (int i = 0; !result && i < 4; i++)
    result = lay_axis(env, extents, axes[i], &span);
  return result;
}

s2vk_result s2_strides_create(
    const struct s2_env *env, const struct s2_extents *extents, const s2vk_strides *given, struct s2_strides *strides) {
  s2vk_result result = check_order(env, extents, given);
  if (result)
    return result;
  strides->order = given->order;
  strides->block_bits = given->order == S2VK_ORDER_NC4HW4 ? 2 : given->order == S2VK_ORDER_NC8HW8 ? 3 : 0;
  strides->block = 1u << strides->block_bits;
  return extents->tokens ? lay_tokens(env, extents, given, strides) : lay_maps(env, extents, given, strides);
}

uint64_t s2_strides_span(const struct s2_strides *strides, const struct s2_extents *extents) {
  if (extents->tokens) {
    const uint64_t tokens = s2_add(s2_multiply(extents->grid.height, extents->grid.width), extents->prefix);
    return s2_add(s2_multiply(tokens - 1, strides->column), extents->channels);
  }
  const uint64_t blocks = extents->channels / strides->block + (extents->channels % strides->block != 0);
  const uint64_t rows = s2_multiply(extents->grid.height - 1, strides->row);
  const uint64_t columns = s2_multiply(extents->grid.width - 1, strides->column);
  return s2_add(s2_add(s2_multiply(blocks - 1, strides->channel), strides->block), s2_add(rows, columns));
}

s2vk_strides s2_strides_in_bytes(const struct s2_strides *strides, s2vk_type type, bool tokens) {
  const uint64_t size = s2vk_type_size(type);
  return (s2vk_strides){
      .order = strides->order,
      .item = strides->item * size,
      .channel = tokens ? 0 : strides->channel * size,
      .row = tokens ? 0 : strides->row * size,
      .column = strides->column * size,
  };
}
