#version 450
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
struct Line {
    u64vec2 words[4];
};
#define ELEMENT Line
#define PER_INVOCATION 1
#include "copy.glsl"
