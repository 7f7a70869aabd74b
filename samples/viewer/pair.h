/* Two sessions with the same number of channels, whose features can be compared. A pair has the principal components
 * over both sessions, and for each token the nearest token of the other session. */
#ifndef VIEWER_PAIR_H
#define VIEWER_PAIR_H

#include "session.h"

struct match {
  uint32_t token;
  float similarity;
};

struct pair {
  struct analyst *analyst;
  const struct session *sessions[2];
  uint32_t tokens[2];
  struct buffer features; /* of both sessions, token after token */
  struct analysis joint;  /* of these features */
  bool copied;

  struct buffer nearest; /* struct match: tokens of the first session, then of the second; read by the host */
  struct analysis_set sets[2];
  uint32_t field, first; /* the field in which nearest tokens are searched; the next token to search for */
  uint64_t frame;        /* the frame that recorded the last search; 0: not all are recorded */
};

bool pair_is_possible(const struct session *a, const struct session *b);

/* Returns NULL and the reason in error on failure. */
struct pair *pair_create(
    struct analyst *analyst, const struct session *a, const struct session *b, char error[ERROR_BYTES]);
void pair_destroy(struct pair **pair);

/* Copies the features of both, and records the same as analysis_record_components() over them. */
void pair_record_components(struct pair *pair, VkCommandBuffer commands, bool front, bool flipped);

/* Records searches for the next tokens of a field, at most `products` multiplications. True once all are recorded. */
bool pair_record_nearest(struct pair *pair, VkCommandBuffer commands, uint32_t field, uint64_t products);

/* Finds the nearest token on the other side, once the GPU has completed all searches, and whether the two are mutual
 * nearest neighbours. */
struct match pair_match(const struct pair *pair, uint32_t side, uint32_t token);
bool pair_is_mutual(const struct pair *pair, uint32_t token);

#endif
