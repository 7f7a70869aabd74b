// Split for wide supports, for example when a photograph is made smaller. An input row is then in the supports of
// several rows of the tile. It is filtered along x once and added to all of these rows; an invocation holds their sums
// so far.
//
// An invocation makes `run` rows of a strip of COLUMNS columns, in one channel or, of pixels, in all if the device has
// registers for that. It walks down the input rows that these rows read, LINES at a time, so that a weight along x is
// fetched once for LINES rows. All columns of a strip share what is read. A column has OVERLAP sums. The topmost one is
// stored when its support ends. Weights are dense: 0 where an input has no tap. If anything that was read is not
// finite, or lies beyond the last whole texel, the invocation does its work again weight by weight.
//
// x: strips of a tile in all channels, and runs of rows; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_APART)
SIZE(S2_COLUMNS, uint, COLUMNS, 1) // 1 or 4
SIZE(S2_CHANNELS, uint, CHANNELS, 1)
SIZE(S2_OVERLAP, uint, OVERLAP, 8)
SIZE(S2_LINES, uint, LINES, 4) // 1, 2 or 4
SIZE(S2_QUADS, uint, QUADS, 1) // taps that are read at once, divided by 4; a read is 16 bytes

const uint SPAN = QUADS * 4u, HEAD = (COLUMNS + 4u) / 4u, SUMS = COLUMNS * CHANNELS;
const uint STEP = COLUMNS, PIECE = COLUMNS, PLANES = CHANNELS;
const uint LINE_ENTRIES = (OVERLAP + 3u) / 4u; // weights of an input row
// Input rows after which rows of the tile are finished: 1, or LINES. llvmpipe runs all code of branches and of loops
// that no invocation is in, so that it is to meet the code that stores rows seldom.
#ifdef FIXED
const uint GROUP = 1u, AT_ONCE = 1u; // SwiftShader's compiler takes longest over this shader
#else
CONSTANT(S2_GROUP, uint, GROUP, 1)
const uint AT_ONCE = 4u; // weights of a round of filter_by_weight()
#endif
#define SPAN SPAN
#define SEQUENTIAL
#include "split.glsl"
#include "prefetch.glsl"

uint strips_of_tile() { return (side + COLUMNS - 1u) / COLUMNS; }

float sums[LENGTH(OVERLAP, 16u)][LENGTH(SUMS, 4u)]; // of each column in all channels; SIZED modules make one column
float lines[LENGTH(LINES, 4u)][LENGTH(SUMS, 4u)];
uint largest = 0u; // the bits of the largest magnitude that was stored
bool reached_all = true;

// The product of a weight and a value that need not be finite. If the weight is 0, the product is 0, whatever the
// value. If the weight is a sum of weights of both signs, its lowest bit is set; such a weight times infinity is NaN.
float weigh(float weight, float value) {
    uint bits = floatBitsToUint(weight);
    bool infinite = (floatBitsToUint(value) & 0x7FFFFFFFu) == 0x7F800000u;
    return bits == 0u ? 0.0 : (bits & 1u) != 0u && infinite ? uintBitsToFloat(0x7FC00000u) : weight * value;
}

void clear_lines() {
    [[unroll]] for (uint r = 0u; r < LINES; r++)
        [[unroll]] for (uint i = 0u; i < SUMS; i++)
            lines[r][i] = 0.0;
}

// Makes values of weighted sums of what is stored. A strip begins with HEAD entries: its first input, and the sum of
// all weights of each column.
void finish_lines(uint strip) {
    [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
        float weight = entry_floats(strip + (x + 1u) / 4u)[(x + 1u) % 4u];
        [[unroll]] for (uint r = 0u; r < LINES; r++)
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                lines[r][x * CHANNELS + c] = to_line(lines[r][x * CHANNELS + c], weight, c);
    }
}

// The input row that is read for a line. A walk may begin ahead of the first row it may read, and end after the last.
uint line_of(uint line, uvec2 lines_read) {
    return min(GROUP > 1u ? max(line, lines_read.x) : line, lines_read.y - 1u);
}

// Filters LINES input rows along x. A strip's weights follow its head: for each span those of each column.
void filter_lines(uint source, uint first_line, uvec2 lines_read, uint strip, uint spans) {
    uint first = entry(strip).x, rows[LENGTH(LINES, 4u)];
    uvec4 carried[LENGTH(LINES, 4u)];
    [[unroll]] for (uint r = 0u; r < LINES; r++) {
        rows[r] = find_row(source, line_of(first_line + r, lines_read));
        reached_all = reached_all && reaches(rows[r], min(first + spans * SPAN, width) - 1u);
        carried[r] = begin_reads(rows[r], first);
    }
    clear_lines();
    uint n = 0u;
    do { // llvmpipe runs the body of a loop that begins with its condition once more
        vec4 w[LENGTH(COLUMNS * QUADS, 2u)];
        [[unroll]] for (uint q = 0u; q < COLUMNS * QUADS; q++)
            w[q] = entry_floats(strip + HEAD + n * (COLUMNS * QUADS) + q);
        [[unroll]] for (uint r = 0u; r < LINES; r++) {
            read_next_taps(rows[r], first + n * SPAN, carried[r]);
            [[unroll]] for (uint i = 0u; i < SUMS; i++)
                [[unroll]] for (uint q = 0u; q < QUADS; q++)
                    lines[r][i] += dot(w[i / CHANNELS * QUADS + q], channel_taps(i % CHANNELS, q));
        }
    } while (++n < spans);
    finish_lines(strip);
}

// Filters an input row along x weight by weight. A value that is not finite then counts only where it has a weight.
void filter_by_weight(uint source, uint line, uint strip, uint spans) {
    uint first = entry(strip).x, row = find_row(source, line);
    clear_lines();
    for (uint n = 0u; n < spans * SPAN; n += AT_ONCE) {
        vec4 w[LENGTH(COLUMNS, 1u)];
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
            w[x] = entry_floats(strip + HEAD + (n / SPAN * COLUMNS + x) * QUADS + n % SPAN / 4u);
        [[unroll]] for (uint i = 0u; i < AT_ONCE; i++)
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
                float value = read_stored(row, min(first + n + i, width - 1u), c);
                [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
                    lines[0][x * CHANNELS + c] += weigh(w[x][AT_ONCE == 4u ? i : n % 4u], value);
            }
    }
    finish_lines(strip);
}

// Adds the filtered rows of a group, from lines[r] on. A sum takes all of them in turn, because llvmpipe loads and
// stores it each time (6 to 16 % of the time of photographs).
void add_group(uint r, uint line, uint weights, uvec2 lines_read) {
    vec4 fours[LENGTH(GROUP, 1u)];
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++) {
        if (i % 4u == 0u)
            [[unroll]] for (uint n = 0u; n < GROUP; n++) {
                uint at = weights + line_of(line + n, lines_read) * LINE_ENTRIES;
                bool inside = line + n < lines_read.y && (GROUP == 1u || line + n >= lines_read.x);
                fours[n] = mix(vec4(0.0), entry_floats(at + i / 4u), bvec4(inside));
            }
        [[unroll]] for (uint k = 0u; k < SUMS; k++)
            [[unroll]] for (uint n = 0u; n < GROUP; n++)
                sums[i][k] += fours[n][i % 4u] * lines[r + n][k];
    }
}

// Stores the columns of a channel: four at once, or two of 16 bits at once, where rows begin at such multiples.
void store_columns(uint element, uint c) {
    if (COLUMNS == 4u && TARGET_ROWS == S2_ROWS_QUADS) {
        vec4 four;
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
            four[x % 4u] = sums[0][x * CHANNELS + c];
        tiles_write4(TARGET_TYPE, element, four);
        return;
    }
    [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
        float value = sums[0][x * CHANNELS + c];
        if (TARGET_TYPE == F32 || TARGET_ROWS == S2_ROWS_APART)
            tiles_write(TARGET_TYPE, element + x * tile_column, value);
        else if (x % 2u == 1u)
            tiles_words[(element + x) >> 1] = to_halves(TARGET_TYPE, vec2(sums[0][(x - 1u) * CHANNELS + c], value));
    }
}

void store_row(uint element) {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
            largest = max(largest, floatBitsToUint(sums[0][x * CHANNELS + c]) & 0x7FFFFFFFu);
        store_columns(element + (CHANNELS > 1u ? tile_plane(c) : 0u), c);
    }
}

void drop_row() {
    [[unroll]] for (uint k = 0u; k < SUMS; k++) {
        [[unroll]] for (uint i = 1u; i < OVERLAP; i++)
            sums[i - 1u][k] = sums[i][k];
        sums[OVERLAP - 1u][k] = 0.0;
    }
}

// The state of a walk.
struct Walk {
    uint row, row_end; // the row whose support ends next, and that end
    uint begin, end; // rows of the run
    uint rows, element; // the rows' first entry, and the element of row `begin`
};

// Stores the topmost row, if it is one of the run, and goes on to the next. Rows above the run have only part of their
// sums; they are dropped.
void finish_row(inout Walk w) {
    if (w.row >= w.begin)
        store_row(w.element + (w.row - w.begin) * tile_row);
    drop_row();
    w.row++;
    w.row_end = entry(w.rows + min(w.row, w.end - 1u)).y;
}

// Adds a group, and finishes the rows whose supports end with it if it is one input row.
void take_group(uint r, uint line, uint weights, uvec2 lines_read, inout Walk w) {
    add_group(r, line, weights, lines_read);
    while (GROUP == 1u && w.row < w.end && w.row_end <= line + 1u)
        finish_row(w);
}

// Takes LINES input rows, in groups. Written out: no compiler unrolls a loop that contains another one, and then
// lines[] is in memory.
void take_lines(uint line, uint weights, uvec2 lines_read, inout Walk w) {
    take_group(0u, line, weights, lines_read, w);
    if (LINES > GROUP)
        take_group(1u, line + 1u, weights, lines_read, w);
    if (LINES > 2u && GROUP == 1u) {
        take_group(2u, line + 2u, weights, lines_read, w);
        take_group(3u, line + 3u, weights, lines_read, w);
    }
}

// Entry 1: (first entry of rows, of strips, of the weights of input rows; spans of weights of a column). p.column
// counts strips.
uint find_strip(Place p, uvec4 record) { return record.y + p.column * (HEAD + record.w * COLUMNS * QUADS); }

// The inputs that the strips of this workgroup read: (begin, end).
uvec2 group_inputs(Place p, uvec4 record) {
    uint strips = strips_of_tile(), strip = p.column % strips, before = min(gl_LocalInvocationID.x, strip);
    p.column -= before;
    uint begin = entry(find_strip(p, record)).x;
    p.column += min(gl_WorkGroupSize.x, strips - (strip - before)) - 1u;
    return uvec2(begin, min(entry(find_strip(p, record)).x + record.w * SPAN, width));
}

// What a walk reads.
struct Reads {
    uint source, strip, spans; // the plane; weights along x, and spans of them
    uint weights; // where the weights of input row 0 would be
    uvec2 lines, inputs; // input rows, and what the workgroup reads of one: (begin, end)
};

// Walks on from input row `line` until all rows ahead of row `stop`, at least, are finished.
void walk_on(inout uint line, uint stop, Reads r, inout Walk w) {
    do {
        do {
            if (ON_CPU)
                prefetch_input(r.source, uvec2(max(line, r.lines.x), min(line + LINES, r.lines.y)), r.inputs);
            filter_lines(r.source, line, r.lines, r.strip, r.spans);
            take_lines(line, r.weights, r.lines, w);
            line += LINES;
        } while (GROUP > 1u && w.row_end > line);
        if (GROUP > 1u) {
            do {
                finish_row(w);
            } while (w.row < w.end && w.row_end <= line);
        }
    } while (w.row < stop);
}

// The same to the end, prefetching rows of the tile, a few at a time.
void walk_prefetched(uint line, uint column, Reads r, inout Walk w) {
    begin_prefetching(w.element + (w.end - w.begin - 1u) * tile_row);
    do {
        uint next = max(w.row, w.begin);
        prefetch_tile(w.element + (next - w.begin) * tile_row, column, w.end - next, tile_column);
        walk_on(line, min(w.row + PREFETCHED_ROWS, w.end), r, w);
    } while (w.row < w.end);
    end_prefetching();
}

void walk(Place p, uint source, uint element, uint count) {
    uvec4 record = entry(1u);
    [[unroll]] for (uint i = 0u; i < OVERLAP; i++)
        [[unroll]] for (uint k = 0u; k < SUMS; k++)
            sums[i][k] = 0.0;
    uvec4 down = entry(record.x + p.row);
    uint line = down.x / GROUP * GROUP, end = p.row + count;
    uvec2 lines = uvec2(down.x, entry(record.x + end - 1u).y), inputs = ON_CPU ? group_inputs(p, record) : uvec2(0u);
    Reads r = Reads(source, find_strip(p, record), record.w, entry(record.z + p.row / side).x, lines, inputs);
    Walk w = Walk(down.z, entry(record.x + down.z).y, p.row, end, record.x, element);
    if (ON_CPU)
        walk_prefetched(line, min(p.column % strips_of_tile() * COLUMNS, side - COLUMNS), r, w);
    else
        walk_on(line, end, r, w);
}

// Makes the same rows weight by weight, each one alone. An input row is filtered once for each row that it counts in;
// but with a second walk() in place of this, a driver takes twice as long to compile (lavapipe: 456 ms, not 230).
void walk_by_weight(Place p, uint source, uint element, uint count) {
    uvec4 record = entry(1u);
    uint strip = find_strip(p, record), weights = entry(record.z + p.row / side).x;
    for (uint row = p.row; row < p.row + count; row++) {
        uvec4 down = entry(record.x + row);
        uint ends_next = down.z;
        [[unroll]] for (uint k = 0u; k < SUMS; k++)
            sums[0][k] = 0.0;
        for (uint line = down.x; line < down.y; line++) {
            while (entry(record.x + ends_next).y <= line / GROUP * GROUP)
                ends_next++;
            uint i = row - ends_next;
            float weight = i < OVERLAP ? entry_floats(weights + line * LINE_ENTRIES + i / 4u)[i % 4u] : 0.0;
            filter_by_weight(source, line, strip, record.w);
            [[unroll]] for (uint k = 0u; k < SUMS; k++)
                sums[0][k] += weigh(weight, lines[0][k]);
        }
        store_row(element + (row - p.row) * tile_row);
    }
}

void main() {
    uint planes = CHANNELS > 1u ? 1u : channel_count, strips = strips_of_tile();
    uint groups = (strips * planes + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / groups, row = block * run;
    uint unit = (gl_WorkGroupID.x - block * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint plane = unit / strips, strip = unit - plane * strips;
    if (tile_column != 1u) { // neighbours write channels of the same pixel
        strip = unit / planes;
        plane = strip < strips ? unit - strip * planes : planes;
    }
    if (plane >= planes || row >= row_count)
        return;
    uint count = min(run, row_count - row), channel = first_channel + plane;
    uint column = min(strip * COLUMNS, side - COLUMNS); // the last strip may make columns of the one before it again
    Place p = find_place(first_row + row, column);
    p.column = (p.column - column) / side * strips + strip;
    if (tile_block_bits > 0u) {
        fill_box(p, max(channel, channels), CHANNELS > 1u ? filled_channels() : channel + 1u, count, COLUMNS);
        if (channel >= channels)
            return;
    }
    uint source = find_plane(p.image, channel), element = p.element + tile_plane(channel);
    walk(p, source, element, count);
    if ((!ALL_FINITE && largest >= 0x7F800000u) || !reached_all)
        walk_by_weight(p, source, element, count);
}
