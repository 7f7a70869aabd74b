/* A hash of a model's contents, whatever its folder is called. */
#ifndef VIT_IDENTITY_H
#define VIT_IDENTITY_H

#include "vit.h"

#define VIT_IDENTITY_BYTES 33

/* Hashes everything that features depend on: configuration, preprocessing and every byte of the weights, which it
 * reads. path: the folder. */
bool vit_folder_identify(
    const char *path, const struct vit_folder *folder, char identity[VIT_IDENTITY_BYTES], struct vit_error *error);

#endif
