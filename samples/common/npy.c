#include "npy.h"

#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6
#define ALIGNMENT 64 /* of the data in the file */

static bool fail(char *error, size_t error_bytes, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, error_bytes, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- Types and shapes ---- */

/* Bytes of an element of one of NumPy's numbers or booleans; 0 for any other type. */
static size_t element_bytes_of(const char *type) {
  static const struct {
    char kind;
    const char *bytes[6];
  } kinds[] = {
      {'b', {"1"}},
      {'i', {"1", "2", "4", "8"}},
      {'u', {"1", "2", "4", "8"}},
      {'f', {"2", "4", "8", "16"}},
      {'c', {"8", "16", "32"}},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (const char *const *bytes = kinds[i].bytes; *bytes; bytes++)
      if (type[0] == kinds[i].kind && strcmp(type + 1, *bytes) == 0)
        return (size_t)strtoul(*bytes, NULL, 10);
  return 0;
}

/* Counts the elements of a shape. Fails if their bytes exceed size_t. */
static bool count_elements(const size_t *dims, unsigned rank, size_t element_bytes, size_t *elements) {
  *elements = 1;
  for (unsigned i = 0; i < rank; i++)
    if (dims[i] == 0) {
      *elements = 0;
      return true;
    }
  for (unsigned i = 0; i < rank; i++) {
    if (*elements > SIZE_MAX / element_bytes / dims[i])
      return false;
    *elements *= dims[i];
  }
  return true;
}

/* ---- The header: a Python dictionary with the keys descr, fortran_order and shape ---- */

static void skip_spaces(const char **at) {
  *at += strspn(*at, " \t\n");
}

static bool accept(const char **at, const char *token) {
  skip_spaces(at);
  size_t length = strlen(token);
  if (strncmp(*at, token, length) != 0)
    return false;
  *at += length;
  return true;
}

static bool parse_string(const char **at, char *text, size_t bytes) {
  skip_spaces(at);
  char quote = **at;
  if (quote != '\'' && quote != '"')
    return false;
  const char *end = strchr(*at + 1, quote);
  if (!end || (size_t)(end - *at) > bytes)
    return false;
  size_t length = (size_t)(end - *at) - 1;
  memcpy(text, *at + 1, length);
  text[length] = 0;
  *at = end + 1;
  return true;
}

static bool parse_descr(const char **at, struct npy *array, char *error, size_t error_bytes) {
  char descr[16];
  if (!parse_string(at, descr, sizeof descr))
    return fail(error, error_bytes, "its type is not a plain one");
  if (descr[0] == '>')
    return fail(error, error_bytes, "its type %s is big-endian", descr);
  array->element_bytes = descr[0] == '<' || descr[0] == '|' ? element_bytes_of(descr + 1) : 0;
  if (!array->element_bytes || (descr[0] == '|' && array->element_bytes > 1))
    return fail(error, error_bytes, "its type %s is not a number's", descr);
  memcpy(array->type, descr + 1, strlen(descr));
  return true;
}

static bool parse_shape(const char **at, struct npy *array, char *error, size_t error_bytes) {
  if (!accept(at, "("))
    return fail(error, error_bytes, "its shape is malformed");
  while (!accept(at, ")")) {
    if (array->rank == NPY_MAX_RANK)
      return fail(error, error_bytes, "it has more than %d dimensions", NPY_MAX_RANK);
    skip_spaces(at);
    size_t dim = 0;
    const char *digits = *at;
    for (; **at >= '0' && **at <= '9'; ++*at) {
      size_t digit = (size_t)(**at - '0');
      if (dim > (SIZE_MAX - digit) / 10)
        return fail(error, error_bytes, "its dimension %u is too large", array->rank);
      dim = dim * 10 + digit;
    }
    if (*at == digits)
      return fail(error, error_bytes, "its shape is malformed");
    array->dims[array->rank++] = dim;
    if (!accept(at, ",") && (array->rank == 1 || **at != ')'))
      return fail(error, error_bytes, "its shape is malformed");
  }
  return true;
}

static bool parse_header(const char *at, struct npy *array, char *error, size_t error_bytes) {
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  bool seen[3] = {false};
  if (!accept(&at, "{"))
    return fail(error, error_bytes, "its header is not a dictionary");
  while (!accept(&at, "}")) {
    char name[16];
    if (!parse_string(&at, name, sizeof name) || !accept(&at, ":"))
      return fail(error, error_bytes, "its header is malformed");
    unsigned key = 0;
    while (key < 3 && strcmp(name, keys[key]) != 0)
      key++;
    if (key == 3 || seen[key])
      return fail(error, error_bytes, "its header has an unknown or repeated key %s", name);
    seen[key] = true;
    if (key == 0 && !parse_descr(&at, array, error, error_bytes))
      return false;
    if (key == 1 && !accept(&at, "False"))
      return fail(error, error_bytes, "it is not in C order");
    if (key == 2 && !parse_shape(&at, array, error, error_bytes))
      return false;
    if (!accept(&at, ",") && *at != '}')
      return fail(error, error_bytes, "its header is malformed");
  }
  skip_spaces(&at);
  if (!seen[0] || !seen[1] || !seen[2] || *at)
    return fail(error, error_bytes, "its header is incomplete");
  return true;
}

/* ---- Reading ---- */

static bool file_bytes(FILE *file, size_t *bytes) {
  if (fseek(file, 0, SEEK_END) != 0)
    return false;
  long end = ftell(file);
  if (end < 0 || fseek(file, 0, SEEK_SET) != 0)
    return false;
  *bytes = (size_t)end;
  return true;
}

/* Reads the header as a string. *left: bytes of the file after it. */
static char *read_header(FILE *file, size_t *left, char *error, size_t error_bytes) {
  unsigned char start[MAGIC_BYTES + 2 + 4];
  if (!file_bytes(file, left)) {
    fail(error, error_bytes, "%s", strerror(errno));
    return NULL;
  }
  if (*left < MAGIC_BYTES + 4 || fread(start, MAGIC_BYTES + 2, 1, file) != 1 ||
      memcmp(start, MAGIC, MAGIC_BYTES) != 0) {
    fail(error, error_bytes, "it is not a .npy file");
    return NULL;
  }
  unsigned major = start[MAGIC_BYTES], minor = start[MAGIC_BYTES + 1];
  if ((major != 1 && major != 2) || minor != 0) {
    fail(error, error_bytes, "its format version is %u.%u, not 1.0 or 2.0", major, minor);
    return NULL;
  }
  size_t length_bytes = major == 1 ? 2 : 4, length = 0;
  *left -= MAGIC_BYTES + 2;
  unsigned char *digits = start + MAGIC_BYTES + 2;
  if (*left >= length_bytes && fread(digits, length_bytes, 1, file) == 1) {
    *left -= length_bytes;
    for (size_t i = length_bytes; i-- > 0;)
      length = length << 8 | digits[i];
  } else {
    *left = 0;
  }
  if (length == 0 || length > *left) {
    fail(error, error_bytes, "it ends within its header");
    return NULL;
  }
  char *header = malloc(length + 1);
  if (!header || fread(header, length, 1, file) != 1) {
    fail(error, error_bytes, "its header of %zu bytes cannot be read", length);
    free(header);
    return NULL;
  }
  header[length] = 0;
  *left -= length;
  if (strlen(header) < length) {
    fail(error, error_bytes, "its header is not text");
    free(header);
    return NULL;
  }
  return header;
}

static bool read_array(FILE *file, struct npy *array, char *error, size_t error_bytes) {
  size_t left;
  char *header = read_header(file, &left, error, error_bytes);
  if (!header)
    return false;
  bool parsed = parse_header(header, array, error, error_bytes);
  free(header);
  if (!parsed)
    return false;
  if (!count_elements(array->dims, array->rank, array->element_bytes, &array->elements))
    return fail(error, error_bytes, "its shape has too many elements");
  size_t bytes = array->elements * array->element_bytes;
  if (bytes != left)
    return fail(error, error_bytes, "its shape needs %zu bytes of data and it has %zu", bytes, left);
  array->data = malloc(bytes ? bytes : 1);
  if (!array->data)
    return fail(error, error_bytes, "no memory for its %zu bytes", bytes);
  if (bytes && fread(array->data, bytes, 1, file) != 1)
    return fail(error, error_bytes, "its data cannot be read");
  return true;
}

bool npy_read(const char *path, struct npy *array, char *error, size_t error_bytes) {
  *array = (struct npy){0};
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail(error, error_bytes, "%s", strerror(errno));
  bool done = read_array(file, array, error, error_bytes);
  fclose(file);
  if (!done)
    npy_free(array);
  return done;
}

/* ---- Writing ---- */

static bool write_array(
    FILE *file, const struct npy *array, size_t bytes, size_t element_bytes, char *error, size_t error_bytes) {
  /* Eight dimensions of 20 digits, with the text around them, take less than 256 bytes. */
  char header[256];
  int length = snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
      element_bytes == 1 ? '|' : '<', array->type);
  for (unsigned i = 0; i < array->rank; i++)
    length += snprintf(header + length, sizeof header - (size_t)length, "%zu%s", array->dims[i],
        i + 1 < array->rank ? ", "
        : i == 0            ? ","
                            : "");
  length += snprintf(header + length, sizeof header - (size_t)length, "), }");

  size_t start = MAGIC_BYTES + 2 + 2;
  size_t total = (start + (size_t)length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  size_t header_bytes = total - start;
  const unsigned char version_and_length[4] = {1, 0, (unsigned char)header_bytes, (unsigned char)(header_bytes >> 8)};
  if (fwrite(MAGIC, MAGIC_BYTES, 1, file) != 1 || fwrite(version_and_length, 4, 1, file) != 1 ||
      fprintf(file, "%-*s\n", (int)header_bytes - 1, header) != (int)header_bytes ||
      (bytes && fwrite(array->data, bytes, 1, file) != 1) || fflush(file) != 0)
    return fail(error, error_bytes, "%s", strerror(errno));
  return true;
}

bool npy_write(const char *path, const struct npy *array, char *error, size_t error_bytes) {
  size_t element_bytes = memchr(array->type, 0, sizeof array->type) ? element_bytes_of(array->type) : 0;
  size_t elements;
  if (!element_bytes)
    return fail(error, error_bytes, "the type %.4s is not a number's", array->type);
  if (array->rank > NPY_MAX_RANK || !count_elements(array->dims, array->rank, element_bytes, &elements))
    return fail(error, error_bytes, "the shape has too many dimensions or elements");
  char reason[OUTPUT_REASON_BYTES];
  struct output output;
  if (!output_open(&output, path, false, reason))
    return fail(error, error_bytes, "%s", reason);
  if (!write_array(output.file, array, elements * element_bytes, element_bytes, error, error_bytes)) {
    output_abandon(&output);
    return false;
  }
  return output_close(&output, reason) || fail(error, error_bytes, "%s", reason);
}

void npy_free(struct npy *array) {
  free(array->data);
  *array = (struct npy){0};
}
