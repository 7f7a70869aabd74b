// Merge of feature maps (batch x channels x height x width) in one pass: untiling, cropping, both area interpolations
// and concatenation. Without PARTIAL, a dispatch has all tiles of the scale. With PARTIAL it may have only some of
// them; each output then reads only one tile. The output's maps are always whole.
//
// The output's maps of one image and one scale are side by side in memory: one line of elements. This kernel makes the
// line in fours. A four is four elements side by side; it may cross from a row to the next, or from a map to the next.
// What fours read repeats after a period: the number of channels whose elements are a multiple of four in both tensors.
// An invocation makes RUN fours, one period apart.
//
// The tables list for each four of a period its chunks. A chunk is four features side by side, with the weight of each
// in each of the four outputs. If rows are multiples of four elements, the fours of a row read the same columns of TAPS
// rows; then a chunk lists the columns of one row, and the rows have entries of their own.
//
// The general gather makes the fours that
// - are cut off by an end of the line,
// - are not finite, because a feature that is infinite or NaN may have had a weight of 0, or
// - read beyond an end of the bound range.
//
// - GPUs: x: the fours of a period, for each run of RUN periods; z: image.
// - CPU drivers, which read whole cache lines: x: runs of RUN periods; y: parts of a period; z: image.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

const uint LAYOUT = S2_LAYOUT_MAPS;
#include "merge.glsl"

SIZE(S2_RUN, uint, RUN, 8) // at most 32
SIZE(S2_TAPS, uint, TAPS, 1) // rows that share chunks; 1: chunks have all rows
CONSTANT(S2_COLUMNS, uint, COLUMNS, 4) // 4; 0: an invocation makes many fours of the same maps
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_QUADS) // QUADS: chunks begin at multiples of four
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS) // HALVES: the line may begin at an odd element
CONSTANT(S2_PARTIAL, bool, PARTIAL, false)

const bool LONG = COLUMNS == 0u;
const bool ALIGNED = SOURCE_ROWS == S2_ROWS_QUADS;
// Whether chunks read only features of their own tiles, and all of these are in the dispatch.
const bool INSIDE = ALIGNED && TARGET_ROWS != S2_ROWS_HALVES && !PARTIAL;

vec4 sum[LENGTH(RUN, 8u)];
uint left; // a bit for each of the RUN fours that the gather has to make

#ifdef TEXELS
uvec4 read_texel(int index) { return READ_TEXEL(features, index); }
#else
uvec4 read_texel(int index) { return uvec4(0u); }
#endif

// The first word, texel or four to read for a chunk: `first`, moved so that all `read` of them lie within the `count`
// that are bound. A four whose chunk was moved is left to the gather. With PARTIAL, chunks of tiles that are not in the
// dispatch lie outside as a whole and have no weight. A texel that the end cuts is not part of `count`, but it may hold
// features of this dispatch.
int keep_inside(int first, int read, int count, uint d) {
    if (INSIDE)
        return first;
    int kept = clamp(first, 0, count - read);
    left |= kept != first && (!PARTIAL || (first > -read && first <= count)) ? 1u << d : 0u;
    return kept;
}

vec4 read_chunk(uint element, uint d) {
    const bool f32 = FEATURE_TYPE == F32, halves = SOURCE_ROWS == S2_ROWS_HALVES;
    int word = int(element) >> (f32 ? 0 : 1), words = features_words.length();
    uvec4 v;
    if (SOURCE_TEXELS) {
        int texel = keep_inside(word >> 2, ALIGNED ? 1 : 2, words >> 2, d);
        uvec4 a = read_texel(texel);
        v = !ALIGNED ? shift_words(uint(word), a, read_texel(texel + 1)) : f32 || (word & 2) == 0 ? a : a.zwzw;
    } else if (ALIGNED) {
        int four = keep_inside(int(element) >> 2, 1, words >> (f32 ? 2 : 1), d);
        v = f32 ? from_quad(features_quads[four]) : from_pair(features_pairs[four]).xyxy;
    } else {
        word = keep_inside(word, f32 ? 4 : halves ? 3 : 2, words, d);
        v.xy = uvec2(features_words[word], features_words[word + 1]);
        v.zw = f32 ? uvec2(features_words[word + 2], features_words[word + 3])
                   : uvec2(halves ? features_words[word + 2] : 0u);
    }
    if (f32)
        return uintBitsToFloat(v);
    if (halves && (element & 1u) != 0u)
        v.xy = v.xy >> 16 | v.yz << 16;
    return vec4(from_halves(FEATURE_TYPE, v.x), from_halves(FEATURE_TYPE, v.y));
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

// A bit for each output of a four: whether its tile is in this dispatch.
uint which_are_here(uint image, uint place) {
    bool whole = tile_begin == 0u && tile_end == tile_count;
    uint map = out_height * out_width, here = whole ? 15u : 0u;
    for (uint i = 0u; i < (whole ? 0u : 4u); i++) {
        uint at = (place + i) % map, y = at / out_width;
        here |= is_here(image, y, at - y * out_width) ? 1u << i : 0u;
    }
    return here;
}

// Stores the outputs of a four whose bits are set in `here`.
void store_some(uint at, vec4 v, uint here) {
    if (OUTPUT_TYPE == F32) {
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            if ((here & 1u << i) != 0u)
                outputs_words[at + i] = floatBitsToUint(v[i]);
    } else {
        [[unroll]] for (uint i = 0u; i < 4u; i += 2u) {
            uint pair = here >> i & 3u;
            if (pair == 3u)
                outputs_words[(at + i) >> 1] = to_halves(OUTPUT_TYPE, vec2(v[i], v[i + 1u]));
            else if (pair != 0u)
                outputs_write(OUTPUT_TYPE, at + i + (pair >> 1), pair == 1u ? v[i] : v[i + 1u]);
        }
    }
}

// Makes a four by the gather, except for outputs beyond the ends of the line.
void gather_four(uint image, uint at, uint begin, uint length) {
    for (uint i = 0u; i < 4u; i++) {
        uint index = at + i - begin;
        if (index >= length)
            continue;
        uint map = out_height * out_width, channel = index / map, place = index - channel * map, y = place / out_width;
        uint x = place - y * out_width;
        if (!PARTIAL || is_here(image, y, x))
            outputs_write(OUTPUT_TYPE, at + i, gather(image, y, x, first_channel + channel));
    }
}

// Makes the same four of RUN periods; `channel` is the first channel of the first period. shift: see main().
void make_fours(uint first_four, uint four, uint image, uint channel, uint begin, uint shift, uint period) {
    uint map = out_height * out_width, features = feature_channel, length = channel_count * map;
    uvec4 chunks = entry(first_four + four); // first chunk, end chunk, entry of the rows
    uint rows[LENGTH(TAPS, 4u)];
    float weights[LENGTH(TAPS, 4u)];
    [[unroll]] for (uint i = 0u; i < TAPS; i += 2u) {
        uvec4 row = TAPS == 1u ? uvec4(0u) : entry(chunks.z + i / 2u);
        [[unroll]] for (uint k = 0u; k < 2u; k++)
            if (i + k < TAPS) {
                rows[(i + k) % TAPS] = row[k * 2u];
                weights[(i + k) % TAPS] = uintBitsToFloat(row[k * 2u + 1u]);
            }
    }
    uint first = tile_element(image) + (first_channel + channel) * features, step = period * features;
    uint last = (channel_count - 1u - channel) / period * step; // periods beyond the last are read in its place
    uint here = PARTIAL ? which_are_here(image, four * 4u + period * map - shift) : 15u;
    [[unroll]] for (uint d = 0u; d < RUN; d++)
        sum[d] = vec4(0.0);
    for (uint i = here != 0u ? chunks.x : chunks.y; i < chunks.y; i += 5u) {
        uint element = first + entry(i).x;
        mat4 columns = mat4(entry_floats(i + 1u), entry_floats(i + 2u), entry_floats(i + 3u), entry_floats(i + 4u));
        [[unroll]] for (uint d = 0u; d < RUN; d++) {
            uint at = element + (INSIDE ? min(d * step, last) : d * step);
            vec4 v = read_chunk(at + rows[0], d);
            if (TAPS > 1u) // written out: Mesa unrolls no loop that contains another
                v = weights[0] * v + weights[1u % TAPS] * read_chunk(at + rows[1u % TAPS], d);
            if (TAPS > 2u)
                v += weights[2u % TAPS] * read_chunk(at + rows[2u % TAPS], d);
            if (TAPS > 3u)
                v += weights[3u % TAPS] * read_chunk(at + rows[3u % TAPS], d);
            sum[d] += columns * v;
        }
    }
    [[unroll]] for (uint d = 0u; d < RUN; d++) {
        uint index = (channel + d * period) * map + four * 4u - shift;
        bool whole = index < length && index + 4u <= length;
        vec4 v = PARTIAL ? mix(vec4(0.0), sum[d], notEqual(uvec4(here) & uvec4(1u, 2u, 4u, 8u), uvec4(0u))) : sum[d];
        if (whole && PARTIAL)
            store_some(begin + index, v, here);
        else if (whole)
            store_four(begin + index, v);
        left |= (whole && is_finite(v)) || index + 1u > length || here == 0u ? 0u : 1u << d;
    }
}

// The features that all fours of the workgroup's channels are made of. They are one piece of each tile. With
// prefetch_outputs(), that takes 8 to 30 % off the merge on lavapipe.
void prefetch_features(uint image, uint channel, uint period) {
    uint step = gl_WorkGroupSize.x * FEATURE_LINE, first = (first_channel + channel) * feature_channel;
    uint elements = min(RUN * period, channel_count - channel) * feature_channel;
    if ((elements / step + 2u) * (tile_count / batch) > S2_PREFETCH_ROUNDS)
        return;
    for (uint tile = image; tile < tile_count; tile += batch) {
        uint here = has_tile(tile) ? elements : 0u;
        for (uint i = gl_LocalInvocationID.x * FEATURE_LINE; i < here; i += step)
            prefetch_feature(tile_element(tile) + first + i);
    }
}

// The outputs of `fours` fours of each period, from the first one's element on. Memory that was never written has no
// pages yet, and is left to the stores.
void prefetch_outputs(uint first, uint period, uint fours, uint end) {
    if (outputs_words[min(first, end - 1u) / (OUTPUT_LINE / 16u)] == 0u)
        return;
    for (uint d = 0u; d < RUN; d++)
        for (uint i = gl_LocalInvocationID.x * OUTPUT_LINE; i < fours * 4u; i += gl_WorkGroupSize.x * OUTPUT_LINE)
            prefetched |= outputs_words[min(first + d * period + i, end - 1u) / (OUTPUT_LINE / 16u)];
}

void main() {
    uint map = out_height * out_width;
    uvec4 record = entry(1u); // first four; channels of a period; fours of a period; fours of a workgroup
    uint period = record.y, fours = record.z;
    uint run = gl_WorkGroupID.x, four = gl_WorkGroupID.y * record.w + gl_LocalInvocationID.x;
    uint end = min(gl_WorkGroupID.y * record.w + record.w, fours);
    if (!LONG) {
        run = gl_GlobalInvocationID.x / fours;
        four = gl_GlobalInvocationID.x - run * fours;
        end = four + 1u;
    }
    uint image = first_image + gl_WorkGroupID.z, channel = run * RUN * period;
    if (channel >= channel_count + (TARGET_ROWS == S2_ROWS_HALVES ? 1u : 0u))
        return;
    uint begin = output_element(image, 0u, 0u) + first_channel * map - output_base;
    // If the line begins at an odd half, the fours begin one element earlier. The tables have chunks of their own for
    // these.
    uint shift = TARGET_ROWS == S2_ROWS_HALVES ? begin & 1u : 0u;
    if (ON_CPU && SOURCE_TEXELS) {
        uint first = gl_WorkGroupID.y * record.w;
        prefetch_features(image, channel, period);
        prefetch_outputs(begin + channel * map + first * 4u, period * map, end - first, begin + channel_count * map);
    }
    left = 0u;
    for (uint i = four; i < end; i += gl_WorkGroupSize.x)
        make_fours(record.x + shift * fours, i, image, channel, begin, shift, period);
    // Usually no four is left. A CPU driver goes through the loop once all the same.
    for (; left != 0u; left &= left - 1u)
        for (uint i = four; i < end; i += gl_WorkGroupSize.x)
            gather_four(image, begin + (channel + uint(findLSB(left)) * period) * map + i * 4u - shift, begin,
                channel_count * map);
    end_prefetching();
}
