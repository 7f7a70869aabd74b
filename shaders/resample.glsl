// What the two passes of a resampling share: where pixels come from and go to. A resampling makes an image of its own,
// ahead of the tiles: one pass along x, one along y. An outcome is one coordinate of a pass's target along its axis.
// Stored pixels are a word of up to four bytes, in the source's order, or four floats (FLOATS). Sums of bytes are
// integers; their weights have 22 fractional bits.
#include "tensor.glsl"

SIZE(S2_CHANNELS, uint, CHANNELS, 4) // components from the first to the last that a channel needs
CONSTANT(S2_FLOATS, bool, FLOATS, false)

// struct s2_resample_push of src/schedule/push.h.
layout(push_constant) uniform Push {
    uint section;
    uint first_image;
    uint first_row, row_count;       // of the target, in this dispatch
    uint first_column, column_count; // of the target, in this dispatch
    uint source_row, source_column;  // of the source, for row or column 0 of the axis that is not resampled
    uint last_row, last_column;      // of the source
    uint target_row, target_image;   // pixels from row to row and from image to image
    uint target_base;                // the pixel that the target's range begins with, modulo 2^32
    uint input_base;
    uvec2 origin;
    uint order, pixel_bytes;
    uint run;  // resample_walk: outcomes that an invocation makes one after the other
    vec4 fill; // what surrounds the source, by components
};
const vec4 scales = vec4(1.0), biases = vec4(0.0); // none: values stay as they are stored

#include "table.glsl"
#include "input.glsl"

layout(std430, set = 0, binding = 2) buffer Target_Words { uint target_words[]; };
layout(std430, set = 0, binding = 2) buffer Target_Quads { QUAD target_quads[]; };

const int HALF = 1 << 21;
const uint FRACTION = 22u;

uint pack_bytes(vec4 v) {
    uvec4 b = uvec4(clamp(round(v * 255.0), 0.0, 255.0));
    return b.x | b.y << 8 | b.z << 16 | b.w << 24;
}

// Four neighbours of a row, as bytes. Beyond the last column they have any value.
uvec4 read_words(uint row, uint x) {
#ifdef IMAGE
    uvec4 words;
    [[unroll]] for (uint k = 0u; k < 4u; k++)
        words[k] = pack_bytes(read_pixel(row, min(x + k, last_column)));
    return words;
#else
    return read_four_words(row, x, !reaches(row, x + 3u));
#endif
}

// One pixel, as floats.
vec4 read_floats(uint row, uint x) {
    vec4 v = read_pixel(row, min(x, last_column)) * UNIT;
    v.xyz = transfer(v, 0u).xyz; // alpha stays
    return v;
}

vec4 fill_floats() {
    vec4 v = fill / 255.0;
    v.xyz = transfer(v, 0u).xyz;
    return v;
}

ivec4 bytes_in(uint word) { return ivec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u); }

uint to_word(ivec4 sum) {
    ivec4 b = clamp(sum >> FRACTION, 0, 255);
    return uint(b.x | b.y << 8 | b.z << 16 | b.w << 24);
}

void add_bytes(inout ivec4 sum, uint weight, uint word) {
    ivec4 b = bytes_in(word);
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
        sum[c] += int(weight) * b[c];
}

// A pixel without weight does not count, even if it is infinite or NaN.
void add_floats(inout vec4 sum, float weight, vec4 v) {
    if (weight != 0.0)
        sum += weight * v;
}

uint target_pixel(uint image, uint row, uint column) {
    return image * target_image + row * target_row + column - target_base;
}
