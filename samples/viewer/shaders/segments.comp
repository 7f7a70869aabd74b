// k-means of the first eight principal components. Seeds lie far apart: the first is the token nearest to the mean,
// each other one the token farthest from all seeds before it, in the field of all scales. The segments of all fields
// therefore begin with the same tokens. A workgroup makes a field.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "oklab.glsl"

const uint LANES = 64, RANK = 8, MAX_SEGMENTS = 16, ROUNDS = 12;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales, channels, tokens, prefix;
    uint segments; // k
};
layout(std430, binding = 0) readonly buffer Projections {
    float projections[]; // fields x tokens x RANK
};
layout(std430, binding = 1) coherent buffer Labels {
    uint labels[]; // fields x tokens
};
layout(std430, binding = 2) writeonly buffer Colours {
    uint colours[]; // fields x tokens, RGBA
};

shared float centres[MAX_SEGMENTS * RANK];
shared float lane_farthest[LANES];
shared uint lane_token[LANES];
shared uint seeds[MAX_SEGMENTS];

uint projection(uint field, uint token) { return (field * tokens + token) * RANK; }

float square(float x) { return x * x; }

// The negative distance to the mean for the first seed; for the others, the distance to the nearest seed so far.
float distance_of(uint token, uint count) {
    const uint at = projection(scales, token);
    float nearest = 0.0;
    for (uint k = 0; k < RANK && count == 0; k++)
        nearest -= square(projections[at + k]);
    for (uint seed = 0; seed < count; seed++) {
        float apart = 0.0;
        for (uint k = 0; k < RANK; k++)
            apart += square(projections[at + k] - projections[projection(scales, seeds[seed]) + k]);
        nearest = seed == 0 ? apart : min(nearest, apart);
    }
    return nearest;
}

void choose_seed(uint count) {
    const uint lane = gl_LocalInvocationIndex;
    uint best = min(lane, tokens - 1);
    float farthest = distance_of(best, count);
    for (uint token = lane + LANES; token < tokens; token += LANES) {
        const float apart = distance_of(token, count);
        if (apart > farthest) {
            farthest = apart;
            best = token;
        }
    }
    lane_farthest[lane] = farthest;
    lane_token[lane] = best;
    barrier();
    if (lane == 0) {
        for (uint i = 1; i < LANES; i++)
            if (lane_farthest[i] > farthest) {
                farthest = lane_farthest[i];
                best = lane_token[i];
            }
        seeds[count] = best;
    }
    barrier();
}

uint nearest_centre(uint at) {
    uint best = 0;
    float least = 0.0;
    for (uint s = 0; s < segments; s++) {
        float apart = 0.0;
        for (uint k = 0; k < RANK; k++)
            apart += square(projections[at + k] - centres[s * RANK + k]);
        if (s == 0 || apart < least) {
            least = apart;
            best = s;
        }
    }
    return best;
}

// An invocation sums some coordinates of the segments. Centres of empty segments stay where they are.
void move_centres(uint field) {
    for (uint pair = gl_LocalInvocationIndex; pair < segments * RANK; pair += LANES) {
        float sum = 0.0, count = 0.0;
        for (uint token = 0; token < tokens; token++)
            if (labels[field * tokens + token] == pair / RANK) {
                sum += projections[projection(field, token) + pair % RANK];
                count += 1.0;
            }
        if (count > 0.0)
            centres[pair] = sum / count;
    }
}

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x;
    for (uint count = 0; count < segments; count++)
        choose_seed(count);
    for (uint i = lane; i < segments * RANK; i += LANES)
        centres[i] = projections[projection(field, seeds[i / RANK]) + i % RANK];
    barrier();
    for (uint round = 0; round <= ROUNDS; round++) {
        for (uint token = lane; token < tokens; token += LANES)
            labels[field * tokens + token] = nearest_centre(projection(field, token));
        memoryBarrierBuffer();
        barrier();
        if (round < ROUNDS)
            move_centres(field);
        barrier();
    }
    for (uint token = lane; token < tokens; token += LANES)
        colours[field * tokens + token] = packUnorm4x8(vec4(segment_colour(labels[field * tokens + token]), 1.0));
}
