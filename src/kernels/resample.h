/* What the kernels of a resampling share. */
#ifndef S2VK_KERNELS_RESAMPLE_H
#define S2VK_KERNELS_RESAMPLE_H

#include "kernels/common.h"

/* Entry 0 has the first entry of the outcomes. An outcome has an entry (first input, fours of weights, their first entry, weight of
 * what is filled), a four of weights one of its own. Weights are f32, or of bytes integers, 2^22 being 1, as Pillow makes them. */
void s2_resample_tables(const struct s2_job *job, struct s2_writer *writer);

/* Taps [*begin, *end) of the axis are what outcome j reads of the source; the weight of the rest, which is filled; and a weight of
 * bytes. */
void s2_resample_taps(const struct s2_job *job, uint32_t j, uint32_t *begin, uint32_t *end);
uint32_t s2_resample_filled(const struct s2_job *job, uint32_t j);
uint32_t s2_resample_weight(double weight);

/* How a kernel with `columns` outputs an invocation does a job. */
void s2_resample_configure(const struct s2_job *job, uint32_t shader, uint32_t columns, struct s2_config *config);

/* The pipelines of a kernel, which makes images along x or along y. */
size_t s2_resample_keys(
    const struct s2_job *job, uint32_t shader, bool across, struct s2_pipeline_key *keys, size_t room);

void s2_resample_groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]);

#endif
