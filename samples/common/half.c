#include "half.h"

#include <math.h>
#include <string.h>

float half_decode(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude = fraction ? NAN : INFINITY;
  else if (exponent)
    magnitude = ldexpf((float)(1024 + fraction), exponent - 25);
  else
    magnitude = ldexpf((float)fraction, -24);
  return bits >> 15 ? -magnitude : magnitude;
}

float bfloat16_decode(uint16_t bits) {
  uint32_t word = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}
