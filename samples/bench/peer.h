/* Split and merge on the CPU in plain C: separable, each pass over its tensors once, on all cores by OpenMP. It is what
 * a program without Vulkan would have, and so what a driver on the CPU is measured beside. Built where
 * OpenMP is found. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "subject.h"

struct peer;

/* Whether this build has one. */
bool peer_built(void);

/* Why it cannot run a plan; NULL: it can. It takes f32 tensors, the default filter, and all tiles of a scale in one
 * call. */
const char *peer_why_not(const s2vk_plan_info *info);

/* With the subject's input and features. NULL without memory, which is said on stderr. */
struct peer *peer_create(const struct subject *subject);
void peer_destroy(struct peer *peer);

/* Both passes. */
void peer_run(struct peer *peer);

/* Start OpenMP's threads, and end them: after a run they stay awake for a while, and others would not
 * have the cores. */
void peer_wake(void);
void peer_rest(void);

const float *peer_tiles(const struct peer *peer, uint32_t scale); /* all of the scale's, in the plan's order */
const float *peer_output(const struct peer *peer);

#endif
