// softmax(query * key^T / sqrt(width)) * value of one head, BLOCK queries to a workgroup, over BLOCK keys at a time:
// the weights of a block are in shared memory, and what the largest score so far and the sum of weights make of the
// rest is corrected block by block (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018). BLOCK
// is 16 or 32. Invocation (x, y) has scores of queries y * PER + i with keys x + j * 8, and of the output vec4 x + j
// * 8.
#version 450
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 8, local_size_y = 8) in;

layout(constant_id = 0) const uint WIDTH = 64u; // of a head; a multiple of 4

layout(std430, binding = 0) readonly buffer Source { vec4 source[]; }; // tokens x (queries, keys, values)
layout(std430, binding = 3) writeonly buffer Destination { vec4 destination[]; };

layout(push_constant) uniform Push {
    uint tokens; // of a tile
    uint hidden; // of a token: heads * WIDTH
    float factor;
};

const uint QUADS = WIDTH / 4u;
const uint PITCH = QUADS + 1u; // spreads rows over the banks
const uint PER = BLOCK / 8u;
const uint ROUNDS = (QUADS + 7u) / 8u;
const float NEVER = -3.0e38;

shared vec4 queries[BLOCK * PITCH], others[BLOCK * PITCH]; // keys, then values
shared float weights[BLOCK][BLOCK + 1u];
shared float largest[BLOCK], sums[BLOCK], corrections[BLOCK];

uint lane = gl_LocalInvocationIndex;

// BLOCK rows of queries (0), keys (1) or values (2); after the last token it repeats.
vec4 read_row(uint what, uint first, uint at) {
    uint token = min(first + at / QUADS, tokens - 1u);
    uint row = (gl_WorkGroupID.z * tokens + token) * 3u + what;
    return source[(row * hidden + gl_WorkGroupID.y * WIDTH) / 4u + at % QUADS];
}

void load_others(uint what, uint first) {
    for (uint at = lane; at < BLOCK * QUADS; at += 64u)
        others[at / QUADS * PITCH + at % QUADS] = read_row(what, first, at);
}

// Scores of the block's keys, in weights.
void score(uint first_key, uint x, uint y) {
    float scores[PER][PER];
    [[unroll]] for (uint i = 0u; i < PER; i++)
        [[unroll]] for (uint j = 0u; j < PER; j++)
            scores[i][j] = 0.0;
    for (uint quad = 0u; quad < QUADS; quad++) {
        vec4 query[PER];
        [[unroll]] for (uint i = 0u; i < PER; i++)
            query[i] = queries[(y * PER + i) * PITCH + quad];
        [[unroll]] for (uint j = 0u; j < PER; j++) {
            vec4 key = others[(x + j * 8u) * PITCH + quad];
            [[unroll]] for (uint i = 0u; i < PER; i++)
                scores[i][j] += dot(query[i], key);
        }
    }
    [[unroll]] for (uint i = 0u; i < PER; i++)
        [[unroll]] for (uint j = 0u; j < PER; j++)
            weights[y * PER + i][x + j * 8u] = first_key + x + j * 8u < tokens ? scores[i][j] : NEVER;
}

// Scores to weights, one query to a lane.
void weigh() {
    float most = largest[lane], sum = 0.0;
    for (uint key = 0u; key < BLOCK; key++)
        most = max(most, weights[lane][key]);
    for (uint key = 0u; key < BLOCK; key++) {
        float weight = exp(weights[lane][key] - most);
        weights[lane][key] = weight;
        sum += weight;
    }
    corrections[lane] = exp(largest[lane] - most);
    sums[lane] = sums[lane] * corrections[lane] + sum;
    largest[lane] = most;
}

void main() {
    uint first_query = gl_WorkGroupID.x * BLOCK, x = gl_LocalInvocationID.x, y = gl_LocalInvocationID.y;
    vec4 outputs[PER][ROUNDS];
    [[unroll]] for (uint i = 0u; i < PER; i++)
        for (uint j = 0u; j < ROUNDS; j++)
            outputs[i][j] = vec4(0.0);
    for (uint at = lane; at < BLOCK * QUADS; at += 64u)
        queries[at / QUADS * PITCH + at % QUADS] = read_row(0u, first_query, at) * factor;
    if (lane < BLOCK) {
        largest[lane] = NEVER;
        sums[lane] = 0.0;
    }
    for (uint first_key = 0u; first_key < tokens; first_key += BLOCK) {
        load_others(1u, first_key);
        barrier();
        score(first_key, x, y);
        barrier();
        load_others(2u, first_key);
        if (lane < BLOCK)
            weigh();
        barrier();
        [[unroll]] for (uint i = 0u; i < PER; i++)
            for (uint j = 0u; j < ROUNDS; j++)
                outputs[i][j] *= corrections[y * PER + i];
        for (uint key = 0u; key < BLOCK; key++)
            for (uint j = 0u; j < ROUNDS; j++) {
                vec4 value = others[key * PITCH + min(x + j * 8u, QUADS - 1u)];
                [[unroll]] for (uint i = 0u; i < PER; i++)
                    outputs[i][j] += weights[y * PER + i][key] * value;
            }
        barrier();
    }
    [[unroll]] for (uint i = 0u; i < PER; i++) {
        uint query = first_query + y * PER + i;
        uint to = ((gl_WorkGroupID.z * tokens + query) * hidden + gl_WorkGroupID.y * WIDTH) / 4u;
        for (uint j = 0u; j < ROUNDS; j++)
            if (query < tokens && x + j * 8u < QUADS)
                destination[to + x + j * 8u] = outputs[i][j] / sums[y * PER + i];
    }
}
