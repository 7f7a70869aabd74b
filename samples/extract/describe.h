/* Describes as JSON how features were made: a part that all images of a run share, and a part for each image. */
#ifndef EXTRACT_DESCRIBE_H
#define EXTRACT_DESCRIBE_H

#include "model.h"
#include "plan.h"
#include "sources.h"

#include <cJSON.h>

/* Bytes that are not UTF-8 become U+FFFD. */
cJSON *json_text(const char *text);

/* Adds numbers as an array. */

/* Adds a path, and its bytes as NAME_hex if it is not UTF-8. */
void json_add_path(cJSON *object, const char *name, const char *path);

void json_add_numbers(cJSON *object, const char *name, const uint32_t *numbers, uint32_t count);

/* Describes a run: options, model and version. */
cJSON *describe_run(const struct options *options, const struct model *model);

struct described {
  const struct source *source;
  const struct photograph *facts;
  s2vk_size input; /* the model's input: the image after preprocessing */
  const struct plan_facts *plan;
  const s2vk_shape *shape;
  s2vk_type type;
};

/* Describes an image with its features. */
cJSON *describe_image(const struct described *described);

/* Writes the description of one image beside the file of its features, as output.json. The caller frees *record, the
 * object, also after a failure. On failure returns false and sets the reason (OUTPUT_REASON_BYTES). */
bool describe_write(const struct described *described, const struct options *options, const struct model *model,
    const char *output, cJSON **record, char *reason);

/* The length of a time in the description of an image. */
#define MODIFIED_BYTES 32
void describe_modified(int64_t modified, char text[MODIFIED_BYTES]);

#endif
