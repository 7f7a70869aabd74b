/* A lock for lists that are walked in a few instructions. Nothing that may wait is called while it is held. All zero:
 * open. */
#ifndef S2VK_LOCK_H
#define S2VK_LOCK_H

#include <stdatomic.h>

struct s2_lock {
  atomic_bool held;
};

static inline void s2_lock(struct s2_lock *lock) {
  while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire))
    ;
}

static inline void s2_unlock(struct s2_lock *lock) {
  atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
