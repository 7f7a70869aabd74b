// merge_maps.comp where windows repeat: what an element reads is known when the pipeline is made, as far as it is the same in
// every block of WIDTH columns and BLOCK_Y rows, so that a block is one straight line.
//
// An invocation makes a block of RUN maps, one after the other: it sums what the block reads along x, a line for each of their
// rows, and the lines along y. All tiles are in this dispatch. Where some of what a window spans has no weight, a block whose
// features are not finite is done again, tap by tap.
//
// x: blocks of a box of a map, and runs of maps; y: image of the batch; z: scale.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"
#include "merge.glsl"

layout(constant_id = 7) const uint BLOCK_Y = 1;
layout(constant_id = 8) const uint SOURCE_Y = 1;     // rows that a block reads
layout(constant_id = 9) const uint SOURCE_QUADS = 1; // columns that a block reads, over 4
layout(constant_id = 10) const uint TAPS_Y = 1;      // of which one element reads as many
layout(constant_id = 11) const uint TAPS_X = 1;
layout(constant_id = 12) const uint OFFSETS_Y = 0; // from this one on: bytes, lowest first
layout(constant_id = 13) const uint OFFSETS_X_0 = 0;
layout(constant_id = 14) const uint OFFSETS_X_4 = 0;
layout(constant_id = 18) const bool TIGHT = true; // whether all taps have weights

const uint QUADS = (WIDTH + 3u) / 4u; // 1 or 2
// Entries of an input row: tile, row inside the tile, weight in each row of the block. Of a block's columns: for each four that
// it reads, two to an entry, the tile and the first one inside the tile; then the weights of each column.
const uint ENTRIES_Y = BLOCK_Y > 2u ? 2u : 1u;
const uint PLACES = (SOURCE_QUADS + 1u) / 2u, WEIGHTS_X = (TAPS_X + 3u) / 4u;
const uint ENTRIES_X = PLACES + WIDTH * WEIGHTS_X;

uvec4 rows[SOURCE_Y], more_rows[SOURCE_Y];
uint places[SOURCE_Y][SOURCE_QUADS]; // in the features, of map 0
vec4 weights[WIDTH][WEIGHTS_X];
vec4 probe; // of all that was read: a sum that is not finite if any of it is not

uint column_offset(uint x) {
    return ((x < 4u ? OFFSETS_X_0 : OFFSETS_X_4) >> (x % 4u * 8u)) & 255u;
}

float row_weight(uint row, uint y) {
    return uintBitsToFloat(y < 2u ? rows[row][2u + y % 2u] : more_rows[row][y - 2u]);
}

void read_entries(Scale s, uint first_tile, uint y, uint x) {
    uint at_y = s.merge_straight + y * SOURCE_Y * ENTRIES_Y;
    uint at_x = s.merge_straight + out_height / BLOCK_Y * SOURCE_Y * ENTRIES_Y + x * ENTRIES_X;
    uvec4 columns[PLACES];
    [[unroll]] for (uint i = 0u; i < PLACES; i++)
        columns[i] = entry(at_x + i);
    [[unroll]] for (uint i = 0u; i < WIDTH; i++)
        [[unroll]] for (uint k = 0u; k < WEIGHTS_X; k++)
            weights[i][k] = entry_floats(at_x + PLACES + i * WEIGHTS_X + k);
    [[unroll]] for (uint i = 0u; i < SOURCE_Y; i++) {
        rows[i] = entry(at_y + i * ENTRIES_Y);
        more_rows[i] = ENTRIES_Y > 1u ? entry(at_y + i * ENTRIES_Y + 1u) : uvec4(0u);
        [[unroll]] for (uint k = 0u; k < SOURCE_QUADS; k++) {
            uint tile_column = columns[k / 2u][k % 2u * 2u], column = columns[k / 2u][k % 2u * 2u + 1u];
            uint tile = first_tile + (rows[i].x * s.tile_columns + tile_column) * batch;
            places[i][k] = tile_base(s, tile) + rows[i].y * s.feature_width + column;
        }
    }
}

// A row of a map that the block reads, summed along x for each of its columns.
void make_line(uint row, uint map, out vec4 line[QUADS]) {
    vec4 v[SOURCE_QUADS];
    [[unroll]] for (uint k = 0u; k < SOURCE_QUADS; k++) {
        v[k] = features_read4(FEATURE_TYPE, places[row][k] + map);
        probe += v[k];
    }
    [[unroll]] for (uint x = 0u; x < WIDTH; x++) {
        uint offset = column_offset(x);
        line[x / 4u][x % 4u] = 0.0;
        [[unroll]] for (uint i = 0u; i < TAPS_X; i++)
            line[x / 4u][x % 4u] += weights[x][i / 4u][i % 4u] * v[(offset + i) / 4u][(offset + i) % 4u];
    }
}

// Of the last block of a row, the output may have less than its columns.
void make_block(uint map, uint element, uint columns) {
    vec4 lines[SOURCE_Y][QUADS];
    [[unroll]] for (uint i = 0u; i < SOURCE_Y; i++)
        make_line(i, map, lines[i]);
    [[unroll]] for (uint y = 0u; y < BLOCK_Y; y++) {
        uint offset = (OFFSETS_Y >> (y * 8u)) & 255u;
        vec4 sum[QUADS];
        [[unroll]] for (uint q = 0u; q < QUADS; q++) {
            sum[q] = vec4(0.0);
            [[unroll]] for (uint i = 0u; i < TAPS_Y; i++)
                sum[q] += row_weight(offset + i, y) * lines[offset + i][q];
        }
        if (!ALIGNED_OUTPUT)
            [[unroll]] for (uint x = 0u; x < WIDTH; x++) {
                if (x < columns)
                    outputs_write(OUTPUT_TYPE, element + y * out_width + x, sum[x / 4u][x % 4u]);
            }
        else if (QUADS == 1u)
            outputs_write4(OUTPUT_TYPE, element + y * out_width, sum[0]);
        else
            outputs_write8(OUTPUT_TYPE, element + y * out_width, sum[0], sum[QUADS - 1u]);
    }
}

// One element from the taps that are not 0.
float sum_tap_by_tap(Scale s, uint first_tile, uint y, uint x, uint map) {
    uvec4 row_parts = entry(s.merge_y + y), column_parts = entry(s.merge_x + x);
    float sum = 0.0;
    for (uint r = row_parts.x; r < row_parts.y; r++)
        for (uint c = column_parts.x; c < column_parts.y; c++) {
            uvec4 row = entry(r), column = entry(c);
            uint base = tile_base(s, first_tile + (row.x * s.tile_columns + column.x) * batch) + map;
            for (uint i = row.y; i < row.z; i++)
                for (uint k = column.y; k < column.z; k++) {
                    uvec4 y_tap = entry(i), x_tap = entry(k);
                    float value = features_read(FEATURE_TYPE, base + y_tap.x * s.feature_width + x_tap.x);
                    sum += uintBitsToFloat(y_tap.y) * uintBitsToFloat(x_tap.y) * value;
                }
        }
    return sum;
}

void main() {
    uint across = (box_width + WIDTH - 1u) / WIDTH, blocks = box_height / BLOCK_Y * across;
    uint run = gl_GlobalInvocationID.x / blocks, block = gl_GlobalInvocationID.x - run * blocks;
    if (run * RUN >= channel_count)
        return;
    uint image = first_image + gl_WorkGroupID.y, scale = first_scale + gl_WorkGroupID.z;
    uint y = box_y / BLOCK_Y + block / across, x = box_x / WIDTH + block % across;
    Scale s = read_scale(scale);
    uint first_tile = s.first_tile + image;
    read_entries(s, first_tile, y, x);
    uint columns = min(WIDTH, out_width - x * WIDTH);
    uint first_map = (image * scale_count + scale) * channels;
    [[unroll]] for (uint d = 0u; d < RUN; d++) {
        uint channel = first_channel + min(run * RUN + d, channel_count - 1u);
        uint map = channel * s.feature_height * s.feature_width;
        uint element = ((first_map + channel) * out_height + y * BLOCK_Y) * out_width + x * WIDTH - output_base;
        probe = vec4(0.0);
        make_block(map, element, columns);
        probe.xy += probe.zw;
        if (!TIGHT && (floatBitsToUint(probe.x + probe.y) & 0x7FFFFFFFu) >= 0x7F800000u)
            for (uint i = 0u; i < BLOCK_Y; i++)
                for (uint k = 0u; k < columns; k++)
                    outputs_write(OUTPUT_TYPE, element + i * out_width + k,
                                  sum_tap_by_tap(s, first_tile, y * BLOCK_Y + i, x * WIDTH + k, map));
    }
}
