/* Dispatches and copies, the ranges of tensors that they see, and the choice of kernels that they come from: what a schedule is made
 * of. */
#ifndef S2VK_DISPATCH_H
#define S2VK_DISPATCH_H

#include "schedule/kernel.h"

struct s2_range {
  uint64_t offset, bytes; /* relative to the tensor */
};

/* What a descriptor set shows of the tables, of source, target and, for merge, the accumulator. */
struct s2_ranges {
  struct s2_range tables, source, target, accumulator;
};

#define S2_NO_KEY UINT32_MAX

struct s2_dispatch {
  uint32_t groups[3];
  uint32_t ranges; /* index */
  uint32_t key;    /* index; S2_NO_KEY: this is no dispatch, but a copy */
  uint32_t job;    /* scale * S2_PASS_COUNT + pass, for descriptions */
  union {
    union s2_push push;
    struct s2_copy copy;
  };
};

/* The dispatches of call k are dispatches[first[k]] up to dispatches[first[k + 1]], to be run in this order. */
struct s2_pass {
  uint32_t *first; /* calls + 1 entries */
  struct s2_dispatch *dispatches;
  uint32_t dispatch_count, dispatch_room;
  struct s2_ranges *ranges;
  uint32_t range_count, range_room;
  struct s2_pipeline_key *keys;
  uint32_t key_count, key_room;
  bool source_texels; /* the source is read as texels, too */
};

/* One pass of one scale, as it is done. */
struct s2_choice {
  struct s2_axis axes[2];
  const struct s2_kernel *kernel;
  const struct s2_kernel *fallback; /* does what the kernel cannot where work is cut; often the same */
  const struct s2_kernel *copy;     /* does what is a transfer; or NULL */
  struct s2_config config, fallback_config;
  bool over_tiles[2];              /* merge: whether some output reads several tiles along the axis */
  size_t first_entry, entry_count; /* of the tables */
};

/* What is between the passes of a resampling: columns of the outcome and those rows of the input that it needs; or the other way. */
struct s2_middle_image {
  struct s2_pixels pixels; /* where it is, in the buffer of all of them */
  s2vk_size size;
  uint32_t begin; /* of those rows, or columns, of the input */
};

struct s2_schedule {
  struct s2_pass passes[S2_PASS_COUNT];
  struct s2_choice (*choices)[S2_PASS_COUNT]; /* of each scale */
  uint32_t scale_count;
  struct s2_middle_image *middles; /* of each resampling; NULL: there are none */
  uint64_t middle_bytes;           /* of all of them */
  uint32_t accumulator;            /* S2_ACCUMULATOR_* */
  uint64_t accumulator_bytes;
  struct s2_entry *entries; /* of the tables; freed by s2_schedule_trim() */
  size_t entry_count;
  bool table_texels; /* the tables are read as texels */
};

#endif
