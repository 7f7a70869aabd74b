// The lowest similarity of each field: a workgroup to a field.
#version 450

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales, channels, tokens, prefix;
    uint picked;
};
layout(std430, binding = 1) readonly buffer Similarities {
    float similarities[]; // fields x tokens
};
layout(std430, binding = 2) writeonly buffer Lowest {
    float lowest[]; // fields
};

shared float lane_lowest[LANES];

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x;
    float value = 1.0;
    for (uint token = lane; token < tokens; token += LANES)
        value = min(value, similarities[field * tokens + token]);
    lane_lowest[lane] = value;
    barrier();
    if (lane == 0) {
        for (uint i = 1; i < LANES; i++)
            value = min(value, lane_lowest[i]);
        lowest[field] = value;
    }
}
