// The cosine similarity of each token's features and those of one token, of this image or another, in each field.
#version 450

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push { uint scales, channels, tokens, prefix; };
layout(std430, binding = 0) readonly buffer Features {
    float features[]; // (prefix + tokens) x (scales * channels)
};
layout(std430, binding = 1) readonly buffer Query {
    float query[]; // scales * channels
};
layout(std430, binding = 2) writeonly buffer Similarities {
    float similarities[]; // fields x tokens
};

// The dot product, and both squared lengths.
vec3 products(uint a, uint b) {
    vec3 sums = vec3(0.0);
    for (uint i = 0; i < channels; i++) {
        const vec2 v = vec2(features[a + i], query[b + i]);
        sums += vec3(v.x * v.y, v * v);
    }
    return sums;
}

float cosine(vec3 sums) { return sums.x * inversesqrt(max(sums.y * sums.z, 1e-30)); }

void main() {
    const uint width = scales * channels;
    for (uint token = gl_GlobalInvocationID.x; token < tokens; token += gl_NumWorkGroups.x * LANES) {
        vec3 all = vec3(0.0);
        for (uint scale = 0; scale < scales; scale++) {
            const vec3 sums = products((prefix + token) * width + scale * channels, scale * channels);
            similarities[scale * tokens + token] = cosine(sums);
            all += sums;
        }
        similarities[scales * tokens + token] = cosine(all);
    }
}
