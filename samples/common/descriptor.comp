// A dense descriptor, a model that needs no weights: the mean colour of each patch, and a histogram of the orientations
// of its luma gradients, weighted by their magnitude. A workgroup makes one patch after the other. The distance from
// its patch to its next is the number of workgroups.
#version 450

const uint LANES = 64u;
const uint BINS = 9u;
const uint CHANNELS = 3u + BINS;
const float PI = 3.14159265;
// Below gradients of about this strength a histogram fades out, instead of being noise at full size.
const float NOISE = 0.02;

layout(local_size_x = LANES) in;
layout(std430, binding = 0) readonly buffer Tiles {
    float tiles[]; // tile_count x 3 x side x side
};
layout(std430, binding = 1) writeonly buffer Features {
    float features[]; // tile_count x patches x CHANNELS, or tile_count x CHANNELS x patches
};
layout(push_constant) uniform Push {
    uint patch_count; // of all tiles
    uint side; // of a tile
    uint patch_side;
    uint token_stride, channel_stride; // of the features of a tile, in elements
};

shared float lane_sums[CHANNELS][LANES];
shared float means[CHANNELS];

vec3 colour(uint tile, uvec2 at) {
    uint plane = side * side, first = tile * 3u * plane + at.y * side + at.x;
    return vec3(tiles[first], tiles[first + plane], tiles[first + 2u * plane]);
}

// Borders of the tile are repeated.
float luma(uint tile, ivec2 at) {
    return dot(colour(tile, uvec2(clamp(at, ivec2(0), ivec2(side - 1u)))), vec3(0.299, 0.587, 0.114));
}

void add_pixel(uint tile, uvec2 at, inout float sums[CHANNELS]) {
    vec3 rgb = colour(tile, at);
    sums[0] += rgb.r;
    sums[1] += rgb.g;
    sums[2] += rgb.b;

    ivec2 p = ivec2(at);
    vec2 gradient = 0.5 *
        vec2(luma(tile, p + ivec2(1, 0)) - luma(tile, p - ivec2(1, 0)),
            luma(tile, p + ivec2(0, 1)) - luma(tile, p - ivec2(0, 1)));
    float magnitude = length(gradient);
    if (magnitude == 0.0)
        return;
    // Orientations have no sign; the middle of bin b is at b + 0.5. Each gradient is shared by the two nearest bins.
    float position = fract(atan(gradient.y, gradient.x) / PI) * float(BINS) - 0.5;
    for (uint bin = 0u; bin < BINS; bin++) {
        float apart = abs(position - float(bin));
        sums[3u + bin] += magnitude * max(0.0, 1.0 - min(apart, float(BINS) - apart));
    }
}

// The patch's means over its pixels, in `means`.
void take_means(uint tile, uvec2 corner) {
    float sums[CHANNELS];
    for (uint channel = 0u; channel < CHANNELS; channel++)
        sums[channel] = 0.0;
    uint lane = gl_LocalInvocationIndex, pixels = patch_side * patch_side;
    for (uint pixel = lane; pixel < pixels; pixel += LANES)
        add_pixel(tile, corner + uvec2(pixel % patch_side, pixel / patch_side), sums);
    for (uint channel = 0u; channel < CHANNELS; channel++)
        lane_sums[channel][lane] = sums[channel];
    barrier();
    if (lane < CHANNELS) {
        float sum = 0.0;
        for (uint i = 0u; i < LANES; i++)
            sum += lane_sums[lane][i];
        means[lane] = sum / float(pixels);
    }
    barrier();
}

void main() {
    uint patches_across = side / patch_side, patches_per_tile = patches_across * patches_across;
    for (uint i = gl_WorkGroupID.x; i < patch_count; i += gl_NumWorkGroups.x) {
        uint tile = i / patches_per_tile, token = i % patches_per_tile;
        take_means(tile, uvec2(token % patches_across, token / patches_across) * patch_side);

        uint channel = gl_LocalInvocationIndex;
        if (channel < CHANNELS) {
            float energy = NOISE * NOISE;
            for (uint bin = 3u; bin < CHANNELS; bin++)
                energy += means[bin] * means[bin];
            float value = channel < 3u ? means[channel] : means[channel] * inversesqrt(energy);
            features[tile * patches_per_tile * CHANNELS + token * token_stride + channel * channel_stride] = value;
        }
    }
}
