// Split for wide supports, for example when a photograph is made smaller. An input row is then in the supports of
// several rows of the tile. It is filtered along x once and added to all of these rows; an invocation holds their sums
// so far.
//
// An invocation makes `run` rows of a column, in one channel or, of pixels, in all if the device has registers for
// that. It walks down the input rows that these rows read, LINES at a time, so that a weight along x is fetched once
// for LINES rows. There are OVERLAP sums. The topmost one is stored when its support ends. Weights are dense: 0 where
// an input has no tap. If anything that was read is not finite, or lies beyond the last whole texel, the invocation
// does its work again weight by weight.
//
// x: columns of a tile in all channels, and runs of rows; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)
SIZE(S2_CHANNELS, uint, CHANNELS, 1)
SIZE(S2_OVERLAP, uint, OVERLAP, 8)
SIZE(S2_LINES, uint, LINES, 4) // 1, 2 or 4
SIZE(S2_QUADS, uint, QUADS, 1) // taps that are read at once, divided by 4; a read is 16 bytes

const uint SPAN = QUADS * 4u, COLUMNS = 1u;
#define SPAN SPAN
#define SEQUENTIAL
#include "split.glsl"

float sums[LENGTH(OVERLAP, 16u)][LENGTH(CHANNELS, 4u)];
float lines[LENGTH(LINES, 4u)][LENGTH(CHANNELS, 4u)];
uint largest = 0u; // the bits of the largest magnitude that was stored
bool reached_all = true;

// The product of a weight and a value that need not be finite. If the weight is 0, the product is 0, whatever the
// value. If the weight is a sum of weights of both signs, its lowest bit is set; such a weight times infinity is NaN.
float weigh(float weight, float value) {
    uint bits = floatBitsToUint(weight);
    bool infinite = (floatBitsToUint(value) & 0x7FFFFFFFu) == 0x7F800000u;
    return bits == 0u ? 0.0 : (bits & 1u) != 0u && infinite ? uintBitsToFloat(0x7FC00000u) : weight * value;
}

// Filters LINES input rows along x. A column's entry is (first input, sum of all weights); its weights follow.
void filter_lines(uint source, uint first_line, uint end_line, uint column, uint spans) {
    uvec4 head = entry(column), carried[LENGTH(LINES, 4u)];
    uint rows[LENGTH(LINES, 4u)];
    [[unroll]] for (uint r = 0u; r < LINES; r++) {
        rows[r] = find_row(source, min(first_line + r, end_line - 1u));
        reached_all = reached_all && reaches(rows[r], min(head.x + spans * SPAN, width) - 1u);
        carried[r] = begin_reads(rows[r], head.x);
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            lines[r][c] = 0.0;
    }
    for (uint n = 0u; n < spans; n++) {
        vec4 w[LENGTH(QUADS, 2u)];
        [[unroll]] for (uint q = 0u; q < QUADS; q++)
            w[q] = entry_floats(column + 1u + n * QUADS + q);
        [[unroll]] for (uint r = 0u; r < LINES; r++) {
            read_next_taps(rows[r], head.x + n * SPAN, carried[r]);
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                [[unroll]] for (uint q = 0u; q < QUADS; q++)
                    lines[r][c] += dot(w[q], channel_taps(c, q));
        }
    }
    [[unroll]] for (uint r = 0u; r < LINES; r++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            lines[r][c] = to_line(lines[r][c], uintBitsToFloat(head.y), c);
}

// The same, weight by weight. A value that is not finite then counts only where it has a weight.
void filter_by_weight(uint source, uint first_line, uint end_line, uint column, uint spans) {
    uvec4 head = entry(column);
    [[unroll]] for (uint r = 0u; r < LINES; r++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            lines[r][c] = 0.0;
    for (uint n = 0u; n < spans * SPAN; n++) {
        float w = entry_floats(column + 1u + n / 4u)[n % 4u];
        [[unroll]] for (uint r = 0u; r < LINES; r++) {
            uint row = find_row(source, min(first_line + r, end_line - 1u));
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                lines[r][c] += weigh(w, read_stored(row, min(head.x + n, width - 1u), c));
        }
    }
    [[unroll]] for (uint r = 0u; r < LINES; r++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            lines[r][c] = to_line(lines[r][c], uintBitsToFloat(head.y), c);
}

void add_line(uint r, uint at, bool inside, bool by_weight) {
    vec4 four = vec4(0.0);
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++) {
        if (i % 4u == 0u)
            four = mix(vec4(0.0), entry_floats(at + i / 4u), bvec4(inside));
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            sums[i][c] += by_weight ? weigh(four[i % 4u], lines[r][c]) : four[i % 4u] * lines[r][c];
    }
}

void store_row(uint element) {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        largest = max(largest, floatBitsToUint(sums[0][c]) & 0x7FFFFFFFu);
        tiles_write(TARGET_TYPE, element + (CHANNELS > 1u ? tile_plane(c) : 0u), sums[0][c]);
    }
}

void drop_row() {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        [[unroll]] for (uint i = 1u; i < OVERLAP; i++)
            sums[i - 1u][c] = sums[i][c];
        sums[OVERLAP - 1u][c] = 0.0;
    }
}

// The state of a walk.
struct Walk {
    uint row, row_end; // the row whose support ends next, and that end
    uint begin, end; // rows of the run
    uint rows, element; // the rows' first entry, and the element of row `begin`
};

// Adds a filtered row, and stores the rows whose supports end with it. Rows above the run have only part of their sums;
// they are dropped.
void take_line(uint r, uint line, uint weights, uint stop, bool by_weight, inout Walk w) {
    add_line(r, weights + min(line, stop - 1u) * ((OVERLAP + 3u) / 4u), line < stop, by_weight);
    while (w.row < w.end && w.row_end <= line + 1u) {
        if (w.row >= w.begin)
            store_row(w.element + (w.row - w.begin) * tile_row);
        drop_row();
        w.row++;
        w.row_end = entry(w.rows + min(w.row, w.end - 1u)).y;
    }
}

// Entry 1: (first entry of rows, of columns, of the weights of input rows; spans of weights of a column).
void walk(Place p, uint source, uint element, uint count, bool by_weight) {
    uvec4 record = entry(1u);
    uint column = record.y + p.column * (1u + record.w * QUADS), weights = entry(record.z + p.row / side).x;
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            sums[i][c] = 0.0;
    uvec4 down = entry(record.x + p.row);
    uint line = down.x, end = p.row + count, stop = entry(record.x + end - 1u).y;
    Walk w = Walk(down.z, entry(record.x + down.z).y, p.row, end, record.x, element);
    do {
        if (by_weight)
            filter_by_weight(source, line, stop, column, record.w);
        else
            filter_lines(source, line, stop, column, record.w);
        // Written out: no compiler unrolls a loop that contains another one, and then lines[] is in memory.
        take_line(0u, line, weights, stop, by_weight, w);
        if (LINES > 1u)
            take_line(1u, line + 1u, weights, stop, by_weight, w);
        if (LINES > 2u) {
            take_line(2u, line + 2u, weights, stop, by_weight, w);
            take_line(3u, line + 3u, weights, stop, by_weight, w);
        }
        line += LINES;
    } while (w.row < end);
}

void main() {
    uint planes = CHANNELS > 1u ? 1u : channel_count;
    uint groups = (side * planes + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / groups, row = block * run;
    uint unit = (gl_WorkGroupID.x - block * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint plane = unit / side, column = unit - plane * side;
    if (tile_column != 1u) { // neighbours write channels of the same pixel
        column = unit / planes;
        plane = column < side ? unit - column * planes : planes;
    }
    if (plane >= planes || row >= row_count)
        return;
    uint count = min(run, row_count - row), channel = first_channel + plane;
    Place p = find_place(first_row + row, column);
    if (tile_block_bits > 0u) {
        fill_box(p, max(channel, channels), CHANNELS > 1u ? filled_channels() : channel + 1u, count, 1u);
        if (channel >= channels)
            return;
    }
    uint source = find_plane(p.image, channel), element = p.element + tile_plane(channel);
#ifdef FIXED
    // SwiftShader's compiler takes longest over this shader, so that the code of walk() stands here once.
    bool done = false;
    for (uint by_weight = 0u; by_weight < 2u && !done; by_weight++) {
        walk(p, source, element, count, by_weight == 1u);
        done = (ALL_FINITE || largest < 0x7F800000u) && reached_all;
    }
#else
    walk(p, source, element, count, false);
    if ((!ALL_FINITE && largest >= 0x7F800000u) || !reached_all)
        walk(p, source, element, count, true);
#endif
}
