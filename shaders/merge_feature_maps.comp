// Merge of feature maps (batch x channels x height x width): untiling, cropping, both area interpolations and concatenation, in one
// pass. All tiles of a scale are in the dispatch, or (PARTIAL) some; then each output reads one of them. Its maps are whole.
//
// The maps of an image and a scale are one line of elements, which is made four at a time, wherever rows and maps end. What
// fours read repeats from period to period, of as many channels as are a multiple of four elements of both tensors. An
// invocation makes RUN fours, a period apart. The tables have for each four of a period its chunks: four neighbouring features,
// and the weight of each in each of the four outputs. Where rows are multiples of four elements, what fours of a row read in one
// row they read in TAPS rows, one below the other.
//
// Fours that are cut off, that are not finite, since features may have a weight of 0, or that read beyond the ends of a range are
// made by the gather.
//
// x: fours of a period, of each run of periods. On CPU drivers, which read whole lines of memory, x: runs of periods; y: parts of
// a period. z: image.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

const uint LAYOUT = S2_LAYOUT_MAPS;
#include "merge.glsl"

SIZE(S2_RUN, uint, RUN, 8)   // at most 32
SIZE(S2_TAPS, uint, TAPS, 1) // 1: chunks have all rows
CONSTANT(S2_COLUMNS, uint, COLUMNS, 4) // 4; 0: an invocation makes many fours of the same maps, one after the other
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_QUADS) // where fours of the features begin: all at multiples of four, or not
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS) // likewise of the output; at odd halves they are moved back by one
CONSTANT(S2_PARTIAL, bool, PARTIAL, false)

const bool LONG = COLUMNS == 0u;
const bool ALIGNED = SOURCE_ROWS == S2_ROWS_QUADS;
// Whether fours read nothing but features of their own tiles, all of which are here.
const bool INSIDE = ALIGNED && TARGET_ROWS != S2_ROWS_HALVES && !PARTIAL;

vec4 sum[LENGTH(RUN, 8u)];
uint left; // fours that are left to the gather, a bit each

#ifdef TEXELS
uvec4 read_texel(int index) {
    return READ_TEXEL(features, index);
}
#else
uvec4 read_texel(int index) {
    return uvec4(0u);
}
#endif

// The first word, texel or four of a chunk, of `count` that are bound and `read` of which are read: moved where some would be
// outside. Chunks of tiles that are not here are outside as a whole; what is here gives them no weight. A cut texel is none of
// `count`, and yet has features that are here.
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
        v = f32 ? from_quad(features_quads[four]) : features_pairs[four].xyxy;
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

// A bit for each output of a four whose tile is here.
uint which_are_here(uint image, uint place) {
    bool whole = tile_begin == 0u && tile_end == tile_count;
    uint map = out_height * out_width, here = whole ? 15u : 0u;
    for (uint i = 0u; i < (whole ? 0u : 4u); i++) {
        uint at = (place + i) % map, y = at / out_width;
        here |= is_here(image, y, at - y * out_width) ? 1u << i : 0u;
    }
    return here;
}

// Those of a four that are here.
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

// What there is of a four, by the gather.
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

// A four of each of RUN periods, which begin with a channel of the dispatch. shift: see main().
void make_fours(uint first_four, uint four, uint image, uint channel, uint begin, uint shift, uint period) {
    uint map = out_height * out_width, features = feature_channel, length = channel_count * map;
    uvec4 chunks = entry(first_four + four); // first, end, rows
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
    uint last = (channel_count - 1u - channel) / period * step; // what goes beyond is done again
    uint here = PARTIAL ? which_are_here(image, four * 4u + period * map - shift) : 15u;
    [[unroll]] for (uint d = 0u; d < RUN; d++)
        sum[d] = vec4(0.0);
    for (uint i = here != 0u ? chunks.x : chunks.y; i < chunks.y; i += 5u) {
        uint element = first + entry(i).x;
        mat4 columns = mat4(entry_floats(i + 1u), entry_floats(i + 2u), entry_floats(i + 3u), entry_floats(i + 4u));
        [[unroll]] for (uint d = 0u; d < RUN; d++) {
            uint at = element + (INSIDE ? min(d * step, last) : d * step);
            vec4 v = read_chunk(at + rows[0], d);
            if (TAPS > 1u) // Mesa unrolls no loop that has another in it
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

void main() {
    uint map = out_height * out_width;
    uvec4 record = entry(1u); // first four; channels of a period; fours of a period, and of an invocation
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
    // Where the line begins with half a word, fours begin with the one before, and have chunks of their own.
    uint shift = TARGET_ROWS == S2_ROWS_HALVES ? begin & 1u : 0u;
    left = 0u;
    for (uint i = four; i < end; i += gl_WorkGroupSize.x)
        make_fours(record.x + shift * fours, i, image, channel, begin, shift, period);
    // A loop that is usually left at once: a CPU driver goes through it once all the same.
    for (; left != 0u; left &= left - 1u)
        for (uint i = four; i < end; i += gl_WorkGroupSize.x)
            gather_four(image, begin + (channel + uint(findLSB(left)) * period) * map + i * 4u - shift, begin,
                        channel_count * map);
}
