#define _GNU_SOURCE

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"
#define MAX_LINKS 40

static bool fail(char *reason, const char *why) {
  snprintf(reason, OUTPUT_REASON_BYTES, "%s", why);
  return false;
}

static bool fail_errno(char *reason) {
  return fail(reason, strerror(errno));
}

/* ---- Where it is ---- */

static char *join(const char *folder, size_t folder_bytes, const char *name) {
  char *path = malloc(folder_bytes + strlen(name) + 1);
  if (path) {
    memcpy(path, folder, folder_bytes);
    strcpy(path + folder_bytes, name);
  }
  return path;
}

/* Follows all links at the end of a path. The file need not exist. Returns NULL and sets errno on failure. */
static char *resolve(const char *path) {
  char *at = strdup(path);
  for (int links = 0; at; links++) {
    char target[4096];
    ssize_t length = readlink(at, target, sizeof target - 1);
    if (length < 0) /* it is not a link */
      return at;
    target[length] = 0;
    const char *slash = strrchr(at, '/');
    char *next = target[0] == '/' || !slash ? strdup(target) : join(at, (size_t)(slash - at) + 1, target);
    free(at);
    at = next;
    if (links == MAX_LINKS) {
      free(at);
      errno = ELOOP;
      return NULL;
    }
  }
  errno = ENOMEM;
  return NULL;
}

/* The descriptor of stdout or stderr if one of them is this file; else -1. */
static int standard(const struct stat *status) {
  for (int descriptor = 1; descriptor <= 2; descriptor++) {
    struct stat own;
    if (fstat(descriptor, &own) == 0 && own.st_dev == status->st_dev && own.st_ino == status->st_ino)
      return descriptor;
  }
  return -1;
}

/* Whether the file is written to directly. Sets *exists. A file in memory, below /proc/self/fd, has no name: its link
 * does not lead to it. */
static bool is_direct(const char *path, const char *resolved, struct stat *status, bool *exists) {
  struct stat named;
  *exists = stat(path, status) == 0;
  if (!*exists || S_ISDIR(status->st_mode))
    return false;
  return !S_ISREG(status->st_mode) || standard(status) >= 0 || stat(resolved, &named) != 0 ||
         named.st_dev != status->st_dev || named.st_ino != status->st_ino;
}

static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

/* ---- Opening ---- */

/* Opens and locks the partial file. Another process may rename it before the lock is taken; then this opens the new
 * one. */
static int open_locked(const char *partial) {
  for (;;) {
    int descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
      return -1;
    struct stat own, named;
    int locked;
    while ((locked = flock(descriptor, LOCK_EX)) != 0 && errno == EINTR)
      ;
    bool no_locks = locked != 0 && (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS);
    bool same = fstat(descriptor, &own) == 0 && lstat(partial, &named) == 0 && own.st_dev == named.st_dev &&
                own.st_ino == named.st_ino;
    /* With another name it is somebody's file: what is written must not go there. */
    bool others = same && own.st_nlink > 1;
    if ((no_locks || (locked == 0 && same)) && !others)
      return descriptor;
    bool again = others ? unlink(partial) == 0 : locked == 0;
    int error = errno;
    close(descriptor);
    if (!again) {
      errno = error;
      return -1;
    }
  }
}

static bool open_partial(
    struct output *output, const struct stat *status, bool exists, bool keep, char reason[OUTPUT_REASON_BYTES]) {
  if (exists && access(output->path, W_OK) != 0)
    return fail_errno(reason);
  output->partial = join(output->path, strlen(output->path), PART);
  int descriptor = output->partial ? open_locked(output->partial) : -1;
  if (descriptor < 0)
    return output->partial ? fail_errno(reason) : fail(reason, "no memory for its name");
  bool done = keep || ftruncate(descriptor, 0) == 0;
  if (done && exists) { /* keeps the owner, as far as this is allowed */
    int ignored = fchown(descriptor, status->st_uid, status->st_gid);
    (void)ignored;
    done = fchmod(descriptor, status->st_mode & 07777) == 0;
  }
  output->file = done ? fdopen(descriptor, "r+b") : NULL;
  if (output->file)
    return true;
  fail_errno(reason);
  close(descriptor);
  return false;
}

static bool open_direct(
    struct output *output, const char *path, const struct stat *status, char reason[OUTPUT_REASON_BYTES]) {
  int own = standard(status);
  fflush(own == 1 ? stdout : NULL);
  int descriptor = own >= 0 ? dup(own) : open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
  output->file = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
  if (output->file)
    return true;
  fail_errno(reason);
  if (descriptor >= 0)
    close(descriptor);
  return false;
}

static void clear(struct output *output) {
  free(output->path);
  free(output->partial);
  *output = (struct output){0};
}

bool output_open(struct output *output, const char *path, bool keep, char reason[OUTPUT_REASON_BYTES]) {
  struct stat status;
  bool exists, done;
  *output = (struct output){.path = resolve(path), .keep = keep};
  if (!output->path)
    return fail_errno(reason);
  const bool direct = is_direct(path, output->path, &status, &exists);
  if (exists && S_ISDIR(status.st_mode))
    done = fail(reason, "is a folder");
  else if (direct)
    done = open_direct(output, path, &status, reason);
  else
    done = open_partial(output, &status, exists, keep, reason);
  if (!done)
    clear(output);
  return done;
}

/* ---- Closing ---- */

/* Flushes the new name to the disk. A file system that does not support this is no error. */
static bool sync_folder(const char *path) {
  char *folder = folder_of(path);
  int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  free(folder);
  if (descriptor < 0)
    return errno == EACCES; /* the folder may be written, and not read */
  bool done = fsync(descriptor) == 0 || errno == EINVAL || errno == EBADF;
  close(descriptor);
  return done;
}

bool output_close(struct output *output, char reason[OUTPUT_REASON_BYTES]) {
  bool done = fflush(output->file) == 0 && !ferror(output->file);
  if (done && output->partial)
    done = fsync(fileno(output->file)) == 0;
  if (done && output->partial)
    done = rename(output->partial, output->path) == 0;
  if (done && output->partial)
    done = sync_folder(output->path);
  if (!done)
    fail_errno(reason);
  /* Closed last, because closing releases the lock. */
  if (fclose(output->file) != 0 && done)
    done = fail_errno(reason);
  if (!done && output->partial && !output->keep)
    unlink(output->partial);
  clear(output);
  return done;
}

void output_abandon(struct output *output) {
  if (output->partial && !output->keep)
    unlink(output->partial);
  if (output->file)
    fclose(output->file);
  clear(output);
}

bool output_write(const char *path, const void *data, size_t bytes, char reason[OUTPUT_REASON_BYTES]) {
  struct output output;
  if (!output_open(&output, path, false, reason))
    return false;
  if (!bytes || fwrite(data, bytes, 1, output.file) == 1)
    return output_close(&output, reason);
  fail_errno(reason);
  output_abandon(&output);
  return false;
}

/* ---- Before and after ---- */

bool output_check(const char *path, char reason[OUTPUT_REASON_BYTES]) {
  struct stat status;
  bool exists;
  char *resolved = resolve(path);
  if (!resolved)
    return fail_errno(reason);
  const bool direct = is_direct(path, resolved, &status, &exists);
  free(resolved);
  if (exists && S_ISDIR(status.st_mode))
    return fail(reason, "is a folder");
  if (exists && access(path, W_OK) != 0)
    return fail_errno(reason);
  if (direct)
    return true;
  struct output output;
  if (!output_open(&output, path, true, reason))
    return false;
  struct stat partial; /* if it is not empty, an earlier run left it */
  output.keep = fstat(fileno(output.file), &partial) != 0 || partial.st_size > 0;
  output_abandon(&output);
  return true;
}

bool output_is_stdout(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && standard(&status) == 1;
}

bool output_is_regular(const char *path) {
  struct stat status;
  return stat(path, &status) != 0 || (S_ISREG(status.st_mode) && standard(&status) < 0);
}

bool output_make_folders(const char *path, char reason[OUTPUT_REASON_BYTES]) {
  char *copy = strdup(path);
  bool done = copy || fail(reason, "no memory for its name");
  for (char *slash = done ? strchr(copy + 1, '/') : NULL; done && slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(copy, 0777) == 0)
      sync_folder(copy);
    else if (errno != EEXIST)
      done = fail_errno(reason);
    *slash = '/';
  }
  free(copy);
  return done;
}

int output_finish(const char *program, int status) {
  if (fflush(stdout) == 0 && !ferror(stdout))
    return status;
  fprintf(stderr, "%s: standard output: %s\n", program, strerror(errno ? errno : EIO));
  return status ? status : 1;
}
