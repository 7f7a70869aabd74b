// Declares specialization constants by the ids of constants.h.
//   CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, 0)  declares SOURCE_TYPE; it is 0 unless a pipeline gives another value
//   SIZE(S2_COLUMNS, uint, COLUMNS, 4)              the same, for a constant that bounds loops or sizes arrays
// FIXED modules are for drivers that unroll no loop. They have their sizes compiled in: -DFIXED -DFIXED_S2_COLUMNS=16
// and so on. With -DFIXED_ALL all other constants are compiled in, too.
#ifndef CONSTANT
#include "constants.h"

#define SPECIALIZED(id, type, name, value) layout(constant_id = id) const type name = type(value);
#define IN_PLACE(id, type, name, value) const type name = type(FIXED_##id);
#ifdef FIXED
#define SIZE IN_PLACE
#else
#define SIZE SPECIALIZED
#endif
#ifdef FIXED_ALL
#define CONSTANT IN_PLACE
#else
#define CONSTANT SPECIALIZED
#endif

// LENGTH(size, largest): the length of an array. SIZED modules take `largest`, a number, because MoltenVK before 1.3.0
// gives specialization constants that size arrays their default values.
#ifdef SIZED
#define LENGTH(size, largest) (largest)
#else
#define LENGTH(size, largest) (size)
#endif

layout(local_size_x_id = S2_LOCAL_SIZE_X, local_size_y_id = S2_LOCAL_SIZE_Y) in;
#endif
