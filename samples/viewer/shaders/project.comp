// The tokens' coordinates in the basis. An invocation makes a token of a field.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"

void main() {
    const uint fields = scales + 1, field = gl_WorkGroupID.x % fields, stride = gl_NumWorkGroups.x / fields * LANES;
    for (uint token = gl_WorkGroupID.x / fields * LANES + gl_LocalInvocationIndex; token < tokens; token += stride) {
        float dots[RANK];
        for (uint k = 0; k < RANK; k++)
            dots[k] = 0.0;
        for (uint i = 0; i < channel_count(field); i++) {
            const float value = centred(token, first_channel(field) + i);
            const uint row = basis(row_of(field) + i);
            for (uint k = 0; k < RANK; k++)
                dots[k] += value * state[row + k];
        }
        for (uint k = 0; k < RANK; k++)
            projections[projection(field, token) + k] = dots[k];
    }
}
