/* Reads from a SPIR-V module what the limits of a device apply to. */
#ifndef TESTS_SPIRV_H
#define TESTS_SPIRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spirv_constant {
  bool specialized;
  uint32_t id;    /* of the specialization constant */
  uint32_t value; /* if it is not specialized */
};

struct spirv_workgroup {
  struct spirv_constant size[3];
  bool shared; /* has variables that invocations share */
};

/* Returns false if the words are not a module, or if its workgroup has no size. */
bool spirv_read(const uint32_t *words, size_t count, struct spirv_workgroup *workgroup);

/* What a module needs of a device's limits. */
struct spirv_needs {
  uint32_t storage_buffers; /* bindings */
  uint32_t push_bytes;
};
struct spirv_needs spirv_needs_of(const uint32_t *words, size_t count);

#endif
