// Convolution of each channel by itself, 7 x 7, of square feature maps in rows of channels, with zeros around. An
// invocation makes RUN places along a row of four channels, so that it reads each of their neighbours once.
#version 450
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 64) in;

const uint RUN = 4u;
const int REACH = 3;
const uint TAPS = 7u;

layout(std430, binding = 0) readonly buffer Source { vec4 source[]; }; // tiles x across x across x channels
layout(std430, binding = 2) readonly buffer Vectors { vec4 vectors[]; };
layout(std430, binding = 3) writeonly buffer Destination { vec4 destination[]; };

layout(push_constant) uniform Push {
    uint across;
    uint channels;     // a multiple of 4
    uint weight, bias; // in vectors, in elements: TAPS x TAPS x channels, and channels
};

void main() {
    uint quads = channels / 4u, runs = (across + RUN - 1u) / RUN, lane = gl_GlobalInvocationID.x;
    if (lane >= quads * runs)
        return;
    uint quad = lane % quads, first = lane / quads * RUN, y = gl_WorkGroupID.y;
    uint map = gl_WorkGroupID.z * across * across;
    vec4 sums[RUN];
    [[unroll]] for (uint i = 0u; i < RUN; i++)
        sums[i] = vectors[bias / 4u + quad];
    for (uint dy = 0u; dy < TAPS; dy++) {
        int row = int(y + dy) - REACH;
        if (row < 0 || row >= int(across))
            continue;
        vec4 line[RUN + 2u * uint(REACH)];
        [[unroll]] for (uint i = 0u; i < RUN + 2u * uint(REACH); i++) {
            int x = int(first + i) - REACH;
            bool inside = x >= 0 && x < int(across);
            vec4 value = source[(map + uint(row) * across + uint(clamp(x, 0, int(across) - 1))) * quads + quad];
            line[i] = inside ? value : vec4(0.0);
        }
        [[unroll]] for (uint dx = 0u; dx < TAPS; dx++) {
            vec4 weights = vectors[(weight + (dy * TAPS + dx) * channels) / 4u + quad];
            [[unroll]] for (uint i = 0u; i < RUN; i++)
                sums[i] = fma(line[i + dx], weights, sums[i]);
        }
    }
    [[unroll]] for (uint i = 0u; i < RUN; i++)
        if (first + i < across)
            destination[(map + y * across + first + i) * quads + quad] = sums[i];
}
