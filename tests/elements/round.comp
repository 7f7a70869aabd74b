// Rounds the f32 of these bits as the library's shaders do, without arithmetic on them first, which would make any NaN
// a quiet one.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "tensor.glsl"

layout(local_size_x = 64) in;
layout(set = 0, binding = 0) readonly buffer Source { uint source[]; };
layout(set = 0, binding = 1) writeonly buffer Target { uint target[]; };
layout(push_constant) uniform Push { uint type; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i < uint(source.length()) / 2u)
        target[i] = to_halves(type, vec2(uintBitsToFloat(source[2u * i]), uintBitsToFloat(source[2u * i + 1u])));
}
