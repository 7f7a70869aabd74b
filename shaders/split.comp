// Split: input image to tiles. Interpolation, the second interpolation or the padding, and tiling, in one pass.
//
// An invocation walks down a strip of STRIP columns of a tile, ROWS rows of it. It filters each input row along x once, keeps
// the last TAPS_Y of them, and sums them along y for each row of the tile. Weights are dense: a strip's columns all have
// TAPS_X weights, of the input columns from the strip's first on, and a row has TAPS_Y; those that the sum does not have
// are 0. That is no sum any more where the input is not finite, and then the strip is done again, tap by tap.
//
// x: strips of a tile, and in blocks of ROWS its rows; y: channel; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "tensor.glsl"
#include "plan.glsl"

// How a strip is filtered along x.
const uint DENSE = 0u; // walking, with weights
const uint COPY = 1u;  // walking, without: the scale has the input's size
const uint TAPS = 2u;  // tap by tap: windows are too wide to hold

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint MODE = DENSE;
layout(constant_id = 4) const uint QUADS = 1; // STRIP / 4
layout(constant_id = 5) const uint TAPS_X = 8; // a multiple of 4
layout(constant_id = 6) const uint TAPS_Y = 4;
layout(constant_id = 7) const uint ROWS = 16;
layout(constant_id = 8) const uint INPUT_WIDTH = 1; // elements that can be read at once: 4 where rows are a multiple of 4
layout(constant_id = 9) const uint TILE_WIDTH = 1;  // elements that can be written at once: 8, 4 or 1, as the tile's side

const uint STRIP = QUADS * 4u;
const uint ROW_ENTRIES = 1u + (TAPS_Y + 3u) / 4u;

WRITE_TENSOR(tiles, 2)

#include "split.glsl"

vec4 weights[TAPS_X][QUADS];
uint largest; // of the magnitudes of filtered[0].x, as bits: not finite if anything that was read is not

void read_weights(Scale s, uint strip) {
    for (uint n = 0u; n < TAPS_X; n++)
        for (uint q = 0u; q < QUADS; q++)
            weights[n][q] = entry_floats(s.strip_weights + (strip * TAPS_X + n) * QUADS + q);
}

vec4 read_input(uint row, uint column) {
    vec4 v;
    if (INPUT_WIDTH == 4u) {
        v = read_pixels(row, column);
    } else {
        for (uint j = 0u; j < 4u; j++)
            v[j] = read_pixel(row, min(column + j, width - 1u));
    }
    return v;
}

// A strip of an input row, as find_row() has it, filtered along x; `column` is the strip's first input column.
void filter_row(uint row, uint column, out vec4 filtered[QUADS]) {
    for (uint q = 0u; q < QUADS; q++)
        filtered[q] = MODE == COPY ? read_input(row, column + 4u * q) : vec4(0.0);
    if (MODE == DENSE)
        for (uint n = 0u; n < TAPS_X; n += 4u) {
            vec4 v = read_input(row, column + n);
            for (uint j = 0u; j < 4u; j++)
                for (uint q = 0u; q < QUADS; q++)
                    filtered[q] += weights[n + j][q] * v[j];
        }
    largest = max(largest, floatBitsToUint(filtered[0].x) & 0x7FFFFFFFu);
}

void store_strip(uint element, uint columns, vec4 v[QUADS]) {
    if (TILE_WIDTH == 8u) {
        for (uint q = 0u; q < QUADS; q += 2u)
            tiles_write8(TILE_TYPE, element + q * 4u, v[q], v[q + 1u]);
    } else if (TILE_WIDTH == 4u) {
        for (uint q = 0u; q < QUADS; q++)
            tiles_write4(TILE_TYPE, element + q * 4u, v[q]);
    } else {
        for (uint q = 0u; q < QUADS; q++)
            for (uint j = 0u; j < 4u; j++)
                if (q * 4u + j < columns)
                    tiles_write(TILE_TYPE, element + q * 4u + j, v[q][j]);
    }
}

void walk(Place p, uint strip, uint count, uint columns) {
    Scale s = p.scale;
    uint column = MODE == COPY ? p.column : entry(s.strips + strip).x;
    vec4 ring[TAPS_Y][QUADS];
    if (MODE == DENSE)
        read_weights(s, strip);
    uint next = 0u;
    for (uint row = 0u; row < count; row++) {
        uint at = s.rows + (p.row + row) * ROW_ENTRIES;
        uint start = entry(at).x;
        next = max(next, start);
        for (; next < start + TAPS_Y; next++) {
            for (uint i = 1u; i < TAPS_Y; i++)
                for (uint q = 0u; q < QUADS; q++)
                    ring[i - 1u][q] = ring[i][q];
            filter_row(find_row(p.plane, next), column, ring[TAPS_Y - 1u]);
        }
        vec4 sum[QUADS];
        for (uint q = 0u; q < QUADS; q++)
            sum[q] = vec4(0.0);
        vec4 four = vec4(0.0);
        for (uint i = 0u; i < TAPS_Y; i++) {
            if (i % 4u == 0u)
                four = entry_floats(at + 1u + i / 4u);
            for (uint q = 0u; q < QUADS; q++)
                sum[q] += four[i % 4u] * ring[i][q];
        }
        store_strip(p.element + row * side, columns, sum);
    }
}

void main() {
    uint strips = (side + STRIP - 1u) / STRIP;
    uint blocks = (strips + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / blocks;
    uint strip = (gl_WorkGroupID.x - block * blocks) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint row = block * ROWS;
    if (strip >= strips || row >= row_count)
        return;
    uint count = min(ROWS, row_count - row);
    uint columns = min(STRIP, side - strip * STRIP);
    Place p = find_place(first_channel + gl_WorkGroupID.y, first_row + row, strip * STRIP);
    largest = 0u;
    if (MODE != TAPS)
        walk(p, p.tile_column * strips + strip, count, columns);
    if (MODE == TAPS || (MODE == DENSE && largest >= 0x7F800000u))
        go_tap_by_tap(p, count, columns);
}
