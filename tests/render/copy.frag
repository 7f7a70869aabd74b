#version 450

/* Copies words from buffer to buffer, one by each fragment. */
layout(push_constant) uniform Push { uint width, count; };
layout(set = 0, binding = 0) readonly buffer Source { uint source[]; };
layout(set = 0, binding = 1) writeonly buffer Target { uint target[]; };

void main() {
    const uint index = uint(gl_FragCoord.y) * width + uint(gl_FragCoord.x);
    if (index < count)
        target[index] = source[index];
}
