#version 450
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#define ELEMENT uint64_t
#define PER_INVOCATION 4
#include "copy.glsl"
