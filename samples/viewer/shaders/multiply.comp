// Multiplies the covariance by the basis, by means of the coordinates. A workgroup makes a row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"

shared float lane_sums[LANES][RANK];

void main() {
    const uint lane = gl_LocalInvocationIndex;
    for (uint row = gl_WorkGroupID.x; row < 2 * width(); row += gl_NumWorkGroups.x) {
        const uint field = field_of(row), channel = first_channel(field) + row - row_of(field);
        float sum[RANK];
        for (uint k = 0; k < RANK; k++)
            sum[k] = 0.0;
        for (uint token = lane; token < tokens; token += LANES) {
            const float value = state[weight(token)] * centred(token, channel);
            for (uint k = 0; k < RANK; k++)
                sum[k] += value * projections[projection(field, token) + k];
        }
        for (uint k = 0; k < RANK; k++)
            lane_sums[lane][k] = sum[k];
        barrier();
        if (lane < RANK) {
            float all = 0.0;
            for (uint i = 0; i < LANES; i++)
                all += lane_sums[i][lane];
            state[sums(row) + lane] = all / float(tokens);
        }
        barrier();
    }
}
