/* samples/extract/journal.c and index.c: what an earlier run has left, which anybody may have changed. And json.c: what
 * is kept of tar files. */
#include "fuzz.h"
#include "index.h"
#include "journal.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

#define SOURCES 64

static void check_journal(const struct journal *journal, const char *text, size_t size) {
  bool seen[SOURCES] = {false};
  uint64_t begin = 0;
  FUZZ_REQUIRE(journal->bytes <= size && journal->next == journal->count + journal->broken && journal->next <= SOURCES);
  for (size_t i = 0; i < journal->count; i++) {
    const struct journal_tensor *tensor = &journal->tensors[i];
    uint64_t bytes = 2;
    FUZZ_REQUIRE(tensor->source < SOURCES && !seen[tensor->source]);
    seen[tensor->source] = true;
    FUZZ_REQUIRE(tensor->shape.rank == 3 || tensor->shape.rank == 4);
    for (uint32_t d = 0; d < tensor->shape.rank; d++)
      bytes *= tensor->shape.dims[d];
    FUZZ_REQUIRE(tensor->end - begin == bytes);
    begin = tensor->end;
    FUZZ_REQUIRE(tensor->record + tensor->record_bytes < size && text[tensor->record] == '{');
  }
}

/* What is JSON is so again, and is on one line. */
static void check_json(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (size)
    memcpy(text, data, size);
  text[size] = 0;
  char *compact = json_compact(text, size), *again = compact ? json_compact(compact, strlen(compact)) : NULL;
  FUZZ_REQUIRE(!compact || (again && strcmp(compact, again) == 0 && !strchr(compact, '\n')));
  free(text);
  free(compact);
  free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct journal_limits limits = {.sources = SOURCES, .element_bytes = 2, .unchecked = true};
  struct journal journal = {0};
  struct index_line line;
  cJSON *json;
  bool foreign;
  char *text = malloc(size + 1); /* as long as it is, so that a byte behind it is seen */
  if (size)
    memcpy(text, data, size);
  if (journal_parse(text, size, &limits, &journal, &foreign))
    check_journal(&journal, text, size);
  journal_close(&journal);
  if (index_parse(text, size, &json, &line))
    FUZZ_REQUIRE(line.name && line.modified && line.features);
  cJSON_Delete(json);
  free(text);
  check_json(data, size);
  return 0;
}
