// Resampling of bytes that makes the image smaller. It scatters: an invocation walks over the inputs, reads each once,
// and adds it to the sums of all outcomes whose supports contain it. There are OVERLAP such sums. The first one is
// stored and dropped when the walk has reached the end of its support.
//
// An invocation makes `run` outcomes of an axis: of two rows along x, of four columns along y. The weights of an input
// fill one or two entries: first the one for the outcome that ends next, then those for the outcomes after it.
//
// x: pairs of rows, or groups of four columns; y: runs; z: images.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "resample.glsl"

SIZE(S2_OVERLAP, uint, OVERLAP, 4)
CONSTANT(S2_ACROSS, bool, ACROSS, true)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)

const uint WIDTH = ACROSS ? 2u : 4u;
int sums[LENGTH(OVERLAP * WIDTH, 64u)][LENGTH(CHANNELS, 4u)];

// The state of a walk.
struct Walk {
    uint outcome, outcome_end; // the outcome that ends next, and the end of its support
    uint begin, end;           // outcomes of the run
    uint outcomes, weights;    // first entries of the outcomes, and of the weights of input 0
    uint target, targets;      // the pixel of outcome 0; rows or columns that exist
};

uint pack_sum(uint at, ivec4 filled) {
    ivec4 sum = filled;
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
        sum[c] += sums[at][c];
    return to_word(sum);
}

void store(Walk w) {
    ivec4 filled = HALF + int(entry(w.outcomes + w.outcome).w) * ivec4(fill);
    if (ACROSS) {
        target_words[w.target + w.outcome] = pack_sum(0u, filled);
        if (w.targets > 1u)
            target_words[w.target + target_row + w.outcome] = pack_sum(1u, filled);
    } else {
        uvec4 four;
        [[unroll]] for (uint i = 0u; i < WIDTH; i++)
            four[i] = pack_sum(i, filled);
        target_quads[(w.target + w.outcome * target_row) >> 2] = to_quad(four);
    }
}

void drop() {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        [[unroll]] for (uint i = 0u; i < (OVERLAP - 1u) * WIDTH; i++)
            sums[i][c] = sums[i + WIDTH][c];
        [[unroll]] for (uint i = 0u; i < WIDTH; i++)
            sums[(OVERLAP - 1u) * WIDTH + i][c] = 0;
    }
}

// Stores and drops the outcomes whose supports end ahead of an input.
void finish(uint input_, inout Walk w) {
    while (w.outcome < w.end && w.outcome_end <= input_) {
        if (w.outcome >= w.begin)
            store(w);
        drop();
        w.outcome++;
        w.outcome_end = entry(w.outcomes + min(w.outcome, w.end - 1u)).y;
    }
}

// Adds an input: one word for each of WIDTH pixels.
void add(uint input_, uvec4 words, Walk w) {
    ivec4 bytes[4];
    [[unroll]] for (uint i = 0u; i < WIDTH; i++)
        bytes[i] = bytes_in(words[i]);
    [[unroll]] for (uint n = 0u; n < OVERLAP; n++) {
        uvec4 four = entry(w.weights + input_ * ((OVERLAP + 3u) / 4u) + n / 4u);
        [[unroll]] for (uint i = 0u; i < WIDTH; i++)
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                sums[n * WIDTH + i][c] += int(four[n % 4u]) * bytes[i][c];
    }
}

void take(uint input_, uvec4 words, inout Walk w) {
    add(input_, words, w);
    finish(input_ + 1u, w);
}

uvec4 read_aligned(uint row, uint x, bool by_words) {
#ifdef IMAGE
    return read_words(row, x);
#else
    if (SOURCE_TEXELS && SOURCE_ROWS == S2_ROWS_QUADS) // all texels are whole
        return READ_TEXEL(pixels, (row + x * 4u) >> 4);
    return read_four_words(row, x, by_words);
#endif
}

void walk_across(uint source, uint line, uint x, Walk w) {
    uint rows[2];
    rows[0] = find_row(source, source_row + line);
    rows[1] = find_row(source, source_row + line + w.targets - 1u);
    bool by_words = !reaches(rows[1], last_column + 3u);
    do {
        uvec4 a = read_aligned(rows[0], x, by_words), b = read_aligned(rows[1], x, by_words);
        // Written out: no compiler unrolls a loop that contains another one.
        take(x, uvec4(a.x, b.x, 0u, 0u), w);
        take(x + 1u, uvec4(a.y, b.y, 0u, 0u), w);
        take(x + 2u, uvec4(a.z, b.z, 0u, 0u), w);
        take(x + 3u, uvec4(a.w, b.w, 0u, 0u), w);
        x += 4u;
    } while (w.outcome < w.end);
}

void walk_down(uint source, uint column, uint y, Walk w) {
    bool by_words = !reaches(find_row(source, last_row), last_column + 3u);
    do {
        // llvmpipe runs all code of a loop that no invocation is in, so that finish() is called once an outcome.
        do {
            add(y, read_aligned(find_row(source, min(y, last_row)), column + source_column, by_words), w);
            y++;
        } while (w.outcome_end > y);
        finish(y, w);
    } while (w.outcome < w.end);
}

void main() {
    uint unit = gl_GlobalInvocationID.x * WIDTH, at = gl_WorkGroupID.y * run;
    if (unit >= (ACROSS ? row_count : column_count) || at >= (ACROSS ? column_count : row_count))
        return;
    uint begin = at + (ACROSS ? first_column : first_row);
    uint end = begin + min(run, (ACROSS ? column_count : row_count) - at);
    unit += ACROSS ? first_row : first_column;
    uint image = first_image + gl_WorkGroupID.z, source = find_image(image);
    uvec4 record = entry(0u), head = entry(record.x + begin);
    uint target = ACROSS ? target_pixel(image, unit, 0u) : target_pixel(image, 0u, unit);
    Walk w = Walk(head.z, entry(record.x + head.z).y, begin, end, record.x, record.y, target,
        min(WIDTH, first_row + row_count - unit));
    [[unroll]] for (uint i = 0u; i < OVERLAP * WIDTH; i++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            sums[i][c] = 0;
    uint first = ACROSS ? head.x / 4u * 4u : head.x;
    finish(first, w); // outcomes that read nothing of the source
    if (ACROSS)
        walk_across(source, unit, first, w);
    else
        walk_down(source, unit, first, w);
}
