/* Reads tar files, by libarchive. */
#define _POSIX_C_SOURCE 200809L

#include "feed.h"

#include "json.h"
#include "photograph.h"
#include "progress.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define BLOCK_BYTES (1u << 18)
#define MAX_IMAGE_BYTES (INT64_C(256) << 20)
#define MAX_KEPT_BYTES (INT64_C(1) << 20)
#define MAX_WAITING 64 /* images of one sample */

/* Members whose names are equal up to the first point of the file name. */
struct sample {
  char *key;
  struct source *images[MAX_WAITING];
  size_t count, given;
  cJSON *kept;
};

struct feed_tar {
  struct feed feed;
  const struct source *tar;
  const struct options *options;
  struct archive *archive;
  size_t count, left_out;
  bool begun, at_end;
  struct sample filling, full; /* kept members may follow the images, so a sample is read to its end first */

  uint64_t *names; /* a hash table (open addressing) of all names so far */
  size_t name_count, name_capacity;
};

/* ---- Names ---- */

/* Adds a name. Returns false if it is there already, or if there is no memory. */
static bool add_name(struct feed_tar *tar, const char *name) {
  if (2 * tar->name_count >= tar->name_capacity) {
    size_t capacity = tar->name_capacity ? 2 * tar->name_capacity : 1024;
    uint64_t *names = calloc(capacity, sizeof *names);
    if (!names)
      return false;
    for (size_t i = 0; i < tar->name_capacity; i++)
      if (tar->names[i]) {
        size_t at = tar->names[i] % capacity;
        while (names[at])
          at = (at + 1) % capacity;
        names[at] = tar->names[i];
      }
    free(tar->names);
    tar->names = names;
    tar->name_capacity = capacity;
  }
  uint64_t hash = XXH3_64bits(name, strlen(name)) | 1;
  size_t at = hash % tar->name_capacity;
  for (; tar->names[at]; at = (at + 1) % tar->name_capacity)
    if (tar->names[at] == hash)
      return false;
  tar->names[at] = hash;
  tar->name_count++;
  return true;
}

/* The length of the part that members of one sample share. */
static size_t key_length(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  return (size_t)(name - path) + strcspn(name + (*name == '.'), ".") + (*name == '.');
}

/* The key of --keep that the member's ending matches; NULL: none. */
static const char *kept_key(const struct feed_tar *tar, const char *path) {
  const char *rest = path + key_length(path);
  for (uint32_t i = 0; *rest == '.' && i < tar->options->kept_count; i++)
    if (strcmp(tar->options->kept[i], rest + 1) == 0)
      return tar->options->kept[i];
  return NULL;
}

/* ---- Members ---- */

static bool fail_because(struct feed_tar *tar, const char *why) {
  message_print("%s: %s", tar->tar->path, why);
  tar->feed.failed = tar->at_end = true;
  return false;
}

static bool fail(struct feed_tar *tar) {
  const char *why = archive_error_string(tar->archive);
  return fail_because(tar, why && strcmp(why, "(null)") != 0 ? why : "cannot be read: its data are cut or corrupt");
}

/* Reads a whole member, and adds a 0 byte at its end. Returns NULL if there is no memory, or after an error. */
static unsigned char *read_member(struct feed_tar *tar, size_t bytes) {
  unsigned char *data = malloc(bytes + 1);
  size_t at = 0;
  while (data && at < bytes) {
    la_ssize_t got = archive_read_data(tar->archive, data + at, bytes - at);
    if (got <= 0) {
      free(data);
      if (got < 0 || !archive_error_string(tar->archive))
        fail(tar);
      return NULL;
    }
    at += (size_t)got;
  }
  if (data)
    data[bytes] = 0;
  return data;
}

static void keep(struct feed_tar *tar, const char *key, int64_t bytes) {
  unsigned char *data = bytes <= MAX_KEPT_BYTES ? read_member(tar, (size_t)bytes) : NULL;
  struct sample *sample = &tar->filling;
  if (!sample->kept)
    sample->kept = cJSON_CreateObject();
  cJSON *value = NULL;
  /* As it is written there: numbers of JSON have more digits than a double. */
  char *json = data && strcmp(key, "json") == 0 ? json_compact((const char *)data, (size_t)bytes) : NULL;
  if (json)
    value = cJSON_CreateRaw(json);
  free(json);
  if (data && !value && strlen((char *)data) == (size_t)bytes && json_is_utf8((const char *)data))
    value = cJSON_CreateString((const char *)data);
  if (tar->feed.failed)
    cJSON_Delete(value);
  else if (!value)
    message_print("%s: %s.%s: is no text of at most a megabyte: not kept", tar->tar->path, sample->key, key);
  else if (cJSON_GetObjectItemCaseSensitive(sample->kept, key)) {
    message_print("%s: %s.%s: is there a second time: the first one is kept", tar->tar->path, sample->key, key);
    cJSON_Delete(value);
  } else if (!cJSON_AddItemToObject(sample->kept, key, value))
    cJSON_Delete(value);
  free(data);
}

/* Takes an image. A broken one is reported later, with the other broken images. */
static bool take_image(struct feed_tar *tar, struct archive_entry *entry, const char *path) {
  int64_t bytes = archive_entry_size(entry);
  size_t length = strlen(tar->tar->path) + strlen(path) + 2;
  struct source *source = calloc(1, sizeof *source);
  if (source)
    *source = (struct source){.path = malloc(length),
        .name = sources_clean_name(path),
        .index = tar->count,
        .owned = true,
        .bytes = (uint64_t)bytes,
        .modified = (int64_t)archive_entry_mtime(entry) * 1000000000 + archive_entry_mtime_nsec(entry)};
  if (!source || !source->path || !source->name) {
    message_print("%s: no memory for the name of %s", tar->tar->path, path);
    if (source)
      source_release(source);
    tar->feed.failed = tar->at_end = true;
    return false;
  }
  strcat(strcat(strcpy(source->path, tar->tar->path), "/"), path);
  if (!*source->name || strcmp(source->name, "__metadata__") == 0 || !json_is_utf8(source->name))
    source->reason = "its name cannot be a tensor's";
  else if (!add_name(tar, source->name))
    source->reason = "is there a second time: the first one is taken";
  else if (bytes < 1 || bytes > MAX_IMAGE_BYTES)
    source->reason = "has no bytes, or over 256 MiB";
  else if (!(source->data = read_member(tar, (size_t)bytes)) && !tar->feed.failed)
    source->reason = "there is no memory for it";
  if (tar->feed.failed) {
    source_release(source);
    return false;
  }
  tar->count++;
  tar->filling.images[tar->filling.count++] = source;
  return true;
}

/* ---- Samples ---- */

static void free_sample(struct sample *sample) {
  for (size_t i = sample->given; i < sample->count; i++)
    source_release(sample->images[i]);
  cJSON_Delete(sample->kept);
  free(sample->key);
  *sample = (struct sample){0};
}

/* Called when the sample that is read is complete. */
static void end_sample(struct feed_tar *tar) {
  free_sample(&tar->full);
  tar->full = tar->filling;
  tar->filling = (struct sample){0};
}

/* Called before a member is read. A member of another sample ends the current sample. Without --keep every image is a
 * sample. */
static bool begin_member(struct feed_tar *tar, const char *path) {
  struct sample *sample = &tar->filling;
  size_t length = key_length(path);
  bool same = sample->key && strlen(sample->key) == length && memcmp(sample->key, path, length) == 0;
  if (sample->key && (!same || !tar->options->kept_count || sample->count == MAX_WAITING))
    end_sample(tar);
  if (!sample->key)
    sample->key = strndup(path, length);
  return sample->key;
}

static bool read_next(struct feed_tar *tar) {
  struct archive_entry *entry;
  if (tar->begun && archive_read_data_skip(tar->archive) < ARCHIVE_WARN)
    return fail(tar);
  const la_int64_t before = archive_filter_bytes(tar->archive, 0);
  int result = archive_read_next_header(tar->archive, &entry);
  tar->begun = true;
  if (result == ARCHIVE_EOF && archive_filter_bytes(tar->archive, 0) == before)
    return fail_because(tar, "ends without the zeros that a tar file ends with: it was cut");
  if (result == ARCHIVE_EOF) {
    end_sample(tar);
    return tar->at_end = true;
  }
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
    return fail(tar);
  const char *path = archive_entry_pathname_utf8(entry);
  path = path ? path : archive_entry_pathname(entry);
  if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry)) {
    tar->left_out += archive_entry_filetype(entry) != AE_IFDIR;
    return true;
  }
  const char *key = kept_key(tar, path);
  bool image = photograph_named(path);
  if (!key && !image) {
    tar->left_out++;
    return true;
  }
  if (!begin_member(tar, path))
    return fail(tar);
  if (image)
    return take_image(tar, entry, path);
  keep(tar, key, archive_entry_size(entry));
  return !tar->feed.failed;
}

static struct source *next_of_tar(struct feed *feed) {
  struct feed_tar *tar = (struct feed_tar *)feed;
  struct sample *full = &tar->full;
  while (full->given == full->count)
    if (tar->at_end || !read_next(tar))
      return NULL;
  struct source *source = full->images[full->given++];
  source->kept = full->kept ? cJSON_Duplicate(full->kept, true) : NULL;
  return source;
}

/* ---- The file ---- */

struct feed_tar *feed_tar_open(const struct source *source, const struct options *options) {
  struct feed_tar *tar = calloc(1, sizeof *tar);
  if (!tar) {
    message_print("%s: no memory to read it", source->path);
    return NULL;
  }
  tar->feed.next = next_of_tar;
  tar->tar = source;
  tar->options = options;
  tar->archive = archive_read_new();
  if (tar->archive) {
    archive_read_support_filter_gzip(tar->archive);
    archive_read_support_filter_zstd(tar->archive);
    archive_read_support_filter_bzip2(tar->archive);
    archive_read_support_filter_xz(tar->archive);
    archive_read_support_format_tar(tar->archive);
    const char *path = strcmp(source->path, "-") == 0 ? NULL : source->path;
    if (archive_read_open_filename(tar->archive, path, BLOCK_BYTES) == ARCHIVE_OK)
      return tar;
  }
  message_print("%s: %s", source->path, tar->archive ? archive_error_string(tar->archive) : "no memory to read it");
  feed_tar_close(tar);
  return NULL;
}

struct feed *feed_tar_feed(struct feed_tar *tar) {
  return &tar->feed;
}

size_t feed_tar_left_out(const struct feed_tar *tar) {
  return tar->left_out;
}

void feed_tar_close(struct feed_tar *tar) {
  if (!tar)
    return;
  free_sample(&tar->filling);
  free_sample(&tar->full);
  archive_read_free(tar->archive);
  free(tar->names);
  free(tar);
}
