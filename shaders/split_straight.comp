// split.comp where windows repeat: what a pixel reads is known when the pipeline is made, as far as it is the same in every
// block of STRIP columns and ROWS rows, so that a block is one straight line. On GPUs, where STRIP is 16 bytes and little is
// held, each line of the input is filtered once for all rows that read it, which halves the instructions (tests/amd.sh).
//
// An invocation goes down BLOCKS blocks of a strip. It filters input rows along x, each into STRIP columns of LINES, of TAPS_X
// weights each, and sums TAPS_Y of the lines for each row of the tile. Where blocks are ADVANCE input rows apart, the lines that
// the next one reads too are kept. Windows are dense as in split.comp, and a strip whose input is not finite is done again, tap
// by tap.
//
// x: strips of a tile's channels, and its blocks; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"

layout(local_size_x_id = 0) in;
#ifndef FIXED
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint STRIP = 8; // a multiple of 4, if ALIGNED_TILES
layout(constant_id = 4) const uint SOURCE_QUADS = 3; // input columns that a strip reads, over 4
layout(constant_id = 5) const uint TAPS_X = 4;
layout(constant_id = 6) const uint ROWS = 2;
layout(constant_id = 7) const uint LINES = 5;
layout(constant_id = 8) const uint TAPS_Y = 4;
layout(constant_id = 9) const uint ADVANCE = 1;
layout(constant_id = 10) const uint BLOCKS = 4;
// The first line or input column that each row or column reads, relative to the block's first: bytes, lowest first.
layout(constant_id = 11) const uint COLUMNS_0 = 0;
layout(constant_id = 12) const uint COLUMNS_4 = 0;
layout(constant_id = 13) const uint COLUMNS_8 = 0;
layout(constant_id = 14) const uint COLUMNS_12 = 0;
layout(constant_id = 15) const uint COLUMNS_16 = 0;
layout(constant_id = 16) const uint COLUMNS_20 = 0;
layout(constant_id = 17) const uint ROWS_0 = 0;
layout(constant_id = 18) const uint ROWS_4 = 0;
layout(constant_id = 19) const uint ROWS_8 = 0;
layout(constant_id = 20) const uint ROWS_12 = 0;
layout(constant_id = 21) const uint ROWS_16 = 0;
layout(constant_id = 22) const uint ROWS_20 = 0;
layout(constant_id = 25) const bool ALIGNED = true;       // whether input rows are a multiple of 4
layout(constant_id = 26) const bool ALIGNED_TILES = true; // whether tiles are, which a strip's elements are stored at once for

uint column_offset(uint x) {
    uint word = x < 4u    ? COLUMNS_0
                : x < 8u  ? COLUMNS_4
                : x < 12u ? COLUMNS_8
                : x < 16u ? COLUMNS_12
                : x < 20u ? COLUMNS_16
                          : COLUMNS_20;
    return (word >> (x % 4u * 8u)) & 255u;
}

uint row_offset(uint y) {
    uint word = y < 4u    ? ROWS_0
                : y < 8u  ? ROWS_4
                : y < 12u ? ROWS_8
                : y < 16u ? ROWS_12
                : y < 20u ? ROWS_16
                          : ROWS_20;
    return (word >> (y % 4u * 8u)) & 255u;
}
#else // For drivers that go through what constants rule out: images made FIXED times as large, twice or three times.
const uint INPUT_TYPE = F32, TILE_TYPE = F32, STRIP = FIXED == 2 ? 16 : 12, SOURCE_QUADS = STRIP / 4, TAPS_X = 4;
const uint ROWS = FIXED, LINES = 5, TAPS_Y = 4, ADVANCE = 1;
layout(constant_id = 10) const uint BLOCKS = 4;
const bool ALIGNED = true, ALIGNED_TILES = true;

uint row_offset(uint y) {
    return (y + FIXED - 1u) / FIXED;
}

uint column_offset(uint x) {
    return 2u + row_offset(x);
}
#endif

const uint WEIGHTS_X = (TAPS_X + 3u) / 4u, WEIGHTS_Y = (TAPS_Y + 3u) / 4u; // entries that a column or a row has of them
const uint BLOCK_ENTRIES = 1u + ROWS * WEIGHTS_Y;
const uint KEPT = ADVANCE > 0u && ADVANCE < LINES ? LINES - ADVANCE : 0u;

WRITE_TENSOR(tiles, 2)
#include "split.glsl"

// Arrays are as long as the loops along them are, for which drivers unroll these.
int first_column;
uint columns[SOURCE_QUADS];
vec4 weights[STRIP][WEIGHTS_X];
float lines[LINES][STRIP];
vec4 row_weights[ROWS][WEIGHTS_Y];
vec4 probe = vec4(0.0); // of all that was read: a sum that is not finite if any of it is not

void read_line(uint row, out vec4 v[SOURCE_QUADS]) {
#if !defined(PIXELS) && !defined(IMAGE)
    if (!ALIGNED && SOURCE_TEXELS && INPUT_TYPE == F32) { // neighbours share the texels that they lie across
        uint word = row + uint(first_column);
        int texel = int(word) >> 2, last = (image_words.length() - 1) >> 2;
        uvec4 next = READ_TEXEL(image, clamp(texel, 0, last));
        [[unroll]] for (uint n = 0u; n < SOURCE_QUADS; n++) {
            uvec4 this_one = next;
            next = READ_TEXEL(image, clamp(texel + int(n) + 1, 0, last));
            v[n] = uintBitsToFloat(shift_words(word, this_one, next));
        }
        return;
    }
#endif
    [[unroll]] for (uint n = 0u; n < SOURCE_QUADS; n++)
        v[n] = ALIGNED ? read_pixels(row, columns[n]) : read_edge_pixels(row, columns[n]);
}

void make_line(uint index, uint row) {
    vec4 v[SOURCE_QUADS];
    read_line(row, v);
    [[unroll]] for (uint n = 0u; n < SOURCE_QUADS; n++)
        probe += v[n];
    [[unroll]] for (uint x = 0u; x < STRIP; x++) {
        uint offset = column_offset(x);
        lines[index][x] = 0.0;
        [[unroll]] for (uint i = 0u; i < TAPS_X; i++)
            lines[index][x] += weights[x][i / 4u][i % 4u] * v[(offset + i) / 4u][(offset + i) % 4u];
    }
}

void make_row(uint row, uint at, uint element) {
    [[unroll]] for (uint i = 0u; i < WEIGHTS_Y; i++)
        row_weights[row][i] = entry_floats(at + i);
    uint offset = row_offset(row);
    float sum[STRIP];
    [[unroll]] for (uint x = 0u; x < STRIP; x++) {
        sum[x] = 0.0;
        [[unroll]] for (uint i = 0u; i < TAPS_Y; i++)
            sum[x] += row_weights[row][i / 4u][i % 4u] * lines[offset + i][x];
    }
    if (!ALIGNED_TILES)
        [[unroll]] for (uint x = 0u; x < STRIP; x++)
            tiles_write(TILE_TYPE, element + x, sum[x]);
    else if (STRIP % 8u == 4u)
        [[unroll]] for (uint x = 0u; x < STRIP; x += 4u)
            tiles_write4(TILE_TYPE, element + x, vec4(sum[x], sum[x + 1u], sum[x + 2u], sum[x + 3u]));
    else
        [[unroll]] for (uint x = 0u; x < STRIP; x += 8u)
            tiles_write8(TILE_TYPE, element + x, vec4(sum[x], sum[x + 1u], sum[x + 2u], sum[x + 3u]),
                         vec4(sum[x + 4u], sum[x + 5u], sum[x + 6u], sum[x + 7u]));
}

void main() {
    uint strips = side / STRIP;
    uint groups = (strips * channel_count + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint run = gl_WorkGroupID.x / groups;
    uint unit = (gl_WorkGroupID.x - run * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint channel = unit / strips, strip = unit - channel * strips;
    uint row = run * BLOCKS * ROWS;
    if (channel >= channel_count)
        return;
    uint count = min(BLOCKS * ROWS, row_count - row);
    Place p = find_place(first_channel + channel, first_row + row, strip * STRIP);

    uint at = p.scale.columns + p.column / STRIP * (1u + STRIP * WEIGHTS_X);
    first_column = int(entry(at).x);
    [[unroll]] for (uint n = 0u; n < SOURCE_QUADS; n++)
        columns[n] = uint(clamp(first_column + int(n) * 4, 0, int(width - 1u) & ~3));
    [[unroll]] for (uint x = 0u; x < STRIP; x++)
        [[unroll]] for (uint i = 0u; i < WEIGHTS_X; i++)
            weights[x][i] = entry_floats(at + 1u + x * WEIGHTS_X + i);

    uint block = p.scale.rows + p.row / ROWS * BLOCK_ENTRIES;
    int line = int(entry(block).x), last = int(height) - 1;
    [[unroll]] for (uint i = 0u; i < LINES; i++)
        if (i < KEPT)
            make_line(i, find_row(p.plane, uint(clamp(line + int(i), 0, last))));
    for (uint done = 0u; done < count; done += ROWS) {
        line = int(entry(block).x);
        [[unroll]] for (uint i = 0u; i < LINES; i++)
            if (i >= KEPT)
                make_line(i, find_row(p.plane, uint(clamp(line + int(i), 0, last))));
        [[unroll]] for (uint i = 0u; i < ROWS; i++)
            make_row(i, block + 1u + i * WEIGHTS_Y, p.element + (done + i) * side);
        [[unroll]] for (uint i = 0u; i < LINES; i++)
            [[unroll]] for (uint x = 0u; x < STRIP; x++)
                lines[i][x] = lines[i < KEPT ? i + LINES - KEPT : i][x];
        block += BLOCK_ENTRIES;
    }
    probe.xy += probe.zw;
    if ((floatBitsToUint(probe.x + probe.y) & 0x7FFFFFFFu) >= 0x7F800000u)
        go_tap_by_tap(p, count, STRIP);
}
