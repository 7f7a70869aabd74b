/* An ONNX model as an s2vk_model. ONNX Runtime runs it on the CPU, in host memory. */
#ifndef ONNX_SESSION_H
#define ONNX_SESSION_H

#include "engine_plan.h"

#include <onnxruntime_c_api.h>

#include <s2vk/s2vk.h>

#define SESSION_REASON_BYTES 512

/* The model's input, or one of its outputs. */
struct session_tensor {
  char *name; /* allocated by the runtime's allocator */
  s2vk_type type;
  size_t rank;
  int64_t dims[4]; /* -1: any */
};

struct session {
  const OrtApi *api;
  OrtEnv *env;
  OrtSession *session;
  OrtMemoryInfo *memory; /* describes the memory of tensors over the caller's memory */
  OrtAllocator *allocator;
  struct session_tensor input, output;
  struct engine_model model;
  bool channels_last;                   /* images and maps are batch x height x width x channels */
  void *padded_tiles, *padded_features; /* for runs of fewer tiles than the model takes */
};

/* Opens a model, and reads the types and shapes of its input and of one output: - The input is batch x 3 x height x
 * width, or has the channels last. - The output is that of the given name. NULL: the first one with tokens or maps. -
 * side is the side of tiles, for a model that takes any side; 0: not given.
 *
 * The output's shape is found by a run on zeros. If the model is not of this kind, returns false and sets the
 * reason. */
bool session_open(
    struct session *session, const char *path, const char *output, uint32_t side, char reason[SESSION_REASON_BYTES]);

/* Accepts a session that is not open. */
void session_close(struct session *session);

/* The model for s2vk. Its callback passes s2vk's memory to the runtime without a copy, except for the tiles of an
 * incomplete fixed batch. */
s2vk_model session_model(struct session *session);

/* ---- What the two files of it share ---- */

/* Returns false and sets the runtime's message as the reason if status is an error. Releases status. */
bool session_check(const struct session *session, OrtStatus *status, char reason[SESSION_REASON_BYTES]);

ONNXTensorElementDataType session_element(s2vk_type type);

#endif
