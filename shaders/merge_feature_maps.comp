// Merge of feature maps (batch x channels x height x width): untiling, cropping, both area interpolations and concatenation, in one
// pass. All tiles of a scale are in the dispatch, and its maps are whole.
//
// The maps of an image and a scale are one line of elements, which is made four at a time, wherever rows and maps end. What
// fours read repeats from period to period, of as many channels as are a multiple of four elements of both tensors. The tables
// have for each four of a period its chunks: four neighbouring features, and the weight of each in each of the four outputs. An
// invocation makes RUN fours, a period apart, from the same chunks.
//
// Fours that are not finite, since features may have a weight of 0, or that read beyond the ends of a range are made again by
// the gather.
//
// x: fours of a period, of each run of periods; z: image.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

const uint LAYOUT = S2_LAYOUT_MAPS;
#include "merge.glsl"

SIZE(S2_RUN, uint, RUN, 8)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_QUADS) // where fours of the features begin: all at multiples of four, or not
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS) // likewise of the output; at odd halves they are moved back by one

vec4 sum[RUN];
uint features_at[RUN], outputs_at[RUN];
bool again[RUN]; // whether the four has to be made again

#ifdef TEXELS
uvec4 read_texel(int index) {
    return READ_TEXEL(features, index);
}
#else
uvec4 read_texel(int index) {
    return uvec4(0u);
}
#endif

// The first unit of a chunk, of `count` that are bound and `read` of which are read: moved where some would be outside.
int keep_inside(int first, int read, int count, inout bool moved) {
    int kept = clamp(first, 0, count - read);
    moved = moved || kept != first;
    return kept;
}

vec4 read_chunk(uint element, inout bool moved) {
    const bool f32 = FEATURE_TYPE == F32, halves = SOURCE_ROWS == S2_ROWS_HALVES, aligned = SOURCE_ROWS == S2_ROWS_QUADS;
    int word = int(element) >> (f32 ? 0 : 1);
    uvec4 v;
    if (SOURCE_TEXELS) {
        int texel = keep_inside(word >> 2, aligned ? 1 : 2, features_words.length() >> 2, moved);
        uvec4 a = read_texel(texel);
        v = !aligned ? shift_words(uint(word), a, read_texel(texel + 1)) : f32 || (word & 2) == 0 ? a : a.zwzw;
    } else if (aligned) {
        int quad = keep_inside(int(element) >> 2, 1, features_words.length() >> (f32 ? 2 : 1), moved);
        v = f32 ? from_quad(features_quads[quad]) : features_pairs[quad].xyxy;
    } else {
        word = keep_inside(word, f32 ? 4 : halves ? 3 : 2, features_words.length(), moved);
        v.xy = uvec2(features_words[word], features_words[word + 1]);
        v.zw = f32 ? uvec2(features_words[word + 2], features_words[word + 3]) : uvec2(halves ? features_words[word + 2] : 0u);
    }
    if (f32)
        return uintBitsToFloat(v);
    if (halves && (element & 1u) != 0u)
        v.xy = v.xy >> 16 | v.yz << 16;
    return vec4(from_halves(FEATURE_TYPE, v.x), from_halves(FEATURE_TYPE, v.y));
}

// Elements [begin, end) alone, of which some are the four's.
void store_part(uint at, vec4 v, uint begin, uint end) {
    [[unroll]] for (uint i = 0u; i < 4u; i += OUTPUT_TYPE == F32 ? 1u : 2u) {
        bool low = at + i - begin < end - begin, high = at + i + 1u - begin < end - begin;
        if (OUTPUT_TYPE == F32) {
            if (low)
                outputs_words[at + i] = floatBitsToUint(v[i]);
        } else {
            if (low && high)
                outputs_words[(at + i) >> 1] = to_halves(OUTPUT_TYPE, vec2(v[i], v[i + 1u]));
            else if (low || high)
                outputs_write(OUTPUT_TYPE, low ? at + i : at + i + 1u, low ? v[i] : v[i + 1u]);
        }
    }
}

void store_four(uint at, vec4 v) {
    if (TARGET_ROWS == S2_ROWS_QUADS) {
        outputs_write4(OUTPUT_TYPE, at, v);
    } else if (OUTPUT_TYPE == F32) {
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            outputs_words[at + i] = floatBitsToUint(v[i]);
    } else {
        outputs_words[at >> 1] = to_halves(OUTPUT_TYPE, v.xy);
        outputs_words[(at >> 1) + 1u] = to_halves(OUTPUT_TYPE, v.zw);
    }
}

// One after the other, by the gather.
void make_again(uint image, uint at, uint begin, uint end) {
    for (uint i = 0u; i < 4u; i++) {
        uint index = at + i - begin;
        if (index >= end - begin)
            continue;
        uint map = out_height * out_width, channel = index / map, place = index - channel * map, y = place / out_width;
        outputs_write(OUTPUT_TYPE, at + i, gather(image, y, place - y * out_width, first_channel + channel));
    }
}

void main() {
    uint map = out_height * out_width, features = feature_height * feature_width;
    // (entry of the first four; channels of a period, fours of one)
    uvec4 record = entry(1u);
    uint period = record.y, fours = record.z;
    uint run = gl_GlobalInvocationID.x / fours, four = gl_GlobalInvocationID.x - run * fours;
    uint image = first_image + gl_WorkGroupID.z, channel = run * RUN * period;
    if (channel >= channel_count + (TARGET_ROWS == S2_ROWS_HALVES ? 1u : 0u))
        return;
    uint begin = output_element(image, 0u, 0u) + first_channel * map - output_base, end = begin + channel_count * map;
    // Where the line begins with half a word, fours begin with the one before, and have chunks of their own.
    uint shift = TARGET_ROWS == S2_ROWS_HALVES ? begin & 1u : 0u;
    uvec4 chunks = entry(record.x + shift * fours + four);
    uint first = tile_element(image) + (first_channel + channel) * features;
    [[unroll]] for (uint d = 0u; d < RUN; d++) {
        sum[d] = vec4(0.0);
        again[d] = false;
        features_at[d] = first + d * period * features;
        outputs_at[d] = begin - shift + (channel + d * period) * map + four * 4u;
    }
    for (uint i = chunks.x; i < chunks.y; i += 5u) {
        uint element = entry(i).x;
        mat4 weights = mat4(entry_floats(i + 1u), entry_floats(i + 2u), entry_floats(i + 3u), entry_floats(i + 4u));
        [[unroll]] for (uint d = 0u; d < RUN; d++)
            sum[d] += weights * read_chunk(features_at[d] + element, again[d]);
    }
    [[unroll]] for (uint d = 0u; d < RUN; d++) {
        uint at = outputs_at[d];
        bool whole = at - begin < end - begin && at + 4u - begin <= end - begin;
        if (whole)
            store_four(at, sum[d]);
        // Loops of one round or none, in place of branches, both sides of which CPU drivers go through. Lines of whole fours, if
        // they begin with one, have no part of one.
        if (TARGET_ROWS != S2_ROWS_QUADS)
            for (bool part = !whole; part; part = false)
                store_part(at, sum[d], begin, end);
        for (bool once = again[d] || !is_finite(sum[d]); once; once = false)
            make_again(image, at, begin, end);
    }
}
