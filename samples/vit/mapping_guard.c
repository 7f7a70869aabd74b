#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "mapping_guard.h"

#ifdef _WIN32 /* a file that is mapped cannot be shortened there */
bool vit_guard_add(const void *data, size_t bytes) {
  (void)data, (void)bytes;
  return true;
}

void vit_guard_remove(const void *data) {
  (void)data;
}

bool vit_guard_is_whole(const void *data) {
  (void)data;
  return true;
}
#else
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_MAPPINGS 256

/* A mapping, while address is not 0. */
static struct mapping {
  atomic_uintptr_t address;
  atomic_size_t bytes;
  atomic_bool torn;
} mappings[MAX_MAPPINGS];
static pthread_mutex_t mapping_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction action_before;
static uintptr_t page_bytes;

static struct mapping *find_mapping(uintptr_t address) {
  for (size_t i = 0; address && i < MAX_MAPPINGS; i++) {
    uintptr_t begin = mappings[i].address;
    if (begin && address >= begin && address - begin < mappings[i].bytes)
      return &mappings[i];
  }
  return NULL;
}

/* Maps zeros in place of the missing part, from this page on, so that reading can continue. */
static void fill_in(int signal, siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr, page = address / page_bytes * page_bytes;
  struct mapping *mapping = find_mapping(address);
  if (mapping && mmap((void *)page, mapping->address + mapping->bytes - page, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
    mapping->torn = true;
    return;
  }
  if (action_before.sa_flags & SA_SIGINFO) {
    action_before.sa_sigaction(signal, info, context);
  } else if (action_before.sa_handler != SIG_DFL && action_before.sa_handler != SIG_IGN) {
    action_before.sa_handler(signal);
  } else { /* the signal comes again, and ends the process */
    sigaction(signal, &action_before, NULL);
  }
}

bool vit_guard_add(const void *data, size_t bytes) {
  bool done = false;
  pthread_mutex_lock(&mapping_lock);
  if (!page_bytes) {
    struct sigaction action = {.sa_sigaction = fill_in, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigaction(SIGBUS, &action, &action_before);
  }
  for (size_t i = 0; !done && i < MAX_MAPPINGS; i++)
    if (!mappings[i].address) {
      mappings[i].bytes = bytes;
      mappings[i].torn = false;
      mappings[i].address = (uintptr_t)data;
      done = true;
    }
  pthread_mutex_unlock(&mapping_lock);
  return done;
}

void vit_guard_remove(const void *data) {
  struct mapping *mapping = find_mapping((uintptr_t)data);
  if (mapping)
    mapping->address = 0;
}

bool vit_guard_is_whole(const void *data) {
  struct mapping *mapping = find_mapping((uintptr_t)data);
  return !mapping || !mapping->torn;
}
#endif
