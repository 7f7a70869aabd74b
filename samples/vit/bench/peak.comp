// A plain loop of multiplications and additions, which nothing waits for: what a device can do at most in f32 by what
// GLSL without extensions says.
#version 450
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 64) in;

layout(std430, binding = 0) buffer Result { float result[]; };
layout(push_constant) uniform Push {
    uint rounds;
    float factor, term;
};

const uint CHAINS = 6u; // that do not depend on one another, of vec4

void main() {
    vec4 x[CHAINS];
    [[unroll]] for (uint i = 0u; i < CHAINS; i++)
        x[i] = vec4(gl_GlobalInvocationID.x + i) + vec4(0.0, 0.25, 0.5, 0.75);
    for (uint round = 0u; round < rounds; round++)
        [[unroll]] for (uint j = 0u; j < 16u; j++)
            [[unroll]] for (uint i = 0u; i < CHAINS; i++)
                x[i] = x[i] * factor + term;
    vec4 sum = vec4(0.0);
    [[unroll]] for (uint i = 0u; i < CHAINS; i++)
        sum += x[i];
    result[gl_GlobalInvocationID.x] = dot(sum, vec4(1.0));
}
