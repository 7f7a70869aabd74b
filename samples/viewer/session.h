/* A session is S2 with one set of settings on one photograph: a plan, its binding, the model bound to it, and the
 * analysis of its output. Other settings need another session. The old one is drawn until the new one has its
 * features. */
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
#define MAX_MODELS 4                 /* in addition to the descriptor */
#define TILE_STORE_BYTES (48u << 20) /* the most bytes for kept tiles */

/* Settings that can change while the program runs. */
struct settings {
  double scales[MAX_SCALES]; /* factors of the photograph's size; with a preset multiples of a tile's side */
  uint32_t scale_count;
  bool sized; /* scales have the sizes below, for any photograph, until a scale is changed */
  s2vk_size sizes[MAX_SCALES];
  s2vk_split_mode split_mode;
  s2vk_grid_policy grid;
  uint32_t output;         /* the scale whose grid the output has; larger values: the last scale */
  uint32_t tiles_per_call; /* 0: all of a scale */
  s2vk_filter filter;
  uint32_t model;  /* 0: the descriptor; from 1 on the transformers and ConvNets of the backend */
  bool preprocess; /* by that model's image processor, as extract does; not with a preset */

  /* As the options of these names. */
  bool has_preset;
  enum preset preset;
  bool dynamic_s2;
  uint32_t max_tiles; /* 0: preset_max_tiles() */
  bool blocks;        /* of what leaves the program; pictures show the grid. Always with PRESET_NVILA */
};

/* The models' folders, and the options that apply to all of them. */
struct source {
  const char *folders[MAX_MODELS]; /* of vision transformers and ConvNets */
  uint32_t folder_count;
  int32_t layer;      /* see vit_options.layer */
  enum vit_norm norm; /* see vit_options */
  uint32_t side;      /* of a tile; 0: the model's own, or DESCRIPTOR_SIDE */
};

#define DESCRIPTOR_SIDE 224
#define DESCRIPTOR_PATCH 16

struct session;

/* A model that was read from a folder. */
struct backend_model {
  char *path;
  struct vit_folder *folder;
  struct vit *vit;
  const struct session *bound; /* the session whose tiles it reads and whose features it writes */
};

/* What all sessions share. */
struct backend {
  const struct gpu *gpu;
  s2vk_context_info info;
  s2vk_context *context;
  struct analyst analyst;
  char log[ERROR_BYTES - 64]; /* the last message of the library */
  struct source source;
  struct backend_model models[MAX_MODELS];
  uint32_t model_count;
  uint32_t descriptor_side; /* without a preset */
};

/* On failure returns false and prints the reason on stderr. */
bool backend_create(struct backend *backend, const struct gpu *gpu, const struct source *source);
void backend_destroy(struct backend *backend);

/* Adds a model's folder, and waits for its weights. On failure returns false and the reason in error; nothing
 * changes. */
bool backend_add(struct backend *backend, const char *folder, char error[ERROR_BYTES]);

/* The name of a model: the last part of its folder's path. */
const char *backend_model_name(const struct backend *backend, uint32_t model);

/* What is done to photographs for these settings when they are read. */
struct preparation backend_preparation(const struct backend *backend, const struct settings *settings);

/* The side of a tile with these settings, in pixels. */
uint32_t backend_side(const struct backend *backend, const struct settings *settings);

/* The preset of these settings, which it points into. */
struct preset_choice backend_preset(const struct backend *backend, const struct settings *settings);

/* Changes settings to a preset, or to none, with the scales of that. */
void settings_take_preset(struct settings *settings, bool has_preset, enum preset preset);

/* Milliseconds on the GPU. Drivers compile shaders at the first run, so that the second run counts. */
struct times {
  bool known;
  double split, model, merge, components;
};

struct session {
  struct backend *backend;
  struct picture *picture;
  struct settings settings;
  s2vk_plan *plan;
  s2vk_plan *blocks; /* the same plan with its output in blocks, for what leaves the program; NULL: not in blocks */
  s2vk_binding *binding;
  struct descriptor descriptor;
  s2vk_model model;
  s2vk_plan_layout layout;
  s2vk_scale_layout scales[MAX_SCALES];
  struct analysis analysis;
  struct buffer tiles;              /* all tiles as the model receives them: RGBA, each tiles_side x tiles_side */
  struct buffer tile;               /* one tile at its full size */
  uint32_t tiles_side, tiles_shift; /* the side of a kept tile; how often it was halved */
  struct analysis_set tiles_set, tile_set;
  float mean[3], deviation[3]; /* undone when tiles are shown */
  uint64_t shown_tile;         /* the number of the tile in `tile`; UINT64_MAX: none */
  float covered[2];            /* tokens of the grid, across and down, that the photograph covers */
  VkQueryPool queries;
  uint32_t next_call; /* layout.call_count + 1: all calls and the analysis are recorded */
  bool timed;         /* the times of what was recorded have been read */
  uint32_t runs;      /* runs whose times were read */
  struct times times; /* of the last run */
};

/* Creates a session, which holds the picture. On failure returns NULL and the reason in error. */
struct session *session_create(
    struct backend *backend, struct picture *picture, const struct settings *settings, char error[ERROR_BYTES]);

/* Destroys a session, and clears the handle, which may be NULL. The GPU must have finished with the session. */
void session_destroy(struct session **session);

/* Records the next calls, at most `calls`; after the last one also the principal components and lengths. If the model
 * is bound to another session, waits for the queue first. On failure returns false and the reason in error. */
bool session_record(struct session *session, VkCommandBuffer commands, uint32_t calls, char error[ERROR_BYTES]);
bool session_is_recorded(const struct session *session);

/* Makes the session record everything again. */
void session_restart(struct session *session);

/* Copies a tile at its full size to `tile`. Everything must have been recorded before. */
void session_record_tile(struct session *session, VkCommandBuffer commands, uint64_t tile);

/* Reads the times of a run if they are available and new. */
void session_read_times(struct session *session);

/* Bytes on the device: the binding's buffers and tables, and a transformer's workspace. */
uint64_t session_workspace_bytes(const struct session *session);

/* The token at a place of the photograph; coordinates are from 0 to 1. */
uint32_t session_token_at(const struct session *session, float x, float y);

/* Where a token is, in pixels of the picture: x, y, width, height. */
void session_token_box(const struct session *session, uint32_t token, float box[4]);

/* The model; NULL: the descriptor. */
const struct backend_model *session_model(const struct session *session);

/* What a session's plan is made from. It points into itself and into the session. */
struct session_plan {
  s2vk_plan_info info;
  struct preset_parts parts;
};

/* in_blocks: as it leaves the program, with the settings' blocks. On failure the backend's log has the reason. */
s2vk_result session_plan_info(const struct session *session, bool in_blocks, struct session_plan *plan);

/* The scale whose grid the output has. */
uint32_t session_output_scale(const struct session *session);

#endif
