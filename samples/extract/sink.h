/* Where features go: a .npy file for each image, or all into one safetensors file. Files have another name until they
 * are complete, and what an earlier run has completed is not done again. */
#ifndef EXTRACT_SINK_H
#define EXTRACT_SINK_H

#include "engine.h"
#include "shard.h"
#include "sources.h"

#include <cJSON.h>

struct sink;

/* Parameters of a sink; all of them outlive it. */
struct sink_info {
  const struct options *options;
  const char *output; /* of this sink */
  struct sources
      *sources; /* of this shard; those that are done are taken out, unless `first` says. NULL: it is a tar file */
  const struct sources *inputs; /* all files that are read, which are not to be written */
  const struct source *tar;
  const struct shard *shard;
  const char *settings; /* all that the features depend on besides the images */
  const cJSON *run;     /* the same, and more, as describe_run() has it */
};

/* How far an earlier run had come. */
struct sink_state {
  size_t done;   /* images */
  size_t broken; /* images that it could not read, and that are not tried again */
  size_t first;  /* source to begin with */
  bool complete; /* there is nothing to do */
};

struct sink_type {
  /* NULL, with the reason on stderr, if it cannot be made, holds features of other settings, or
   * is another process's. */
  struct sink *(*open)(const struct sink_info *info, struct sink_state *state);
  /* Writes the features of an image of the frame; adds to its record where they are. False, with the reason on stderr,
   * if that fails; nothing more is written then. */
  bool (*put)(struct sink *sink, const struct frame *frame, uint32_t index, cJSON *record);
  /* All images of the frame were put. */
  bool (*end_frame)(struct sink *sink, const struct frame *frame);
  /* Completes it, if all images were put. False, with the reason on stderr, if that fails. */
  bool (*close)(struct sink *sink, bool all, size_t broken);
};

extern const struct sink_type sink_npy, sink_safetensors;

/* folder/name followed by suffix; a new string, or NULL with a message. */
char *sink_join(const char *folder, const char *name, const char *suffix);

/* Whether a path can be written: it is no input, nor a file that extract did not write. The reason is on stderr. */
bool sink_may_write(const struct sink_info *info, const char *path);

/* NAME, or with several shards NAME-00001-of-00004; behind it the ending. */
char *sink_shard_path(const char *stem, size_t stem_bytes, const struct shard *shard, const char *ending);

#endif
