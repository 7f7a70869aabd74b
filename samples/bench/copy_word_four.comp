#version 450
#define ELEMENT float
#define PER_INVOCATION 4
#include "copy.glsl"
