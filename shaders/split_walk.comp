// split.comp for wide windows, as where a photograph is made small: an input column is in those of several columns, and an input
// row in those of several rows. What is held is what these rows have summed so far.
//
// An invocation walks down the input rows that ROWS rows of a column read. It filters each along x once, with TAPS weights, and
// adds that to the rows whose windows it is in, OVERLAP at most; the topmost of them is stored when its window ends. Weights are
// dense as in split.comp: the sum of a row whose input is not finite is none, and then all is done again, weight by weight. Of
// pixels all components are summed at once, and become values when they are stored.
//
// x: columns of a tile, and in blocks of ROWS its rows; y: channel, of a tensor; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint TAPS = 52; // a multiple of INPUT_WIDTH, and no more than the input has columns
layout(constant_id = 4) const uint HELD = 1;  // whether an invocation holds its weights along x
layout(constant_id = 5) const uint OVERLAP = 5;
layout(constant_id = 6) const uint ROWS = 16;
layout(constant_id = 7) const uint INPUT_WIDTH = 4; // columns that are read at once: 4 or 1

const uint WEIGHTS_X = (TAPS + 3u) / 4u, WEIGHTS_Y = (OVERLAP + 3u) / 4u; // entries that a column or an input row has of them
const uint HELD_X = HELD * (WEIGHTS_X - 1u) + 1u;

WRITE_TENSOR(tiles, 2)
#if defined(PIXELS) || defined(IMAGE)
#define WHOLE_PIXELS
#define VALUE vec4
#define FOUR mat4
#define READ_FOUR read_four
#else
#define VALUE float
#define FOUR vec4
#define READ_FOUR read_pixels
const bool ALL_FINITE = false;
#endif
#include "split.glsl"

vec4 weights[HELD_X];
VALUE sums[OVERLAP];
uint largest = 0u; // of the magnitudes summed, as bits

VALUE read_column(uint row, uint column) {
#ifdef WHOLE_PIXELS
    return read_whole(row, column);
#else
    return read_pixel(row, column);
#endif
}

void read_columns(uint row, uint column, out VALUE v[INPUT_WIDTH]) {
    if (INPUT_WIDTH == 4u) {
        FOUR four = READ_FOUR(row, column);
        [[unroll]] for (uint i = 0u; i < INPUT_WIDTH; i++)
            v[i] = four[i];
    } else {
        v[0] = read_column(row, min(column, width - 1u));
    }
}

VALUE filter_row(uint row, uint column, uint at) {
    VALUE sum = VALUE(0.0), v[INPUT_WIDTH];
    if (HELD == 1u) {
        [[unroll]] for (uint n = 0u; n < TAPS; n += INPUT_WIDTH) {
            read_columns(row, column + n, v);
            [[unroll]] for (uint i = 0u; i < INPUT_WIDTH; i++)
                sum += weights[n / 4u][n % 4u + i] * v[i];
        }
    } else {
        for (uint n = 0u; n < TAPS; n += 4u) {
            vec4 four = entry_floats(at + n / 4u);
            [[unroll]] for (uint k = 0u; k < 4u; k += INPUT_WIDTH) {
                read_columns(row, column + n + k, v);
                [[unroll]] for (uint i = 0u; i < INPUT_WIDTH; i++)
                    sum += four[k + i] * v[i];
            }
        }
    }
    return sum;
}

// A product that is 0 if the weight is, whatever the value; and NaN if the value is infinite and the weight a sum of weights of
// both signs, for which its lowest bit is set.
float weigh(float weight, float value) {
    uint bits = floatBitsToUint(weight);
    bool infinite = (floatBitsToUint(value) & 0x7FFFFFFFu) == 0x7F800000u;
    return bits == 0u ? 0.0 : (bits & 1u) != 0u && infinite ? uintBitsToFloat(0x7FC00000u) : weight * value;
}

vec4 weigh(float weight, vec4 v) {
    return vec4(weigh(weight, v.x), weigh(weight, v.y), weigh(weight, v.z), weigh(weight, v.w));
}

VALUE filter_by_weight(uint row, uint column, uint at) {
    VALUE sum = VALUE(0.0);
    for (uint n = 0u; n < TAPS; n += 4u) {
        vec4 four = entry_floats(at + n / 4u);
        [[unroll]] for (uint k = 0u; k < 4u; k++)
            sum += weigh(four[k], read_column(row, min(column + n + k, width - 1u)));
    }
    return sum;
}

void add_line(VALUE line, uint at, bool by_weight) {
    vec4 four;
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++) {
        if (i % 4u == 0u)
            four = entry_floats(at + i / 4u);
        sums[i] += by_weight ? weigh(four[i % 4u], line) : four[i % 4u] * line;
    }
}

uint magnitude(float v) {
    return floatBitsToUint(v) & 0x7FFFFFFFu;
}

// The topmost row; what is not `inside` the image is padding.
void store_row(uint element, bool inside) {
#ifdef WHOLE_PIXELS
    vec4 v = sums[0];
    largest = max(largest, max(max(magnitude(v.x), magnitude(v.y)), max(magnitude(v.z), magnitude(v.w))));
    for (uint channel = first_channel; channel < first_channel + channel_count; channel++)
        tiles_write(TILE_TYPE, element + channel * side * side, to_value(v, channel, inside));
#else
    largest = max(largest, magnitude(sums[0]));
    tiles_write(TILE_TYPE, element, sums[0]);
#endif
}

void walk(Place p, uint count, uint column, bool by_weight) {
    uvec4 across = entry(column), down = entry(p.scale.rows + p.row);
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++)
        sums[i] = VALUE(0.0);
    uint next = down.x, weights_at = entry_x(p.scale.taps_y + p.row / side);
    for (uint row = down.z; row < p.row + count; row++) {
        down = entry(p.scale.rows + row);
        for (next = max(next, down.x); next < down.y; next++) {
            uint from = find_row(p.plane, next);
            VALUE line = by_weight ? filter_by_weight(from, across.x, column + 1u) : filter_row(from, across.x, column + 1u);
            add_line(line, weights_at + next * WEIGHTS_Y, by_weight);
        }
        if (row >= p.row)
            store_row(p.element + (row - p.row) * side, across.y + down.w == 2u);
        [[unroll]] for (uint i = 1u; i < OVERLAP; i++)
            sums[i - 1u] = sums[i];
        sums[OVERLAP - 1u] = VALUE(0.0);
    }
}

void main() {
    uint groups = (side + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint run = gl_WorkGroupID.x / groups;
    uint column = (gl_WorkGroupID.x - run * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint row = run * ROWS;
    if (column >= side || row >= row_count)
        return;
    uint count = min(ROWS, row_count - row);
#ifdef WHOLE_PIXELS
    Place p = find_place(0u, first_row + row, column);
#else
    Place p = find_place(first_channel + gl_WorkGroupID.y, first_row + row, column);
#endif
    uint at = p.scale.columns + p.column * (1u + WEIGHTS_X);
    [[unroll]] for (uint i = 0u; i < HELD_X; i++)
        weights[i] = entry_floats(at + 1u + i);
    walk(p, count, at, false);
    if (!ALL_FINITE && largest >= 0x7F800000u)
        walk(p, count, at, true);
}
