/* S2 with one set of settings, on one photograph: a plan, its binding, the model bound to it, and the analysis of its output.
 * Another set of settings is another session; the one before is drawn until the new one has its features. */
#ifndef VIEWER_SESSION_H
#define VIEWER_SESSION_H

#include "analysis.h"
#include "descriptor.h"
#include "vit.h"

#define MAX_SCALES 4
#define MIN_SCALE 0.25
#define MAX_SCALE 6.0
#define SCALE_STEP 0.25
#define ERROR_BYTES 512

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
  bool vit; /* the model of the folder, not the descriptor */
};

/* What is made of a folder, and how large tiles are. */
struct source {
  const char *folder; /* of a vision transformer; NULL: none */
  int32_t layer;      /* as vit_options.layer */
  uint32_t side;      /* of a tile; 0: the one that the model was trained with, or DESCRIPTOR_SIDE */
};

#define DESCRIPTOR_SIDE 224
#define DESCRIPTOR_PATCH 16

/* What sessions share. */
struct backend {
  const struct gpu *gpu;
  s2vk_context_info info;
  s2vk_context *context;
  struct analyst analyst;
  char log[ERROR_BYTES - 64]; /* the library's last line */
  struct vit_folder *folder;
  struct vit *vit; /* NULL: there is none */
  uint32_t descriptor_side;
};

/* False, with the reason on stderr. */
bool backend_create(struct backend *backend, const struct gpu *gpu, const struct source *source);
void backend_destroy(struct backend *backend);

/* Milliseconds on the GPU. Drivers compile shaders when they first run, so what counts is the second run. */
struct times {
  bool known;
  double split, model, merge, components;
};

struct session {
  struct backend *backend;
  struct settings settings;
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct descriptor descriptor;
  s2vk_model model;
  s2vk_plan_layout layout;
  s2vk_scale_layout scales[MAX_SCALES];
  struct analysis analysis;
  float covered[2]; /* tokens of the grid, across and down, that the photograph covers */
  VkQueryPool queries;
  uint32_t next_call; /* layout.call_count + 1: all is recorded, the analysis too */
  bool timed;         /* the times of what was recorded have been read */
  uint32_t runs;      /* whose times were read */
  struct times times; /* of the last one */
};

/* NULL, with the reason in error, if it cannot be made. Waits for the queue if the model is a transformer, of which there is
 * one alone. */
struct session *session_create(
    struct backend *backend, const struct image *photograph, const struct settings *settings, char error[ERROR_BYTES]);

/* Clears the handle; accepts NULL in it. The GPU must be done with it. */
void session_destroy(struct session **session);

/* Records the next calls, at most so many, and after the last one the principal components. False, with the reason in error. */
bool session_record(struct session *session, VkCommandBuffer commands, uint32_t calls, char error[ERROR_BYTES]);
bool session_is_recorded(const struct session *session);

/* Has it record everything once more. */
void session_restart(struct session *session);

/* Reads the times of a run, if they are there and new. */
void session_read_times(struct session *session);

/* Bytes on the device: the binding's buffers and tables, and a transformer's workspace. */
uint64_t session_workspace_bytes(const struct session *session);

/* The token at a place of the photograph, from 0 to 1. */
uint32_t session_token_at(const struct session *session, float x, float y);

/* The scale whose grid the output has. */
uint32_t session_output_scale(const struct session *session);

#endif
