#define _GNU_SOURCE

#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OWNER_BYTES 160

static bool same_file(int descriptor, const char *path) {
  struct stat own, named;
  return fstat(descriptor, &own) == 0 && lstat(path, &named) == 0 && own.st_dev == named.st_dev &&
         own.st_ino == named.st_ino;
}

/* Whether it holds what write_owner() writes, or the beginning of that, under one name. */
static bool is_lock(int descriptor) {
  static const char begins[] = "process ";
  char text[sizeof begins - 1];
  struct stat status;
  ssize_t length = pread(descriptor, text, sizeof text, 0);
  return length >= 0 && memcmp(text, begins, (size_t)length) == 0 && fstat(descriptor, &status) == 0 &&
         status.st_nlink == 1;
}

static void tell_owner(int descriptor, char reason[LOCK_REASON_BYTES]) {
  char owner[OWNER_BYTES] = "";
  ssize_t length = pread(descriptor, owner, sizeof owner - 1, 0);
  owner[length > 0 ? length : 0] = 0;
  owner[strcspn(owner, "\n")] = 0;
  for (char *c = owner; *c; c++) /* the file may contain anything, and the text goes to a terminal */
    if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
      *c = '?';
  snprintf(reason, LOCK_REASON_BYTES, "another process writes it: %s; wait for it, or end it",
      *owner ? owner : "one that is just beginning");
}

static bool write_owner(int descriptor) {
  char host[64] = "?", when[32], owner[OWNER_BYTES];
  time_t now = time(NULL);
  struct tm local;
  gethostname(host, sizeof host - 1);
  strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
  int length = snprintf(owner, sizeof owner, "process %ld on %s, since %s\n", (long)getpid(), host, when);
  return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, owner, (size_t)length, 0) == length;
}

bool lock_take(struct lock *lock, const char *path, char reason[LOCK_REASON_BYTES]) {
  *lock = (struct lock){0};
  for (;;) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) {
      snprintf(reason, LOCK_REASON_BYTES, "%s: %s", path, strerror(errno));
      return false;
    }
    bool taken = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    if (!taken && errno == EWOULDBLOCK) {
      tell_owner(descriptor, reason);
      close(descriptor);
      return false;
    }
    /* On a file system without locks only the user keeps two processes apart. */
    if (taken && !same_file(descriptor, path)) { /* its owner has just removed it */
      close(descriptor);
      continue;
    }
    if (!is_lock(descriptor)) {
      snprintf(reason, LOCK_REASON_BYTES, "%s: is no lock, and would be written over: move it", path);
      close(descriptor);
      return false;
    }
    lock->path = strdup(path);
    lock->descriptor = descriptor;
    if (lock->path && write_owner(descriptor))
      return true;
    snprintf(reason, LOCK_REASON_BYTES, "%s: %s", path, strerror(errno));
    lock_release(lock);
    return false;
  }
}

void lock_release(struct lock *lock) {
  if (!lock->path)
    return;
  unlink(lock->path);
  close(lock->descriptor);
  free(lock->path);
  *lock = (struct lock){0};
}

int lock_alone(const char *folder, bool *held) {
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  *held = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (!*held)
    return descriptor;
  close(descriptor);
  return -1;
}

int lock_share(const char *folder, int descriptor) {
  if (descriptor < 0)
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (descriptor >= 0 && flock(descriptor, LOCK_SH) != 0 && errno == EINTR)
    ;
  return descriptor;
}
