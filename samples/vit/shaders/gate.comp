// The inside of a gated MLP: the first half of each row becomes activation(first half) * second half.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 64) in;

layout(constant_id = 0) const uint ACTIVATION = 0u; // as enum vit_activation

layout(std430, binding = 3) buffer Destination { vec4 destination[]; }; // rows x 2 x width

layout(push_constant) uniform Push {
    uint rows;
    uint width; // elements of half a row; a multiple of 4
};

#include "activation.glsl"

void main() {
    uint quads = width / 4u;
    for (uint row = gl_WorkGroupID.y; row < rows; row += gl_NumWorkGroups.y)
        for (uint quad = gl_GlobalInvocationID.x; quad < quads; quad += gl_NumWorkGroups.x * 64u) {
            uint at = row * 2u * quads + quad;
            destination[at] = activate(destination[at]) * destination[at + quads];
        }
}
