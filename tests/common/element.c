#include "element.h"

#include <math.h>
#include <string.h>

/* What distinguishes the 16-bit types: fraction bits, and the exponent of the smallest normal number. */
static int fraction_bits(s2vk_type type) {
  return type == S2VK_TYPE_F16 ? 10 : 7;
}

static int min_exponent(s2vk_type type) {
  return type == S2VK_TYPE_F16 ? -14 : -126;
}

static double largest(s2vk_type type) {
  return type == S2VK_TYPE_F16 ? 65504 : ldexp(255, 120);
}

double element_unit(s2vk_type type, double value) {
  int exponent;
  if (type == S2VK_TYPE_F32)
    return 0;
  frexp(value, &exponent);
  exponent--; /* value = 1.x * 2^exponent */
  if (value == 0 || exponent < min_exponent(type))
    exponent = min_exponent(type);
  return ldexp(1, exponent - fraction_bits(type));
}

static double decode16(s2vk_type type, uint16_t bits) {
  int fraction = bits & ((1 << fraction_bits(type)) - 1);
  int exponent_bits = 15 - fraction_bits(type);
  int exponent = (bits >> fraction_bits(type)) & ((1 << exponent_bits) - 1);
  double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1)
    return fraction ? NAN : sign * INFINITY;
  if (exponent == 0)
    return sign * ldexp(fraction, min_exponent(type) - fraction_bits(type));
  return sign * ldexp(fraction + (1 << fraction_bits(type)), exponent - 1 + min_exponent(type) - fraction_bits(type));
}

static uint16_t encode16(s2vk_type type, double value) {
  const int infinity = 0x7FFF >> fraction_bits(type) << fraction_bits(type);
  int sign = signbit(value) ? 0x8000 : 0;
  if (isnan(value))
    return (uint16_t)(infinity | 1 << (fraction_bits(type) - 1));
  double magnitude = fabs(value);
  if (magnitude > largest(type) + element_unit(type, largest(type)) / 2)
    return (uint16_t)(sign | infinity);
  /* Bit patterns count the representable numbers upwards, whole binades at a time. */
  double step = element_unit(type, magnitude);
  double units = nearbyint(magnitude / step); /* to nearest even, the default rounding */
  int binade = (int)log2(step) - (min_exponent(type) - fraction_bits(type));
  return (uint16_t)(sign | ((binade << fraction_bits(type)) + (int)units));
}

double element_get(s2vk_type type, const void *tensor, size_t index) {
  if (type == S2VK_TYPE_F32)
    return ((const float *)tensor)[index];
  return decode16(type, ((const uint16_t *)tensor)[index]);
}

void element_set(s2vk_type type, void *tensor, size_t index, double value) {
  if (type == S2VK_TYPE_F32)
    ((float *)tensor)[index] = (float)value;
  else
    ((uint16_t *)tensor)[index] = encode16(type, value);
}

double element_error(s2vk_type type, const void *tensor, size_t index, double expected, double magnitude) {
  double value = element_get(type, tensor, index);
  if (value == expected || (isnan(value) && isnan(expected)))
    return 0;
  if (!isfinite(value) || !isfinite(expected))
    return INFINITY;
  double error = fabs(value - expected);
  return type == S2VK_TYPE_F32 ? error : error / element_unit(type, fmax(magnitude, fmax(fabs(value), fabs(expected))));
}

double element_tolerance(s2vk_type type) {
  return type == S2VK_TYPE_F32 ? 1e-5 : 2;
}

double tensor_error(s2vk_type type, const void *tensor, const void *original, size_t count) {
  double largest_magnitude = 0, worst = 0;
  for (size_t i = 0; i < count; i++) {
    double magnitude = fabs(element_get(type, original, i));
    if (isfinite(magnitude))
      largest_magnitude = fmax(largest_magnitude, magnitude);
  }
  for (size_t i = 0; i < count; i++)
    worst = fmax(worst, element_error(type, tensor, i, element_get(type, original, i), largest_magnitude));
  return worst;
}
