/* Split and merge on the CPU in plain C, as a program without Vulkan would have them. Passes are separable, go over
 * their tensors once, and use all cores by OpenMP. CPU drivers are compared with them. Built if CMake finds OpenMP. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "subject.h"

struct peer;

/* Whether this build has a peer. */
bool peer_built(void);

/* The reason why the peer cannot run a plan; NULL: it can. It takes f32 tensors, the default filter, and all tiles of a
 * scale in one call. */
const char *peer_why_not(const s2vk_plan_info *info);

/* Makes a peer with the subject's input and features. Without memory it returns NULL and prints that on stderr. */
struct peer *peer_create(const struct subject *subject);
void peer_destroy(struct peer *peer);

/* Runs both passes. */
void peer_run(struct peer *peer);

/* Start and end OpenMP's threads. After a run they stay awake for a while, and would take the cores from other jobs. */
void peer_wake(void);
void peer_rest(void);

const float *peer_tiles(const struct peer *peer, uint32_t scale); /* all tiles of the scale, in the plan's order */
const float *peer_output(const struct peer *peer);

#endif
