// The general merge. It makes tokens and feature maps with supports of any size, and prefix tokens: the means over all
// tiles, or those of each tile. An output may also read tiles of several dispatches; its sum is then kept in an
// accumulator from one dispatch to the next. Taps are added one by one in the order of tiles, so that the result does
// not depend on how tiles are dispatched.
//
// An invocation makes COLUMNS channels of one output.
// - Tokens: x: channels; y: tokens of the box; z: image.
// - Feature maps: x: places of the box; y: channels; z: image.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "constants.glsl"

CONSTANT(S2_LAYOUT, uint, LAYOUT, S2_LAYOUT_TOKENS)
#include "merge.glsl"

SIZE(S2_COLUMNS, uint, COLUMNS, 8) // 8 or 4; 1 for tokens that do not begin at multiples of 4
CONSTANT(S2_ACCUMULATOR, uint, ACCUMULATOR, S2_ACCUMULATOR_NONE)
CONSTANT(S2_PREFIX, bool, PREFIX, false)
// Feature maps: QUADS if four channels are side by side, at multiples of four.
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)

layout(std430, set = 0, binding = 3) buffer Accumulator { float accumulator[]; };

const bool TOGETHER = LAYOUT == S2_LAYOUT_TOKENS && COLUMNS >= 4u; // one read and one store for all channels
const uint QUADS = (COLUMNS + 3u) / 4u;

// Elements from channel to channel of an invocation's features, which lie in one block.
uint feature_stride() { return LAYOUT == S2_LAYOUT_TOKENS || feature_block_bits > 0u ? 1u : feature_channel; }

vec4 sum[LENGTH(QUADS, 2u)];
uint count; // channels of this invocation; the last one may have fewer than COLUMNS

// precise: every pipeline must round alike, because the pipeline of another dispatch may go on with the sum.
vec4 plus(vec4 a, float weight, vec4 b) {
    precise vec4 result = a + weight * b;
    return result;
}

void add(float weight, uint element) {
    if (TOGETHER && COLUMNS == 8u) {
        vec4 a, b;
        features_read8(FEATURE_TYPE, element, a, b);
        sum[0] = plus(sum[0], weight, a);
        sum[QUADS - 1u] = plus(sum[QUADS - 1u], weight, b);
    } else if (TOGETHER) {
        sum[0] = plus(sum[0], weight, features_read4(FEATURE_TYPE, element));
    } else {
        [[unroll]] for (uint q = 0u; q < QUADS; q++) {
            vec4 v;
            if (LAYOUT == S2_LAYOUT_MAPS && SOURCE_ROWS == S2_ROWS_QUADS) {
                sum[q] = plus(sum[q], weight, features_read4(FEATURE_TYPE, element + q * 4u));
                continue;
            }
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                v[i] = features_read(FEATURE_TYPE, element + min(q * 4u + i, count - 1u) * feature_stride());
            sum[q] = plus(sum[q], weight, v);
        }
    }
}

float read_sum(uint index) {
    return ACCUMULATOR == S2_ACCUMULATOR_OUTPUT ? uintBitsToFloat(outputs_words[index - output_base])
                                                : accumulator[index - accumulator_base];
}

void store_sum(uint index, float value) {
    if (ACCUMULATOR == S2_ACCUMULATOR_OUTPUT)
        outputs_words[index - output_base] = floatBitsToUint(value);
    else
        accumulator[index - accumulator_base] = value;
}

void begin_sum(uint index, uint first_tile) {
    [[unroll]] for (uint q = 0u; q < QUADS; q++)
        sum[q] = vec4(0.0);
    if (ACCUMULATOR != S2_ACCUMULATOR_NONE && first_tile < tile_begin)
        [[unroll]] for (uint i = 0u; i < COLUMNS; i++)
            if (i < count)
                sum[i / 4u][i % 4u] = read_sum(index + i * output_stride());
}

void end_sum(uint index, uint last_tile) {
    if (ACCUMULATOR != S2_ACCUMULATOR_NONE && last_tile >= tile_end) {
        [[unroll]] for (uint i = 0u; i < COLUMNS; i++)
            if (i < count)
                store_sum(index + i * output_stride(), sum[i / 4u][i % 4u]);
    } else if (TOGETHER && COLUMNS == 8u) {
        outputs_write8(OUTPUT_TYPE, index - output_base, sum[0], sum[QUADS - 1u]);
    } else if (TOGETHER) {
        outputs_write4(OUTPUT_TYPE, index - output_base, sum[0]);
    } else {
        [[unroll]] for (uint i = 0u; i < COLUMNS; i++)
            if (i < count)
                outputs_write(OUTPUT_TYPE, index - output_base + i * output_stride(), sum[i / 4u][i % 4u]);
    }
}

void merge_prefix(uint image, uint token, uint channel) {
    uint tile = image, last = image + tile_count - batch;
    if (tile < tile_begin)
        tile += (tile_begin - tile + batch - 1u) / batch * batch;
    if (tile > last || tile >= tile_end)
        return;
    uint index = output_element(image, 0u, token) + channel;
    float weight = uintBitsToFloat(entry(0u).z);
    begin_sum(index, image);
    for (; tile <= last && tile < tile_end; tile += batch)
        add(weight, tile_element(tile) + token * feature_column + channel);
    end_sum(index, last);
}

// A prefix token of one tile. It is 0 if the scale has no such tile; the image's last tile says where it is made.
void keep_prefix(uint image, uint place, uint token, uint channel) {
    uint tile = place * batch + image, last = image + tile_count - batch, here = min(tile, last);
    if (!has_tile(here))
        return;
    uint index = output_element(image, place, token) + channel;
    begin_sum(index, here);
    if (tile == here)
        add(1.0, tile_element(tile) + token * feature_column + channel);
    end_sum(index, here);
}

// Adds the taps of an output that lie in one tile.
void add_tile(uint tile, uvec4 rows, uvec4 columns, uint channel) {
    uint base = tile_element(tile) + feature_plane(channel);
    for (uint i = rows.y; i < rows.z; i++)
        for (uint k = columns.y; k < columns.z; k++) {
            uvec4 row = entry(i), column = entry(k);
            add(uintBitsToFloat(row.y) * uintBitsToFloat(column.y),
                base + row.x * feature_row + column.x * feature_column);
        }
}

void merge_grid(uint image, uint y, uint x, uint channel) {
    uvec4 rows, columns;
    gather_window(y, x, rows, columns);
    uint first = tile_at(image, rows.z, columns.z), last = tile_at(image, rows.w, columns.w);
    if (last < tile_begin || first >= tile_end)
        return;
    uint index = output_element(image, y, x) + channel * output_stride();
    begin_sum(index, first);
    bool touched = false;
    for (uint r = rows.x; r < rows.y; r++)
        for (uint c = columns.x; c < columns.y; c++) {
            uvec4 row = entry(r), column = entry(c);
            uint tile = tile_at(image, row.x, column.x);
            if (has_tile(tile)) {
                add_tile(tile, row, column, channel);
                touched = true;
            }
        }
    if (touched)
        end_sum(index, last);
}

void main() {
    bool maps = LAYOUT == S2_LAYOUT_MAPS;
    uint place = maps ? gl_GlobalInvocationID.x : gl_WorkGroupID.y;
    uint channel = (maps ? gl_WorkGroupID.y : gl_GlobalInvocationID.x) * COLUMNS;
    if (place >= box_height * box_width || channel >= channel_count)
        return;
    count = min(COLUMNS, channel_count - channel);
    channel += first_channel;
    uint image = first_image + gl_WorkGroupID.z, row = place / box_width;
    uint y = box_y + row, x = box_x + place - row * box_width;
    if (PREFIX && output_row > 0u)
        keep_prefix(image, y, x, channel);
    else if (PREFIX)
        merge_prefix(image, x, channel);
    else
        merge_grid(image, y, x, channel);
}
