/* How the passes are shaped: what each invocation does, given by specialization constants of the shaders. The one place
 * where GPUs and drivers on the CPU part ways.
 *
 * A GPU wants many small invocations, neighbours at neighbouring addresses, 16 bytes each, and few registers. A CPU driver runs
 * a workgroup as a loop over wide vectors, in which a branch is taken masked and starting costs more than going on, and moves
 * each component of each invocation by itself: it wants few invocations with long straight lines of work. Straight lines suit
 * both where windows repeat, short ones and long ones. */
#ifndef S2VK_SHAPE_H
#define S2VK_SHAPE_H

#include "blocks.h"
#include "geometry.h"
#include "target.h"

/* As split.comp's MODE; and split_straight.comp, and split_walk.comp. */
enum s2_split_mode { S2_SPLIT_WINDOWS, S2_SPLIT_COPY, S2_SPLIT_TAPS, S2_SPLIT_STRAIGHT, S2_SPLIT_WALK };

struct s2_split_shape {
  uint32_t mode;
  uint32_t side;   /* of a tile */
  uint32_t strip;  /* columns to an invocation */
  uint32_t taps_x; /* input columns that a column reads: 4 or 8 */
  uint32_t taps_y; /* input rows that a row reads: 4 or 8 */
  uint32_t rows;   /* that an invocation walks down; of a block, if straight */
  uint32_t lanes;  /* invocations of a workgroup */
  uint32_t width;  /* elements written at once, where not straight */

  /* Straight: strips are the blocks across, and an invocation goes down as many blocks of rows. */
  struct s2_blocks across, down;
  uint32_t blocks;
  uint32_t factor; /* 0, or how many times larger the image is, where a driver has a build for that: see faults.h */

  /* Walking: strips are columns. */
  uint32_t overlap;     /* rows whose windows an input row is in */
  uint32_t input_width; /* columns that are read at once */
  bool held;            /* weights along x, by the invocation */
};

struct s2_merge_shape {
  uint32_t width;               /* elements of the output to an invocation */
  bool aligned, aligned_output; /* whether they are at multiples of that in the features and in the output */
  uint32_t size_x, size_y;      /* of a workgroup */
  uint32_t run;                 /* tokens, or channels of a map, that an invocation makes one after the other */
};

/* A merge in one straight line; see merge_tokens_straight.comp and merge_maps_straight.comp. */
struct s2_straight_shape {
  struct s2_blocks down, across; /* tokens or elements of the output; of size 0: the scale has no such merge */
  bool maps;
  bool tight;      /* all that their windows span has weight */
  uint32_t width;  /* channels of tokens, or columns of maps, that an invocation makes at once */
  uint32_t size_x; /* of a workgroup */
  uint32_t run;    /* times as many channels to an invocation, or maps */
  uint32_t factor; /* of tokens that are means of as many squared, likewise */
};

/* The axes of one scale. */
struct s2_scale_axes {
  struct s2_axis split[2]; /* height, width: input pixels to pixels of the tiles, one after the other */
  struct s2_axis merge[2]; /* tokens of the tiles, likewise, to tokens of the output */
  bool over_tiles[2];      /* whether some window of merge reaches over tiles */
};

/* One shape for `count` scales, whose tiles have one side. */
struct s2_split_shape s2_split_shape(const struct s2_target *target, const struct s2_geometry *geometry,
    const struct s2_scale *scales, const struct s2_scale_axes *axes, uint32_t count);

/* The first input coordinate of a coordinate's window of `taps`, given that of the coordinate after it in its tile, or
 * UINT32_MAX: within the input, and no later than that one, since windows are walked down. Taps that a coordinate right on a sample lacks are
 * among those of the ones after it. */
uint32_t s2_window_first(const struct s2_axis *axis, uint32_t coordinate, uint32_t taps, uint32_t next_first);

/* Input rows [*low, *high) that rows [begin, end) of the tiles read; straight, these are whole blocks. */
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
uint64_t s2_straight_groups(const struct s2_straight_shape *shape, uint64_t channels, uint64_t rows, uint64_t columns);
uint64_t s2_merge_groups(const struct s2_merge_shape *shape, uint64_t units, uint64_t others);

#endif
