// The length of each token's features, in each field.
#version 450

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push { uint scales, channels, tokens, prefix; };
layout(std430, binding = 0) readonly buffer Features {
    float features[]; // (prefix + tokens) x (scales * channels)
};
layout(std430, binding = 1) writeonly buffer Norms {
    float norms[]; // fields x tokens
};

void main() {
    const uint width = scales * channels;
    for (uint token = gl_GlobalInvocationID.x; token < tokens; token += gl_NumWorkGroups.x * LANES) {
        float all = 0.0;
        for (uint scale = 0; scale < scales; scale++) {
            const uint first = (prefix + token) * width + scale * channels;
            float squares = 0.0;
            for (uint i = 0; i < channels; i++)
                squares += features[first + i] * features[first + i];
            norms[scale * tokens + token] = sqrt(squares);
            all += squares;
        }
        norms[scales * tokens + token] = sqrt(all);
    }
}
