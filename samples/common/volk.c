/* The one translation unit with volk's implementation. */
#define VOLK_IMPLEMENTATION
#include <volk.h>
