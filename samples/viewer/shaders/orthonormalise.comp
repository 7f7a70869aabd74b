// Makes a new basis from the sums by the Gram-Schmidt process. A workgroup makes a field, an invocation some of its
// rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "reduce.glsl"

// A vector with less than this share of its length left lies in the span of those before it.
const float NOTHING = 1e-5;

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x;
    const uint first = row_of(field), count = channel_count(field);
    for (uint k = 0; k < RANK; k++) {
        float squares = 0.0;
        for (uint i = lane; i < count; i += LANES)
            squares += state[sums(first + i) + k] * state[sums(first + i) + k];
        const float length_before = sqrt(total(squares));
        for (uint j = 0; j < k; j++) {
            float along = 0.0;
            for (uint i = lane; i < count; i += LANES)
                along += state[sums(first + i) + k] * state[basis(first + i) + j];
            along = total(along);
            for (uint i = lane; i < count; i += LANES)
                state[sums(first + i) + k] -= along * state[basis(first + i) + j];
        }
        squares = 0.0;
        for (uint i = lane; i < count; i += LANES)
            squares += state[sums(first + i) + k] * state[sums(first + i) + k];
        const float left = sqrt(total(squares));
        const float factor = left > NOTHING * length_before ? 1.0 / left : 0.0;
        for (uint i = lane; i < count; i += LANES)
            state[basis(first + i) + k] = state[sums(first + i) + k] * factor;
    }
}
