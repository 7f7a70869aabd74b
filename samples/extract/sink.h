/* Where features go: a .npy file for each image, or all into one safetensors file. Files have another name until they are
 * complete, and what an earlier run has completed is not done again. */
#ifndef EXTRACT_SINK_H
#define EXTRACT_SINK_H

#include "engine.h"
#include "shard.h"
#include "sources.h"

struct sink;

/* What a sink is made of; all of it outlives the sink. */
struct sink_info {
  const char *output;
  struct sources *sources; /* of this shard; those that are done are taken out, unless `first` says */
  const struct shard *shard;
  const char *settings; /* all that the features depend on besides the images */
  bool overwrite;
};

/* How far an earlier run had come. */
struct sink_state {
  size_t done;   /* images */
  size_t broken; /* images that it could not read, and that are not tried again */
  size_t first;  /* source to begin with */
};

struct sink_type {
  /* NULL, with the reason on stderr, if it cannot be made, or holds features of other settings. */
  struct sink *(*open)(const struct sink_info *info, struct sink_state *state);
  /* Writes the images of a frame. False, with the reason on stderr, if that fails; no other frame is written then. */
  bool (*put)(struct sink *sink, const struct frame *frame, s2vk_type type);
  /* Completes it, if all images were put. False, with the reason on stderr, if that fails. */
  bool (*close)(struct sink *sink, bool all);
};

extern const struct sink_type sink_npy, sink_safetensors;

#endif
