/* Reads checkpoints of timm and open_clip. Their config.json or open_clip_config.json has fewer fields than that of
 * transformers. The rest follows from the architecture's name or from the tensors. */
#ifndef VIT_ADAPT_H
#define VIT_ADAPT_H

#include "folder.h"

/* Whether the object is timm's config.json, which names an architecture. */
bool vit_is_timm(const cJSON *json);

/* Sets the folder's family, configuration and preprocessing, from its weights and timm's config.json. */
bool vit_adapt_timm(const char *path, const cJSON *json, struct vit_folder *folder, struct vit_error *error);

/* The same, from open_clip_config.json. */
bool vit_adapt_open_clip(const char *path, const cJSON *json, struct vit_folder *folder, struct vit_error *error);

#endif
