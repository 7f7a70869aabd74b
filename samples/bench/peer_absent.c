/* Replaces peer.c if there is no OpenMP. */
#include "peer.h"

#include <stddef.h>

bool peer_built(void) {
  return false;
}

const char *peer_why_not(const s2vk_plan_info *info) {
  (void)info;
  return "this build has no OpenMP";
}

struct peer *peer_create(const struct subject *subject) {
  (void)subject;
  return NULL;
}

void peer_destroy(struct peer *peer) {
  (void)peer;
}

void peer_run(struct peer *peer) {
  (void)peer;
}

void peer_wake(void) {
}

void peer_rest(void) {
}

const float *peer_tiles(const struct peer *peer, uint32_t scale) {
  (void)peer, (void)scale;
  return NULL;
}

const float *peer_output(const struct peer *peer) {
  (void)peer;
  return NULL;
}
