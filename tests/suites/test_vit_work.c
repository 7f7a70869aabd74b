/* Folders of models that tests write. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "test_vit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

const char *work;
char work_folder[512];

void work_make(void) {
  snprintf(work_folder, sizeof work_folder, "%s/vit-XXXXXX", work);
  if (!mkdtemp(work_folder))
    fail_msg("%s: cannot be made", work_folder);
}

static const char *path_of(const char *name) {
  static char path[800];
  snprintf(path, sizeof path, "%s/%s", work_folder, name);
  return path;
}

void work_write(const char *name, const void *data, size_t bytes) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, bytes, file), bytes);
  fclose(file);
}

void work_write_text(const char *name, const char *text) {
  work_write(name, text, strlen(text));
}

void work_drop(const char *name) {
  remove(path_of(name));
}

void work_empty(void) {
  DIR *entries = opendir(work_folder);
  for (const struct dirent *entry; entries && (entry = readdir(entries));)
    if (entry->d_name[0] != '.')
      remove(path_of(entry->d_name));
  if (entries)
    closedir(entries);
}

void work_remove(void) {
  work_empty();
  rmdir(work_folder);
}

char *work_read(const char *model, const char *name, size_t *bytes) {
  char path[600];
  struct vit_file file;
  struct vit_error error;
  snprintf(path, sizeof path, "%s/%s/%s", root, model, name);
  if (!vit_file_map(path, &file, &error))
    fail_msg("%s", error.text);
  char *copy = calloc(file.bytes + 1, 1);
  memcpy(copy, file.data, file.bytes);
  *bytes = file.bytes;
  vit_file_unmap(&file);
  return copy;
}

char *work_replace(const char *text, const char *from, const char *to) {
  const char *at = strstr(text, from);
  if (!at)
    fail_msg("no %s", from);
  char *result = calloc(strlen(text) + strlen(to) + 1, 1);
  sprintf(result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  return result;
}

static bool ends_with(const char *name, const char *ending) {
  return strlen(name) > strlen(ending) && strcmp(name + strlen(name) - strlen(ending), ending) == 0;
}

void work_copy(const char *model) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", root, model);
  work_empty();
  DIR *entries = opendir(path);
  assert_non_null(entries);
  for (const struct dirent *entry; (entry = readdir(entries));) {
    const char *name = entry->d_name;
    size_t bytes;
    if (strcmp(name, "cases.json") == 0 || !(ends_with(name, ".json") || ends_with(name, ".safetensors")))
      continue;
    char *file = work_read(model, name, &bytes);
    work_write(name, file, bytes);
    free(file);
  }
  closedir(entries);
}

void work_change(const char *model, const char *name, const char *from, const char *to) {
  size_t bytes;
  char *text = work_read(model, name, &bytes), *changed = work_replace(text, from, to);
  work_write_text(name, changed);
  free(changed);
  free(text);
}
