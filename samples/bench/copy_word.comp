#version 450
#define ELEMENT float
#define PER_INVOCATION 1
#include "copy.glsl"
