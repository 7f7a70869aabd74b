/* Functions that the kernels of a resampling share. An outcome is one coordinate of the resampled axis in a pass's
 * target. Filled is the part of an outcome's support that lies outside the source and has the fill value. */
#ifndef S2VK_KERNELS_RESAMPLE_H
#define S2VK_KERNELS_RESAMPLE_H

#include "kernels/common.h"

/* Writes the tables of resample_across and resample_down:
 * - Entry 0: (first entry of the outcomes). Entry 1 is not used.
 * - An outcome: (first input, number of groups of four weights, first entry of these, weight of what is filled).
 * - A group of four weights has an entry of its own.
 * Weights are f32. For bytes they are integers in units of 2^-22, as Pillow has them. */
void s2_resample_tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer);

/* The taps [*begin, *end) of the axis with which outcome j reads the source. */
void s2_resample_taps(const struct s2_job *job, uint32_t j, uint32_t *begin, uint32_t *end);
/* The weight of the fill value in outcome j: the bits of a float, or for bytes an integer. */
uint32_t s2_resample_filled(const struct s2_job *job, uint32_t j);
/* A weight for bytes, as an integer in units of 2^-22. */
uint32_t s2_resample_weight(double weight);

/* Configures a kernel whose invocations make `columns` outputs. */
void s2_resample_configure(const struct s2_job *job, uint32_t shader, uint32_t columns, struct s2_config *config);

/* The pipelines of a kernel that resamples along x (across) or along y. */
size_t s2_resample_keys(
    const struct s2_job *job, uint32_t shader, bool across, struct s2_pipeline_key *keys, size_t room);

void s2_resample_groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]);

#endif
