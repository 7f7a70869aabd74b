#define _POSIX_C_SOURCE 200809L

#include "journal.h"

#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define MAX_HEAD 64
#define MAGIC "extract "
#define MAX_RECORD_BYTES (1u << 24)

static bool keep(struct journal *journal, const struct journal_tensor *tensor) {
  if (journal->count == journal->capacity) {
    size_t capacity = journal->capacity ? 2 * journal->capacity : 64;
    struct journal_tensor *tensors = realloc(journal->tensors, capacity * sizeof *tensors);
    if (!tensors) {
      message_print("no memory for %zu tensors", capacity);
      return false;
    }
    journal->tensors = tensors;
    journal->capacity = capacity;
  }
  journal->tensors[journal->count++] = *tensor;
  return true;
}

/* A hash of a line and of all lines before it. */
static uint64_t check(uint64_t before, const char *text, size_t bytes) {
  return XXH3_64bits_withSeed(text, bytes, before);
}

/* ---- Reading ---- */

/* Parses a number, digits only, and moves the text past it. */
static bool take_number(const char **at, const char *end, uint64_t max, uint64_t *value) {
  const char *first = *at;
  for (*value = 0; *at < end && **at >= '0' && **at <= '9'; ++*at) {
    uint64_t digit = (uint64_t)(**at - '0');
    if (*value > (max - digit) / 10)
      return false;
    *value = *value * 10 + digit;
  }
  return *at > first;
}

static bool take_word(const char **at, const char *end, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(end - *at) < length || memcmp(*at, word, length) != 0)
    return false;
  *at += length;
  return true;
}

/* Whether the record is an object, and nothing else. */
static bool check_record(const char *text, size_t bytes) {
  cJSON *json = bytes && bytes <= MAX_RECORD_BYTES ? cJSON_ParseWithLength(text, bytes) : NULL;
  bool done = cJSON_IsObject(json) && text[0] == '{' && text[bytes - 1] == '}';
  cJSON_Delete(json);
  return done;
}

/* Parses the text after "tensor ". seen: sources that have a tensor. */
static bool parse_tensor(const char *at, const char *end, const struct journal_limits *limits, uint64_t begin,
    bool *seen, struct journal_tensor *tensor) {
  uint64_t source, bytes = limits->element_bytes, dim;
  if (!take_number(&at, end, limits->sources - 1, &source) || source >= limits->sources || seen[source] ||
      !take_word(&at, end, " ") || !take_number(&at, end, INT64_MAX, &tensor->end) || tensor->end <= begin)
    return false;
  tensor->source = (size_t)source;
  while (take_word(&at, end, " ")) {
    if (tensor->shape.rank == 4 || !take_number(&at, end, UINT32_MAX, &dim) || !dim || bytes > INT64_MAX / dim)
      return false;
    tensor->shape.dims[tensor->shape.rank++] = (uint32_t)dim;
    bytes *= dim;
  }
  if (tensor->shape.rank < 3 || bytes != tensor->end - begin || !take_word(&at, end, "\t"))
    return false;
  tensor->record_bytes = (uint32_t)(end - at);
  seen[source] = true;
  return check_record(at, (size_t)(end - at));
}

/* Parses the text after "window ". check: the hash of all lines before this one. */
static bool parse_window(
    const char *at, const char *end, const struct journal_limits *limits, struct journal *journal) {
  uint64_t next, broken;
  char text[17], expected[17];
  if (!take_number(&at, end, limits->sources, &next) || !take_word(&at, end, " ") ||
      !take_number(&at, end, limits->sources, &broken) || !take_word(&at, end, " ") || end - at != 16)
    return false;
  memcpy(text, at, 16);
  text[16] = 0;
  snprintf(
      expected, sizeof expected, "%016" PRIx64, journal->check ^ (limits->identities ? limits->identities[next] : 0));
  if ((!limits->unchecked && strcmp(text, expected) != 0) || next < journal->next || broken < journal->broken ||
      next != journal->count + broken)
    return false;
  journal->next = (size_t)next;
  journal->broken = (size_t)broken;
  return true;
}

static int make_head(char head[MAX_HEAD], uint64_t hash) {
  return snprintf(head, MAX_HEAD, MAGIC "2 %016" PRIx64 "\n", hash);
}

/* Parses lines up to the first wrong one. Drops what follows the last complete window. */
static bool parse_lines(
    const char *text, size_t bytes, const struct journal_limits *limits, struct journal *journal, bool *seen) {
  size_t at = (size_t)journal->bytes, counted = 0;
  uint64_t check_at_window = journal->check;
  for (const char *newline; at < bytes && (newline = memchr(text + at, '\n', bytes - at));) {
    const char *line = text + at;
    struct journal_tensor tensor = {0};
    uint64_t begin = journal->count ? journal->tensors[journal->count - 1].end : 0;
    bool window = take_word(&line, newline, "window ");
    if (window ? !parse_window(line, newline, limits, journal)
               : !take_word(&line, newline, "tensor ") || !parse_tensor(line, newline, limits, begin, seen, &tensor))
      break;
    journal->check = check(journal->check, text + at, (size_t)(newline - text) + 1 - at);
    at = (size_t)(newline - text) + 1;
    if (window) {
      counted = journal->count;
      journal->bytes = at;
      check_at_window = journal->check;
      continue;
    }
    tensor.record = (uint64_t)(newline - text) - tensor.record_bytes;
    if (!keep(journal, &tensor))
      return false;
  }
  journal->count = counted;
  journal->check = check_at_window;
  return true;
}

bool journal_parse(
    const char *text, size_t bytes, const struct journal_limits *limits, struct journal *journal, bool *foreign) {
  char head[MAX_HEAD];
  size_t length = (size_t)make_head(head, limits->hash);
  /* After a power loss, some file systems leave zeros in place of a file's content. */
  *foreign = bytes && text[0] && (bytes < strlen(MAGIC) || memcmp(text, MAGIC, strlen(MAGIC)) != 0);
  if (bytes < length || memcmp(text, head, length) != 0)
    return false;
  bool *seen = calloc(limits->sources + 1, sizeof *seen);
  journal->bytes = length;
  journal->check = check(0, head, length);
  bool done = seen && (!limits->sources || parse_lines(text, bytes, limits, journal, seen));
  free(seen);
  return done;
}

/* ---- Opening ---- */

static bool fail(struct journal *journal, const char *path) {
  message_print("%s: %s", path, strerror(errno));
  journal_close(journal);
  return false;
}

/* Reads a whole file. Returns NULL with errno 0 if it does not exist or is empty. */
static char *read_text(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  struct stat status;
  char *text = NULL;
  *bytes = 0;
  if (file && fstat(fileno(file), &status) == 0 && status.st_size > 0) {
    text = malloc((size_t)status.st_size);
    if (text && fread(text, (size_t)status.st_size, 1, file) == 1)
      *bytes = (size_t)status.st_size;
    errno = text ? errno : ENOMEM;
  } else {
    errno = file || errno == ENOENT ? 0 : errno;
  }
  if (file)
    fclose(file);
  return text;
}

/* Continues an existing journal if it is of this run. Returns false if the file must not be changed. */
static bool take_in(struct journal *journal, const char *path, const struct journal_limits *limits, bool anew) {
  size_t bytes;
  char *text = read_text(path, &bytes);
  bool foreign = false, done = true;
  if (!text && errno) {
    message_print("%s: %s", path, strerror(errno));
    return false;
  }
  if (text && !journal_parse(text, bytes, limits, journal, &foreign)) {
    if (foreign) {
      message_print("%s: is no journal of extract, and would be written over: move it, or give another --output", path);
      done = false;
    } else if (!anew) {
      message_print("%s: is of other images or options, or damaged: beginning anew", path);
    }
  }
  free(text);
  if (anew || !done) {
    free(journal->tensors);
    *journal = (struct journal){0};
  }
  return done;
}

bool journal_open(struct journal *journal, const char *path, const struct journal_limits *limits, bool anew) {
  char head[MAX_HEAD];
  *journal = (struct journal){0};
  if (!take_in(journal, path, limits, anew))
    return false;
  bool goes_on = journal->bytes > 0;
  if (goes_on && truncate(path, (off_t)journal->bytes) != 0)
    return fail(journal, path);
  journal->file = fopen(path, goes_on ? "r+b" : "w+b");
  if (!journal->file || fseeko(journal->file, 0, SEEK_END) != 0)
    return fail(journal, path);
  if (goes_on)
    return true;
  journal->bytes = (uint64_t)make_head(head, limits->hash);
  journal->check = check(0, head, (size_t)journal->bytes);
  return (fputs(head, journal->file) >= 0 && fflush(journal->file) == 0) || fail(journal, path);
}

/* ---- Writing ---- */

static bool put(struct journal *journal, const char *text, size_t bytes) {
  journal->check = check(journal->check, text, bytes);
  journal->bytes += bytes;
  return fwrite(text, bytes, 1, journal->file) == 1;
}

static bool fail_to_write(void) {
  message_print("the journal of the output cannot be written: %s", strerror(errno));
  return false;
}

bool journal_add(struct journal *journal, const struct journal_tensor *tensor, const cJSON *record) {
  char *json = cJSON_PrintUnformatted(record);
  size_t length = json ? strlen(json) : 0, capacity = length + 128, at;
  char *line = json && length <= MAX_RECORD_BYTES ? malloc(capacity) : NULL;
  bool done = line;
  if (line) {
    struct journal_tensor kept = *tensor;
    at = (size_t)snprintf(line, capacity, "tensor %zu %" PRIu64, tensor->source, tensor->end);
    for (uint32_t i = 0; i < tensor->shape.rank; i++)
      at += (size_t)snprintf(line + at, capacity - at, " %" PRIu32, tensor->shape.dims[i]);
    kept.record = journal->bytes + at + 1;
    kept.record_bytes = (uint32_t)length;
    at += (size_t)snprintf(line + at, capacity - at, "\t%s\n", json);
    done = keep(journal, &kept) && (put(journal, line, at) || fail_to_write());
  } else {
    message_print("no memory for the record of an image");
  }
  free(line);
  cJSON_free(json);
  return done;
}

bool journal_end_window(struct journal *journal, size_t next, size_t broken, uint64_t identity) {
  char line[96];
  journal->next = next;
  journal->broken = broken;
  int length = snprintf(line, sizeof line, "window %zu %zu %016" PRIx64 "\n", next, broken, journal->check ^ identity);
  if (put(journal, line, (size_t)length) && fflush(journal->file) == 0 && !ferror(journal->file))
    return true;
  return fail_to_write();
}

char *journal_text(struct journal *journal, size_t index) {
  const struct journal_tensor *tensor = &journal->tensors[index];
  char *text = malloc((size_t)tensor->record_bytes + 1);
  if (text && fflush(journal->file) == 0 &&
      pread(fileno(journal->file), text, tensor->record_bytes, (off_t)tensor->record) ==
          (ssize_t)tensor->record_bytes) {
    text[tensor->record_bytes] = 0;
    return text;
  }
  message_print("the journal of the output cannot be read: has another program written to it?");
  free(text);
  return NULL;
}

cJSON *journal_record(struct journal *journal, size_t index) {
  char *text = journal_text(journal, index);
  cJSON *json = text ? cJSON_Parse(text) : NULL;
  if (text && !json)
    message_print("the journal of the output cannot be read: has another program written to it?");
  free(text);
  return json;
}

void journal_close(struct journal *journal) {
  if (journal->file)
    fclose(journal->file);
  free(journal->tensors);
  *journal = (struct journal){0};
}
