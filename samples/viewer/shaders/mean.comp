// The mean of each channel, and the pseudorandom vectors that the iteration starts from. A workgroup makes a channel.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "reduce.glsl"

float noise(uint n) {
    n = (n ^ 61u ^ (n >> 16)) * 9u;
    n = (n ^ (n >> 4)) * 0x27D4EB2Du;
    return float((n ^ (n >> 15)) & 0xFFFF) / 32768.0 - 1.0;
}

void start(uint row) {
    for (uint k = gl_LocalInvocationIndex; k < RANK; k += LANES)
        state[basis(row) + k] = noise(row * RANK + k);
}

void main() {
    for (uint channel = gl_WorkGroupID.x; channel < width(); channel += gl_NumWorkGroups.x) {
        float sum = 0.0, weights = 0.0;
        for (uint token = gl_LocalInvocationIndex; token < tokens; token += LANES) {
            sum += state[weight(token)] * features[(prefix + token) * width() + channel];
            weights += state[weight(token)];
        }
        sum = total(sum);
        weights = total(weights);
        if (gl_LocalInvocationIndex == 0)
            state[channel] = sum / max(weights, 1.0);
        start(channel);
        start(width() + channel);
    }
}
