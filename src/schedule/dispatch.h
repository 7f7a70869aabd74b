/* The parts of a schedule: dispatches and copies, the ranges of tensors that they see, and the chosen kernels. */
#ifndef S2VK_DISPATCH_H
#define S2VK_DISPATCH_H

#include "schedule/kernel.h"

/* A part of a tensor, in bytes. */
struct s2_range {
  uint64_t offset, bytes; /* offset from the tensor's beginning */
};

/* The ranges of a descriptor set; the accumulator is merge's. */
struct s2_ranges {
  struct s2_range tables, source, target, accumulator;
};

#define S2_NO_KEY UINT32_MAX

/* One dispatch, or one copy. */
struct s2_dispatch {
  uint32_t groups[3];
  uint32_t ranges; /* index in the pass */
  uint32_t key;    /* index in the pass; S2_NO_KEY: a copy */
  uint32_t job;    /* scale * S2_PASS_COUNT + pass, for descriptions */
  union {
    union s2_push push;
    struct s2_copy copy;
  };
};

/* All dispatches of one pass. Call k runs dispatches [first[k], first[k + 1]), in this order. */
struct s2_pass {
  uint32_t *first; /* calls + 1 entries */
  struct s2_dispatch *dispatches;
  uint32_t dispatch_count, dispatch_room;
  struct s2_ranges *ranges;
  uint32_t range_count, range_room;
  struct s2_pipeline_key *keys;
  uint32_t key_count, key_room;
  bool source_texels; /* shaders may read the source as texels */
};

/* The kernels that do one pass of one scale. */
struct s2_choice {
  struct s2_axis axes[2];
  const struct s2_kernel *kernel;
  const struct s2_kernel *fallback; /* for pieces of work that the kernel cannot do; often the same */
  const struct s2_kernel *copy;     /* for pieces that are plain copies; or NULL */
  struct s2_config config, fallback_config;
  bool over_tiles[2];              /* merge: whether some output reads several tiles along the axis */
  size_t first_entry, entry_count; /* of the tables */
};

/* An image between the two passes of a resampling. If the first pass goes along x, it has the columns of the result and
 * the rows of the input that the second pass reads; otherwise the other way round. */
struct s2_middle_image {
  struct s2_pixels pixels; /* its place in the buffer of all such images */
  s2vk_size size;
  uint32_t begin; /* the first of those rows, or columns, of the input */
};

/* All work of a plan. */
struct s2_schedule {
  struct s2_pass passes[S2_PASS_COUNT];
  struct s2_choice (*choices)[S2_PASS_COUNT]; /* of each scale */
  uint32_t scale_count;
  struct s2_middle_image *middles; /* one for each resampling; NULL: there are none */
  uint64_t middle_bytes;           /* of all of them */
  uint32_t accumulator;            /* S2_ACCUMULATOR_* */
  uint64_t accumulator_bytes;
  struct s2_entry *entries; /* of the tables; freed by s2_schedule_trim() */
  size_t entry_count;
  bool table_texels; /* the tables are read as texels */
};

#endif
