/* Keeps two processes from writing one output at the same time.
 *
 * The lock is the operating system's, on a file beside the output. The file names its owner. The lock ends with its
 * process, so another process can take the file that a killed one left. */
#ifndef SAMPLES_LOCK_H
#define SAMPLES_LOCK_H

#include <stdbool.h>

#define LOCK_REASON_BYTES 256

struct lock {
  char *path; /* NULL: not taken */
  int descriptor;
};

/* Takes the lock without waiting. If another process has it, or after an error, returns false and sets the reason,
 * which names the other process. Nothing is left behind then. */
bool lock_take(struct lock *lock, const char *path, char reason[LOCK_REASON_BYTES]);

/* Releases the lock and removes the file. Accepts a lock that is not taken. */
void lock_release(struct lock *lock);

/* The settings of a folder that several processes write at once: as long as one holds them, none changes them. */

/* Whether the folder's settings may be changed: nobody else holds them. Then this process holds them alone, until
 * lock_share(). -1: another process holds them, or the folder cannot be opened; *held says whether it is the former.
 * A file system without locks keeps nobody apart. */
int lock_alone(const char *folder, bool *held);

/* Holds them along with others, from now on; waits while one changes them. The descriptor is that of lock_alone(), or
 * -1. Returns it, or a new one; -1: the folder cannot be opened. close() ends it. */
int lock_share(const char *folder, int descriptor);

#endif
