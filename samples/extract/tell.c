#include "tell.h"

#include "describe.h"
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>

void tell(const struct options *options, const char *format, ...) {
  va_list arguments;
  if (options->quiet || options->json)
    return;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  fflush(stdout);
}

void tell_json(const struct options *options, const cJSON *object) {
  char *text = options->json ? cJSON_PrintUnformatted(object) : NULL;
  if (!text)
    return;
  printf("%s\n", text);
  fflush(stdout);
  cJSON_free(text);
}

void tell_broken(const struct options *options, const struct source *source, const char *reason) {
  message_print("%s: %s", source->path, reason);
  if (!options->json)
    return;
  cJSON *object = cJSON_CreateObject();
  cJSON_AddItemToObject(object, "name", json_text(source->name ? source->name : ""));
  cJSON_AddItemToObject(object, "path", json_text(source->path));
  cJSON_AddItemToObject(object, "error", json_text(reason));
  tell_json(options, object);
  cJSON_Delete(object);
}
