#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool session_check(const struct session *session, OrtStatus *status, char reason[SESSION_REASON_BYTES]) {
  if (!status)
    return true;
  snprintf(reason, SESSION_REASON_BYTES, "%s", session->api->GetErrorMessage(status));
  session->api->ReleaseStatus(status);
  return false;
}

ONNXTensorElementDataType session_element(s2vk_type type) {
  return type == S2VK_TYPE_F16    ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
         : type == S2VK_TYPE_BF16 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16
                                  : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

/* Makes a tensor of `count` tiles, or of their features, over existing memory. */
static OrtStatus *wrap(const struct session *session, const struct session_tensor *tensor, const s2vk_shape *shape,
    uint32_t count, void *data, OrtValue **value) {
  int64_t dims[4] = {count};
  size_t bytes = s2vk_type_size(tensor->type) * count, rank = tensor->rank;
  for (uint32_t i = 1; i < shape->rank; i++)
    bytes *= shape->dims[i];
  for (uint32_t i = 1; i < rank; i++) /* pooled features have no dimension of tokens, which is 1 here */
    dims[i] = shape->dims[shape->rank - rank + i];
  if (session->channels_last && rank == 4) { /* the shape is that of NCHW, in whatever order the elements are */
    dims[1] = shape->dims[2];
    dims[2] = shape->dims[3];
    dims[3] = shape->dims[1];
  }
  return session->api->CreateTensorWithDataAsOrtValue(
      session->memory, data, bytes, dims, rank, session_element(tensor->type), value);
}

static s2vk_result run(
    const struct session *session, const s2vk_model_call *call, uint32_t count, const void *tiles, void *features) {
  char reason[SESSION_REASON_BYTES];
  OrtValue *input = NULL, *output = NULL;
  void *read = (void *)(uintptr_t)tiles; /* the runtime does not write to it */
  bool done = session_check(session, wrap(session, &session->input, &call->tiles.shape, count, read, &input), reason) &&
              session_check(
                  session, wrap(session, &session->output, &call->features.shape, count, features, &output), reason) &&
              session_check(session,
                  session->api->Run(session->session, NULL, (const char *const[]){session->input.name},
                      (const OrtValue *const[]){input}, 1, (const char *const[]){session->output.name}, 1, &output),
                  reason);
  session->api->ReleaseValue(input);
  session->api->ReleaseValue(output);
  if (!done)
    fprintf(stderr, "onnx: call %u: %s\n", call->index, reason);
  return done ? S2VK_SUCCESS : S2VK_ERROR_MODEL;
}

/* Runs fewer tiles than the model takes. The other tiles are zeros, and their features are ignored. */
static s2vk_result run_padded(struct session *session, const s2vk_model_call *call, const void *tiles, void *features) {
  const uint32_t count = call->tiles.shape.dims[0];
  size_t tile = s2vk_type_size(session->input.type), feature = s2vk_type_size(session->output.type);
  for (uint32_t i = 1; i < 4; i++) {
    tile *= call->tiles.shape.dims[i];
    feature *= i < call->features.shape.rank ? call->features.shape.dims[i] : 1;
  }
  if (!session->padded_tiles)
    session->padded_tiles = malloc(session->model.batch * tile);
  if (!session->padded_features)
    session->padded_features = malloc(session->model.batch * feature);
  if (!session->padded_tiles || !session->padded_features)
    return S2VK_ERROR_OUT_OF_HOST_MEMORY;
  memset(session->padded_tiles, 0, session->model.batch * tile);
  memcpy(session->padded_tiles, tiles, count * tile);
  s2vk_result result = run(session, call, session->model.batch, session->padded_tiles, session->padded_features);
  if (!result)
    memcpy(features, session->padded_features, count * feature);
  return result;
}

static s2vk_result run_call(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  struct session *session = user;
  const uint32_t count = call->tiles.shape.dims[0];
  if (session->model.batch && count < session->model.batch)
    return run_padded(session, call, tiles, features);
  return run(session, call, count, tiles, features);
}

s2vk_model session_model(struct session *session) {
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = session, .run = run_call};
}
