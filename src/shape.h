/* How the passes are shaped: what each invocation does, given by specialization constants of the shaders. The one place
 * where GPUs and drivers on the CPU part ways.
 *
 * A GPU wants many small invocations, neighbours at neighbouring addresses: 16 bytes each. A CPU driver runs a workgroup as
 * a loop over wide vectors, in which a branch is taken masked and starting costs more than going on, and moves each
 * component of each invocation by itself: it wants few invocations with long straight lines of work. */
#ifndef S2VK_SHAPE_H
#define S2VK_SHAPE_H

#include "blocks.h"
#include "geometry.h"
#include "target.h"

/* As split.comp's MODE; and split_straight.comp, and split_walk.comp. */
enum s2_split_mode { S2_SPLIT_DENSE, S2_SPLIT_COPY, S2_SPLIT_TAPS, S2_SPLIT_STRAIGHT, S2_SPLIT_WALK };

struct s2_split_shape {
  uint32_t mode;
  uint32_t quads;       /* columns of a strip, over 4 */
  uint32_t taps_x;      /* input columns that a strip reads; a multiple of 4 */
  uint32_t taps_y;      /* input rows that a row reads */
  uint32_t rows;        /* that an invocation walks down; of a block, if straight */
  uint32_t lanes;       /* invocations of a workgroup */
  uint32_t input_width; /* elements read at once */
  uint32_t tile_width;  /* elements written at once */

  /* Straight: strips are the blocks across, and an invocation goes down as many blocks of rows. */
  struct s2_blocks across, down;
  uint32_t blocks;

  /* Walking: strips are columns. */
  uint32_t overlap; /* rows whose windows an input row is in */
  bool held;        /* weights along x, by the invocation */
};

struct s2_merge_shape {
  uint32_t width;          /* elements of the output to an invocation */
  uint32_t size_x, size_y; /* of a workgroup */
  uint32_t run;            /* tokens, or channels of a map, that an invocation makes one after the other */
};

/* A merge of tokens in one straight line, for a CPU; see merge_tokens_straight.comp. */
struct s2_straight_shape {
  struct s2_blocks down, across; /* tokens of the output; of size 0: the scale has no such merge */
  bool tight;                    /* all that their windows span has weight */
  uint32_t size_x;               /* of a workgroup */
  uint32_t run;                  /* times 8 channels to an invocation */
};

/* The axes of one scale. */
struct s2_scale_axes {
  struct s2_axis split[2]; /* height, width: input pixels to pixels of the scale */
  struct s2_axis merge[2]; /* tokens of the grid to tokens of the output */
  bool over_tiles[2];      /* whether some window of merge reaches over tiles */
};

/* One shape for `count` scales, whose tiles have one side. */
struct s2_split_shape s2_split_shape(const struct s2_target *target, const struct s2_geometry *geometry,
    const struct s2_scale *scales, const struct s2_scale_axes *axes, uint32_t count);

/* What a window reads, [*low, *high]. */
void s2_window_reach(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high);

/* The first input coordinate that coordinates [begin, end) of an axis read, when they read `taps` of them from a multiple of
 * `align` on. */
uint32_t s2_window_first(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t taps, uint32_t align);

/* Input rows [*low, *high) that rows [begin, end) of the padded scale read; straight, these are whole blocks. */
void s2_split_reach(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high);

struct s2_merge_shape s2_merge_shape(
    const struct s2_target *target, const struct s2_geometry *geometry, const struct s2_scale_axes *axes);

/* Loop rounds for one row of a strip of as many columns, tap by tap. */
uint64_t s2_split_rounds(const struct s2_scale_axes *axes, uint32_t strip);

/* Loop rounds for one token or element, at most. */
uint64_t s2_merge_rounds(const struct s2_scale_axes *axes);

/* Of one scale. */
struct s2_straight_shape s2_straight_shape(const struct s2_target *target, const struct s2_geometry *geometry,
    const struct s2_scale *scale, const struct s2_scale_axes *axes);

/* Workgroups along x. */
uint64_t s2_split_groups(const struct s2_split_shape *shape, uint32_t side, uint32_t channels, uint32_t rows);
uint64_t s2_straight_groups(const struct s2_straight_shape *shape, uint64_t channels, uint64_t tokens);
uint64_t s2_merge_groups(const struct s2_merge_shape *shape, uint64_t units, uint64_t others);

#endif
