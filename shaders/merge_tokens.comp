// Merge of tokens (batch x tokens x channels) in one pass: untiling, cropping, both area interpolations and
// concatenation.
//
// An invocation makes blocks of CHANNELS channels of one token. Blocks begin at multiples of 16 bytes of the output,
// wherever the token's channels begin, so that whole words are stored at once. At an edge of the token, a word can have
// an element of the neighbouring token; such a word is written atomically. Features are read 16 bytes at a time and
// shifted to the block's places.
//
// A token is the sum of TAPS x TAPS features, some of which may have a weight of 0. If TAPS is 0, it is the sum of the
// features that the tables list: for wide supports, and for supports that would have many weights of 0.
//
// The general gather makes a block again in two cases:
// - an output is not finite: an infinite or NaN feature may have had a weight of 0;
// - the block would have read beyond the end of the bound range, and has read other features instead.
//
// Workgroups count, along x, the blocks of a token and then the columns of the box; along y, the rows of the box; along
// z, the images.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

const uint LAYOUT = S2_LAYOUT_TOKENS;
#include "merge.glsl"

SIZE(S2_COLUMNS, uint, CHANNELS, 8) // of a block; a multiple of UNIT
SIZE(S2_TAPS, uint, TAPS, 2) // taps along an axis; 0: as listed
SIZE(S2_RUN, uint, RUN, 1) // blocks of an invocation; 0: all of the token
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_QUADS)
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS)

const uint QUADS = CHANNELS / 4u;
const uint UNIT = OUTPUT_TYPE == F32 ? 4u : 8u; // elements of 16 bytes of the output
const bool SOURCE_SHIFTS = SOURCE_ROWS != S2_ROWS_QUADS, TARGET_EDGES = TARGET_ROWS != S2_ROWS_QUADS;
const bool INSIDE = !SOURCE_SHIFTS && !TARGET_EDGES; // whether blocks read only their own features
const uint WORDS = FEATURE_TYPE == F32 ? CHANNELS : CHANNELS / 2u; // words of the features of a block
const uint TEXELS_OF_WORDS = (WORDS + 3u) / 4u;

const uint TAP_ENTRIES = TAPS < 2u ? 1u : (TAPS + 1u) / 2u; // of a row or column; an entry has two taps

// What all blocks of a token share.
uint image, y, x;
uint begin, end; // the token's elements of the output, from the dispatch's first channel on
uint elements[LENGTH(TAPS == 0u ? 1u : TAPS * TAPS, 16u)]; // each tap's element of the features, in that channel
float weights[LENGTH(TAPS == 0u ? 1u : TAPS * TAPS, 16u)];

vec4 sum[LENGTH(QUADS, 8u)];
bool again; // whether the gather has to make the blocks again

#ifdef TEXELS
uvec4 read_texel(int index) { return READ_TEXEL(features, index); }
#else
uvec4 read_texel(int index) { return uvec4(0u); }
#endif

// Where to begin reading: at `first`, or earlier or later if that would leave the bound range. `read` words or texels
// are read, of `count` in the range.
int keep_inside(int first, int count, int read) {
    if (INSIDE)
        return first;
    int kept = clamp(first, 0, count - read);
    again = again || kept != first;
    return kept;
}

// Reads the words of a block whose first element is anywhere, and the word after them. A shift by one element needs it.
void read_words(uint element, out uvec4 v[LENGTH(TEXELS_OF_WORDS, 4u)], out uint next) {
    const bool halves = SOURCE_ROWS == S2_ROWS_HALVES;
    int word = int(element) >> (FEATURE_TYPE == F32 ? 0 : 1);
    next = 0u;
    if (SOURCE_TEXELS) {
        const int read = int(TEXELS_OF_WORDS) + (SOURCE_SHIFTS ? 1 : 0);
        int texel = keep_inside(word >> 2, features_words.length() >> 2, read);
        uvec4 a = read_texel(texel);
        [[unroll]] for (uint i = 0u; i < TEXELS_OF_WORDS; i++) {
            if (!SOURCE_SHIFTS) {
                v[i] = read_texel(texel + int(i));
                continue;
            }
            uvec4 b = read_texel(texel + int(i) + 1);
            v[i] = shift_words(uint(word), a, b);
            a = b;
        }
        if (halves && CHANNELS == 4u) {
            next = v[0].z;
        } else if (halves) {
            uvec2 pair = (word & 2) == 0 ? a.xy : a.zw;
            next = (word & 1) == 0 ? pair.x : pair.y;
        }
        return;
    }
    word = keep_inside(word, features_words.length(), int(WORDS) + (halves ? 1 : 0));
    [[unroll]] for (uint i = 0u; i < WORDS; i++)
        v[i / 4u][i % 4u] = features_words[word + int(i)];
    if (halves)
        next = features_words[word + int(WORDS)];
}

// Adds four elements at a multiple of four, or eight at a multiple of eight.
void add_aligned(float weight, uint element, uint q) {
    if (FEATURE_TYPE == F32 || CHANNELS == 4u) {
        sum[q] += weight * features_read4(FEATURE_TYPE, element + q * 4u);
    } else {
        vec4 a, b;
        features_read8(FEATURE_TYPE, element + q * 4u, a, b);
        sum[q] += weight * a;
        sum[(q + 1u) % QUADS] += weight * b;
    }
}

const uint STEP = FEATURE_TYPE == F32 || CHANNELS == 4u ? 1u : 2u;

void add(float weight, uint element) {
    if (INSIDE) {
        [[unroll]] for (uint q = 0u; q < QUADS; q += STEP)
            add_aligned(weight, element, q);
        return;
    }
    uvec4 v[LENGTH(TEXELS_OF_WORDS, 4u)];
    uint next;
    read_words(element, v, next);
    if (FEATURE_TYPE == F32) {
        [[unroll]] for (uint q = 0u; q < QUADS; q++)
            sum[q] += weight * uintBitsToFloat(v[q % TEXELS_OF_WORDS]);
        return;
    }
    bool odd = SOURCE_ROWS == S2_ROWS_HALVES && (element & 1u) != 0u;
    [[unroll]] for (uint q = 0u; q < QUADS; q++) {
        uvec4 four = v[q / 2u];
        uvec2 pair = q % 2u == 0u ? four.xy : four.zw;
        if (SOURCE_ROWS == S2_ROWS_HALVES) {
            uint last = QUADS == 1u ? next
                : q % 2u == 0u      ? four.z
                : q + 1u < QUADS    ? v[(q / 2u + 1u) % TEXELS_OF_WORDS].x
                                    : next;
            pair = odd ? pair >> 16 | uvec2(pair.y, last) << 16 : pair;
        }
        sum[q] += weight * vec4(from_halves(FEATURE_TYPE, pair.x), from_halves(FEATURE_TYPE, pair.y));
    }
}

void store_block(uint at) {
    if (OUTPUT_TYPE == F32 && (TARGET_EDGES || CHANNELS == 4u))
        [[unroll]] for (uint q = 0u; q < QUADS; q++)
            outputs_write4(OUTPUT_TYPE, at + q * 4u, sum[q]);
    else
        [[unroll]] for (uint q = 0u; q < QUADS; q += 2u)
            outputs_write8(OUTPUT_TYPE, at + q * 4u, sum[q], sum[(q + 1u) % QUADS]);
}

// Stores only the block's elements that belong to the token.
void store_part(uint at) {
    [[unroll]] for (uint i = 0u; i < CHANNELS; i += OUTPUT_TYPE == F32 ? 1u : 2u) {
        uint element = at + i;
        if (OUTPUT_TYPE == F32) {
            if (element >= begin && element < end)
                outputs_words[element] = floatBitsToUint(sum[i / 4u][i % 4u]);
        } else {
            float low = sum[i / 4u][i % 4u], high = sum[i / 4u][i % 4u + 1u];
            bool has_low = element >= begin && element < end, has_high = element + 1u >= begin && element + 1u < end;
            if (has_low && has_high)
                outputs_words[element >> 1] = to_halves(OUTPUT_TYPE, vec2(low, high));
            else if (TARGET_ROWS == S2_ROWS_HALVES && (has_low || has_high))
                outputs_write(OUTPUT_TYPE, has_low ? element : element + 1u, has_low ? low : high);
        }
    }
}

void read_taps() {
    uvec4 rows[LENGTH(TAP_ENTRIES, 2u)], columns[LENGTH(TAP_ENTRIES, 2u)];
    [[unroll]] for (uint i = 0u; i < TAP_ENTRIES; i++) {
        rows[i] = entry(2u + y * TAP_ENTRIES + i);
        columns[i] = entry(2u + (out_height + x) * TAP_ENTRIES + i);
    }
    uint base = tile_element(image) + first_channel;
    [[unroll]] for (uint i = 0u; i < TAPS; i++)
        [[unroll]] for (uint k = 0u; k < TAPS; k++) {
            elements[i * TAPS + k] = base + rows[i / 2u][i % 2u * 2u] + columns[k / 2u][k % 2u * 2u];
            weights[i * TAPS + k] =
                uintBitsToFloat(rows[i / 2u][i % 2u * 2u + 1u]) * uintBitsToFloat(columns[k / 2u][k % 2u * 2u + 1u]);
        }
}

// TAPS == 0: a row or column of the output has an entry (first tap, end tap); a tap has an entry (element, weight). On
// CPU drivers all invocations of a workgroup make the same token, so they leave these loops together.
void add_windows(uint offset) {
    uvec4 rows = entry(2u + y), columns = entry(2u + out_height + x);
    uint base = tile_element(image) + first_channel + offset;
    for (uint i = rows.x; i < rows.y; i++) {
        uvec4 row = entry(i);
        for (uint k = columns.x; k < columns.y; k++) {
            uvec4 column = entry(k);
            add(uintBitsToFloat(row.y) * uintBitsToFloat(column.y), base + row.x + column.x);
        }
    }
}

void make_block(uint at) {
    uint offset = at - begin; // may be negative, modulo 2^32
    [[unroll]] for (uint q = 0u; q < QUADS; q++)
        sum[q] = vec4(0.0);
    if (TAPS == 0u)
        add_windows(offset);
    // All taps of a few elements are read at once, so that a CPU waits for memory once and not once per tap.
    if (INSIDE)
        [[unroll]] for (uint q = 0u; q < QUADS; q += STEP)
            [[unroll]] for (uint i = 0u; i < TAPS * TAPS; i++)
                add_aligned(weights[i], elements[i] + offset, q);
    else
        [[unroll]] for (uint i = 0u; i < TAPS * TAPS; i++)
            add(weights[i], elements[i] + offset);
    if (TAPS > 1u)
        [[unroll]] for (uint q = 0u; q < QUADS; q++)
            again = again || !is_finite(sum[q]);
    bool part = TARGET_EDGES && (at < begin || at + CHANNELS > end);
    if (!part)
        store_block(at);
    // A loop of at most one round in place of a branch: CPU drivers execute both sides of a branch.
    if (TARGET_EDGES)
        for (; part; part = false)
            store_part(at);
}

void main() {
    uint blocks = (channel_count + (TARGET_EDGES ? UNIT - 1u : 0u) + CHANNELS - 1u) / CHANNELS; // of a token, at most
    uint size = gl_WorkGroupSize.x * RUN;
    uint groups = RUN == 0u ? 1u : (blocks + size - 1u) / size;
    uint place = gl_WorkGroupID.x / groups;
    uint block = (gl_WorkGroupID.x - place * groups) * size + gl_LocalInvocationID.x;
    uint column = place * gl_WorkGroupSize.y + gl_LocalInvocationID.y;
    image = first_image + gl_WorkGroupID.z;
    y = box_y + gl_WorkGroupID.y;
    x = box_x + column;
    if (column >= box_width || !is_here(image, y, x))
        return;
    begin = output_element(image, y, x) + first_channel - output_base;
    end = begin + channel_count;
    if (TAPS > 0u)
        read_taps();
    uint first = TARGET_EDGES ? begin / UNIT * UNIT : begin;
    uint last = TARGET_EDGES ? first + blocks * CHANNELS : end - CHANNELS; // no edges: the last block overlaps
    again = false;
    uint rounds = RUN == 0u ? (blocks + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x : RUN;
    for (uint i = 0u; i < rounds; i++)
        make_block(min(first + (block + i * gl_WorkGroupSize.x) * CHANNELS, last));
    // One loop for all blocks, because CPU drivers go through it once even if there is nothing to do.
    for (; again; again = false)
        for (uint i = 0u; i < rounds; i++) {
            uint at = min(first + (block + i * gl_WorkGroupSize.x) * CHANNELS, last);
            for (uint element = max(at, begin); element < min(at + CHANNELS, end); element++)
                outputs_write(OUTPUT_TYPE, element, gather(image, y, x, first_channel + element - begin));
        }
}
