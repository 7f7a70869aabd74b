#version 450
#define ELEMENT uvec4
#define PER_INVOCATION 4
#include "copy.glsl"
