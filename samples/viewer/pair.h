/* Two sessions whose features can be compared, since they have as many channels: principal components over both, and of
 * each token of the one the nearest of the other. */
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
  struct buffer features; /* of both, token after token */
  struct analysis joint;  /* of those */
  bool copied;

  struct buffer nearest; /* of each token of the first, then of the second; a struct match each, which the host reads */
  struct analysis_set sets[2];
  uint32_t field, first; /* that nearest are looked for in, and the next token */
  uint64_t frame;        /* that the last one was recorded in; 0: there are more to come */
};

bool pair_is_possible(const struct session *a, const struct session *b);

/* NULL, with the reason in error, if it cannot be made. */
struct pair *pair_create(
    struct analyst *analyst, const struct session *a, const struct session *b, char error[ERROR_BYTES]);
void pair_destroy(struct pair **pair);

/* As analysis_record_components(), over both; before that it takes the features. */
void pair_record_components(struct pair *pair, VkCommandBuffer commands, bool front, bool flipped);

/* The next tokens, as many as `products` multiplications allow; in a field. True once all were recorded. */
bool pair_record_nearest(struct pair *pair, VkCommandBuffer commands, uint32_t field, uint64_t products);

/* The token of the other side that is nearest to this one, once the GPU is done with all; and whether it is so the
 * other way, too. */
struct match pair_match(const struct pair *pair, uint32_t side, uint32_t token);
bool pair_is_mutual(const struct pair *pair, uint32_t token);

#endif
