// A new basis from the sums, by Gram and Schmidt: a workgroup to a field. A lane has rows of its own.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "reduce.glsl"

const float NOTHING = 1e-5; // what is left of a vector that lies in the span of those before it, to its length

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x, first = row_of(field), count = channel_count(field);
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
