// For some tokens of one image, finds the token of another image with the highest cosine similarity in a range of
// channels. A workgroup makes a token.
#version 450

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint width;                  // channels of a token
    uint first_channel, channel_count;
    uint from_prefix, to_prefix;
    uint first, count;           // tokens of the one image
    uint others;                 // tokens of the other image
    uint out_at;                 // where the first token's result goes
};
layout(std430, binding = 0) readonly buffer From { float from[]; };
layout(std430, binding = 1) readonly buffer To { float to[]; };
layout(std430, binding = 2) writeonly buffer Nearest {
    uvec2 nearest[]; // token, and the bits of its similarity
};

shared float lane_best[LANES];
shared uint lane_token[LANES];

float cosine(uint a, uint b) {
    vec3 sums = vec3(0.0);
    for (uint i = 0; i < channel_count; i++) {
        const vec2 v = vec2(from[a + i], to[b + i]);
        sums += vec3(v.x * v.y, v * v);
    }
    return sums.x * inversesqrt(max(sums.y * sums.z, 1e-30));
}

void main() {
    const uint lane = gl_LocalInvocationIndex;
    for (uint i = gl_WorkGroupID.x; i < count; i += gl_NumWorkGroups.x) {
        float best = -2.0;
        uint token = 0;
        for (uint other = lane; other < others; other += LANES) {
            const float value =
                cosine((from_prefix + first + i) * width + first_channel, (to_prefix + other) * width + first_channel);
            if (value > best) {
                best = value;
                token = other;
            }
        }
        barrier();
        lane_best[lane] = best;
        lane_token[lane] = token;
        barrier();
        if (lane == 0) {
            for (uint n = 1; n < LANES; n++)
                if (lane_best[n] > best || (lane_best[n] == best && lane_token[n] < token)) {
                    best = lane_best[n];
                    token = lane_token[n];
                }
            nearest[out_at + i] = uvec2(token, floatBitsToUint(best));
        }
    }
}
