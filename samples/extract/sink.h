/* A sink writes features: a .npy file for each image, or one safetensors file for all. Files have another name until
 * they are complete. Images that an earlier run has completed are not done again. */
#ifndef EXTRACT_SINK_H
#define EXTRACT_SINK_H

#include "engine.h"
#include "shard.h"
#include "sources.h"

#include <cJSON.h>

struct sink;

/* Parameters of a sink. They must outlive it. */
struct sink_info {
  const struct options *options;
  const char *output; /* the output of this sink */
  struct sources
      *sources; /* sources of this shard. Opening removes those that are done, or sets `first`. NULL: a tar file */
  const struct sources *inputs; /* all files that are read, and must not be written */
  const struct source *tar;
  const struct shard *shard;
  const char *settings; /* everything that the features depend on besides the images */
  const cJSON *run;     /* the description of the run, by describe_run() */
};

/* The state that an earlier run has left. */
struct sink_state {
  size_t done;   /* images */
  size_t broken; /* images that could not be read and are not tried again */
  size_t first;  /* the source to begin with */
  bool complete; /* there is nothing to do */
};

struct sink_type {
  /* Opens a sink. Fails if the output cannot be made, has features of other settings, or is in use by another process.
   * On failure returns NULL and prints the reason on stderr. */
  struct sink *(*open)(const struct sink_info *info, struct sink_state *state);
  /* Writes the features of an image of the frame, and adds their place to the image's record. On failure returns false
   * and prints the reason on stderr. Nothing more is written then. */
  bool (*put)(struct sink *sink, const struct frame *frame, uint32_t index, cJSON *record);
  /* Called when all images of the frame are written. */
  bool (*end_frame)(struct sink *sink, const struct frame *frame);
  /* Closes the sink. all: all images were written, and the output is completed. On failure returns false and prints the
   * reason on stderr. */
  bool (*close)(struct sink *sink, bool all, size_t broken);
};

extern const struct sink_type sink_npy, sink_safetensors;

/* Makes the string folder/name, followed by suffix. Returns NULL and prints a message if there is no memory. */
char *sink_join(const char *folder, const char *name, const char *suffix);

/* Checks that a path may be written. It must not be an input, or a file that extract did not write. Prints the reason
 * on stderr otherwise. */
bool sink_may_write(const struct sink_info *info, const char *path);

/* Makes the string NAME or, with several shards, NAME-00001-of-00004, followed by the ending. */
char *sink_shard_path(const char *stem, size_t stem_bytes, const struct shard *shard, const char *ending);

#endif
