/* S2 with one set of settings, on one photograph: a plan, its binding, the model bound to it, and the analysis of its
 * output. Another set of settings is another session; the one before is drawn until the new one has its features. */
#ifndef VIEWER_SESSION_H
#define VIEWER_SESSION_H

#include "analysis.h"
#include "descriptor.h"
#include "picture.h"
#include "vit.h"

#define MAX_SCALES 4
#define MIN_SCALE 0.25
#define MAX_SCALE 6.0
#define SCALE_STEP 0.25
#define ERROR_BYTES PICTURE_ERROR_BYTES
#define MAX_MODELS 4                 /* besides the descriptor */
#define TILE_STORE_BYTES (48u << 20) /* what all tiles are kept in */

/* What can be changed while it runs. */
struct settings {
  double scales[MAX_SCALES];
  uint32_t scale_count;
  bool sized; /* the scales have sizes, whatever the photograph's is: those below, until a scale is changed */
  s2vk_size sizes[MAX_SCALES];
  s2vk_split_mode split_mode;
  s2vk_grid_policy grid;
  uint32_t output;         /* the scale whose grid the output has; beyond the last: the last */
  uint32_t tiles_per_call; /* 0: all of a scale */
  s2vk_filter filter;
  uint32_t model;  /* 0: the descriptor; from 1 on the transformers and ConvNets of the backend */
  bool preprocess; /* by that model's image processor, as extract does */
};

/* What is made of models' folders, and how large tiles are. */
struct source {
  const char *folders[MAX_MODELS]; /* of vision transformers and ConvNets */
  uint32_t folder_count;
  int32_t layer;      /* as vit_options.layer */
  enum vit_norm norm; /* likewise */
  uint32_t side;      /* of a tile; 0: the one that a model was trained with, or DESCRIPTOR_SIDE */
};

#define DESCRIPTOR_SIDE 224
#define DESCRIPTOR_PATCH 16

struct session;

/* Of a folder. */
struct backend_model {
  char *path;
  struct vit_folder *folder;
  struct vit *vit;
  const struct session *bound; /* whose tiles and features it takes and gives */
};

/* What sessions share. */
struct backend {
  const struct gpu *gpu;
  s2vk_context_info info;
  s2vk_context *context;
  struct analyst analyst;
  char log[ERROR_BYTES - 64]; /* the library's last line */
  struct source source;
  struct backend_model models[MAX_MODELS];
  uint32_t model_count;
  uint32_t descriptor_side;
};

/* False, with the reason on stderr. */
bool backend_create(struct backend *backend, const struct gpu *gpu, const struct source *source);
void backend_destroy(struct backend *backend);

/* Another model's folder; waits for its weights. False, with the reason in error; then all is as it was. */
bool backend_add(struct backend *backend, const char *folder, char error[ERROR_BYTES]);

/* What a model is called: the last part of its folder's path. */
const char *backend_model_name(const struct backend *backend, uint32_t model);

/* What is done to photographs for settings; NULL: nothing. */
const struct vit_preprocess *backend_preprocess(
    const struct backend *backend, const struct settings *settings, struct vit_preprocess *out);

/* Milliseconds on the GPU. Drivers compile shaders when they first run, so what counts is the second run. */
struct times {
  bool known;
  double split, model, merge, components;
};

struct session {
  struct backend *backend;
  struct picture *picture;
  struct settings settings;
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct descriptor descriptor;
  s2vk_model model;
  s2vk_plan_layout layout;
  s2vk_scale_layout scales[MAX_SCALES];
  struct analysis analysis;
  struct buffer tiles;              /* all of them, as the model is given them: RGBA, each tiles_side x tiles_side */
  struct buffer tile;               /* one of them, as large as it is */
  uint32_t tiles_side, tiles_shift; /* the side of a tile, halved so many times */
  struct analysis_set tiles_set, tile_set;
  uint64_t shown_tile; /* in tile; UINT64_MAX: none */
  float covered[2];    /* tokens of the grid, across and down, that the photograph covers */
  VkQueryPool queries;
  uint32_t next_call; /* layout.call_count + 1: all is recorded, the analysis too */
  bool timed;         /* the times of what was recorded have been read */
  uint32_t runs;      /* whose times were read */
  struct times times; /* of the last one */
};

/* NULL, with the reason in error, if it cannot be made. Holds the picture. */
struct session *session_create(
    struct backend *backend, struct picture *picture, const struct settings *settings, char error[ERROR_BYTES]);

/* Clears the handle; accepts NULL in it. The GPU must be done with it. */
void session_destroy(struct session **session);

/* Records the next calls, at most so many, and after the last one the principal components and lengths. Waits for the
 * queue where the model had another session's tensors. False, with the reason in error. */
bool session_record(struct session *session, VkCommandBuffer commands, uint32_t calls, char error[ERROR_BYTES]);
bool session_is_recorded(const struct session *session);

/* Has it record everything once more. */
void session_restart(struct session *session);

/* Has a tile in `tile`, as large as it is; after everything was recorded. */
void session_record_tile(struct session *session, VkCommandBuffer commands, uint64_t tile);

/* Reads the times of a run, if they are there and new. */
void session_read_times(struct session *session);

/* Bytes on the device: the binding's buffers and tables, and a transformer's workspace. */
uint64_t session_workspace_bytes(const struct session *session);

/* The token at a place of the photograph, from 0 to 1. */
uint32_t session_token_at(const struct session *session, float x, float y);

/* Where a token is, in pixels of the picture: x, y, width, height. */
void session_token_box(const struct session *session, uint32_t token, float box[4]);

/* The model; NULL: the descriptor. */
const struct backend_model *session_model(const struct session *session);

/* The plan as it is asked for. scales and sizes point into the session. */
s2vk_plan_info session_plan_info(const struct session *session, s2vk_pixels_info *pixels);

/* The scale whose grid the output has. */
uint32_t session_output_scale(const struct session *session);

#endif
