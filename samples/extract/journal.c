#define _POSIX_C_SOURCE 200809L

#include "journal.h"

#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 256

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

static bool parse_tensor(const char *line, struct journal_tensor *tensor) {
  uint32_t *d = tensor->shape.dims;
  int found = sscanf(line, "tensor %zu %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &tensor->source,
      &tensor->end, &d[0], &d[1], &d[2], &d[3]);
  tensor->shape.rank = found > 2 ? (uint32_t)found - 2 : 0;
  return tensor->shape.rank > 0;
}

/* Tensors up to the last window; where that line ends in the file is *end. */
static bool read_lines(struct journal *journal, FILE *file, long *end) {
  char line[MAX_LINE];
  size_t counted = 0;
  while (fgets(line, sizeof line, file) && strchr(line, '\n')) {
    struct journal_tensor tensor = {0};
    size_t next, broken;
    if (sscanf(line, "window %zu %zu", &next, &broken) == 2) {
      journal->next = next;
      journal->broken = broken;
      counted = journal->count;
      *end = ftell(file);
    } else if (!parse_tensor(line, &tensor)) {
      break;
    } else if (!keep(journal, &tensor)) {
      return false;
    }
  }
  journal->count = counted;
  return true;
}

static bool fail(struct journal *journal, const char *path) {
  message_print("%s: %s", path, strerror(errno));
  journal_close(journal);
  return false;
}

bool journal_open(struct journal *journal, const char *path, uint64_t hash, bool anew) {
  *journal = (struct journal){0};
  char head[MAX_LINE], line[MAX_LINE] = "";
  snprintf(head, sizeof head, "extract 1 %016" PRIx64 "\n", hash);
  FILE *file = anew ? NULL : fopen(path, "r");
  long end = -1;
  if (file) {
    if (fgets(line, sizeof line, file) && strcmp(line, head) == 0) {
      end = (long)strlen(head);
      if (!read_lines(journal, file, &end)) {
        fclose(file);
        return false;
      }
    } else {
      message_print("%s: is of another list of images or other options: beginning anew", path);
    }
    fclose(file);
  }
  if (end > 0 && truncate(path, end) != 0)
    return fail(journal, path);
  journal->file = fopen(path, end > 0 ? "a" : "w");
  if (!journal->file || (end <= 0 && (fputs(head, journal->file) < 0 || fflush(journal->file) != 0)))
    return fail(journal, path);
  return true;
}

bool journal_add(struct journal *journal, const struct journal_tensor *tensor) {
  if (!keep(journal, tensor))
    return false;
  fprintf(journal->file, "tensor %zu %" PRIu64, tensor->source, tensor->end);
  for (uint32_t i = 0; i < tensor->shape.rank; i++)
    fprintf(journal->file, " %" PRIu32, tensor->shape.dims[i]);
  fputc('\n', journal->file);
  return true;
}

bool journal_end_window(struct journal *journal, size_t next, size_t broken) {
  journal->next = next;
  journal->broken = broken;
  fprintf(journal->file, "window %zu %zu\n", next, broken);
  if (fflush(journal->file) == 0 && !ferror(journal->file))
    return true;
  message_print("the journal of the output cannot be written: %s", strerror(errno));
  return false;
}

void journal_close(struct journal *journal) {
  if (journal->file)
    fclose(journal->file);
  free(journal->tensors);
  *journal = (struct journal){0};
}
