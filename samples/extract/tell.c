#define _DEFAULT_SOURCE

#include "tell.h"

#include "describe.h"
#include "progress.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

void tell(const struct options *options, const char *format, ...) {
  va_list arguments;
  if (options->quiet || options->json || options->to_stdout)
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

double tell_memory_mb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss * 1024 / 1e6;
}

void tell_summary(const struct options *options, const struct tell_summary *s) {
  cJSON *json = cJSON_CreateObject();
  cJSON_AddBoolToObject(json, "done", s->done);
  cJSON_AddItemToObject(json, "output", json_text(options->output));
  cJSON_AddNumberToObject(json, "images", (double)s->images);
  cJSON_AddNumberToObject(json, "new", (double)s->written);
  cJSON_AddNumberToObject(json, "broken", (double)s->broken);
  cJSON_AddNumberToObject(json, "left_out", (double)s->left_out);
  cJSON_AddNumberToObject(json, "seconds", s->seconds);
  cJSON_AddNumberToObject(json, "memory_mb", tell_memory_mb());
  if (s->run)
    cJSON_AddItemReferenceToObject(json, "run", (cJSON *)(uintptr_t)s->run);
  tell_json(options, json);
  cJSON_Delete(json);
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
