/* How features were made, as JSON: what is the same for all images of a run, and what is one's own. */
#ifndef EXTRACT_DESCRIBE_H
#define EXTRACT_DESCRIBE_H

#include "model.h"
#include "plan.h"
#include "sources.h"

#include <cJSON.h>

/* Bytes that are not UTF-8 become U+FFFD. */
cJSON *json_text(const char *text);

/* Adds numbers as an array. */
void json_add_numbers(cJSON *object, const char *name, const uint32_t *numbers, uint32_t count);

/* Options, model and version. */
cJSON *describe_run(const struct options *options, const struct model *model);

struct described {
  const struct source *source;
  const struct photograph *facts;
  s2vk_size input; /* of the model: as preprocessed */
  const struct plan_facts *plan;
  const s2vk_shape *shape;
  s2vk_type type;
};

/* An image with its features. */
cJSON *describe_image(const struct described *described);

/* Writes how one image's features were made beside the file that they are in, as output.json; *record is the object,
 * which is the caller's whatever the result. False, with the reason (OUTPUT_REASON_BYTES), if that fails. */
bool describe_write(const struct described *described, const struct options *options, const struct model *model,
    const char *output, cJSON **record, char *reason);

/* As in the description of an image. */
#define MODIFIED_BYTES 32
void describe_modified(int64_t modified, char text[MODIFIED_BYTES]);

#endif
