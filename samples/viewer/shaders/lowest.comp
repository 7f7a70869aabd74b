// Where the colours of each field begin: one and a half standard deviations below its mean, or at its lowest similarity, if that
// is above. A workgroup to a field.
#version 450
#extension GL_GOOGLE_include_directive : require

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

#include "reduce.glsl"

shared float lane_lowest[LANES];

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x;
    float smallest = 1.0, sum = 0.0, squares = 0.0;
    for (uint token = lane; token < tokens; token += LANES) {
        const float value = similarities[field * tokens + token];
        smallest = min(smallest, value);
        sum += 1.0 - value; // small differences of numbers near 1
        squares += (1.0 - value) * (1.0 - value);
    }
    lane_lowest[lane] = smallest;
    sum = total(sum) / float(tokens);
    squares = total(squares) / float(tokens);
    if (lane == 0) {
        for (uint i = 1; i < LANES; i++)
            smallest = min(smallest, lane_lowest[i]);
        lowest[field] = max(smallest, 1.0 - sum - 1.5 * sqrt(max(squares - sum * sum, 0.0)));
    }
}
