/* Weights in several files; an index says which tensor is in which file. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "test_vit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define PARTS 3
#define TEXT_BYTES (1u << 16)

static char folder[512];
static const char *const names[] = {
    "config.json", "preprocessor_config.json", "model.safetensors.index.json", "part-0", "part-1", "part-2"};

static char *path_of(const char *name) {
  static char path[600];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void copy_file(const char *from, const char *name) {
  char path[600];
  struct vit_file file;
  struct vit_error error;
  snprintf(path, sizeof path, "%s/%s/%s", root, from, name);
  assert_true(vit_file_map(path, &file, &error));
  FILE *copy = fopen(path_of(name), "wb");
  assert_non_null(copy);
  assert_int_equal(fwrite(file.data, 1, (size_t)file.bytes, copy), file.bytes);
  assert_int_equal(fclose(copy), 0);
  vit_file_unmap(&file);
}

/* Every PARTS-th tensor, from `part` on. */
static void write_part(const struct safetensors *whole, size_t part) {
  static char header[TEXT_BYTES];
  char name[16];
  size_t length = 0;
  uint64_t begin = 0;
  for (size_t i = part; i < whole->count; i += PARTS) {
    const struct safetensors_tensor *tensor = &whole->tensors[i];
    length += (size_t)snprintf(header + length, sizeof header - length, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
        length ? "," : "{", tensor->name, tensor->dtype);
    for (uint32_t d = 0; d < tensor->rank; d++)
      length += (size_t)snprintf(
          header + length, sizeof header - length, "%s%llu", d ? "," : "", (unsigned long long)tensor->dims[d]);
    uint64_t end = begin + tensor->end - tensor->begin;
    length += (size_t)snprintf(header + length, sizeof header - length, "],\"data_offsets\":[%llu,%llu]}",
        (unsigned long long)begin, (unsigned long long)end);
    begin = end;
  }
  header[length++] = '}';
  snprintf(name, sizeof name, "part-%zu", part);
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  for (unsigned i = 0; i < 8; i++)
    fputc((int)(length >> 8 * i & 255), file);
  assert_int_equal(fwrite(header, 1, length, file), length);
  for (size_t i = part; i < whole->count; i += PARTS)
    fwrite(whole->tensors[i].data, 1, (size_t)(whole->tensors[i].end - whole->tensors[i].begin), file);
  assert_int_equal(fclose(file), 0);
}

/* With tensor `other` in the file of that name, and tensor `without` left out. */
static void write_index(const struct safetensors *whole, size_t other, const char *file, size_t without) {
  static char text[TEXT_BYTES];
  size_t length = (size_t)snprintf(text, sizeof text, "{\"metadata\":{\"total_size\":1},\"weight_map\":{");
  const char *comma = "";
  for (size_t i = 0; i < whole->count; i++) {
    if (i == without)
      continue;
    char name[16];
    snprintf(name, sizeof name, "part-%zu", i % PARTS);
    length += (size_t)snprintf(text + length, sizeof text - length, "%s\"%s\":\"%s\"", comma, whole->tensors[i].name,
        i == other ? file : name);
    comma = ",";
  }
  snprintf(text + length, sizeof text - length, "}}");
  write_text("model.safetensors.index.json", text);
}

static void assert_same(const struct safetensors *whole) {
  struct vit_error error;
  struct vit_folder *opened;
  if (!vit_folder_open(folder, &opened, &error))
    fail_msg("%s", error.text);
  assert_int_equal(opened->weights.count, whole->count);
  for (size_t i = 0; i < whole->count; i++) {
    const struct safetensors_tensor *a = &whole->tensors[i], *b = &opened->weights.tensors[i];
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->end - a->begin, b->end - b->begin);
    assert_memory_equal(a->data, b->data, a->end - a->begin);
  }
  vit_folder_close(&opened);
}

static void refuse(const char *words) {
  struct vit_error error = {""};
  struct vit_folder *opened;
  if (vit_folder_open(folder, &opened, &error))
    fail_msg("it was accepted, without \"%s\"", words);
  assert_null(opened);
  if (!strstr(error.text, words))
    fail_msg("\"%s\" is not in \"%s\"", words, error.text);
}

void weights_in_several_files_are_the_same(void **state) {
  (void)state;
  struct safetensors whole;
  struct vit_error error;
  char path[600];
  snprintf(path, sizeof path, "%s/clip-f16/model.safetensors", root);
  assert_true(safetensors_open(path, &whole, &error));
  snprintf(folder, sizeof folder, "%s/sharded-XXXXXX", work);
  assert_non_null(mkdtemp(folder));
  copy_file("clip-f16", "config.json");
  copy_file("clip-f16", "preprocessor_config.json");
  refuse("neither model.safetensors nor model.safetensors.index.json");
  for (size_t i = 0; i < PARTS; i++)
    write_part(&whole, i);
  write_index(&whole, SIZE_MAX, "", SIZE_MAX);
  assert_same(&whole);

  write_index(&whole, 4, "part-0", SIZE_MAX);
  refuse(whole.tensors[4].name);
  write_index(&whole, 5, "part-3", SIZE_MAX);
  refuse("part-3: No such file");
  write_index(&whole, 5, "../part-2", SIZE_MAX);
  refuse("../part-2 is not the name of a file");
  write_index(&whole, SIZE_MAX, "", 7);
  refuse(whole.tensors[7].name);
  write_text("model.safetensors.index.json", "{\"weight_map\":{\"a\":1}}");
  refuse("tensor a is not a name");
  write_text("model.safetensors.index.json", "{\"weight_map\":[]}");
  refuse("no weight_map");
  write_text("model.safetensors.index.json", "{\"weight_map\":{}}");
  refuse("missing");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    remove(path_of(names[i]));
  assert_int_equal(rmdir(folder), 0);
  safetensors_close(&whole);
}
