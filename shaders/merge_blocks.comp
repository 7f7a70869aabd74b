// Merge of feature maps with four channels or more side by side (NHWC, and blocks of 4 or 8 channels) to maps that are
// planes, in one pass: untiling, cropping, both area interpolations and concatenation. For drivers on the CPU.
//
// A four is four channels, or four places of a row. An invocation makes four places in four channels at once: it reads
// the four channels of a feature at once, and stores the four places of a channel at once. It does this for RUN fours
// of channels at each four of places of a part of a row. What it stores one after another is then side by side, and so
// is what the invocations of a group read.
//
// A place is the sum of TAPS x TAPS features, some of which may have a weight of 0. If TAPS is 0, it is the sum of the
// features that the tables list.
//
// The general gather makes the places
// - that are not finite, because a feature that is infinite or NaN may have had a weight of 0, and
// - of fours that reach over an end of the box, or have tiles of other dispatches.
//
// x: fours of channels, and parts of a row; y: rows of the box; z: image.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

const uint LAYOUT = S2_LAYOUT_MAPS;
#include "merge.glsl"

SIZE(S2_TAPS, uint, TAPS, 2) // taps along an axis; 0: as listed
SIZE(S2_RUN, uint, RUN, 4)
CONSTANT(S2_COLUMNS, uint, COLUMNS, 4) // 4: all fours have four channels; 1: the last one may have fewer
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS) // QUADS: fours begin at multiples of four

const uint WINDOW = TAPS * TAPS;

uint image, y;
uint elements[LENGTH(TAPS == 0u ? 1u : 4u * WINDOW, 64u)]; // of each place's taps, in channel 0
float weights[LENGTH(TAPS == 0u ? 1u : 4u * WINDOW, 64u)];
#include "taps.glsl"
bool again; // whether the gather has to make places again

// TAPS == 0: the sum of the features that the tables list.
vec4 add_window(uint x, uint plane) {
    uvec4 rows = entry(2u + y), columns = entry(2u + out_height + x);
    uint base = tile_element(image) + plane;
    vec4 sum = vec4(0.0);
    for (uint i = rows.x; i < rows.y; i++) {
        uvec4 row = entry(i);
        for (uint k = columns.x; k < columns.y; k++) {
            uvec4 column = entry(k);
            sum += uintBitsToFloat(row.y) * uintBitsToFloat(column.y) *
                features_read4(FEATURE_TYPE, base + row.x + column.x);
        }
    }
    return sum;
}

// Four channels of a place.
vec4 make_place(uint place, uint x, uint plane) {
    if (TAPS == 0u)
        return add_window(x + place, plane);
    vec4 sum = vec4(0.0);
    [[unroll]] for (uint i = 0u; i < WINDOW; i++)
        sum += weights[place * WINDOW + i] * features_read4(FEATURE_TYPE, elements[place * WINDOW + i] + plane);
    return sum;
}

// Four places of a channel.
void store_four(uint at, vec4 v) {
    if (TARGET_ROWS == S2_ROWS_QUADS) {
        outputs_write4(OUTPUT_TYPE, at, v);
    } else if (TARGET_ROWS == S2_ROWS_WORDS && OUTPUT_TYPE != F32) {
        outputs_words[at >> 1] = to_halves(OUTPUT_TYPE, v.xy);
        outputs_words[(at >> 1) + 1u] = to_halves(OUTPUT_TYPE, v.zw);
    } else {
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            outputs_write(OUTPUT_TYPE, at + i, v[i]);
    }
}

void make_four(uint x, uint channel) {
    uint plane = feature_plane(channel), end = first_channel + channel_count;
    uint at = output_element(image, y, x) + channel * output_channel - output_base;
    mat4 v = mat4(make_place(0u, x, plane), make_place(1u, x, plane), make_place(2u, x, plane),
        make_place(3u, x, plane)); // a column has the channels of a place
    [[unroll]] for (uint c = 0u; c < 4u; c++)
        if (COLUMNS == 4u || channel + c < end)
            store_four(at + c * output_channel, vec4(v[0][c], v[1][c], v[2][c], v[3][c]));
    again = again || !is_finite(v[0]) || !is_finite(v[1]) || !is_finite(v[2]) || !is_finite(v[3]);
}

// Where a feature has all channels side by side, those that the workgroup reads of it are a piece of memory in a page
// of its own. `four` is the invocation's first. On lavapipe it halves the time of a merge of 3 x 3 tiles of 24 x 24 x
// 1024 features.
void prefetch_features(uint four) {
    uint channel = first_channel + (four - gl_LocalInvocationID.x) * 4u + gl_LocalInvocationID.x * FEATURE_LINE;
    for (uint i = 0u; i < RUN * gl_WorkGroupSize.x * 4u; i += gl_WorkGroupSize.x * FEATURE_LINE)
        [[unroll]] for (uint k = 0u; k < 4u * WINDOW; k++)
            prefetch_feature(elements[k] + channel + i);
}

// The places [begin, end) of a row, in the four channels from `channel` on.
void gather_places(uint begin, uint end, uint channel) {
    for (uint x = begin; x < end; x++)
        for (uint c = channel; is_here(image, y, x) && c < min(channel + 4u, first_channel + channel_count); c++)
            outputs_write(
                OUTPUT_TYPE, output_element(image, y, x) + c * output_channel - output_base, gather(image, y, x, c));
}

void main() {
    uint fours = (channel_count + 3u) / 4u, size = gl_WorkGroupSize.x * RUN, groups = (fours + size - 1u) / size;
    uint part = gl_WorkGroupID.x / groups;
    uint four = (gl_WorkGroupID.x - part * groups) * size + gl_LocalInvocationID.x;
    image = first_image + gl_WorkGroupID.z;
    y = box_y + gl_WorkGroupID.y;
    uint places = entry(1u).x, box_end = box_x + box_width; // places of a part, a multiple of four
    uint begin = (TARGET_ROWS == S2_ROWS_QUADS ? box_x & ~3u : box_x) + part * places;
    uint end = min(begin + places, box_end);
    bool whole = tile_begin == 0u && tile_end == tile_count;
    again = false;
    for (uint place = begin; place < end; place += 4u) {
        // Fours that need not begin at a multiple of four: the last one overlaps the one before it.
        uint x = TARGET_ROWS == S2_ROWS_QUADS ? place : min(place, box_end - min(box_width, 4u));
        bool odd = TARGET_ROWS == S2_ROWS_WORDS && OUTPUT_TYPE != F32 && (x & 1u) != 0u;
        bool inside = x >= box_x && x + 4u <= box_end;
        if (odd || !inside || (!whole && (!is_here(image, y, x) || !is_here(image, y, x + 3u)))) {
            again = true;
            continue;
        }
        if (TAPS > 0u) {
            read_taps(0u, x, 0u);
            read_taps(WINDOW, x + 1u, 0u);
            read_taps(2u * WINDOW, x + 2u, 0u);
            read_taps(3u * WINDOW, x + 3u, 0u);
            if (ON_CPU && SOURCE_TEXELS && feature_block_bits == 0u && feature_channel == 1u)
                prefetch_features(four);
        }
        for (uint i = 0u; i < RUN; i++)
            make_four(x, first_channel + min(four + i * gl_WorkGroupSize.x, fours - 1u) * 4u);
    }
    // Usually nothing is left. A CPU driver goes through the loop once all the same.
    for (; again; again = false)
        for (uint i = 0u; i < RUN; i++)
            gather_places(max(begin, box_x), end, first_channel + min(four + i * gl_WorkGroupSize.x, fours - 1u) * 4u);
    end_prefetching();
}
