#define FRONT
#include "analysis.glsl"
