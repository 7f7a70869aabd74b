// Split for short supports. Every input row is filtered along x once and is kept while rows of the tile need it.
//
// An invocation makes COLUMNS columns of a tile, `run` rows of them, in one channel or in all. It goes down
// the input and holds the last TAPS filtered rows, the newest last, and the weights of its columns. Weights are dense:
// 0 where a column or row has no tap. A weight of 0 does not cancel a value that is not finite. If any was read,
// all rows are made again tap by tap. Rows that read beyond the last whole texel are made again in the same way.
//
// With SHARED, the columns of an invocation share QUADS * 4 inputs from its first one on. Otherwise each column reads
// QUADS * 4 inputs of its own.
//
// If elements have 16 bits and rows begin anywhere (TARGET_ROWS = S2_ROWS_HALVES), neighbouring strips overlap by two
// columns. One invocation then writes each word as a whole; only the words that two rows share are written by halves.
// Where a row has all channels of its pixels side by side (S2_ROWS_PIXEL_HALVES), one column is enough for that.
//
// x: strips of COLUMNS columns, in all channels, and runs of rows; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
SIZE(S2_COLUMNS, uint, COLUMNS, 4)
SIZE(S2_TAPS, uint, TAPS, 4)
SIZE(S2_QUADS, uint, QUADS, 1)
SIZE(S2_SHARED, bool, SHARED, false)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_WORDS)
SIZE(S2_CHANNELS, uint, CHANNELS, 1)

const uint SPAN = QUADS * 4u;
const uint STEP = // columns from strip to strip
    COLUMNS -
    (TARGET_ROWS == S2_ROWS_HALVES                ? 2u
            : TARGET_ROWS == S2_ROWS_PIXEL_HALVES ? 1u
                                                  : 0u);
const uint ROW_WEIGHTS = TAPS / 4u;
// Whether rows are written in all channels at once. No FIXED or SIZED module does.
#if defined(FIXED) || defined(SIZED)
const bool TOGETHER = false;
#else
const bool TOGETHER = TARGET_ROWS >= S2_ROWS_PIXELS;
#endif
const bool IN_BLOCKS = TARGET_ROWS == S2_ROWS_BLOCKS;
const uint PIXEL = TOGETHER ? (IN_BLOCKS ? 4u : CHANNELS) : 1u; // elements from column to column
const uint PIECE = COLUMNS * PIXEL, PLANES = TOGETHER ? 1u : CHANNELS;
const uint TOGETHER_LENGTH = LENGTH(TOGETHER ? CHANNELS * COLUMNS : 1u, 1u);
const uint ROOM = LENGTH(COLUMNS < 4u ? 4u : COLUMNS, 16u); // at least four, because four are stored at once
#define SPAN SPAN
#include "split.glsl"
#include "prefetch.glsl"

uint first[LENGTH(COLUMNS, 16u)];
vec4 weights[LENGTH(COLUMNS * TAP_QUADS, 64u)];
float weight_sums[LENGTH(COLUMNS, 16u)];
float lines[LENGTH(TAPS, 12u)][LENGTH(CHANNELS * COLUMNS, 32u)];
vec4 probe = vec4(0.0); // a sum of all filtered rows; not finite if any input is not

uint find_strip(Place p, uint strip, uint strips) {
    return entry(1u).y + (p.column / side * strips + strip) * (1u + COLUMNS * TAP_QUADS);
}

void read_columns(Place p, uint strip, uint strips) {
    if (!SHARED) {
        uint columns = entry(1u).y;
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
            uint at = columns + (p.column + x) * (1u + TAP_QUADS);
            first[x] = entry(at).x;
            [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++)
                weights[x * TAP_QUADS + n] = entry_floats(at + 1u + n);
        }
    } else {
        uint at = find_strip(p, strip, strips);
        first[0] = entry(at).x;
        [[unroll]] for (uint x = 0u; x < COLUMNS * TAP_QUADS; x++)
            weights[x] = entry_floats(at + 1u + x);
    }
    [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
        weight_sums[x] = 0.0;
        [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++)
            weight_sums[x] += dot(weights[x * TAP_QUADS + n], vec4(1.0));
    }
}

// The inputs that the strips of this workgroup share: (begin, end).
uvec2 group_inputs(Place p, uint strip, uint strips) {
    uint begin = strip - min(gl_LocalInvocationID.x, strip), last = min(begin + gl_WorkGroupSize.x, strips) - 1u;
    return uvec2(entry(find_strip(p, begin, strips)).x, entry(find_strip(p, last, strips)).x + SPAN);
}

// Whether an input of a strip can have a weight in column x. If an image is enlarged, column x begins at most x inputs
// after its strip. In long strips that leaves out a third of the products.
bool may_have_weight(uint x, uint input_) {
    return !SHARED || COLUMNS <= 4u || SPAN > COLUMNS + 8u || input_ < x + TAPS;
}

void push_line(uint row) {
    float line[LENGTH(CHANNELS * COLUMNS, 32u)];
    if (SHARED)
        read_taps(row, first[0]);
    [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
        if (!SHARED)
            read_taps(row, first[x]);
        vec4 components = vec4(0.0);
        if (WHOLE_PIXELS) // not a condition of the loop, which spirv-opt would not unroll then
            [[unroll]] for (uint i = 0u; i < SPAN; i++)
                components += weights[x * TAP_QUADS + i / 4u][i % 4u] * whole_pixel(i);
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
            float sum = 0.0;
            if (!WHOLE_PIXELS)
                [[unroll]] for (uint i = 0u; i < SPAN; i++)
                    if (may_have_weight(x, i))
                        sum += weights[x * TAP_QUADS + i / 4u][i % 4u] * channel_taps(c, i / 4u)[i % 4u];
            sum = WHOLE_PIXELS ? component_for(components, c) : sum;
            line[c * COLUMNS + x] = to_line(sum, weight_sums[x], c);
            if (!ALL_FINITE)
                probe[x % 4u] += line[c * COLUMNS + x];
        }
    }
    [[unroll]] for (uint x = 0u; x < CHANNELS * COLUMNS; x++) {
        [[unroll]] for (uint i = 1u; i < TAPS; i++)
            lines[i - 1u][x] = lines[i][x];
        lines[TAPS - 1u][x] = line[x];
    }
}

void write_words(uint element, float sum[ROOM]) {
    if (TARGET_TYPE == F32) {
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
            tiles_words[element + x] = floatBitsToUint(sum[x]);
    } else {
        [[unroll]] for (uint x = 0u; x < COLUMNS; x += 2u)
            tiles_words[(element + x) >> 1] = to_halves(TARGET_TYPE, vec2(sum[x], sum[x + 1u]));
    }
}

// Writes whole words from the first even element on. The row's first element, if it is odd, and its last one, if it is
// even, share their words with other rows.
void write_halves(uint element, uint column, float sum[ROOM]) {
    uint odd = element & 1u;
    [[unroll]] for (uint x = 0u; x < STEP; x += 2u) {
        vec2 pair = odd == 0u ? vec2(sum[x], sum[x + 1u]) : vec2(sum[x + 1u], sum[x + 2u]);
        tiles_words[(element + odd + x) >> 1] = to_halves(TARGET_TYPE, pair);
    }
    for (bool begins = odd != 0u && column == 0u; begins; begins = false)
        tiles_write(TARGET_TYPE, element, sum[0]);
    for (bool ends = column + COLUMNS == side; ends; ends = false) {
        // No strip follows the last one, so that it also writes its last two or three elements.
        uint at = element + odd + STEP;
        if (odd == 0u && COLUMNS % 2u == 0u)
            tiles_words[at >> 1] = to_halves(TARGET_TYPE, vec2(sum[(COLUMNS + ROOM - 2u) % ROOM], sum[COLUMNS - 1u]));
        else
            tiles_write(TARGET_TYPE, element + COLUMNS - 1u, sum[COLUMNS - 1u]);
    }
}

void write_apart(uint element, float sum[ROOM]) {
    [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
        tiles_write(TARGET_TYPE, element + x * tile_column, sum[x]);
}

// An element of a row of pixels, or of the blocks of a row.
float element_at(uint at, float sums[TOGETHER_LENGTH]) {
    if (!IN_BLOCKS)
        return sums[at % CHANNELS * COLUMNS + at / CHANNELS];
    return at % 4u < CHANNELS ? sums[min(at % 4u, CHANNELS - 1u) * COLUMNS + at / 4u] : 0.0;
}

// The same as write_halves(), for the elements of all channels. The next strip begins so early that it writes what is
// left here.
void write_pixel_halves(uint element, uint column, float sums[TOGETHER_LENGTH]) {
    const uint last = COLUMNS > 1u ? COLUMNS * CHANNELS - 2u : 0u; // no bound of a loop that never ends
    uint odd = element & 1u;
    [[unroll]] for (uint i = 0u; i < last; i += 2u) {
        vec2 pair = odd == 0u ? vec2(element_at(i, sums), element_at(i + 1u, sums))
                              : vec2(element_at(i + 1u, sums), element_at(i + 2u, sums));
        tiles_words[(element + odd + i) >> 1] = to_halves(TARGET_TYPE, pair);
    }
    for (bool begins = odd != 0u && column == 0u; begins; begins = false)
        tiles_write(TARGET_TYPE, element, element_at(0u, sums));
    for (bool ends = column + COLUMNS == side; ends; ends = false) {
        if (odd == 0u)
            tiles_words[(element + last) >> 1] =
                to_halves(TARGET_TYPE, vec2(element_at(last, sums), element_at(last + 1u, sums)));
        else
            tiles_write(TARGET_TYPE, element + last + 1u, element_at(last + 1u, sums));
    }
}

// Writes a row in all channels.
void write_pixels(uint element, uint column, float sums[TOGETHER_LENGTH]) {
    if (TARGET_ROWS == S2_ROWS_PIXEL_HALVES) {
        write_pixel_halves(element, column, sums);
        return;
    }
    if (TARGET_ROWS == S2_ROWS_PIXEL_WORDS) {
        [[unroll]] for (uint i = 0u; i < COLUMNS * CHANNELS; i += 2u)
            tiles_words[(element + i) >> 1] =
                to_halves(TARGET_TYPE, vec2(element_at(i, sums), element_at(i + 1u, sums)));
        return;
    }
    const uint each = IN_BLOCKS ? 4u : CHANNELS; // elements of a pixel
    [[unroll]] for (uint i = 0u; i < COLUMNS * each; i += 4u)
        tiles_write4(TARGET_TYPE, element + (IN_BLOCKS ? i / 4u * tile_column : i),
            vec4(element_at(i, sums), element_at(i + 1u, sums), element_at(i + 2u, sums), element_at(i + 3u, sums)));
    if (IN_BLOCKS && tile_block_bits == 3u) // the other half of a block of eight
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
            tiles_write4(TARGET_TYPE, element + x * tile_column + 4u, vec4(0.0));
}

void write_row(uint element, uint column, float sum[ROOM]) {
    if (TARGET_ROWS == S2_ROWS_APART)
        write_apart(element, sum);
    else if (TARGET_ROWS == S2_ROWS_HALVES)
        write_halves(element, column, sum);
    else if (TARGET_ROWS == S2_ROWS_WORDS)
        write_words(element, sum);
    else if (TARGET_TYPE == F32 || COLUMNS % 8u != 0u)
        [[unroll]] for (uint x = 0u; x < COLUMNS; x += 4u)
            tiles_write4(TARGET_TYPE, element + x, vec4(sum[x], sum[x + 1u], sum[x + 2u], sum[x + 3u]));
    else
        [[unroll]] for (uint x = 0u; x < COLUMNS; x += 8u)
            tiles_write8(TARGET_TYPE, element + x, vec4(sum[x], sum[x + 1u], sum[x + 2u], sum[x + 3u]),
                vec4(sum[x + 4u], sum[x + 5u], sum[x + 6u], sum[x + 7u]));
}

// Makes a row and returns how many inputs later the next row begins. A row of the table is TAPS weights; that distance
// is in the two lowest bits of each of the first four. Without an entry of its own for it, a row costs one fetch and
// not two (lavapipe: 45 of about 700 instructions).
uint emit_row(uint at, uint element, uint column) {
    uvec4 bits = entry(at);
    vec4 w[LENGTH(ROW_WEIGHTS, 3u)];
    w[0] = uintBitsToFloat(bits & ~3u);
    [[unroll]] for (uint i = 1u; i < ROW_WEIGHTS; i++)
        w[i] = entry_floats(at + i);
    float sums[TOGETHER_LENGTH];
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        float sum[ROOM];
        [[unroll]] for (uint x = 0u; x < COLUMNS; x++) {
            sum[x] = 0.0;
            [[unroll]] for (uint i = 0u; i < TAPS; i++)
                sum[x] += w[i / 4u][i % 4u] * lines[i][c * COLUMNS + x];
        }
        if (TOGETHER)
            [[unroll]] for (uint x = 0u; x < COLUMNS; x++)
                sums[(c * COLUMNS + x) % TOGETHER_LENGTH] = sum[x];
        else
            write_row(element + (CHANNELS > 1u ? tile_plane(c) : 0u), column, sum);
    }
    if (TOGETHER)
        write_pixels(element, column, sums);
    bits &= 3u;
    return bits.x + bits.y * 4u + bits.z * 16u + bits.w * 64u;
}

// How far an invocation is.
struct Walk {
    uint at, element; // of the next row: the entry of its weights, its first element
    uint from, todo;  // the next input row, and the number that the next row still needs
    uint done, good;  // rows made; rows ahead of the first that read beyond the last whole texel
};

// What all its rows have in common. end: of the rows' entries. reached: the last input of a row.
struct Run {
    uint source, step, column, reached, end;
};

// Makes rows until `stop`, an entry, at least.
void make_rows(inout Walk w, Run r, uint stop) {
    do {
        do {
            push_line(w.from);
            w.good = reaches(w.from, r.reached) ? w.good : min(w.good, w.done);
            w.from += r.step;
            w.todo--;
        } while (w.todo > 0u);
        do {
            w.todo = emit_row(w.at, w.element, r.column);
            w.element += tile_row;
            w.at += ROW_WEIGHTS;
            w.done++;
        } while (w.todo == 0u && w.at < r.end);
        uint skipped = max(w.todo, TAPS) - TAPS;
        w.from += skipped * r.step;
        w.todo -= skipped;
    } while (w.at < stop);
}

// Makes all rows, and prefetches for a few of them at a time. firsts: the entries of the rows' first inputs.
void make_rows_prefetched(inout Walk w, Run r, uint firsts, uvec2 inputs) {
    uint count = w.good;
    if (PREFETCHES)
        begin_prefetching(w.element + (count - 1u) * tile_row);
    do {
        uint next = min(w.done + PREFETCHED_ROWS, count);
        if (PREFETCHES)
            prefetch_tile(w.element, r.column, count - w.done, PIXEL);
        if (PREFETCHES && SHARED && COLUMNS <= 4u) {
            uint y = entry(firsts + w.done).x + TAPS - w.todo, y_end = entry(firsts + next - 1u).x + TAPS;
            prefetch_input(r.source, uvec2(y, min(y_end, y + 3u * PREFETCHED_ROWS)), inputs);
        }
        make_rows(w, r, PREFETCHES ? r.end - (count - next) * ROW_WEIGHTS : r.end);
    } while (w.at < r.end);
    end_prefetching();
}

void main() {
    uint strips = side <= COLUMNS ? 1u : (side - COLUMNS + STEP - 1u) / STEP + 1u;
    uint planes = CHANNELS > 1u ? 1u : channel_count;
    uint groups = (strips * planes + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / groups, row = block * run;
    uint unit = (gl_WorkGroupID.x - block * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint plane = unit / strips, strip = unit - plane * strips;
    if (TARGET_ROWS == S2_ROWS_APART && CHANNELS == 1u) { // neighbours write channels of the same pixel
        strip = unit / planes;
        plane = strip < strips ? unit - strip * planes : planes;
    }
    if (plane >= planes || row >= row_count)
        return;
    uint count = min(run, row_count - row), column = min(strip * STEP, side - COLUMNS), channel = first_channel + plane;
    Place p = find_place(first_row + row, column);
    if (TARGET_ROWS == S2_ROWS_APART) {
        fill_box(p, max(channel, channels), CHANNELS > 1u ? filled_channels() : channel + 1u, count, COLUMNS);
        if (channel >= channels)
            return;
    }
    read_columns(p, strip, strips);

    uvec4 record = entry(1u);
    uint at = record.x + p.row * ROW_WEIGHTS, firsts = record.z + p.row;
    uint source = find_plane(p.image, channel), reached = first[0];
    // Not the last column alone: it may be padding, which reads the first inputs.
    if (!SHARED)
        [[unroll]] for (uint x = 1u; x < COLUMNS; x++)
            reached = max(reached, first[x]);
    reached = min(reached + SPAN, width) - 1u;
    uint step = find_row(source, 1u) - find_row(source, 0u);
    Walk w = Walk(at, p.element + tile_plane(channel), find_row(source, entry(firsts).x), TAPS, 0u, count);
    Run r = Run(source, step, column, reached, at + count * ROW_WEIGHTS);
    if (ON_CPU)
        make_rows_prefetched(w, r, firsts, PREFETCHES && SHARED ? group_inputs(p, strip, strips) : uvec2(0u));
    else
        make_rows(w, r, r.end);

    probe.xy += probe.zw;
    if (!ALL_FINITE && !is_finite(probe.x + probe.y))
        w.good = 0u;
    p.row += w.good;
    p.element += w.good * tile_row;
    for (uint c = 0u; c < CHANNELS && w.good < count; c++)
        gather_box(p, channel + c, count - w.good, COLUMNS);
}
