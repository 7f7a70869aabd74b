// Split of a scale that is the input, from pixels: every pixel becomes an element of each channel, and nothing is
// summed.
//
// An invocation makes four columns of a tile, `run` rows of them, in all channels. The general gather makes what is
// left: fours that reach over the end of a row of the tile or of the input, rows below the input, and what lies behind
// the last whole texel.
//
// x: fours of columns of a tile, in runs of its rows; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
CONSTANT(S2_TARGET_ROWS, uint, TARGET_ROWS, S2_ROWS_QUADS) // QUADS: rows of tiles begin at multiples of four elements
CONSTANT(S2_CHANNELS, uint, CHANNELS, 1)
#include "split.glsl"

// Four neighbouring pixels, as they are stored.
struct Four {
    uvec4 words; // of bytes
    mat4 pixels; // of floats, and of an image; a column is a pixel
};

Four read_four(uint row, uint x) {
    Four four;
#ifdef PIXELS
    if (PIXEL_FORM != S2_PIXEL_FLOATS) {
        four.words = read_four_words(row, x, false);
        return four;
    }
#endif
    vec4 pixels[4];
    read_four_pixels(row, x, pixels);
    four.pixels = mat4(pixels[0], pixels[1], pixels[2], pixels[3]);
    return four;
}

vec4 values_of(Four four, uint channel) {
    uint component = component_of(channel);
    vec4 v = vec4(
        four.pixels[0][component], four.pixels[1][component], four.pixels[2][component], four.pixels[3][component]);
#ifdef PIXELS
    if (PIXEL_FORM != S2_PIXEL_FLOATS) // signed: a CPU converts it in one instruction
        v = vec4(ivec4((four.words >> (component * 8u)) & 255u)) * UNIT;
#endif
    return transfer(v, component) * scales[channel] + biases[channel];
}

void write_four(uint element, Four four, uint channel) {
    vec4 v = values_of(four, channel);
    uint at = element + channel * tile_channel;
    if (TARGET_ROWS == S2_ROWS_QUADS) {
        tiles_write4(TARGET_TYPE, at, v);
    } else if (TARGET_TYPE == F32) {
        tiles_words[at] = floatBitsToUint(v.x);
        tiles_words[at + 1u] = floatBitsToUint(v.y);
        tiles_words[at + 2u] = floatBitsToUint(v.z);
        tiles_words[at + 3u] = floatBitsToUint(v.w);
    } else {
        tiles_words[at >> 1] = to_halves(TARGET_TYPE, v.xy);
        tiles_words[(at >> 1) + 1u] = to_halves(TARGET_TYPE, v.zw);
    }
}

void main() {
    uint strips = (side + 3u) / 4u, unit = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint block = unit / strips, row = block * run, column = (unit - block * strips) * 4u;
    if (row >= row_count)
        return;
    uint rows = min(run, row_count - row);
    Place p = find_place(first_row + row, column);
    uint plane = find_plane(p.image, 0u);
    uint good = column + 4u <= side && p.column + 4u <= width ? min(rows, height - min(height, p.row)) : 0u;
    while (good > 0u && !reaches(find_row(plane, p.row + good - 1u), p.column + 3u))
        good--;
    for (uint y = 0u; y < good; y++) {
        Four four = read_four(find_row(plane, p.row + y), p.column);
        [[unroll]] for (uint channel = 0u; channel < CHANNELS; channel++)
            write_four(p.element, four, channel);
        p.element += tile_row;
    }
    p.row += good;
    for (uint channel = 0u; channel < CHANNELS && good < rows; channel++)
        gather_box(p, channel, rows - good, min(4u, side - column));
}
