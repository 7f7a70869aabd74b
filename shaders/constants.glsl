// Specialization constants by the ids of constants.h: CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, 0) declares SOURCE_TYPE, which is 0
// unless a pipeline says otherwise. SIZE() is for those that loops and arrays have as bounds. A FIXED permutation, for drivers
// that unroll no loop, has sizes in place: -DFIXED -DFIXED_S2_COLUMNS=16 and so on; with -DFIXED_ALL all others, too.
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

// What an array is sized by: `size`, or in SIZED modules `largest`, a number. MoltenVK before 1.3.0 takes specialization constants that
// size arrays for their default values.
#ifdef SIZED
#define LENGTH(size, largest) (largest)
#else
#define LENGTH(size, largest) (size)
#endif

layout(local_size_x_id = S2_LOCAL_SIZE_X, local_size_y_id = S2_LOCAL_SIZE_Y) in;
#endif
