#define _POSIX_C_SOURCE 200809L /* sysconf */

#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct machine machine_find(void) {
  struct machine machine = {.cpu = "unknown CPU"};
  FILE *file = fopen("/proc/cpuinfo", "r");
  char line[256];
  while (file && fgets(line, sizeof line, file)) {
    const char *value = strchr(line, ':');
    if (strncmp(line, "model name", 10) == 0 && value && value[1]) {
      line[strcspn(line, "\n")] = '\0';
      snprintf(machine.cpu, sizeof machine.cpu, "%.120s", value + 2);
      break;
    }
  }
  if (file)
    fclose(file);
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  machine.cores = cores > 0 ? (uint32_t)cores : 0;
  const char *off = getenv("MESA_SHADER_CACHE_DISABLE");
  machine.disk_caches_off = off && strcmp(off, "true") == 0;
  return machine;
}
