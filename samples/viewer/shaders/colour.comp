// Turns three components into a colour: lightness, green to red, blue to yellow.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "oklab.glsl"

const float REACH = 2.5; // the range of colours in standard deviations

layout(std430, binding = 3) writeonly buffer Colours {
    uint colours[]; // fields x tokens, RGBA
};

void main() {
    const uint fields = scales + 1, field = gl_WorkGroupID.x % fields, stride = gl_NumWorkGroups.x / fields * LANES;
    for (uint token = gl_WorkGroupID.x / fields * LANES + gl_LocalInvocationIndex; token < tokens; token += stride) {
        vec3 value;
        for (uint n = 0; n < 3; n++) {
            const uint m = uint(state[found(field) + 3 + n]);
            const float deviation = state[found(field) + m];
            const float projected = projections[projection(field, token) + m] * state[found(field) + 6 + n];
            value[n] = deviation > 0.0 ? clamp(projected / (REACH * deviation), -1.0, 1.0) : 0.0;
        }
        const vec3 shown = state[weight(token)] > 0.0 ? opponent_colour(value) : vec3(0.10, 0.115, 0.14);
        colours[field * tokens + token] = packUnorm4x8(vec4(shown, 1.0));
    }
}
