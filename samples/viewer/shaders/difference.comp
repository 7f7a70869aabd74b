// How much the directions of fine tokens differ within one token of a coarser grid: 1 less the length of the mean of
// their unit vectors. 0: all have the same direction. A workgroup makes a coarse token, and gives the value to each
// token in it.
#version 450
#extension GL_GOOGLE_include_directive : require

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales, channels, tokens, prefix;
    uint chosen; // scales, a bit for each
    uint rows, columns;               // of the fine grid
    uint coarse_rows, coarse_columns; // of the coarse grid
};
layout(std430, binding = 0) readonly buffer Features {
    float features[]; // (prefix + tokens) x (scales * channels)
};
layout(std430, binding = 1) readonly buffer Norms {
    float norms[]; // fields x tokens
};
layout(std430, binding = 2) writeonly buffer Differences {
    float differences[]; // tokens
};

#include "reduce.glsl"

float inverse_norm(uint token) {
    float squares = 0.0;
    for (uint scale = 0; scale < scales; scale++)
        if ((chosen >> scale & 1u) != 0)
            squares += norms[scale * tokens + token] * norms[scale * tokens + token];
    return squares > 0.0 ? inversesqrt(squares) : 0.0;
}

void main() {
    for (uint coarse = gl_WorkGroupID.x; coarse < coarse_rows * coarse_columns; coarse += gl_NumWorkGroups.x) {
        const uint r = coarse / coarse_columns, c = coarse % coarse_columns;
        const uint r0 = r * rows / coarse_rows, r1 = max((r + 1) * rows / coarse_rows, r0 + 1);
        const uint c0 = c * columns / coarse_columns, c1 = max((c + 1) * columns / coarse_columns, c0 + 1);
        float squares = 0.0;
        for (uint i = gl_LocalInvocationIndex; i < scales * channels; i += LANES) {
            if ((chosen >> i / channels & 1u) == 0)
                continue;
            float sum = 0.0;
            for (uint row = r0; row < r1; row++)
                for (uint column = c0; column < c1; column++) {
                    const uint token = row * columns + column;
                    sum += features[(prefix + token) * scales * channels + i] * inverse_norm(token);
                }
            squares += sum * sum;
        }
        const float apart = max(1.0 - sqrt(total(squares)) / float((r1 - r0) * (c1 - c0)), 0.0);
        for (uint i = gl_LocalInvocationIndex; i < (r1 - r0) * (c1 - c0); i += LANES)
            differences[(r0 + i / (c1 - c0)) * columns + c0 + i % (c1 - c0)] = apart;
    }
}
