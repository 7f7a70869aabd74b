// Chooses the order and signs of a field's components. These say little by themselves, so that each field gets those
// that agree best with the first field's. Pictures then have similar colours. A workgroup makes a field.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "reduce.glsl"

void main() {
    const uint field = gl_WorkGroupID.x;
    float cosines[3][3]; // of a component of this field with one of the first
    for (uint m = 0; m < 3; m++) {
        float squares = 0.0;
        for (uint token = gl_LocalInvocationIndex; token < tokens; token += LANES)
            squares += state[weight(token)] * projections[projection(field, token) + m] *
                projections[projection(field, token) + m];
        const float length_of = sqrt(total(squares));
        for (uint n = 0; n < 3; n++) {
            float sum = 0.0;
            for (uint token = gl_LocalInvocationIndex; token < tokens; token += LANES)
                sum += state[weight(token)] * projections[projection(field, token) + m] *
                    projections[projection(0, token) + n];
            sum = total(sum);
            cosines[m][n] = length_of > 0.0 ? sum / length_of : 0.0;
        }
    }
    if (gl_LocalInvocationIndex != 0)
        return;
    uint taken = 0;
    for (uint n = 0; n < 3; n++) {
        uint best = 3;
        for (uint m = 0; m < 3; m++)
            if ((taken >> m & 1u) == 0 && (best == 3 || abs(cosines[m][n]) > abs(cosines[best][n])))
                best = m;
        taken |= 1u << best;
        state[found(field) + 3 + n] = float(best);
        state[found(field) + 6 + n] = cosines[best][n] < 0.0 ? -1.0 : 1.0;
    }
}
