// Specialization constants by the ids of constants.h: CONSTANT(S2_COLUMNS, uint, COLUMNS, 8) declares COLUMNS, which is 8 unless a
// pipeline says otherwise. A FIXED permutation, for drivers that fold no constants, has them in place: -DFIXED
// -DFIXED_S2_COLUMNS=16, one for each constant that the shader declares.
#ifndef CONSTANT
#include "constants.h"

#ifdef FIXED
#define CONSTANT(id, type, name, value) const type name = type(FIXED_##id);
#else
#define CONSTANT(id, type, name, value) layout(constant_id = id) const type name = type(value);
#endif

layout(local_size_x_id = S2_LOCAL_SIZE_X, local_size_y_id = S2_LOCAL_SIZE_Y) in;
#endif
