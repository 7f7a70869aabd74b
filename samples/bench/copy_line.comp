#version 450
struct Line {
    uvec4 words[4];
};
#define ELEMENT Line
#define PER_INVOCATION 1
#include "copy.glsl"
