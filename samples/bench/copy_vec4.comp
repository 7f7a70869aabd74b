#version 450
#define ELEMENT uvec4
#define PER_INVOCATION 1
#include "copy.glsl"
