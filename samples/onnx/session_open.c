#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What a model says of itself ---- */

static bool read_type(ONNXTensorElementDataType element, s2vk_type *type) {
  for (*type = S2VK_TYPE_F32; *type <= S2VK_TYPE_BF16; ++*type)
    if (session_element(*type) == element)
      return true;
  return false;
}

/* Reads a tensor's description. Sets rank 0 unless it is f32, f16 or bf16 and has 2 to 4 dimensions. */
static bool read_info(const struct session *session, OrtTypeInfo *info, struct session_tensor *tensor, char *reason) {
  const OrtApi *api = session->api;
  const OrtTensorTypeAndShapeInfo *shape = NULL;
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  size_t rank = 0;
  if (!session_check(session, api->CastTypeInfoToTensorInfo(info, &shape), reason))
    return false;
  if (!shape)
    return true;
  if (!session_check(session, api->GetTensorElementType(shape, &element), reason) ||
      !session_check(session, api->GetDimensionsCount(shape, &rank), reason))
    return false;
  if (rank < 2 || rank > 4 || !read_type(element, &tensor->type))
    return true;
  tensor->rank = rank;
  return session_check(session, api->GetDimensions(shape, tensor->dims, rank), reason);
}

static bool read_tensor(
    const struct session *session, bool input, size_t index, struct session_tensor *tensor, char *reason) {
  const OrtApi *api = session->api;
  OrtTypeInfo *info = NULL;
  *tensor = (struct session_tensor){.rank = 0};
  bool done = session_check(session,
                  input ? api->SessionGetInputName(session->session, index, session->allocator, &tensor->name)
                        : api->SessionGetOutputName(session->session, index, session->allocator, &tensor->name),
                  reason) &&
              session_check(session,
                  input ? api->SessionGetInputTypeInfo(session->session, index, &info)
                        : api->SessionGetOutputTypeInfo(session->session, index, &info),
                  reason) &&
              read_info(session, info, tensor, reason);
  api->ReleaseTypeInfo(info);
  return done;
}

static void release_tensor(const struct session *session, struct session_tensor *tensor) {
  if (tensor->name)
    session_check(
        session, session->api->AllocatorFree(session->allocator, tensor->name), (char[SESSION_REASON_BYTES]){0});
  *tensor = (struct session_tensor){.rank = 0};
}

/* ---- The input ---- */

static bool find_input(struct session *session, char *reason) {
  const struct session_tensor *input = &session->input;
  size_t count = 0;
  if (!session_check(session, session->api->SessionGetInputCount(session->session, &count), reason))
    return false;
  if (count != 1) {
    snprintf(reason, SESSION_REASON_BYTES, "has %zu inputs; one is expected, for images", count);
    return false;
  }
  if (!read_tensor(session, true, 0, &session->input, reason))
    return false;
  session->channels_last = input->rank == 4 && input->dims[3] == 3 && input->dims[1] != 3;
  if (input->rank == 4 && (session->channels_last || input->dims[1] == 3 || input->dims[1] < 0))
    return true;
  snprintf(reason, SESSION_REASON_BYTES,
      "its input %s is no tensor of 3 channels, height and width, in f32, f16 or bf16", input->name);
  return false;
}

static bool find_side(struct session *session, uint32_t given, char *reason) {
  const int64_t *dims = session->input.dims + (session->channels_last ? 1 : 2), height = dims[0], width = dims[1];
  const int64_t fixed = height > 0 ? height : width;
  if (height > 0 && width > 0 && height != width)
    snprintf(reason, SESSION_REASON_BYTES, "takes images of %lld x %lld, and tiles are square", (long long)height,
        (long long)width);
  else if (fixed > 0 && given && fixed != given)
    snprintf(reason, SESSION_REASON_BYTES, "takes tiles of %lld x %lld, and not of %u", (long long)fixed,
        (long long)fixed, given);
  else if (fixed <= 0 && !given)
    snprintf(reason, SESSION_REASON_BYTES, "takes images of any size; --max-split-size says which side tiles have");
  else if (fixed > (int64_t)S2VK_MAX_SIDE || session->input.dims[0] > UINT16_MAX)
    snprintf(reason, SESSION_REASON_BYTES, "takes %lld images of %lld x %lld", (long long)session->input.dims[0],
        (long long)fixed, (long long)fixed);
  else {
    session->model.side = fixed > 0 ? (uint32_t)fixed : given;
    session->model.batch = session->input.dims[0] > 0 ? (uint32_t)session->input.dims[0] : 0;
    return true;
  }
  return false;
}

/* ---- The output ---- */

/* Finds the output of a name. Without a name it is the first one of 3 or 4 dimensions, which has features for each
 * patch, or else a pooled one. */
static bool find_output(struct session *session, const char *name, char *reason) {
  size_t count = 0, best = 0;
  if (!session_check(session, session->api->SessionGetOutputCount(session->session, &count), reason))
    return false;
  for (size_t i = 0; i < count; i++) {
    struct session_tensor tensor;
    if (!read_tensor(session, false, i, &tensor, reason))
      return false;
    const size_t worth = !tensor.rank ? 0 : name ? strcmp(name, tensor.name) == 0 : tensor.rank == 2 ? 1 : 2;
    if (worth > best) {
      release_tensor(session, &session->output);
      session->output = tensor;
      best = worth;
    } else
      release_tensor(session, &tensor);
  }
  if (!best)
    snprintf(reason, SESSION_REASON_BYTES, "has no output %s%sof f32, f16 or bf16 with 2 to 4 dimensions",
        name ? name : "", name ? " " : "");
  return best;
}

static bool take_shape(struct session *session, const int64_t *dims, size_t rank, uint32_t tiles, char *reason) {
  bool fits = rank == session->output.rank && dims[0] == tiles;
  for (size_t i = 1; fits && i < rank; i++)
    fits = dims[i] > 0 && dims[i] <= (int64_t)S2VK_MAX_SIDE;
  if (!fits) {
    snprintf(reason, SESSION_REASON_BYTES, "its output %s has %lld rows for %u images", session->output.name,
        rank ? (long long)dims[0] : 0, tiles);
    return false;
  }
  const int64_t *maps = session->channels_last ? (int64_t[]){dims[3], dims[1], dims[2]} : dims + 1;
  session->model.maps = rank == 4;
  session->model.made =
      rank == 4
          ? (s2vk_model_shape){.channels = (uint32_t)maps[0], .height = (uint32_t)maps[1], .width = (uint32_t)maps[2]}
      : rank == 3 ? (s2vk_model_shape){.channels = (uint32_t)dims[2], .tokens = (uint32_t)dims[1]}
                  : (s2vk_model_shape){.channels = (uint32_t)dims[1], .tokens = 1};
  return true;
}

static bool read_made(struct session *session, const OrtValue *value, uint32_t tiles, char *reason) {
  const OrtApi *api = session->api;
  OrtTensorTypeAndShapeInfo *shape = NULL;
  int64_t dims[4] = {0};
  size_t rank = 0;
  bool done = session_check(session, api->GetTensorTypeAndShape(value, &shape), reason) &&
              session_check(session, api->GetDimensionsCount(shape, &rank), reason) && rank <= 4 &&
              session_check(session, api->GetDimensions(shape, dims, rank), reason) &&
              take_shape(session, dims, rank, tiles, reason);
  api->ReleaseTensorTypeAndShapeInfo(shape);
  return done;
}

/* Runs the model on zeros: only then many models have the shape of their output. */
static bool find_shape(struct session *session, char *reason) {
  const OrtApi *api = session->api;
  const uint32_t tiles = session->model.batch ? session->model.batch : 1;
  const size_t elements = (size_t)3 * tiles * session->model.side * session->model.side,
               bytes = elements * s2vk_type_size(session->input.type);
  const int64_t side = session->model.side;
  const int64_t *dims = session->channels_last ? (int64_t[]){tiles, side, side, 3} : (int64_t[]){tiles, 3, side, side};
  OrtValue *input = NULL, *output = NULL;
  void *zeros = calloc(bytes, 1);
  snprintf(reason, SESSION_REASON_BYTES, "no memory for %u images of %u x %u", tiles, session->model.side,
      session->model.side);
  bool done = zeros &&
              session_check(session,
                  api->CreateTensorWithDataAsOrtValue(
                      session->memory, zeros, bytes, dims, 4, session_element(session->input.type), &input),
                  reason) &&
              session_check(session,
                  api->Run(session->session, NULL, (const char *const[]){session->input.name},
                      (const OrtValue *const[]){input}, 1, (const char *const[]){session->output.name}, 1, &output),
                  reason) &&
              read_made(session, output, tiles, reason);
  api->ReleaseValue(input);
  api->ReleaseValue(output);
  free(zeros);
  return done;
}

/* ---- The session ---- */

static bool start(struct session *session, const char *path, char *reason) {
  OrtSessionOptions *options = NULL;
  session->api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (!session->api) {
    snprintf(reason, SESSION_REASON_BYTES, "ONNX Runtime %s is older than the header that this was built with",
        OrtGetApiBase()->GetVersionString());
    return false;
  }
  const OrtApi *api = session->api;
  bool done =
      session_check(session, api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "onnx", &session->env), reason) &&
      session_check(session, api->CreateSessionOptions(&options), reason) &&
      session_check(session, api->CreateSession(session->env, path, options, &session->session), reason) &&
      session_check(session, api->GetAllocatorWithDefaultOptions(&session->allocator), reason) &&
      session_check(session, api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &session->memory), reason);
  if (options)
    api->ReleaseSessionOptions(options);
  return done;
}

bool session_open(
    struct session *session, const char *path, const char *output, uint32_t side, char reason[SESSION_REASON_BYTES]) {
  *session = (struct session){.api = NULL};
  if (start(session, path, reason) && find_input(session, reason) && find_side(session, side, reason) &&
      find_output(session, output, reason) && find_shape(session, reason)) {
    session->model.features = session->output.name;
    session->model.tile_type = session->input.type;
    session->model.feature_type = session->output.type;
    session->model.tile_strides.order = session->channels_last ? S2VK_ORDER_NHWC : S2VK_ORDER_NCHW;
    session->model.feature_strides.order =
        session->channels_last && session->model.maps ? S2VK_ORDER_NHWC : S2VK_ORDER_NCHW;
    return true;
  }
  session_close(session);
  return false;
}

void session_close(struct session *session) {
  free(session->padded_tiles);
  free(session->padded_features);
  if (session->api) {
    release_tensor(session, &session->input);
    release_tensor(session, &session->output);
    if (session->memory)
      session->api->ReleaseMemoryInfo(session->memory);
    if (session->session)
      session->api->ReleaseSession(session->session);
    if (session->env)
      session->api->ReleaseEnv(session->env);
  }
  *session = (struct session){.api = NULL};
}
