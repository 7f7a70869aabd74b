/* Converts 16-bit floats to floats. */
#ifndef SAMPLES_HALF_H
#define SAMPLES_HALF_H

#include <stdint.h>

float half_decode(uint16_t bits);     /* IEEE 754 binary16 */
float bfloat16_decode(uint16_t bits); /* the upper half of a float */

#endif
