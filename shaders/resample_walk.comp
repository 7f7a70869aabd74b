// Resampling of bytes that makes the image smaller. It scatters: an invocation walks over the inputs, reads each once,
// and adds it to the sums of all outcomes whose supports contain it. There are OVERLAP such sums. The first one is
// stored and dropped when the walk has reached the end of its support.
//
// An invocation makes `run` outcomes of an axis: of four rows along x, of four columns along y. It takes four inputs at
// a time. An entry has the weights of these in one outcome: first come those in the outcome that ends next, then those
// in the outcomes after it.
//
// x: groups of four rows or columns; y: runs; z: images.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "resample.glsl"

SIZE(S2_OVERLAP, uint, OVERLAP, 5)
CONSTANT(S2_ACROSS, bool, ACROSS, true)
CONSTANT(S2_SOURCE_ROWS, uint, SOURCE_ROWS, S2_ROWS_WORDS)

int sums[LENGTH(OVERLAP * 4u, 64u)][LENGTH(CHANNELS, 4u)];
uvec4 tail = uvec4(0u); // the words of the source after its last whole texel

// The state of a walk.
struct Walk {
    uint outcome, outcome_end; // the outcome that ends next, and the end of its support
    uint begin, end; // outcomes of the run
    uint outcomes, weights; // first entries of the outcomes, and of the weights of input 0
    uint target, targets; // the pixel of outcome 0; rows or columns that exist
};

uint pack_sum(uint at, ivec4 filled) {
    ivec4 sum = filled;
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
        sum[c] += sums[at][c];
    return to_word(sum);
}

void store(Walk w) {
    ivec4 filled = HALF + int(entry(w.outcomes + w.outcome).w) * ivec4(fill);
    uvec4 four;
    [[unroll]] for (uint i = 0u; i < 4u; i++)
        four[i] = pack_sum(i, filled);
    if (ACROSS) {
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            if (i < w.targets)
                target_words[w.target + i * target_row + w.outcome] = four[i];
    } else {
        target_quads[(w.target + w.outcome * target_row) >> 2] = to_quad(four);
    }
}

void drop() {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        [[unroll]] for (uint i = 0u; i < (OVERLAP - 1u) * 4u; i++)
            sums[i][c] = sums[i + 4u][c];
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            sums[(OVERLAP - 1u) * 4u + i][c] = 0;
    }
}

// Stores and drops the outcome that ends next, and those after it whose supports end ahead of an input, too. llvmpipe
// runs the body of a loop that begins with its condition once more.
void finish(uint input_, inout Walk w) {
    do {
        if (w.outcome >= w.begin)
            store(w);
        drop();
        w.outcome++;
        w.outcome_end = entry(w.outcomes + min(w.outcome, w.end - 1u)).y;
    } while (w.outcome < w.end && w.outcome_end <= input_);
}

// Adds four inputs: one word for each of four rows or columns.
void add(uint input_, uvec4 inputs[4], Walk w) {
    uvec4 weights[LENGTH(OVERLAP, 16u)];
    [[unroll]] for (uint n = 0u; n < OVERLAP; n++)
        weights[n] = entry(w.weights + input_ / 4u * OVERLAP + n);
    [[unroll]] for (uint k = 0u; k < 4u; k++)
        [[unroll]] for (uint i = 0u; i < 4u; i++) {
            ivec4 bytes = bytes_in(inputs[k][i]);
            [[unroll]] for (uint n = 0u; n < OVERLAP; n++)
                [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                    sums[n * 4u + i][c] += int(weights[n][k]) * bytes[c];
        }
}

#ifndef IMAGE
uvec4 read_tail() {
    uvec4 words = uvec4(0u);
    uint count = pixels_words.length();
    [[unroll]] for (uint k = 0u; k < 3u; k++)
        if (k < (count & 3u))
            words[k] = pixels_words[(count & ~3u) + k];
    return words;
}

uvec4 read_texel(uint texel) {
    uint end = pixels_words.length() >> 2;
    return mix(tail, READ_TEXEL(pixels, min(texel, end - 1u)), bvec4(texel < end));
}

// Four pixels of up to four bytes, from any byte on, each in the low bytes of a word. As read_four_words(), but
// llvmpipe runs both sides of a branch: here is none for the words after the last texel.
uvec4 read_any_texels(uint at) {
    uint word = at >> 2, shift = (at & 3u) * 8u;
    uvec4 a = read_texel(word >> 2), b = read_texel((word >> 2) + 1u), w = shift_words(word, a, b);
    if (PIXEL_FORM == S2_PIXEL_WORDS)
        return w;
    if (PIXEL_FORM == S2_PIXEL_SINGLES) {
        uint four = shift == 0u ? w.x : w.x >> shift | w.y << (32u - shift);
        return uvec4(four, four >> 8, four >> 16, four >> 24);
    }
    uvec4 v = shift == 0u ? w : w >> shift | uvec4(w.yzw, word_after(word, b)) << (32u - shift);
    return PIXEL_FORM == S2_PIXEL_TRIPLES ? uvec4(v.x, v.x >> 24 | v.y << 8, v.y >> 16 | v.z << 16, v.z >> 8) : v;
}
#endif

// Four pixels of a row.
uvec4 read_aligned(uint row, uint x) {
#ifdef IMAGE
    return read_words(row, x);
#else
    if (!SOURCE_TEXELS)
        return read_four_words(row, x, true);
    if (SOURCE_ROWS == S2_ROWS_QUADS) // all texels are whole
        return READ_TEXEL(pixels, (row + x * 4u) >> 4);
    return read_any_texels(row + x * pixel_bytes);
#endif
}

void walk(uint source, uint unit, uint input_, Walk w) {
    uint rows[4];
    [[unroll]] for (uint i = 0u; i < 4u; i++)
        rows[i] = find_row(source, source_row + unit + min(i, w.targets - 1u));
    do {
        // llvmpipe runs all code of a loop that no invocation is in, so that finish() is called once an outcome.
        do {
            uvec4 four[4], inputs[4];
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                four[i] = ACROSS ? read_aligned(rows[i], input_)
                                 : read_aligned(find_row(source, min(input_ + i, last_row)), unit + source_column);
            [[unroll]] for (uint k = 0u; k < 4u; k++)
                inputs[k] = ACROSS ? uvec4(four[0][k], four[1][k], four[2][k], four[3][k]) : four[k];
            add(input_, inputs, w);
            input_ += 4u;
        } while (w.outcome_end > input_);
        finish(input_, w);
    } while (w.outcome < w.end);
}

void main() {
    uint unit = gl_GlobalInvocationID.x * 4u, at = gl_WorkGroupID.y * run;
    if (unit >= (ACROSS ? row_count : column_count) || at >= (ACROSS ? column_count : row_count))
        return;
    uint begin = at + (ACROSS ? first_column : first_row);
    uint end = begin + min(run, (ACROSS ? column_count : row_count) - at);
    unit += ACROSS ? first_row : first_column;
    uint image = first_image + gl_WorkGroupID.z, source = find_image(image);
    uvec4 record = entry(0u), head = entry(record.x + begin);
    uint target = ACROSS ? target_pixel(image, unit, 0u) : target_pixel(image, 0u, unit);
    Walk w = Walk(head.z, entry(record.x + head.z).y, begin, end, record.x, record.y, target,
        min(4u, first_row + row_count - unit));
    [[unroll]] for (uint i = 0u; i < OVERLAP * 4u; i++)
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
            sums[i][c] = 0;
#ifndef IMAGE
    if (SOURCE_TEXELS && SOURCE_ROWS != S2_ROWS_QUADS)
        tail = read_tail();
#endif
    uint first = head.x / 4u * 4u;
    if (w.outcome_end <= first) // outcomes that read nothing of the source
        finish(first, w);
    if (w.outcome < w.end)
        walk(source, unit, first, w);
}
