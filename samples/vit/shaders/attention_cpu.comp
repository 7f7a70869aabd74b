// As attention.comp, for drivers on the CPU: four queries of one head to an invocation, over four keys at a time.
#version 450
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 8) in;

layout(constant_id = 0) const uint WIDTH = 64u; // of a head; a multiple of 4

layout(std430, binding = 0) readonly buffer Source { vec4 source[]; }; // tokens x (queries, keys, values)
layout(std430, binding = 3) writeonly buffer Destination { vec4 destination[]; };
#ifdef TEXELS
layout(binding = 4) uniform textureBuffer source_texels;
#endif

layout(push_constant) uniform Push {
    uint tokens; // of a tile
    uint hidden; // of a token: heads * WIDTH
    float factor;
};

const uint QUADS = WIDTH / 4u;
const float NEVER = -3.0e38;

vec4 outputs[QUADS][4];

vec4 read(uint at) {
#ifdef TEXELS
    return texelFetch(source_texels, int(at));
#else
    return source[at];
#endif
}

// The first vec4 of a token's query (0), key (1) or value (2).
uint place(uint token, uint what) {
    return (((gl_WorkGroupID.z * tokens + min(token, tokens - 1u)) * 3u + what) * hidden + gl_WorkGroupID.y * WIDTH) /
        4u;
}

void main() {
    uint first = gl_GlobalInvocationID.x * 4u;
    if (first >= tokens)
        return;
    uint queries[4];
    [[unroll]] for (uint i = 0u; i < 4u; i++)
        queries[i] = place(first + i, 0u);
    for (uint quad = 0u; quad < QUADS; quad++)
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            outputs[quad][i] = vec4(0.0);
    vec4 largest = vec4(NEVER), sums = vec4(0.0); // of each query

    for (uint key = 0u; key < tokens; key += 4u) {
        uint keys[4], values[4];
        vec4 scores[4]; // of each key with the queries
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            keys[j] = place(key + j, 1u);
            values[j] = place(key + j, 2u);
            scores[j] = vec4(0.0);
        }
        for (uint quad = 0u; quad < QUADS; quad++) {
            vec4 query[4];
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                query[i] = read(queries[i] + quad);
            [[unroll]] for (uint j = 0u; j < 4u; j++) {
                vec4 other = read(keys[j] + quad);
                scores[j] +=
                    vec4(dot(query[0], other), dot(query[1], other), dot(query[2], other), dot(query[3], other));
            }
        }
        vec4 most = largest;
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            scores[j] = key + j < tokens ? scores[j] * factor : vec4(NEVER);
            most = max(most, scores[j]);
        }
        vec4 correction = exp(largest - most);
        sums *= correction;
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            scores[j] = exp(scores[j] - most);
            sums += scores[j];
        }
        largest = most;
        for (uint quad = 0u; quad < QUADS; quad++) {
            vec4 value[4];
            [[unroll]] for (uint j = 0u; j < 4u; j++)
                value[j] = read(values[j] + quad);
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                outputs[quad][i] = outputs[quad][i] * correction[i] + scores[0][i] * value[0] +
                    scores[1][i] * value[1] + scores[2][i] * value[2] + scores[3][i] * value[3];
        }
    }
    [[unroll]] for (uint i = 0u; i < 4u; i++)
        for (uint quad = 0u; quad < QUADS; quad++)
            if (first + i < tokens)
                destination[((gl_WorkGroupID.z * tokens + first + i) * hidden + gl_WorkGroupID.y * WIDTH) / 4u + quad] =
                    outputs[quad][i] / sums[i];
}
