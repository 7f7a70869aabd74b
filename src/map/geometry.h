/* The shapes of a plan: scales, tiles, grids, model calls. Pure arithmetic on s2vk_plan_info; no Vulkan, no tables. */
#ifndef S2VK_GEOMETRY_H
#define S2VK_GEOMETRY_H

#include "map/places.h"
#include "map/preprocess.h"
#include "map/strides.h"

/* Tiles and model calls of a run are counted in 32 bits, calls also by the memory that describes them. */
#define S2_MAX_TILES UINT32_MAX
#define S2_MAX_CALLS (1u << 20)

struct s2_scale {
  s2vk_size image;    /* pixels, what the input is interpolated to */
  s2vk_size padded;   /* pixels that tiles cover */
  s2vk_size tiles;    /* down and across */
  uint32_t tile_side; /* pixels */
  s2vk_size tiled;    /* pixels, tiles times tile side: padded, unless tiles overlap */
  s2vk_size features; /* tokens of one tile, without prefix */
  s2vk_size shared;   /* tokens of one tile that its neighbour has, too */
  s2vk_size grid;     /* tokens of all tiles side by side, those shared once */
  s2vk_size valid;    /* tokens of the image's own part */
  uint32_t first_tile;
  uint32_t tile_count;
  uint64_t tile_elements;    /* C * side * side */
  uint64_t feature_elements; /* of one tile, prefix included */
  struct s2_strides tile_strides, feature_strides;
};

struct s2_call {
  uint32_t first_tile;
  uint32_t tile_count;
  uint32_t scale;       /* of the first tile */
  uint32_t scale_count; /* scales that its tiles belong to */
};

struct s2_geometry {
  uint32_t batch, channels; /* of the input */
  s2vk_size input;          /* pre.input, or of a view */
  s2vk_split_mode split_mode;
  s2vk_filter filter;
  uint32_t tile_overlap; /* pixels */
  s2vk_grid_policy grid_policy;
  s2vk_output_shape layout;
  uint32_t prefix;           /* of a tile */
  uint32_t prefix_rows;      /* of the output: 1, the means; or one for each tile of the scale that has most */
  bool prefix_each;          /* the prefix tokens of each tile are kept */
  bool prefix_only;          /* the output has no grid */
  uint32_t feature_channels; /* D */
  uint32_t repeat;           /* how often the output has the channels of all scales */
  s2vk_type input_type, tile_type, feature_type, output_type;
  s2vk_size merged_grid; /* that scales are brought to */
  s2vk_size output_grid; /* tokens of the output: merged_grid, or its squares */
  struct s2_strides output_strides;
  struct s2_places places;
  struct s2_pixels pixels; /* the input, if it is no tensor */

  struct s2_preprocess pre;  /* ahead of S2 */
  struct s2_geometry *views; /* for each resampled image, the geometry of the split that reads it; they own nothing */

  uint32_t scale_count;
  struct s2_scale *scales;
  uint32_t tile_count;
  uint32_t call_count;
  struct s2_call *calls;
  bool calls_are_scales; /* no call ends within a scale */

  /* Bytes, each rounded up to a multiple of 4; tiles and features are those of the largest call. */
  uint64_t input_bytes, tiles_bytes, features_bytes, output_bytes;
};

/* Checks info and fills in *geometry, to be destroyed by s2_geometry_destroy(). */
s2vk_result s2_geometry_create(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *geometry);
void s2_geometry_destroy(const struct s2_env *env, struct s2_geometry *geometry);

/* The geometry for the split of a scale: its input is the image that the scale starts from. */
const struct s2_geometry *s2_split_view(const struct s2_geometry *geometry, uint32_t scale);

/* The results of the merge: the tokens of merged_grid, with each block filled up to whole squares. */
s2vk_size s2_result_grid(const struct s2_geometry *geometry);

/* Tokens of the output ahead of its grid. */
uint32_t s2_output_prefix(const struct s2_geometry *geometry);

/* Whether the output's tokens are prefix tokens as the model returns them, and then the grid row by row. */
bool s2_is_plain(const struct s2_geometry *geometry);

/* Whether a scale's image is the input, and not padded. */
bool s2_is_input(const struct s2_geometry *geometry, const struct s2_scale *scale);

/* Shapes of tensors; tiles and features are those of one call. */
s2vk_shape s2_input_shape(const struct s2_geometry *geometry);
s2vk_shape s2_output_shape(const struct s2_geometry *geometry);
s2vk_shape s2_tiles_shape(const struct s2_geometry *geometry, const struct s2_call *call);
s2vk_shape s2_features_shape(const struct s2_geometry *geometry, const struct s2_call *call);

/* Bytes of a tensor as the library counts them: rounded up to a multiple of 4. */
uint64_t s2_tensor_bytes(uint64_t elements, s2vk_type type);
uint64_t s2_tiles_bytes(const struct s2_geometry *geometry, const struct s2_call *call);
uint64_t s2_features_bytes(const struct s2_geometry *geometry, const struct s2_call *call);

/* Elements from the first one of a tile, or of its features, to the end of its last. */
uint64_t s2_tile_span(const struct s2_geometry *geometry, const struct s2_scale *scale);
uint64_t s2_features_span(const struct s2_geometry *geometry, const struct s2_scale *scale);

#endif
