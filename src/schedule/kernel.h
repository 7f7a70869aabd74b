/* The interface between scheduler and kernels. A kernel computes the outputs of one pass of one scale. It is one C file
 * and one shader. The C file says which jobs the kernel can do, what they cost, what its tables hold, how it is
 * dispatched, and what it reads. The scheduler asks every kernel of a list (kernels/kernels.h) and takes the
 * cheapest. */
#ifndef S2VK_KERNEL_H
#define S2VK_KERNEL_H

#include "map/axis.h"
#include "map/geometry.h"
#include "schedule/push.h"
#include "vulkan/pipeline.h"
#include "vulkan/target.h"

/* The passes. A resampling ahead of the split has two: FIRST makes an image in between from the input, SECOND makes the
 * image that the split reads. */
enum s2_pass_index { S2_PASS_SPLIT, S2_PASS_MERGE, S2_PASS_FIRST, S2_PASS_SECOND, S2_PASS_COUNT };

/* One pass of a resampling: from a source's pixels to a target's, along one axis. */
struct s2_resampling {
  const struct s2_pixels *source, *target;
  s2vk_size readable;   /* pixels that the source has */
  s2vk_size out;        /* pixels that are made */
  bool across;          /* along x; false: along y */
  uint32_t begin;       /* the axis's input that is the source's first pixel; inputs outside the source have the fill */
  uint32_t row, column; /* along the other axis: row or column of the source that is the target's first */
  bool floats;          /* the target's pixels are f32; false: bytes */
  uint64_t source_bytes, target_bytes; /* of their buffers */
};

/* One pass of one scale. */
struct s2_job {
  const struct s2_target *target;
  const struct s2_geometry *geometry;
  const struct s2_scale *scale;
  const struct s2_axis *axes; /* height, width: from the pass's inputs to its outputs, with tiles side by side */
  uint32_t scale_index;
  enum s2_pass_index pass;
  bool source_texels;              /* the source is also bound as texels */
  uint32_t accumulator;            /* merge: S2_ACCUMULATOR_* */
  bool prefix;                     /* merge: of the prefix tokens; false: of the grid */
  uint32_t repetition;             /* merge: counted from 0, of those that the output has */
  struct s2_resampling resampling; /* FIRST and SECOND */
};

/* How a kernel does a job. An invocation makes columns x rows x channels outputs. The scheduler cuts a job into
 * dispatches at multiples of the steps. */
struct s2_config {
  struct s2_pipeline_key key; /* without permutation: the scheduler adds it */
  uint32_t columns, rows, channels;
  uint32_t step_x, step_y, step_channels;
  uint32_t run;     /* resampling: outputs along the axis that an invocation makes one after another; or 0 */
  bool whole_scale; /* merge: several dispatches cannot sum up one output */
};

/* A box of outputs. Split: rows [y_begin, y_end) of tiles, in full width. Merge and resampling: a part of the
 * output. */
struct s2_box {
  uint32_t tile_begin, tile_end; /* counted from the scale's first */
  uint32_t image_begin, image_end;
  uint32_t channel_begin, channel_end;
  uint32_t y_begin, y_end, x_begin, x_end;
};

/* A copy of rows with the same number of bytes. Offsets are from the beginnings of the tensors. */
struct s2_copy {
  uint64_t source, target; /* of the first row */
  uint64_t source_stride, target_stride;
  uint64_t bytes;
  uint32_t rows;
};

/* An entry of a table: a uvec4 of a shader. A word is an index of an entry, an integer, or the bits of a float. */
struct s2_entry {
  uint32_t words[4];
};

/* Writes a section of the tables. The same code runs twice: first without entries, to count them. */
struct s2_writer {
  struct s2_entry *entries; /* NULL: count only */
  size_t count;             /* so far; indices in a section are relative to its first entry */
};

/* Adds entries, all zero. NULL if they are only counted. */
struct s2_entry *s2_write(struct s2_writer *writer, size_t count);

/* The bits of a float, for a word of an entry. */
uint32_t s2_float_bits(float value);

/* The output's first channel of a merge. */
static inline uint64_t s2_job_channel(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  return ((uint64_t)job->repetition * g->scale_count + job->scale_index) * g->feature_channels;
}

struct s2_kernel {
  const char *name; /* in descriptions and labels */
  enum s2_pass_index pass;
  bool general; /* the fallback of others: does any job, cut in any way, with the smallest tables */

  /* Whether the kernel can do the job. If so, fills in *config. */
  bool (*configure)(const struct s2_job *job, struct s2_config *config);

  /* The cost of one output. The unit is about the time of one multiply-add of one invocation. */
  double (*cost)(const struct s2_job *job, const struct s2_config *config);

  /* Writes a section of the tables. The first entry is for the general gather, the fallback. The second is for this
   * kernel. */
  void (*tables)(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer);

  /* Counts the workgroups of a box along x and y. Along z there is one for each tile (split) or image (other
   * passes). */
  void (*groups)(
      const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]);

  /* The input rows [*low, *high) that rows [begin, end) of the padded scale, or of a resampling, read. NULL for a
   * merge: it reads whole tiles. */
  void (*footprint)(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
      uint32_t *low, uint32_t *high);

  /* Not NULL: the kernel is a plain copy of tiles [box->tile_begin, box->tile_end), and has no cost, tables, groups or
   * footprint. False: these tiles cannot be copied. */
  bool (*copy)(const struct s2_job *job, const struct s2_call *call, const struct s2_box *box, struct s2_copy *copy);

  /* NULL: none. Lists the pipelines that the kernel may need for jobs like this one, whatever their sizes are. Such
   * jobs have the same types, layout and source, the same tile side, and the same feature channels; a side or channels
   * of 0 stand for any. A pipeline may be listed twice. Writes at most `room` keys and returns how many there are. */
  size_t (*keys)(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room);
};

#endif
