#include "vulkan/flatten.h"

#include <string.h>

/* What is used of SPIR-V: https://registry.khronos.org/SPIR-V/specs/unified1/SPIRV.html. An instruction begins with a
 * word of its length and its opcode. */
enum opcode {
  OP_TYPE_INT = 21,       /* result, width, signed */
  OP_TYPE_VECTOR = 23,    /* result, component, count */
  OP_TYPE_IMAGE = 25,     /* result, sampled type, dimensions, depth, arrayed, ... */
  OP_FUNCTION = 54,       /* the types are ahead of the first */
  OP_VECTOR_SHUFFLE = 79, /* type, result, vector, vector, component... */
  OP_IMAGE_FETCH = 95,    /* type, result, image, coordinate, operand... */
};
enum { HEADER_WORDS = 5, BOUND = 3, DIM_2D = 1, TYPE_WORDS = 4, SHUFFLE_WORDS = 7 };

static uint32_t first_word(enum opcode opcode, uint32_t length) {
  return length << 16 | opcode;
}

/* The ids that the changed instructions need; 0: not seen. */
struct ids {
  uint32_t sampled; /* type of a sample's components */
  uint32_t texel;   /* the vector of four of them, which a fetch of the image gives */
  uint32_t integer; /* int */
  uint32_t flat;    /* ivec2 */
  uint32_t next;    /* the first that is free */
};

static void find_types(const uint32_t *words, size_t count, struct ids *ids, size_t *fetches) {
  for (size_t i = HEADER_WORDS; i < count; i += words[i] >> 16) {
    const uint32_t *at = words + i;
    const uint32_t opcode = at[0] & 0xFFFF;
    if (opcode == OP_TYPE_IMAGE && at[3] == DIM_2D)
      ids->sampled = at[2];
    else if (opcode == OP_TYPE_INT && at[2] == 32 && at[3] == 1)
      ids->integer = at[1];
    *fetches += opcode == OP_IMAGE_FETCH;
  }
  for (size_t i = HEADER_WORDS; i < count; i += words[i] >> 16) {
    const uint32_t *at = words + i;
    if ((at[0] & 0xFFFF) != OP_TYPE_VECTOR)
      continue;
    if (at[2] == ids->sampled && at[3] == 4)
      ids->texel = at[1];
    else if (at[2] == ids->integer && at[3] == 2)
      ids->flat = at[1];
  }
}

/* Adds the type of coordinates, which a module may have only once. Returns the words added. */
static size_t add_type(struct ids *ids, uint32_t *to) {
  if (ids->flat)
    return 0;
  ids->flat = ids->next++;
  to[0] = first_word(OP_TYPE_VECTOR, TYPE_WORDS);
  to[1] = ids->flat;
  to[2] = ids->integer;
  to[3] = 2;
  return TYPE_WORDS;
}

/* Adds an instruction that leaves the layer out of a coordinate. Returns the words added. */
static size_t add_shuffle(struct ids *ids, uint32_t coordinate, uint32_t *to) {
  const uint32_t shuffle[SHUFFLE_WORDS] = {
      first_word(OP_VECTOR_SHUFFLE, SHUFFLE_WORDS), ids->flat, ids->next++, coordinate, coordinate, 0, 1};
  memcpy(to, shuffle, sizeof shuffle);
  return SHUFFLE_WORDS;
}

uint32_t *s2_flatten(const struct s2_env *env, const uint32_t *words, size_t count, size_t *flat_count) {
  struct ids ids = {.next = words[BOUND]};
  size_t fetches = 0, made = HEADER_WORDS;
  find_types(words, count, &ids, &fetches);
  uint32_t *flat = s2_alloc(env, count + TYPE_WORDS + fetches * SHUFFLE_WORDS, sizeof *flat);
  if (!flat)
    return NULL;
  memcpy(flat, words, HEADER_WORDS * sizeof *words);
  for (size_t i = HEADER_WORDS; i < count; i += words[i] >> 16) {
    const uint32_t *at = words + i, opcode = at[0] & 0xFFFF;
    /* Texel buffers are fetched from, too: they have other components. */
    const bool fetch = opcode == OP_IMAGE_FETCH && at[1] == ids.texel;
    if (opcode == OP_FUNCTION)
      made += add_type(&ids, flat + made);
    if (fetch)
      made += add_shuffle(&ids, at[4], flat + made);
    uint32_t *copy = flat + made;
    memcpy(copy, at, (at[0] >> 16) * sizeof *at);
    made += at[0] >> 16;
    if (fetch)
      copy[4] = ids.next - 1;
    else if (opcode == OP_TYPE_IMAGE && at[3] == DIM_2D)
      copy[5] = 0;
  }
  flat[BOUND] = ids.next;
  *flat_count = made;
  return flat;
}
