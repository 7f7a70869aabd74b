// split.comp for drivers on the CPU, where loops cost most: which input rows a row needs is known when the pipeline is made, as
// far as it is the same in every block of ROWS rows, so that a block is one straight line.
//
// An invocation goes down BLOCKS blocks of a strip of STRIP columns. It filters the block's SOURCE_ROWS input rows along x, and
// sums TAPS_Y of them, from the row's offset on, for each row of the tile. Weights are dense as in split.comp, and a strip
// whose input is not finite is done again, tap by tap.
//
// x: strips of a tile, and its blocks; y: channel; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "tensor.glsl"
#include "plan.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint QUADS = 4; // STRIP / 4
layout(constant_id = 4) const uint TAPS_X = 16; // a multiple of 4
layout(constant_id = 5) const uint TAPS_Y = 4;
layout(constant_id = 6) const uint ROWS = 16;
layout(constant_id = 7) const uint SOURCE_ROWS = 11;
layout(constant_id = 8) const uint BLOCKS = 4;
layout(constant_id = 9) const uint OFFSETS_LOW = 0;   // 4 bits for each of the first eight rows
layout(constant_id = 10) const uint OFFSETS_HIGH = 0; // and of the others

const uint STRIP = QUADS * 4u;
const uint BLOCK_ENTRIES = 1u + ROWS * ((TAPS_Y + 3u) / 4u);

READ_TENSOR(image, 1)
WRITE_TENSOR(tiles, 2)
#include "split.glsl"

vec4 weights[TAPS_X][QUADS];
vec4 lines[SOURCE_ROWS][QUADS];            // input rows, filtered along x
vec4 row_weights[ROWS][(TAPS_Y + 3u) / 4u]; // an array that the loop over rows goes along, for which drivers unroll it

void filter_row(uint index, uint row, uint column) {
    for (uint q = 0u; q < QUADS; q++)
        lines[index][q] = vec4(0.0);
    for (uint n = 0u; n < TAPS_X; n += 4u) {
        vec4 v = image_read4(INPUT_TYPE, row + column + n);
        for (uint j = 0u; j < 4u; j++)
            for (uint q = 0u; q < QUADS; q++)
                lines[index][q] += weights[n + j][q] * v[j];
    }
}

uint row_offset(uint row) {
    return ((row < 8u ? OFFSETS_LOW >> (row * 4u) : OFFSETS_HIGH >> (row * 4u - 32u)) & 15u);
}

void make_row(uint row, uint at, uint element) {
    vec4 sum[QUADS];
    for (uint q = 0u; q < QUADS; q++)
        sum[q] = vec4(0.0);
    for (uint i = 0u; i < (TAPS_Y + 3u) / 4u; i++)
        row_weights[row][i] = entry_floats(at + i);
    for (uint i = 0u; i < TAPS_Y; i++)
        for (uint q = 0u; q < QUADS; q++)
            sum[q] += row_weights[row][i / 4u][i % 4u] * lines[row_offset(row) + i][q];
    if (QUADS == 1u)
        tiles_write4(TILE_TYPE, element, sum[0]);
    else
        for (uint q = 0u; q < QUADS; q += 2u)
            tiles_write8(TILE_TYPE, element + q * 4u, sum[q], sum[q + 1u]);
}

void main() {
    uint strips = side / STRIP;
    uint groups = (strips + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint run = gl_WorkGroupID.x / groups;
    uint strip = (gl_WorkGroupID.x - run * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint row = run * BLOCKS * ROWS;
    if (strip >= strips)
        return;
    uint count = min(BLOCKS * ROWS, row_count - row);
    row += first_row;
    Place p = find_place(strip * STRIP, row);

    uint at = p.scale.strips + p.column / STRIP;
    uint column = entry(at).x;
    for (uint n = 0u; n < TAPS_X; n++)
        for (uint q = 0u; q < QUADS; q++)
            weights[n][q] = entry_floats(p.scale.strip_weights + (p.column / STRIP * TAPS_X + n) * QUADS + q);
    uint largest = 0u;
    for (uint done = 0u; done < count; done += ROWS) {
        uint block = p.scale.rows + (p.row + done) / ROWS * BLOCK_ENTRIES;
        int first = int(entry(block).x);
        for (uint i = 0u; i < SOURCE_ROWS; i++) {
            filter_row(i, p.plane + uint(clamp(first + int(i), 0, int(height) - 1)) * width, column);
            largest = max(largest, floatBitsToUint(lines[i][0].x) & 0x7FFFFFFFu);
        }
        for (uint i = 0u; i < ROWS; i++)
            make_row(i, block + 1u + i * ((TAPS_Y + 3u) / 4u), p.element + (done + i) * side);
    }
    if (largest >= 0x7F800000u)
        go_tap_by_tap(p, count, STRIP);
}
