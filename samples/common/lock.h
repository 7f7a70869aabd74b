/* Keeps two processes from writing one output at the same time.
 *
 * The lock is the kernel's, on a file beside the output; the file says who has it. It goes with its process, so what a
 * killed one leaves behind is taken over. */
#ifndef SAMPLES_LOCK_H
#define SAMPLES_LOCK_H

#include <stdbool.h>

#define LOCK_REASON_BYTES 256

struct lock {
  char *path; /* NULL: not taken */
  int descriptor;
};

/* Does not wait. False, with a reason that names the owner, if another process has it; then, or after an error, nothing
 * is left. */
bool lock_take(struct lock *lock, const char *path, char reason[LOCK_REASON_BYTES]);

/* Removes the file, too. Accepts a lock that is not taken. */
void lock_release(struct lock *lock);

#endif
