/* What samples write and read again: whole files, locks, journals, indices; files that are cut while they are mapped;
 * command lines. */
#define _GNU_SOURCE

#include "command.h"
#include "file.h"
#include "index.h"
#include "journal.h"
#include "json.h"
#include "lock.h"
#include "mapping_guard.h"
#include "output.h"
#include "vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/s2vk-state-XXXXXX";
static char reason[OUTPUT_REASON_BYTES];

static const char *path_of(const char *name) {
  static char paths[4][128];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void make(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void expect(const char *name, const char *text) {
  char found[4096] = "";
  FILE *file = fopen(path_of(name), "rb");
  assert_non_null(file);
  found[fread(found, 1, sizeof found - 1, file)] = 0;
  fclose(file);
  assert_string_equal(found, text);
}

/* ---- Whole files ---- */

static void files_are_written_whole(void **state) {
  (void)state;
  assert_true(output_write(path_of("new"), "text", 4, reason));
  expect("new", "text");
  assert_int_not_equal(access(path_of("new.part"), F_OK), 0);
  make("old", "old");
  assert_int_equal(chmod(path_of("old"), 0640), 0);
  make("old.part", "what an earlier run left, and longer");
  assert_true(output_write(path_of("old"), "text", 4, reason));
  expect("old", "text");
  struct stat status;
  assert_int_equal(stat(path_of("old"), &status), 0);
  assert_int_equal(status.st_mode & 07777, 0640);
}

static void links_are_followed(void **state) {
  (void)state;
  make("behind", "old");
  assert_int_equal(symlink("behind", path_of("link")), 0);
  assert_int_equal(symlink("link", path_of("link2")), 0);
  assert_true(output_write(path_of("link2"), "text", 4, reason));
  expect("behind", "text");
  struct stat status;
  assert_int_equal(lstat(path_of("link2"), &status), 0);
  assert_true(S_ISLNK(status.st_mode));
  assert_int_equal(symlink("nothing yet", path_of("dangling")), 0);
  assert_true(output_write(path_of("dangling"), "text", 4, reason));
  expect("nothing yet", "text");
  assert_int_equal(symlink("loop", path_of("loop")), 0);
  assert_false(output_write(path_of("loop"), "text", 4, reason));
}

static void devices_and_pipes_stay_what_they_are(void **state) {
  (void)state;
  struct stat status;
  assert_true(output_write("/dev/null", "text", 4, reason));
  assert_int_equal(stat("/dev/null", &status), 0);
  assert_true(S_ISCHR(status.st_mode));
  assert_false(output_write("/dev/full", "text", 4, reason));
  assert_string_equal(reason, "No space left on device");
  assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
  const pid_t child = fork();
  if (child == 0)
    _exit(output_write(path_of("fifo"), "text", 4, reason) ? 0 : 1);
  expect("fifo", "text");
  int result;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(result, 0);
  assert_int_equal(lstat(path_of("fifo"), &status), 0);
  assert_true(S_ISFIFO(status.st_mode));
}

static void a_failure_changes_nothing(void **state) {
  (void)state;
  struct output output;
  make("kept", "old");
  assert_true(output_open(&output, path_of("kept"), false, reason));
  fputs("half", output.file);
  output_abandon(&output);
  expect("kept", "old");
  assert_int_not_equal(access(path_of("kept.part"), F_OK), 0);
  assert_false(output_write(folder, "text", 4, reason));
  assert_string_equal(reason, "is a folder");
  assert_false(output_write(path_of("nowhere/file"), "text", 4, reason));
  assert_false(output_check(path_of("nowhere/file"), reason));
  assert_true(output_check(path_of("kept"), reason));
  assert_int_not_equal(access(path_of("kept.part"), F_OK), 0);
  expect("kept", "old");
}

/* Twenty processes at once, each with a letter of its own. */
static void writers_take_turns(void **state) {
  (void)state;
  static char text[1 << 16];
  for (int i = 0; i < 20; i++)
    if (fork() == 0) {
      memset(text, 'a' + i, sizeof text);
      _exit(output_write(path_of("shared"), text, sizeof text, reason) ? 0 : 1);
    }
  for (int i = 0; i < 20; i++) {
    int result;
    assert_true(wait(&result) > 0);
    assert_int_equal(result, 0);
  }
  FILE *file = fopen(path_of("shared"), "rb");
  assert_non_null(file);
  assert_int_equal(fread(text, 1, sizeof text, file), sizeof text);
  fclose(file);
  for (size_t i = 1; i < sizeof text; i++)
    assert_int_equal(text[i], text[0]);
}

/* ---- Locks ---- */

static void a_lock_keeps_others_out(void **state) {
  (void)state;
  struct lock lock;
  int ready[2], result;
  char byte;
  assert_int_equal(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    bool taken = lock_take(&lock, path_of("lock"), reason);
    if (write(ready[1], taken ? "y" : "n", 1) == 1)
      pause();
    _exit(1);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(byte, 'y');
  assert_false(lock_take(&lock, path_of("lock"), reason));
  char owner[32];
  snprintf(owner, sizeof owner, "process %ld on ", (long)child);
  assert_non_null(strstr(reason, owner));
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(access(path_of("lock"), F_OK), 0); /* a stale one */
  assert_true(lock_take(&lock, path_of("lock"), reason));
  lock_release(&lock);
  assert_int_not_equal(access(path_of("lock"), F_OK), 0);
}

/* ---- Mapped files ---- */

static void a_mapped_file_may_be_cut(void **state) {
  (void)state;
  static char text[1 << 16];
  struct vit_error error;
  struct vit_file file, other;
  memset(text, 'x', sizeof text);
  assert_true(output_write(path_of("mapped"), text, sizeof text, reason));
  assert_true(output_write(path_of("other"), text, sizeof text, reason));
  assert_true(vit_file_map(path_of("mapped"), &file, &error));
  assert_true(vit_file_map(path_of("other"), &other, &error));
  assert_int_equal(file.data[sizeof text - 1], 'x');
  assert_int_equal(truncate(path_of("mapped"), 5000), 0);
  assert_int_equal(file.data[4999], 'x');
  assert_int_equal(((volatile const unsigned char *)file.data)[sizeof text - 1], 0);
  assert_false(vit_guard_is_whole(file.data));
  assert_true(vit_guard_is_whole(other.data));
  vit_file_unmap(&file);
  vit_file_unmap(&other);
}

/* ---- Journals ---- */

static const struct journal_limits limits = {.sources = 5, .element_bytes = 4, .hash = 7};

static void add(struct journal *journal, size_t source, uint64_t end, uint32_t tokens) {
  const struct journal_tensor tensor = {.source = source, .end = end, .shape = {3, {1, tokens, 2}}};
  cJSON *record = cJSON_Parse("{\"tensor\":\"x\"}");
  assert_true(journal_add(journal, &tensor, record));
  cJSON_Delete(record);
}

/* Two windows of two images each. */
static void write_journal(void) {
  struct journal journal;
  assert_true(journal_open(&journal, path_of("journal"), &limits, true));
  add(&journal, 1, 24, 3);
  add(&journal, 0, 40, 2);
  assert_true(journal_end_window(&journal, 2, 0, 0));
  add(&journal, 3, 48, 1);
  assert_true(journal_end_window(&journal, 4, 1, 0));
  cJSON *record = journal_record(&journal, 1);
  assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(record, "tensor")), "x");
  cJSON_Delete(record);
  journal_close(&journal);
}

static void expect_journal(size_t count, size_t next, size_t broken) {
  struct journal journal;
  assert_true(journal_open(&journal, path_of("journal"), &limits, false));
  assert_int_equal(journal.count, count);
  assert_int_equal(journal.next, next);
  assert_int_equal(journal.broken, broken);
  journal_close(&journal);
}

static void a_journal_goes_on(void **state) {
  (void)state;
  write_journal();
  FILE *file = fopen(path_of("journal"), "a");
  assert_non_null(file);
  fputs("tensor 4 56 1 1 2\t{\"tensor\":", file);
  fclose(file);
  expect_journal(3, 4, 1);
  expect_journal(3, 4, 1);
}

/* One text in place of another, in the file. */
static void change(const char *from, const char *to) {
  char text[4096] = "";
  write_journal();
  FILE *file = fopen(path_of("journal"), "r+b");
  assert_non_null(file);
  size_t bytes = fread(text, 1, sizeof text - 1, file);
  char *at = strstr(text, from);
  assert_non_null(at);
  rewind(file);
  fwrite(text, 1, (size_t)(at - text), file);
  fputs(to, file);
  fwrite(at + strlen(from), 1, bytes - (size_t)(at - text) - strlen(from), file);
  fclose(file);
}

static void a_journal_is_not_trusted(void **state) {
  (void)state;
  static const char *const second[][2] = {{"tensor 3", "tensor 99999999"}, {"tensor 3", "tensor 0"},
      {"tensor 3", "tensor -1"}, {"tensor 3", "tensor 18446744073709551615"}, {"48 1 1 2", "47 1 1 2"},
      {"48 1 1 2", "48 1 4294967295 2"}, {"48 1 1 2", "48 1 1 2 1 1 1"}, {"48 1 1 2", "48 8"},
      {"window 4 1", "window 9 1"}, {"window 4 1", "window 4 2"}, {"window 4 1", "window 4"},
      {"window 4 1 ", "window 4 1 x"}};
  for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
    change(second[i][0], second[i][1]);
    expect_journal(2, 2, 0);
  }
  static const char *const first[][2] = {
      {"tensor 1", "tensor 2"}, {"{\"tensor\"", "[\"tensor\""}, {"window 2", "window 1"}};
  for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
    change(first[i][0], first[i][1]);
    expect_journal(0, 0, 0);
  }
}

static void a_journal_of_others_is_left_alone(void **state) {
  (void)state;
  struct journal journal;
  make("journal", "my diary\n");
  assert_false(journal_open(&journal, path_of("journal"), &limits, true));
  assert_false(journal_open(&journal, path_of("journal"), &limits, false));
  expect("journal", "my diary\n");
  assert_int_equal(remove(path_of("journal")), 0);
  const struct journal_limits others = {.sources = 5, .element_bytes = 4, .hash = 8};
  write_journal();
  assert_true(journal_open(&journal, path_of("journal"), &others, false));
  assert_int_equal(journal.count, 0);
  journal_close(&journal);
}

static void files_that_have_changed_end_what_counts(void **state) {
  (void)state;
  const uint64_t before[] = {0, 1, 2, 3, 4, 5}, after[] = {0, 1, 2, 30, 40, 50};
  struct journal_limits own = limits;
  struct journal journal;
  own.identities = before;
  assert_true(journal_open(&journal, path_of("journal"), &own, true));
  add(&journal, 0, 8, 1);
  assert_true(journal_end_window(&journal, 1, 0, before[1]));
  add(&journal, 1, 16, 1);
  add(&journal, 2, 24, 1);
  assert_true(journal_end_window(&journal, 3, 0, before[3]));
  journal_close(&journal);
  own.identities = after;
  assert_true(journal_open(&journal, path_of("journal"), &own, false));
  assert_int_equal(journal.next, 1);
  journal_close(&journal);
}

/* ---- Indices ---- */

static void an_index_is_known_by_its_first_line(void **state) {
  (void)state;
  assert_true(index_is_own(path_of("no such file")));
  make("index", "");
  assert_true(index_is_own(path_of("index")));
  make("index", "{\"name\":\"a\",\"bytes\":1,\"modified\":\"1.0\",\"features\":\"a.npy\"}\n{\"cut");
  assert_true(index_is_own(path_of("index")));
  make("index", "{\"text\":\"a data set of mine\"}\n");
  assert_false(index_is_own(path_of("index")));
  make("index", "{\"name\":\"a\",\"bytes\":-1,\"modified\":\"1.0\",\"features\":\"a.npy\"}\n");
  assert_false(index_is_own(path_of("index")));
}

/* ---- Command lines ---- */

struct options {
  uint32_t batch;
  bool null, overwrite;
  const char *verify;
};

static bool set_batch(void *options, const char *value) {
  return read_count(value, 1, 1024, &((struct options *)options)->batch);
}

static bool set_null(void *options, const char *value) {
  (void)value;
  return ((struct options *)options)->null = true;
}

static bool set_overwrite(void *options, const char *value) {
  (void)value;
  return ((struct options *)options)->overwrite = true;
}

static bool set_verify(void *options, const char *value) {
  ((struct options *)options)->verify = value ? value : "some";
  return true;
}

static const struct command_option table[] = {
    {.help = "A heading:"},
    {.name = "batch", .set = set_batch, .value = "N", .help = "images", .expected = "a number of images"},
    {.name = "null", .set = set_null, .letter = '0', .value = "", .help = "NUL"},
    {.name = "overwrite", .set = set_overwrite, .value = "", .help = "again"},
    {.name = "verify", .set = set_verify, .value = "[=all]", .help = "checks"},
};
static const struct command command = {.name = "tested",
    .usage = "FILE...",
    .summary = "Is tested",
    .options = table,
    .option_count = sizeof table / sizeof *table,
    .operands = true};

static enum command_result parse(struct options *options, const char *line, char ***operands, uint32_t *count) {
  static char text[256], *argv[32];
  int argc = 0;
  strcpy(text, line);
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
    argv[argc++] = word;
  *options = (struct options){0};
  return command_parse(&command, options, argc, argv, operands, count);
}

static void command_lines_are_read(void **state) {
  (void)state;
  struct options options;
  char **operands;
  uint32_t count;
  assert_int_equal(
      parse(&options, "tested a --batch 3 b -0 --verify --batch=4 -- --batch", &operands, &count), COMMAND_RUN);
  assert_int_equal(options.batch, 4);
  assert_true(options.null && !options.overwrite);
  assert_string_equal(options.verify, "some");
  assert_int_equal(count, 3);
  assert_string_equal(operands[0], "a");
  assert_string_equal(operands[1], "b");
  assert_string_equal(operands[2], "--batch");
  assert_int_equal(parse(&options, "tested --verify=all -", &operands, &count), COMMAND_RUN);
  assert_string_equal(options.verify, "all");
  assert_string_equal(operands[0], "-");
  static const char *const wrong[] = {"tested --batc 3", "tested --batch", "tested --batch 0", "tested --batch 2x",
      "tested --null=1", "tested -x", "tested --", "tested --overwrit"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(parse(&options, wrong[i], &operands, &count), i == 6 ? COMMAND_RUN : COMMAND_WRONG);
}

static void json_is_kept_to_the_digit(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{" {\n\"a\" : [ 12345678901234567890 , -0.10 , 1e400, {} ,[] ] } ",
                                             "{\"a\":[12345678901234567890,-0.10,1e400,{},[]]}"},
      {"\"\\u00e9 \\\" :\xC3\xA9\"", "\"\\u00e9 \\\" :\xC3\xA9\""}, {"true", "true"}, {"0", "0"},
      {"{\"a\":1,\"a\":null}", "{\"a\":1,\"a\":null}"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char *made = json_compact(pairs[i][0], strlen(pairs[i][0]));
    assert_non_null(made);
    assert_string_equal(made, pairs[i][1]);
    free(made);
  }
  static const char *const wrong[] = {"", " ", "NaN", "-null", "01", "1.", ".5", "+1", "1e", "-", "[1,]", "[1",
      "{\"a\"}", "{\"a\":}", "{1:2}", "{\"a\":1,}", "\"\xFF\"", "\"a\tb\"", "\"a", "\"\\x\"", "\"\\u12g4\"", "1 2",
      "{} x", "\xEF\xBB\xBF{}", "tru", "[\"\\"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (json_compact(wrong[i], strlen(wrong[i])))
      fail_msg("is no JSON: %s", wrong[i]);
  char deep[1001] = "";
  memset(deep, '[', 500);
  memset(deep + 500, ']', 500);
  assert_null(json_compact(deep, 1000));
  assert_null(json_compact("1\0002", 3));
}

static void values_are_read(void **state) {
  (void)state;
  s2vk_size sizes[4];
  double numbers[4];
  uint32_t count;
  int word;
  assert_true(read_sizes("224,112x448", sizes, 4, &count) && count == 2);
  assert_int_equal(sizes[0].width, 224);
  assert_int_equal(sizes[1].height, 112);
  assert_int_equal(sizes[1].width, 448);
  assert_false(read_sizes("", sizes, 4, &count) || read_sizes("1x", sizes, 4, &count) ||
               read_sizes("1,", sizes, 4, &count) || read_sizes("1,1,1,1,1", sizes, 4, &count) ||
               read_sizes("0", sizes, 4, &count));
  assert_true(read_numbers("1,2.5", 0, 10, numbers, 4, &count) && count == 2 && numbers[1] == 2.5);
  assert_false(read_numbers("nan", 0, 10, numbers, 4, &count) || read_numbers("11", 0, 10, numbers, 4, &count));
  assert_true(read_word("lanczos3", WORDS_FILTER, &word) && word == S2VK_FILTER_LANCZOS3);
  assert_true(read_word("split", WORDS_GRID, &word) && word == S2VK_GRID_SPLIT);
  assert_false(read_word("bicubic-anti", WORDS_FILTER, &word) || read_word("", WORDS_GRID, &word));
}

static int create_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state) {
  (void)state;
  char line[256];
  snprintf(line, sizeof line, "rm -r '%s'", folder);
  return system(line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_are_written_whole),
      cmocka_unit_test(links_are_followed),
      cmocka_unit_test(devices_and_pipes_stay_what_they_are),
      cmocka_unit_test(a_failure_changes_nothing),
      cmocka_unit_test(writers_take_turns),
      cmocka_unit_test(a_lock_keeps_others_out),
      cmocka_unit_test(a_mapped_file_may_be_cut),
      cmocka_unit_test(a_journal_goes_on),
      cmocka_unit_test(a_journal_is_not_trusted),
      cmocka_unit_test(a_journal_of_others_is_left_alone),
      cmocka_unit_test(files_that_have_changed_end_what_counts),
      cmocka_unit_test(an_index_is_known_by_its_first_line),
      cmocka_unit_test(command_lines_are_read),
      cmocka_unit_test(json_is_kept_to_the_digit),
      cmocka_unit_test(values_are_read),
  };
  return cmocka_run_group_tests(tests, create_folder, remove_folder);
}
