#include "spirv.h"

/* Numbers of the SPIR-V specification. */
enum {
  OP_TYPE_VECTOR = 23,
  OP_TYPE_STRUCT = 30,
  OP_TYPE_POINTER = 32,
  OP_MEMBER_DECORATE = 72,
  DECORATION_BINDING = 33,
  DECORATION_OFFSET = 35,
  STORAGE_CLASS_UNIFORM = 2,
  STORAGE_CLASS_PUSH_CONSTANT = 9,
  STORAGE_CLASS_STORAGE_BUFFER = 12,
  MAGIC = 0x07230203,
  HEADER_WORDS = 5,
  OP_CONSTANT = 43,
  OP_CONSTANT_COMPOSITE = 44,
  OP_SPEC_CONSTANT = 50,
  OP_SPEC_CONSTANT_COMPOSITE = 51,
  OP_VARIABLE = 59,
  OP_DECORATE = 71,
  DECORATION_SPEC_ID = 1,
  DECORATION_BUILT_IN = 11,
  BUILT_IN_WORKGROUP_SIZE = 25,
  STORAGE_CLASS_WORKGROUP = 4,
};

struct module {
  const uint32_t *words;
  size_t count;
};

/* The instruction after `at`, or the first one; NULL at the end. */
static const uint32_t *next(const struct module *m, const uint32_t *at) {
  const uint32_t *after = at ? at + (*at >> 16) : m->words + HEADER_WORDS;
  const size_t left = (size_t)(m->words + m->count - after);
  return left > 0 && *after >> 16 > 0 && *after >> 16 <= left ? after : NULL;
}

static uint32_t op_of(const uint32_t *instruction) {
  return *instruction & 0xFFFF;
}

/* The operand of a decoration of id. */
static bool find_decoration(const struct module *m, uint32_t id, uint32_t decoration, uint32_t *operand) {
  for (const uint32_t *i = next(m, NULL); i; i = next(m, i))
    if (op_of(i) == OP_DECORATE && *i >> 16 > 3 && i[1] == id && i[2] == decoration) {
      *operand = i[3];
      return true;
    }
  return false;
}

static bool read_constant(const struct module *m, uint32_t id, struct spirv_constant *constant) {
  for (const uint32_t *i = next(m, NULL); i; i = next(m, i))
    if ((op_of(i) == OP_CONSTANT || op_of(i) == OP_SPEC_CONSTANT) && *i >> 16 > 3 && i[2] == id) {
      *constant = (struct spirv_constant){.value = i[3]};
      constant->specialized = op_of(i) == OP_SPEC_CONSTANT && find_decoration(m, id, DECORATION_SPEC_ID, &constant->id);
      return true;
    }
  return false;
}

bool spirv_read(const uint32_t *words, size_t count, struct spirv_workgroup *workgroup) {
  const struct module m = {words, count};
  *workgroup = (struct spirv_workgroup){0};
  if (count < HEADER_WORDS || words[0] != MAGIC)
    return false;
  bool sized = false;
  for (const uint32_t *i = next(&m, NULL); i; i = next(&m, i)) {
    const uint32_t op = op_of(i);
    uint32_t built_in;
    if (op == OP_VARIABLE && i[3] == STORAGE_CLASS_WORKGROUP)
      workgroup->shared = true;
    if ((op != OP_CONSTANT_COMPOSITE && op != OP_SPEC_CONSTANT_COMPOSITE) || *i >> 16 != 6)
      continue;
    if (!find_decoration(&m, i[2], DECORATION_BUILT_IN, &built_in) || built_in != BUILT_IN_WORKGROUP_SIZE)
      continue;
    sized = true;
    for (int axis = 0; axis < 3; axis++)
      sized = sized && read_constant(&m, i[3 + axis], &workgroup->size[axis]);
  }
  return sized;
}

/* The instruction of op whose word number `place` is id. */
static const uint32_t *find(const struct module *m, uint32_t op, uint32_t place, uint32_t id) {
  for (const uint32_t *i = next(m, NULL); i; i = next(m, i))
    if (op_of(i) == op && *i >> 16 > place && i[place] == id)
      return i;
  return NULL;
}

/* Bytes of a struct of words and vectors of them. */
static uint32_t bytes_of_struct(const struct module *m, const uint32_t *type) {
  uint32_t bytes = 0;
  for (const uint32_t *i = next(m, NULL); i; i = next(m, i)) {
    if (op_of(i) != OP_MEMBER_DECORATE || *i >> 16 < 5 || i[1] != type[1] || i[3] != DECORATION_OFFSET)
      continue;
    const uint32_t *vector = find(m, OP_TYPE_VECTOR, 1, type[2 + i[2]]);
    const uint32_t end = i[4] + 4 * (vector ? vector[3] : 1);
    bytes = end > bytes ? end : bytes;
  }
  return bytes;
}

struct spirv_needs spirv_needs_of(const uint32_t *words, size_t count) {
  const struct module m = {words, count};
  struct spirv_needs needs = {0};
  uint32_t bound = 0; /* a bit for each binding, since several variables may have one */
  for (const uint32_t *i = next(&m, NULL); i; i = next(&m, i)) {
    if (op_of(i) != OP_VARIABLE)
      continue;
    const uint32_t *pointer = find(&m, OP_TYPE_POINTER, 1, i[1]);
    const uint32_t *type = pointer ? find(&m, OP_TYPE_STRUCT, 1, pointer[3]) : NULL;
    uint32_t binding;
    if (type && i[3] == STORAGE_CLASS_PUSH_CONSTANT)
      needs.push_bytes += bytes_of_struct(&m, type);
    else if (type && (i[3] == STORAGE_CLASS_STORAGE_BUFFER || i[3] == STORAGE_CLASS_UNIFORM) &&
             find_decoration(&m, i[2], DECORATION_BINDING, &binding))
      bound |= 1u << binding;
  }
  for (; bound; bound &= bound - 1)
    needs.storage_buffers++;
  return needs;
}
