/* What the scheduler knows of a kernel. A kernel computes the outputs of one pass of one scale. It is one C file and one shader,
 * and what is true of it alone stands there: whether it can, what it costs, what its tables hold, how it is started, what it
 * reads. The scheduler asks every kernel of a list (kernels/kernels.h) and takes the cheapest. */
#ifndef S2VK_KERNEL_H
#define S2VK_KERNEL_H

#include "map/axis.h"
#include "map/geometry.h"
#include "schedule/push.h"
#include "vulkan/pipeline.h"
#include "vulkan/target.h"

/* FIRST and SECOND are those of a resampling: of the input to an image in between, and of that to what a split starts from. */
enum s2_pass_index { S2_PASS_SPLIT, S2_PASS_MERGE, S2_PASS_FIRST, S2_PASS_SECOND, S2_PASS_COUNT };

/* A pass of a resampling: of a source's pixels to a target's, along one axis. */
struct s2_resampling {
  const struct s2_pixels *source, *target;
  s2vk_size readable; /* pixels that the source has */
  s2vk_size out;      /* pixels that are made */
  bool across;        /* along x; or along y */
  uint32_t begin;     /* of the source's pixels, along the axis, in what the axis is from; the rest of that is filled */
  uint32_t row, column; /* of the source, that the target's first ones are, along the axis that stays */
  bool floats;
  uint64_t source_bytes, target_bytes; /* of the buffers that they are in */
};

/* One pass of one scale. */
struct s2_job {
  const struct s2_target *target;
  const struct s2_geometry *geometry;
  const struct s2_scale *scale;
  const struct s2_axis
      *axes; /* height, width; split: input to tiles side by side; merge: tokens of these tiles to output */
  uint32_t scale_index;
  enum s2_pass_index pass;
  bool source_texels;              /* the source is bound as texels, too */
  uint32_t accumulator;            /* S2_ACCUMULATOR_*, of a merge */
  bool prefix;                     /* a merge of the prefix tokens, and not of the grid */
  struct s2_resampling resampling; /* FIRST and SECOND */
};

/* How a kernel does a job. An invocation makes `columns` outputs along x times `rows` along y times `channels`; the scheduler
 * cuts work into pieces that are multiples of the steps. */
struct s2_config {
  struct s2_pipeline_key key; /* without permutation, which the scheduler adds */
  uint32_t columns, rows, channels;
  uint32_t step_x, step_y, step_channels;
  uint32_t run;     /* resampling: outcomes of an axis that an invocation makes one after the other; or 0 */
  bool whole_scale; /* merge: outputs cannot be summed over several dispatches */
};

/* A box of outputs. Of a split: rows [y_begin, y_end) of tiles, whole columns. Of a merge: a box of the output. */
struct s2_box {
  uint32_t tile_begin, tile_end; /* counted from the scale's first */
  uint32_t image_begin, image_end;
  uint32_t channel_begin, channel_end;
  uint32_t y_begin, y_end, x_begin, x_end;
};

/* Rows of equally many bytes, relative to the tensors. */
struct s2_copy {
  uint64_t source, target; /* of the first row */
  uint64_t source_stride, target_stride;
  uint64_t bytes;
  uint32_t rows;
};

/* An entry of a table: four words, which are indices of entries, numbers, or floats. */
struct s2_entry {
  uint32_t words[4];
};

/* Tables are written twice by the same code: first without entries, to count them. */
struct s2_writer {
  struct s2_entry *entries; /* NULL: counted alone */
  size_t count;             /* so far; indices in tables are counted from the section's first entry */
};

/* Adds entries, all zero; NULL if they are only counted. */
struct s2_entry *s2_write(struct s2_writer *writer, size_t count);
uint32_t s2_float_bits(float value);

struct s2_kernel {
  const char *name; /* in descriptions and labels */
  enum s2_pass_index pass;
  bool general; /* can do any job, cut in any way, with the smallest tables: what others fall back to */
  /* Whether it can do the job, and then how. */
  bool (*configure)(const struct s2_job *job, struct s2_config *config);
  /* Per output, in about the time of one multiply-add of one invocation. */
  double (*cost)(const struct s2_job *job, const struct s2_config *config);
  /* A section of the tables. Its first entry is the general gather's, which others fall back to; its second is the kernel's. */
  void (*tables)(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer);
  /* Workgroups of a box along x and y; z counts tiles of a split, images of others. */
  void (*groups)(
      const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]);
  /* Input rows [*low, *high) that rows [begin, end) of the padded scale, or of a resampling, read; NULL of a merge, which reads whole tiles. */
  void (*footprint)(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
      uint32_t *low, uint32_t *high);
  /* Not NULL: it is a transfer of tiles [box->tile_begin, box->tile_end), and has none of the four above. False: not these. */
  bool (*copy)(const struct s2_job *job, const struct s2_call *call, const struct s2_box *box, struct s2_copy *copy);
  /* The pipelines that it may need for the types, layout and form of the input of this job's geometry, for the side of its scale's
   * tiles and the channels of its features, each of which may be 0 for any, and whatever other sizes; some may be there twice. At
   * most `room` are written, and how many there are is returned. */
  size_t (*keys)(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room);
};

#endif
