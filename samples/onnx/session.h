/* An ONNX model on the CPU, by ONNX Runtime: a model of s2vk's that takes host memory. */
#ifndef ONNX_SESSION_H
#define ONNX_SESSION_H

#include "engine_plan.h"

#include <onnxruntime_c_api.h>

#include <s2vk/s2vk.h>

#define SESSION_REASON_BYTES 512

/* Of the model's input, or of one of its outputs. */
struct session_tensor {
  char *name; /* the runtime's allocator's */
  s2vk_type type;
  size_t rank;
  int64_t dims[4]; /* -1: any */
};

struct session {
  const OrtApi *api;
  OrtEnv *env;
  OrtSession *session;
  OrtMemoryInfo *memory; /* what tensors over memory of the caller's are in */
  OrtAllocator *allocator;
  struct session_tensor input, output;
  struct engine_model model;
  bool channels_last;                   /* images and maps are batch x height x width x channels */
  void *padded_tiles, *padded_features; /* of a run that has fewer tiles than the model takes */
};

/* Opens a model, and asks it for the shape and type of its input, batch x 3 x height x width or with the channels last,
 * and of the output of that name; of the first one with tokens or maps if it is NULL. side: of tiles, for a model that
 * takes any; 0: none was given. The output's shape is found by a run on zeros. False, with a reason, if it is no such
 * model. */
bool session_open(
    struct session *session, const char *path, const char *output, uint32_t side, char reason[SESSION_REASON_BYTES]);

/* Accepts a session that is not open. */
void session_close(struct session *session);

/* Its callback hands the runtime s2vk's memory as it is; only tiles that fill up a fixed batch are copied. */
s2vk_model session_model(struct session *session);

/* ---- What the two files of it share ---- */

/* False, with the runtime's words, if it is an error. Releases it. */
bool session_check(const struct session *session, OrtStatus *status, char reason[SESSION_REASON_BYTES]);

ONNXTensorElementDataType session_element(s2vk_type type);

#endif
