// Where split reads: a dense tensor; pixels in a buffer (-DPIXELS); or an image (-DIMAGE). A plane is one channel of one image, a
// row is a row of it. What is read is what the tensor of the same input would hold, as f32.
//   read_value(row, x)  one element
//   read_taps(row, x)   SPAN neighbours into taps[], a vec4 for each four of them; of pixels, for each channel. They lie within
//                       the row. Of pixels these are values as stored: to_line() makes values of their weighted sums.

#if !defined(PIXELS) && !defined(IMAGE)

READ_TENSOR(image, 1)

uint find_plane(uint image, uint channel) {
    return (image * channels + channel) * height * width - input_base;
}

uint find_row(uint plane, uint y) {
    return plane + y * width;
}

float read_value(uint row, uint x) {
    return image_read(SOURCE_TYPE, row + x);
}

#ifdef SPAN
const uint TAP_QUADS = SPAN / 4u;
vec4 taps[LENGTH(TAP_QUADS, 8u)];
const bool ALL_FINITE = false;

// Four elements of 16 bits from three words, of which the third counts where the first element is the second in its word.
vec4 unpack_halves(uint element, uvec3 w) {
    w.xy = (element & 1u) != 0u ? (w.xy >> 16 | w.yz << 16) : w.xy;
    return vec4(from_halves(SOURCE_TYPE, w.x), from_halves(SOURCE_TYPE, w.y));
}

// What is past the end of the tensor, which long strips reach, is as good as anything: it has no weight.
uint image_word(uint at) {
    return image_words[COLUMNS > 4u ? min(at, image_words.length() - 1u) : at];
}

void read_taps_by_words(uint element) {
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
        uint at = element + n * 4u, half_at = at >> 1;
        if (SOURCE_TYPE == F32)
            taps[n] = uintBitsToFloat(uvec4(image_word(at), image_word(at + 1u), image_word(at + 2u), image_word(at + 3u)));
        else
            taps[n] = unpack_halves(element, uvec3(image_word(half_at), image_word(half_at + 1u),
                                                   image_word(half_at + 1u + (element & 1u))));
    }
}

void read_taps_by_texels(uint element) {
    uint word = SOURCE_TYPE == F32 ? element : element >> 1, texel = word >> 2;
    uvec4 a = READ_TEXEL(image, texel);
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
        if (SOURCE_TYPE == F32) {
            uvec4 b = READ_TEXEL(image, texel + n + 1u);
            taps[n] = uintBitsToFloat(shift_words(word, a, b));
            a = b;
        } else if (n % 2u == 0u) {
            uvec4 b = READ_TEXEL(image, texel + n / 2u + 1u), w = shift_words(word, a, b);
            taps[n] = unpack_halves(element, w.xyz);
            if (n + 1u < TAP_QUADS)
                taps[n + 1u] = unpack_halves(element, uvec3(w.zw, word_after(word, b)));
            a = b;
        }
    }
}

// Texels are whole ones: what a tensor has past the last whole one, they do not reach. Whether taps up to x are there.
bool reaches(uint row, uint x) {
    uint words = image_words.length(), last = SOURCE_TYPE == F32 ? row + x : (row + x) >> 1;
    return !SOURCE_TEXELS || (words & 3u) == 0u || last < (words & ~3u);
}

void read_taps(uint row, uint x) {
    uint element = row + x;
    if (SOURCE_TEXELS)
        read_taps_by_texels(element);
    else if (SOURCE_ROWS == S2_ROWS_QUADS)
        [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++)
            taps[n] = image_read4(SOURCE_TYPE, element + n * 4u);
    else
        read_taps_by_words(element);
}

vec4 channel_taps(uint channel, uint quad) {
    return taps[quad];
}

float to_line(float sum, float weight, uint channel) {
    return sum;
}

#ifdef SEQUENTIAL
// Reads that follow each other along a row: each texel is fetched once, and carried to the next read where rows are not aligned.
uint word_of(uint row, uint x) {
    return SOURCE_TYPE == F32 ? row + x : (row + x) >> 1;
}

uvec4 begin_reads(uint row, uint x) {
    return SOURCE_TEXELS && SOURCE_ROWS != S2_ROWS_QUADS ? READ_TEXEL(image, word_of(row, x) >> 2) : uvec4(0u);
}

void read_next_taps(uint row, uint x, inout uvec4 carried) {
    uint element = row + x, word = word_of(row, x);
    if (SOURCE_ROWS == S2_ROWS_QUADS && SOURCE_TYPE == F32) {
        taps[0] = image_read4(SOURCE_TYPE, element);
    } else if (SOURCE_ROWS == S2_ROWS_QUADS) {
        image_read8(SOURCE_TYPE, element, taps[0], taps[TAP_QUADS - 1u]);
    } else if (SOURCE_TEXELS) {
        uvec4 b = READ_TEXEL(image, (word >> 2) + 1u), w = shift_words(word, carried, b);
        if (SOURCE_TYPE == F32) {
            taps[0] = uintBitsToFloat(w);
        } else {
            taps[0] = unpack_halves(element, w.xyz);
            taps[TAP_QUADS - 1u] = unpack_halves(element, uvec3(w.zw, word_after(word, b)));
        }
        carried = b;
    } else {
        read_taps_by_words(element);
    }
}

// One input as it is stored, in a channel.
float read_stored(uint row, uint x, uint channel) {
    return image_read(SOURCE_TYPE, row + x);
}
#endif
#endif

#else

const uint AS_STORED = 0u;
const uint TO_SRGB = 1u;
CONSTANT(S2_TRANSFER, uint, TRANSFER, AS_STORED) // 2: to linear
const uint ALPHA = 3u;

// The curves of sRGB, in their second part; the first is a line.
vec4 encode(vec4 v) {
    const float end = 0.0031308;
    return mix(1.055 * pow(max(v, end), vec4(1.0 / 2.4)) - 0.055, v * 12.92, lessThanEqual(v, vec4(end)));
}

vec4 decode(vec4 v) {
    const float end = 0.04045;
    return mix(pow((max(v, end) + 0.055) * (1.0 / 1.055), vec4(2.4)), v * (1.0 / 12.92), lessThanEqual(v, vec4(end)));
}

// What is not finite stays as it is; and so does alpha.
vec4 transfer(vec4 v, uint component) {
    if (TRANSFER == AS_STORED)
        return v;
    bvec4 finite = lessThan(floatBitsToUint(v) & 0x7FFFFFFFu, uvec4(0x7F800000u));
    return component == ALPHA ? v : mix(v, TRANSFER == TO_SRGB ? encode(v) : decode(v), finite);
}

uint component_of(uint channel) {
    return (order >> (channel * 8u)) & 255u;
}

#ifdef IMAGE

#extension GL_EXT_samplerless_texture_functions : require
layout(set = 0, binding = 6) uniform texture2DArray image;
const float UNIT = 1.0; // that stored values are counted in
const bool ALL_FINITE = false;
uint layer;

// origin: the region's first column and row. A pixel has all channels: a plane is an image.
uint find_image(uint image) {
    layer = image;
    return origin.y;
}

uint find_row(uint plane, uint y) {
    return plane + y;
}

vec4 read_pixel(uint row, uint x) {
    return texelFetch(image, ivec3(origin.x + x, row, layer), 0);
}

void read_four_pixels(uint row, uint x, out vec4 pixels[4]) {
    [[unroll]] for (uint k = 0u; k < 4u; k++)
        pixels[k] = read_pixel(row, x + k);
}

bool reaches(uint row, uint x) {
    return true;
}

#else

CONSTANT(S2_PIXEL_FORM, uint, PIXEL_FORM, S2_PIXEL_WORDS)
const float UNIT = PIXEL_FORM == S2_PIXEL_FLOATS ? 1.0 : 1.0 / 255.0;
const bool ALL_FINITE = PIXEL_FORM != S2_PIXEL_FLOATS;
layout(std430, set = 0, binding = 1) readonly buffer Pixels {
    uint pixels_words[];
};
TEXEL_TENSOR(pixels)

// Rows are bytes from where the range begins. origin: bytes from row to row, and from image to image.
uint find_image(uint image) {
    return image * origin.y - input_base;
}

uint find_row(uint plane, uint y) {
    return plane + y * origin.x;
}

vec4 bytes_of(uint word) {
    return vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u);
}

bool reaches(uint row, uint x) {
    uint words = pixels_words.length(), last = (row + x * pixel_bytes + pixel_bytes - 1u) >> 2;
    return !SOURCE_TEXELS || (words & 3u) == 0u || last < (words & ~3u);
}

// Sixteen bytes from any byte on, as far as there are so many.
uvec4 read_bytes(uint at, bool by_words) {
    uint word = at >> 2, end = pixels_words.length() - 1u, shift = (at & 3u) * 8u, next;
    uvec4 w;
    if (SOURCE_TEXELS && !by_words) {
        uvec4 a = READ_TEXEL(pixels, word >> 2), b = READ_TEXEL(pixels, (word >> 2) + 1u);
        w = shift_words(word, a, b);
        next = word_after(word, b);
    } else {
        w = uvec4(pixels_words[word], pixels_words[min(word + 1u, end)], pixels_words[min(word + 2u, end)],
                  pixels_words[min(word + 3u, end)]);
        next = PIXEL_FORM == S2_PIXEL_WORDS ? 0u : pixels_words[min(word + 4u, end)];
    }
    if (PIXEL_FORM == S2_PIXEL_WORDS || PIXEL_FORM == S2_PIXEL_FLOATS)
        return w;
    return shift == 0u ? w : (w >> shift | uvec4(w.yzw, next) << (32u - shift));
}

vec4 read_pixel(uint row, uint x) {
    uvec4 w = read_bytes(row + x * pixel_bytes, true);
    return PIXEL_FORM == S2_PIXEL_FLOATS ? uintBitsToFloat(w) : bytes_of(w.x);
}

// Four pixels of bytes, each in the low bytes of a word.
uvec4 read_four_words(uint row, uint x, bool by_words) {
    uvec4 w = read_bytes(row + x * pixel_bytes, by_words);
    if (PIXEL_FORM == S2_PIXEL_TRIPLES)
        return uvec4(w.x, w.x >> 24 | w.y << 8, w.y >> 16 | w.z << 16, w.z >> 8);
    if (PIXEL_FORM == S2_PIXEL_SINGLES)
        return uvec4(w.x, w.x >> 8, w.x >> 16, w.x >> 24);
    return w;
}

void read_four_pixels(uint row, uint x, out vec4 pixels[4]) {
    [[unroll]] for (uint k = 0u; k < 4u; k++)
        pixels[k] = uintBitsToFloat(read_bytes(row + (x + k) * pixel_bytes, false));
}

#endif

uint value_channel; // of find_plane()

uint find_plane(uint image, uint channel) {
    value_channel = channel;
    return find_image(image);
}

float read_value(uint row, uint x) {
    uint component = component_of(value_channel);
    float stored = read_pixel(row, x)[component] * UNIT;
    return transfer(vec4(stored), component).x * scales[value_channel] + biases[value_channel];
}

#ifdef SPAN
const uint TAP_QUADS = SPAN / 4u;
vec4 taps[LENGTH(CHANNELS * TAP_QUADS, 32u)];

void read_taps(uint row, uint x) {
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
#ifndef IMAGE
        if (PIXEL_FORM != S2_PIXEL_FLOATS) {
            uvec4 w = read_four_words(row, x + n * 4u, false);
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
                uint component = component_of(c);
                vec4 v = vec4(ivec4((w >> (component * 8u)) & 255u)); // signed: one instruction of a CPU
                taps[c * TAP_QUADS + n] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
            }
            continue;
        }
#endif
        vec4 pixels[4];
        read_four_pixels(row, x + n * 4u, pixels);
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
            uint component = component_of(c);
            vec4 v = vec4(pixels[0][component], pixels[1][component], pixels[2][component], pixels[3][component]);
            taps[c * TAP_QUADS + n] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
        }
    }
}

vec4 channel_taps(uint channel, uint quad) {
    return taps[channel * TAP_QUADS + quad];
}

#ifdef SEQUENTIAL
// As of a tensor; only of pixels that are words are texels carried.
uvec4 begin_reads(uint row, uint x) {
#ifndef IMAGE
    if (SOURCE_TEXELS && PIXEL_FORM == S2_PIXEL_WORDS && SOURCE_ROWS != S2_ROWS_QUADS)
        return READ_TEXEL(pixels, (row / 4u + x) >> 2);
#endif
    return uvec4(0u);
}

void read_next_taps(uint row, uint x, inout uvec4 carried) {
#ifndef IMAGE
    if (SOURCE_TEXELS && PIXEL_FORM == S2_PIXEL_WORDS) {
        uint word = row / 4u + x;
        uvec4 w;
        if (SOURCE_ROWS == S2_ROWS_QUADS) {
            w = READ_TEXEL(pixels, word >> 2);
        } else {
            uvec4 b = READ_TEXEL(pixels, (word >> 2) + 1u);
            w = shift_words(word, carried, b);
            carried = b;
        }
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
            uint component = component_of(c);
            vec4 v = vec4(ivec4((w >> (component * 8u)) & 255u)); // signed: one instruction of a CPU
            taps[c] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
        }
        return;
    }
#endif
    read_taps(row, x);
}

float read_stored(uint row, uint x, uint channel) {
    uint component = component_of(channel);
    float v = read_pixel(row, x)[component];
    return TRANSFER == AS_STORED ? v : transfer(vec4(v * UNIT), component).x;
}
#endif

// A value is scale * pixel + bias. Of pixels weighed along a row it is scale * sum + bias * weight, where weight is that of all of
// them: 1, or 0 of padding.
float to_line(float sum, float weight, uint channel) {
    return sum * (scales[channel] * (TRANSFER == AS_STORED ? UNIT : 1.0)) + biases[channel] * weight;
}
#endif

#endif
