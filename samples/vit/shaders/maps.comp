// Tokens as feature maps: channels x tokens from tokens x channels, in squares of 32 x 32 through shared memory, or on
// a CPU four channels of a token to an invocation.
#version 450
#extension GL_EXT_control_flow_attributes : require

#ifdef CPU
layout(local_size_x = 8) in;
#else
layout(local_size_x = 32, local_size_y = 4) in;
shared float square[32][33];
#endif

layout(std430, binding = 0) readonly buffer Source { float source[]; };
layout(std430, binding = 3) writeonly buffer Destination { float destination[]; };

layout(push_constant) uniform Push {
    uint tokens, channels; // of a map; a multiple of 4
    uint stride, first;    // tokens from one tile to the next in the source, and ahead of the first of the map
    uint base;             // of the destination, in elements
};

#ifdef CPU
void main() {
    uint channel = gl_GlobalInvocationID.x * 4u;
    if (channel >= channels)
        return;
    for (uint token = gl_WorkGroupID.y; token < tokens; token += gl_NumWorkGroups.y) {
        uint from = (gl_WorkGroupID.z * stride + first + token) * channels + channel;
        uint to = base + (gl_WorkGroupID.z * channels + channel) * tokens + token;
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            destination[to + i * tokens] = source[from + i];
    }
}
#else
void main() {
    uint token = gl_WorkGroupID.x * 32u, channel = gl_WorkGroupID.y * 32u, x = gl_LocalInvocationID.x;
    for (uint y = gl_LocalInvocationID.y; y < 32u; y += 4u)
        if (token + y < tokens && channel + x < channels)
            square[y][x] = source[(gl_WorkGroupID.z * stride + first + token + y) * channels + channel + x];
    barrier();
    for (uint y = gl_LocalInvocationID.y; y < 32u; y += 4u)
        if (token + x < tokens && channel + y < channels)
            destination[base + (gl_WorkGroupID.z * channels + channel + y) * tokens + token + x] = square[x][y];
}
#endif
