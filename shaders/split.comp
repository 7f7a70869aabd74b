// Split: input image to tiles. Interpolation, the second interpolation or the padding, and tiling, in one pass.
//
// An invocation walks down four columns of a tile, ROWS rows of it. It filters each input row along x once, a line; keeps the
// last TAPS_Y lines; and sums them along y for each row of the tile. Weights are dense: a column has TAPS_X, of the input
// columns from its first on, and a row has TAPS_Y; those that the sum does not have are 0. That is no sum any more where the
// input is not finite, and then all is done again, tap by tap.
//
// x: strips of four columns of a tile, and in blocks of ROWS its rows; y: channel; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"

const uint WINDOWS = 0u; // walking, with weights
const uint COPY = 1u;    // walking, without: the scale has the input's size
const uint TAPS = 2u;    // tap by tap: windows are too wide to hold

layout(local_size_x_id = 0) in;
layout(constant_id = 6) const uint ROWS = 16;
#ifndef FIXED
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint MODE = WINDOWS;
layout(constant_id = 4) const uint TAPS_X = 4; // 4 or 8
layout(constant_id = 5) const uint TAPS_Y = 4; // 4 or 8
layout(constant_id = 7) const uint WIDTH = 1;  // elements that can be read, where copied, and written at once: 4 or 1
#else // The commonest of these, for drivers that go through what constants rule out: a build for MODE = FIXED.
const uint INPUT_TYPE = F32, TILE_TYPE = F32, MODE = FIXED, TAPS_X = 4, TAPS_Y = 4, WIDTH = 4;
#endif

// A row or column has an entry for the first input that it reads, then its weights.
const uint COLUMN_ENTRIES = 1u + TAPS_X / 4u, ROW_ENTRIES = 1u + TAPS_Y / 4u;

WRITE_TENSOR(tiles, 2)

#include "split.glsl"

struct Column {
    uint first;
    vec4 near, far; // weights of four inputs, and of four more
};

Column columns[4];
mat4 near, far; // lines; the last is the newest
uint largest;   // of their magnitudes, as bits: not finite if anything that was read is not

Column read_column(uint at) {
    return Column(entry_x(at), entry_floats(at + 1u), TAPS_X > 4u ? entry_floats(at + 2u) : vec4(0.0));
}

float filter_column(uint row, Column c) {
    float sum = dot(c.near, read_any_pixels(row, c.first));
    if (TAPS_X > 4u)
        sum += dot(c.far, read_any_pixels(row, c.first + 4u));
    return sum;
}

void push_line(uint row) {
    vec4 line = vec4(filter_column(row, columns[0]), filter_column(row, columns[1]), filter_column(row, columns[2]),
                     filter_column(row, columns[3]));
    near = mat4(near[1], near[2], near[3], TAPS_Y > 4u ? far[0] : line);
    if (TAPS_Y > 4u)
        far = mat4(far[1], far[2], far[3], line);
    largest = max(largest, floatBitsToUint(line.x + line.y + line.z + line.w) & 0x7FFFFFFFu);
}

void store(uint element, uint count, vec4 v) {
    if (WIDTH == 4u)
        tiles_write4(TILE_TYPE, element, v);
    else
        for (uint j = 0u; j < count; j++)
            tiles_write(TILE_TYPE, element + j, v[j]);
}

void walk(Place p, uint count, uint column_count) {
    uint at = p.scale.columns + p.column * COLUMN_ENTRIES;
    [[unroll]] for (uint j = 0u; j < 4u; j++)
        columns[j] = read_column(at + min(j, column_count - 1u) * COLUMN_ENTRIES);
    uint next = 0u;
    for (uint row = 0u; row < count; row++) {
        uint at = p.scale.rows + (p.row + row) * ROW_ENTRIES;
        uint first = entry_x(at);
        for (next = max(next, first); next < first + TAPS_Y; next++)
            push_line(find_row(p.plane, next));
        vec4 sum = near * entry_floats(at + 1u);
        if (TAPS_Y > 4u)
            sum += far * entry_floats(at + 2u);
        store(p.element + row * side, column_count, sum);
    }
}

void copy(Place p, uint count, uint column_count) {
    for (uint row = 0u; row < count; row++) {
        uint from = find_row(p.plane, p.row + row);
        if (WIDTH == 4u)
            store(p.element + row * side, 4u, read_pixels(from, p.column));
        else
            for (uint j = 0u; j < column_count; j++)
                tiles_write(TILE_TYPE, p.element + row * side + j, read_pixel(from, p.column + j));
    }
}

void main() {
    uint strips = (side + 3u) / 4u;
    uint blocks = (strips + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / blocks;
    uint strip = (gl_WorkGroupID.x - block * blocks) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint row = block * ROWS;
    if (strip >= strips || row >= row_count)
        return;
    uint count = min(ROWS, row_count - row), column_count = min(4u, side - strip * 4u);
    Place p = find_place(first_channel + gl_WorkGroupID.y, first_row + row, strip * 4u);
    largest = 0u;
    if (MODE == WINDOWS)
        walk(p, count, column_count);
    else if (MODE == COPY)
        copy(p, count, column_count);
    if (MODE == TAPS || largest >= 0x7F800000u)
        go_tap_by_tap(p, count, column_count);
}
