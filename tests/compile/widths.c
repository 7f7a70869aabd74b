#include "widths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Assembly ---------------------------------------------------------------------------------------------------- */

#define SGPRS 128
#define UNKNOWN UINT32_MAX
#define INFINITY_BITS 0x7f800000u
#define INFINITY_TEXT "0x7f800000"
#define INFINITY_MASK ", 8, 23" /* number of bits, and the first one */

struct reader {
  uint32_t held[SGPRS];  /* by each register: where in the descriptor set it is from, or INFINITY_BITS */
  const char *last_test; /* the line of the last one of infinity */
  const char *found_test;
  char end[16]; /* the label that ends what is left out; "" is none */
  bool leaving_out, tested, last;
  struct widths *widths;
};

/* Registers of an operand, as s7 or s[4:7]; how many, 0 if it is none of those. */
static uint32_t parse_sgprs(const char *operand, uint32_t *first) {
  unsigned low, high;
  if (sscanf(operand, "s[%u:%u]", &low, &high) != 2) {
    if (sscanf(operand, "s%u", &low) != 1)
      return 0;
    high = low;
  }
  *first = low;
  return low <= high && high < SGPRS ? high - low + 1 : 0;
}

static bool begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Bytes that a memory instruction moves: GCN's and RDNA's names, RDNA 3's, and formatted ones. */
static unsigned bytes_of_name(const char *name) {
  static const struct {
    const char *part;
    unsigned bytes;
  } parts[] = {
      {"dwordx4", 16},
      {"dwordx3", 12},
      {"dwordx2", 8},
      {"dword", 4},
      {"b128", 16},
      {"b96", 12},
      {"b64", 8},
      {"b32", 4},
      {"format_xyzw", 16},
      {"format_xyz", 12},
      {"format_xy", 8},
      {"format_x", 4},
      {"image_", 16},
      {"short", 2},
      {"16", 2},
      {"byte", 1},
      {"8", 1},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (strstr(name, parts[i].part))
      return parts[i].bytes;
  return 0;
}

/* The last of the operands that begins as s[, a descriptor. */
static enum width_kind kind_of_load(const struct reader *r, const char *name, const char *operands) {
  if (begins(name, "image_") || strstr(name, "_format_"))
    return WIDTH_SOURCE;
  const char *descriptor = strstr(operands, "s[");
  uint32_t first;
  if (!descriptor || parse_sgprs(descriptor, &first) != 4)
    return WIDTH_OTHER;
  const uint32_t offset = r->held[first];
  return offset == 16 ? WIDTH_SOURCE : offset == 0 ? WIDTH_TABLES : WIDTH_OTHER;
}

static void read_memory(struct reader *r, const char *name, const char *operands) {
  const bool scalar = begins(name, "s_buffer_load");
  if (!scalar && !begins(name, "buffer_") && !begins(name, "global_") && !begins(name, "flat_") &&
      !begins(name, "image_"))
    return;
  const bool store = strstr(name, "_store") != NULL, load = strstr(name, "_load") != NULL;
  unsigned bytes = bytes_of_name(name);
  if (r->leaving_out || (!store && !load)) /* atomics, and what empties caches */
    return;
  bytes = bytes > 16 ? 16 : bytes;
  const enum width_kind kind = scalar ? WIDTH_SCALAR : store ? WIDTH_STORES : kind_of_load(r, name, operands);
  r->widths->count[kind][bytes]++;
}

/* What registers hold: loaded, copied, overwritten. */
static void read_scalar(struct reader *r, const char *name, const char *operands) {
  uint32_t to, from = 0;
  const uint32_t count = parse_sgprs(operands, &to);
  if (!count || begins(name, "s_cmp") || (begins(name, "v_cmp") && count == 1)) /* these are sources */
    return;
  const char *second = strchr(operands, ','), *third = second ? strchr(second + 1, ',') : NULL;
  const bool moves = begins(name, "s_mov_b"), copies = moves && second && parse_sgprs(second + 2, &from) == count;
  uint32_t old[SGPRS];
  memcpy(old, r->held, sizeof old);
  const bool infinity = second && (moves ? strstr(second, INFINITY_TEXT) != NULL
                                         : begins(name, "s_bfm_b32") && begins(second, INFINITY_MASK));
  const uint32_t offset = third && !strstr(third, "null") ? (uint32_t)strtoul(third + 1, NULL, 0) : 0;
  for (uint32_t i = 0; i < count; i++) {
    r->held[to + i] = UNKNOWN;
    if (copies)
      r->held[to + i] = old[from + i];
    else if (begins(name, "s_load_") && count >= 4 && third)
      r->held[to + i] = offset + i * 4;
    else if (infinity)
      r->held[to + i] = INFINITY_BITS;
  }
}

/* What runs where input is not finite: `x >= infinity` as bits, or not `x < infinity`.
 * Conversions compare otherwise. */
static bool tests_infinity(const struct reader *r, const char *name, const char *operands) {
  if (!begins(name, "v_cmp_le_u32") && !begins(name, "v_cmpx_le_u32") && !begins(name, "v_cmp_gt_u32") &&
      !begins(name, "v_cmpx_gt_u32"))
    return false;
  const char *second = strchr(operands, ',');
  uint32_t first;
  const bool scalar = parse_sgprs(operands, &first) == 1 || (second && parse_sgprs(second + 2, &first) == 1);
  return strstr(operands, INFINITY_TEXT) || (scalar && r->held[first] == INFINITY_BITS);
}

/* An instruction's name and operands; false for a label. */
static bool parse_line(const char *line, char name[64], char operands[160]) {
  operands[0] = '\0';
  return line[0] == '\t' && sscanf(line, " %63s %159[^;\n]", name, operands) >= 1;
}

static void read_line(struct reader *r, const char *line) {
  char name[64], operands[160], label[16];
  if (line[0] != '\t') { /* a label ends what was left out, and begins what a test that no branch follows leaves out */
    if (sscanf(line, "%15[A-Za-z0-9_]:", label) != 1)
      return;
    if (strcmp(label, r->end) == 0) {
      r->leaving_out = false;
      r->end[0] = '\0';
    }
    r->leaving_out |= r->tested && r->last && widths_narrower(r->widths, WIDTH_STORES, 17);
    r->tested = false;
    return;
  }
  if (!parse_line(line, name, operands))
    return;
  if (tests_infinity(r, name, operands)) {
    r->found_test = line;
    r->tested = !r->leaving_out;
    r->last = line == r->last_test;
  } else if (r->tested && begins(name, "s_cbranch_exec")) {
    snprintf(r->end, sizeof r->end, "%.*s", (int)strcspn(operands, " \t"), operands);
    r->leaving_out = true;
    r->tested = false;
  }
  read_memory(r, name, operands);
  if (name[0] == 's' || begins(name, "v_readfirstlane") || begins(name, "v_readlane") || begins(name, "v_cmp"))
    read_scalar(r, name, operands);
}

static const char *read_lines(const char *assembly, const char *last_test, struct widths *widths) {
  struct reader r = {.last_test = last_test, .widths = widths};
  *widths = (struct widths){0};
  for (uint32_t i = 0; i < SGPRS; i++)
    r.held[i] = UNKNOWN;
  for (const char *line = assembly; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    read_line(&r, line);
  }
  return r.found_test;
}

void widths_read(const char *assembly, struct widths *widths) {
  read_lines(assembly, read_lines(assembly, NULL, widths), widths);
}

const char *widths_text(const struct widths *widths, enum width_kind kind) {
  static char texts[8][96];
  static unsigned next;
  char *text = texts[next++ % 8];
  int length = 0;
  for (unsigned bytes = 17; bytes-- > 0;)
    if (widths->count[kind][bytes])
      length += snprintf(text + length, sizeof texts[0] - (size_t)length, "%s%u:%u", length ? "," : "", bytes,
          widths->count[kind][bytes]);
  return length ? text : strcpy(text, "-");
}

unsigned widths_narrower(const struct widths *widths, enum width_kind kind, unsigned bytes) {
  unsigned count = 0;
  for (unsigned i = 0; i < bytes; i++)
    count += widths->count[kind][i];
  return count;
}

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

static struct {
  VkPipeline pipeline;
  struct widths widths;
} kept[1024];
static unsigned kept_count;

/* The assembly of a pipeline, to be freed; NULL if the driver does not say. */
static char *assembly_of(VkDevice device, VkPipeline pipeline) {
  const VkPipelineExecutableInfoKHR executable = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline};
  VkPipelineExecutableInternalRepresentationKHR texts[8] = {0};
  uint32_t count = sizeof texts / sizeof *texts;
  for (uint32_t i = 0; i < count; i++)
    texts[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  if (vkGetPipelineExecutableInternalRepresentationsKHR(device, &executable, &count, texts) < 0)
    return NULL;
  char *found = NULL;
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(texts[i].name, "Assembly") == 0 && texts[i].isText)
      texts[i].pData = found = calloc(1, texts[i].dataSize + 1);
  if (!found || vkGetPipelineExecutableInternalRepresentationsKHR(device, &executable, &count, texts) < 0) {
    free(found);
    return NULL;
  }
  return found;
}

VKAPI_ATTR VkResult VKAPI_CALL widths_create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  PFN_vkCreateComputePipelines create =
      (PFN_vkCreateComputePipelines)vkGetDeviceProcAddr(device, "vkCreateComputePipelines");
  for (uint32_t i = 0; i < count; i++) {
    VkComputePipelineCreateInfo info = infos[i];
    info.flags |= VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    const VkResult result = create(device, cache, 1, &info, allocator, &pipelines[i]);
    if (result)
      return result;
    char *assembly = assembly_of(device, pipelines[i]);
    if (assembly && kept_count < sizeof kept / sizeof *kept) {
      kept[kept_count].pipeline = pipelines[i];
      widths_read(assembly, &kept[kept_count++].widths);
    }
    free(assembly);
  }
  return VK_SUCCESS;
}

bool widths_of(VkPipeline pipeline, struct widths *widths) {
  for (unsigned i = kept_count; i-- > 0;) /* the handles of those destroyed may be had again */
    if (kept[i].pipeline == pipeline) {
      *widths = kept[i].widths;
      return true;
    }
  return false;
}
