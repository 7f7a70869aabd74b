/* Reads objects of JSON, which is not trusted. A path is for errors. */
#ifndef VIT_JSON_H
#define VIT_JSON_H

#include "error.h"

#include <cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* The JSON object in a file of at most a megabyte; NULL after an error. Free with cJSON_Delete(). */
cJSON *vit_file_json(const char *path, struct vit_error *error);

/* The JSON object in text; only blanks may follow it. NULL after an error. NaN, Infinity and -Infinity become numbers
 * that are not finite: Python writes them, although JSON has no such numbers. */
cJSON *vit_parse_json(const char *path, const char *text, size_t bytes, struct vit_error *error);

/* The field if it is there and not null, else NULL. */
const cJSON *vit_json_field(const cJSON *object, const char *field);

/* A field that is absent leaves the value as it is. One of another type, or out of range, is an error, and so is a null
 * in place of a number. A null in place of a bool is false, as it is in Python. */
bool vit_json_count(const char *path, const cJSON *object, const char *field, uint32_t min, uint32_t max,
    uint32_t *value, struct vit_error *error);
bool vit_json_number(const char *path, const cJSON *object, const char *field, double *value, struct vit_error *error);
bool vit_json_bool(const char *path, const cJSON *object, const char *field, bool *value, struct vit_error *error);

/* A side in pixels, or two that are equal. */
bool vit_json_side(
    const char *path, const cJSON *object, const char *field, uint32_t max, uint32_t *side, struct vit_error *error);

/* Three numbers, or one for all three. */
bool vit_json_channels(
    const char *path, const cJSON *object, const char *field, float values[3], struct vit_error *error);

#endif
