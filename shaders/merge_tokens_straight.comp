// merge_tokens.comp where windows repeat: what a token reads is known when the pipeline is made, as far as it is the same in
// every block of tokens, so that a block is one straight line. Drivers on the CPU, where loops and spilled registers cost most,
// take larger blocks.
//
// An invocation makes WIDTH channels of a block, RUN times: it sums the features that the block reads along x, a line for each
// of their rows, and the lines along y. All tiles that a block reads are in this dispatch, or none. Where some of what a window
// spans has no weight, a block whose features are not finite is done again, tap by tap.
//
// x: channels, and blocks of a box; y: image of the batch; z: scale.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"
#include "merge.glsl"

#ifndef FIXED_WINDOW
layout(constant_id = 7) const uint BLOCK_Y = 1; // tokens of a block
layout(constant_id = 8) const uint BLOCK_X = 1;
layout(constant_id = 9) const uint SOURCE_Y = 1; // tokens that a block reads
layout(constant_id = 10) const uint SOURCE_X = 1;
layout(constant_id = 11) const uint TAPS_Y = 1; // of which one token reads as many
layout(constant_id = 12) const uint TAPS_X = 1;
layout(constant_id = 13) const uint OFFSETS_Y = 0; // from this one on: bytes, lowest first
layout(constant_id = 14) const uint OFFSETS_X = 0;
layout(constant_id = 15) const bool TIGHT = true; // whether all taps have weights
#else // Tokens that each are the mean of FIXED_WINDOW x FIXED_WINDOW.
const uint BLOCK_Y = 1, BLOCK_X = 1, SOURCE_Y = FIXED_WINDOW, SOURCE_X = FIXED_WINDOW;
const uint TAPS_Y = FIXED_WINDOW, TAPS_X = FIXED_WINDOW, OFFSETS_Y = 0, OFFSETS_X = 0;
const bool TIGHT = true;
#endif

// Entries of an input row or column: tile, coordinate inside the tile, weight in each token of the block.
const uint ENTRIES_Y = BLOCK_Y > 2u ? 2u : 1u, ENTRIES_X = BLOCK_X > 2u ? 2u : 1u;

uvec4 rows[SOURCE_Y], more_rows[SOURCE_Y], columns[SOURCE_X], more_columns[SOURCE_X];
vec4 probe; // of all that was read: a sum that is not finite if any of it is not

const uint QUADS = WIDTH / 4u; // 1 or 2

float weight(uvec4 first, uvec4 more, uint token) {
    return uintBitsToFloat(token < 2u ? first[2u + token % 2u] : more[token - 2u]);
}

void read_features(uint element, out vec4 v[QUADS]) {
    if (QUADS == 1u)
        v[0] = ALIGNED ? features_read4(FEATURE_TYPE, element) : features_read_any4(FEATURE_TYPE, element);
    else if (ALIGNED)
        features_read8(FEATURE_TYPE, element, v[0], v[QUADS - 1u]);
    else
        features_read_any8(FEATURE_TYPE, element, v[0], v[QUADS - 1u]);
}

void write_outputs(uint element, vec4 v[QUADS]) {
    if (!ALIGNED_OUTPUT)
        [[unroll]] for (uint i = 0u; i < WIDTH; i++)
            outputs_write(OUTPUT_TYPE, element + i, v[i / 4u][i % 4u]);
    else if (QUADS == 1u)
        outputs_write4(OUTPUT_TYPE, element, v[0]);
    else
        outputs_write8(OUTPUT_TYPE, element, v[0], v[QUADS - 1u]);
}

void read_entries(Scale s, uint y, uint x) {
    uint at_y = s.merge_straight + y * SOURCE_Y * ENTRIES_Y;
    uint at_x = s.merge_straight + out_height / BLOCK_Y * SOURCE_Y * ENTRIES_Y + x * SOURCE_X * ENTRIES_X;
    [[unroll]] for (uint i = 0u; i < SOURCE_Y; i++) {
        rows[i] = entry(at_y + i * ENTRIES_Y);
        more_rows[i] = ENTRIES_Y > 1u ? entry(at_y + i * ENTRIES_Y + 1u) : uvec4(0u);
    }
    [[unroll]] for (uint i = 0u; i < SOURCE_X; i++) {
        columns[i] = entry(at_x + i * ENTRIES_X);
        more_columns[i] = ENTRIES_X > 1u ? entry(at_x + i * ENTRIES_X + 1u) : uvec4(0u);
    }
}

// The channels of a row that the block reads, summed along x for each of its columns.
void make_line(Scale s, uint first_tile, uint row, uint channel, out vec4 line[BLOCK_X][QUADS]) {
    vec4 v[SOURCE_X][QUADS];
    [[unroll]] for (uint k = 0u; k < SOURCE_X; k++) {
        uint tile = first_tile + (rows[row].x * s.tile_columns + columns[k].x) * batch;
        uint token = prefix + rows[row].y * s.feature_width + columns[k].y;
        read_features(tile_base(s, tile) + token * channels + channel, v[k]);
        [[unroll]] for (uint q = 0u; q < QUADS; q++)
            probe += v[k][q];
    }
    [[unroll]] for (uint x = 0u; x < BLOCK_X; x++) {
        uint offset = (OFFSETS_X >> (x * 8u)) & 255u;
        [[unroll]] for (uint q = 0u; q < QUADS; q++) {
            line[x][q] = vec4(0.0);
            [[unroll]] for (uint i = 0u; i < TAPS_X; i++)
                line[x][q] += weight(columns[offset + i], more_columns[offset + i], x) * v[offset + i][q];
        }
    }
}

void make_block(Scale s, uint first_tile, uint channel, uint index, uint row_elements, uint token_elements) {
    vec4 lines[SOURCE_Y][BLOCK_X][QUADS];
    [[unroll]] for (uint i = 0u; i < SOURCE_Y; i++)
        make_line(s, first_tile, i, channel, lines[i]);
    [[unroll]] for (uint y = 0u; y < BLOCK_Y; y++) {
        uint offset = (OFFSETS_Y >> (y * 8u)) & 255u;
        [[unroll]] for (uint x = 0u; x < BLOCK_X; x++) {
            vec4 sum[QUADS];
            [[unroll]] for (uint q = 0u; q < QUADS; q++) {
                sum[q] = vec4(0.0);
                [[unroll]] for (uint i = 0u; i < TAPS_Y; i++)
                    sum[q] += weight(rows[offset + i], more_rows[offset + i], y) * lines[offset + i][x][q];
            }
            write_outputs(index + y * row_elements + x * token_elements, sum);
        }
    }
}

// One token from the taps that are not 0.
void go_tap_by_tap(Scale s, uint first_tile, uint y, uint x, uint channel, uint index) {
    uvec4 row_parts = entry(s.merge_y + y), column_parts = entry(s.merge_x + x);
    vec4 sum[QUADS];
    [[unroll]] for (uint q = 0u; q < QUADS; q++)
        sum[q] = vec4(0.0);
    for (uint r = row_parts.x; r < row_parts.y; r++)
        for (uint c = column_parts.x; c < column_parts.y; c++) {
            uvec4 row = entry(r), column = entry(c);
            uint base = tile_base(s, first_tile + (row.x * s.tile_columns + column.x) * batch) + channel;
            for (uint i = row.y; i < row.z; i++)
                for (uint k = column.y; k < column.z; k++) {
                    uvec4 y_tap = entry(i), x_tap = entry(k);
                    uint token = prefix + y_tap.x * s.feature_width + x_tap.x;
                    vec4 v[QUADS];
                    read_features(base + token * channels, v);
                    [[unroll]] for (uint q = 0u; q < QUADS; q++)
                        sum[q] += uintBitsToFloat(y_tap.y) * uintBitsToFloat(x_tap.y) * v[q];
                }
        }
    write_outputs(index, sum);
}

void main() {
    uint units = (channel_count + WIDTH - 1u) / WIDTH;
    uint groups = (units + gl_WorkGroupSize.x * RUN - 1u) / (gl_WorkGroupSize.x * RUN);
    uint position = gl_WorkGroupID.x / groups;
    uint unit = (gl_WorkGroupID.x - position * groups) * gl_WorkGroupSize.x * RUN + gl_LocalInvocationID.x;
    uint image = first_image + gl_WorkGroupID.y;
    uint scale = first_scale + gl_WorkGroupID.z;
    uint row = position / (box_width / BLOCK_X);
    uint y = box_y / BLOCK_Y + row, x = box_x / BLOCK_X + (position - row * (box_width / BLOCK_X));
    Scale s = read_scale(scale);
    read_entries(s, y, x);

    uint base = s.first_tile + image;
    uint first = base + (rows[0].x * s.tile_columns + columns[0].x) * batch;
    uint last = base + (rows[SOURCE_Y - 1u].x * s.tile_columns + columns[SOURCE_X - 1u].x) * batch;
    if (!has_tile(first) || !has_tile(last))
        return;
    uint token_index = image * (prefix + out_height * out_width) + prefix + y * BLOCK_Y * out_width + x * BLOCK_X;
    uint token_elements = scale_count * channels;
    uint index = (token_index * scale_count + scale) * channels - output_base;
    [[unroll]] for (uint u = 0u; u < RUN; u++) {
        uint channel = first_channel + min((unit + u * gl_WorkGroupSize.x) * WIDTH, channel_count - WIDTH);
        probe = vec4(0.0);
        make_block(s, base, channel, index + channel, out_width * token_elements, token_elements);
        probe.xy += probe.zw;
        if (!TIGHT && (floatBitsToUint(probe.x + probe.y) & 0x7FFFFFFFu) >= 0x7F800000u)
            for (uint i = 0u; i < BLOCK_Y; i++)
                for (uint k = 0u; k < BLOCK_X; k++)
                    go_tap_by_tap(s, base, y * BLOCK_Y + i, x * BLOCK_X + k, channel,
                                  index + channel + (i * out_width + k) * token_elements);
    }
}
