// The input of a split: a dense tensor, pixels in a buffer (-DPIXELS), or an image (-DIMAGE). All three give the
// values, as f32, that a tensor of the same input would hold. A plane is one channel of one image of the batch; of
// pixels it has all channels. A row is a row of a plane.
//   read_value(row, x)  one element
//   read_taps(row, x)   SPAN neighbours, all within the row, into taps[]: one vec4 for each four of them; of pixels,
//                       for each channel. Pixels are read as they are stored; to_line() turns a weighted sum of them
//                       into a value. With WHOLE_PIXELS, whole_pixel() has them in place of taps[], in all components;
//                       component_for() takes that of a channel from a weighted sum.

#if !defined(PIXELS) && !defined(IMAGE)

READ_TENSOR(image, 1)

uint find_plane(uint image, uint channel) { return (image * channels + channel) * height * width - input_base; }

uint find_row(uint plane, uint y) { return plane + y * width; }

float read_value(uint row, uint x) { return image_read(SOURCE_TYPE, row + x); }

#ifdef SPAN
const uint TAP_QUADS = SPAN / 4u;
vec4 taps[LENGTH(CHANNELS * TAP_QUADS, 8u)]; // SIZED modules make one channel
const bool ALL_FINITE = false;

uint plane_size() { return height * width; }

// Four elements of 16 bits from three words. The third word counts only where the first element is the upper half of
// its word.
vec4 unpack_halves(uint element, uvec3 w) {
    w.xy = (element & 1u) != 0u ? (w.xy >> 16 | w.yz << 16) : w.xy;
    return vec4(from_halves(SOURCE_TYPE, w.x), from_halves(SOURCE_TYPE, w.y));
}

// A word of the tensor. Strips of more than four columns may read beyond the end of the tensor; any value does there,
// because its weight is 0.
uint image_word(uint at) { return image_words[COLUMNS > 4u ? min(at, image_words.length() - 1u) : at]; }

// The taps of one channel; `first` is its first vec4 of taps[].
void read_taps_by_words(uint element, uint first) {
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
        uint at = element + n * 4u, half_at = at >> 1;
        if (SOURCE_TYPE == F32)
            taps[first + n] =
                uintBitsToFloat(uvec4(image_word(at), image_word(at + 1u), image_word(at + 2u), image_word(at + 3u)));
        else
            taps[first + n] = unpack_halves(element,
                uvec3(image_word(half_at), image_word(half_at + 1u), image_word(half_at + 1u + (element & 1u))));
    }
}

void read_taps_by_texels(uint element, uint first) {
    uint word = SOURCE_TYPE == F32 ? element : element >> 1, texel = word >> 2;
    uvec4 a = READ_TEXEL(image, texel);
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
        if (SOURCE_TYPE == F32) {
            uvec4 b = READ_TEXEL(image, texel + n + 1u);
            taps[first + n] = uintBitsToFloat(shift_words(word, a, b));
            a = b;
        } else if (n % 2u == 0u) {
            uvec4 b = READ_TEXEL(image, texel + n / 2u + 1u), w = shift_words(word, a, b);
            taps[first + n] = unpack_halves(element, w.xyz);
            if (n + 1u < TAP_QUADS)
                taps[first + n + 1u] = unpack_halves(element, uvec3(w.zw, word_after(word, b)));
            a = b;
        }
    }
}

// Whether taps up to x can be read. A texel buffer ends with the last whole texel, so that the words after it cannot be
// fetched.
bool reaches(uint row, uint x) {
    uint words = image_words.length(), element = row + (CHANNELS - 1u) * plane_size() + x;
    uint last = SOURCE_TYPE == F32 ? element : element >> 1;
    return !SOURCE_TEXELS || (words & 3u) == 0u || last < (words & ~3u);
}

void read_taps(uint row, uint x) {
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        uint element = row + c * plane_size() + x;
        if (SOURCE_TEXELS)
            read_taps_by_texels(element, c * TAP_QUADS);
        else if (SOURCE_ROWS == S2_ROWS_QUADS)
            [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++)
                taps[c * TAP_QUADS + n] = image_read4(SOURCE_TYPE, element + n * 4u);
        else
            read_taps_by_words(element, c * TAP_QUADS);
    }
}

vec4 channel_taps(uint channel, uint quad) { return taps[channel * TAP_QUADS + quad]; }

float to_line(float sum, float weight, uint channel) { return sum; }

uint word_of(uint row, uint x) { return SOURCE_TYPE == F32 ? row + x : (row + x) >> 1; }

// Inputs of 64 bytes, a line of a cache, and bits of one of them, for prefetching.
uint inputs_of_line() { return SOURCE_TYPE == F32 ? 16u : 32u; }

uint stored_bits(uint row, uint x) {
    uint word = word_of(row, x);
    return SOURCE_TEXELS ? READ_TEXEL(image, word >> 2).x : image_words[word];
}

// A tensor has no pixels.
const bool WHOLE_PIXELS = false;
vec4 whole_pixel(uint i) { return vec4(0.0); }
float component_for(vec4 components, uint channel) { return 0.0; }

#ifdef SEQUENTIAL
// Successive reads along a row, of one channel. Where rows are not aligned, `carried` passes the last texel on to the
// next read, so that each texel is fetched once.
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
        read_taps_by_words(element, 0u);
    }
}

// One input of a channel, as it is stored.
float read_stored(uint row, uint x, uint channel) { return image_read(SOURCE_TYPE, row + x); }
#endif
#endif

#else

const uint AS_STORED = 0u;
const uint TO_SRGB = 1u;
CONSTANT(S2_TRANSFER, uint, TRANSFER, AS_STORED) // s2vk_transfer; 2: to linear
const uint ALPHA = 3u;

// The two parts of the sRGB curves: a line up to `end`, a power above it.
vec4 encode(vec4 v) {
    const float end = 0.0031308;
    return mix(1.055 * pow(max(v, end), vec4(1.0 / 2.4)) - 0.055, v * 12.92, lessThanEqual(v, vec4(end)));
}

vec4 decode(vec4 v) {
    const float end = 0.04045;
    return mix(pow((max(v, end) + 0.055) * (1.0 / 1.055), vec4(2.4)), v * (1.0 / 12.92), lessThanEqual(v, vec4(end)));
}

// Values that are not finite stay as they are, and so does alpha.
vec4 transfer(vec4 v, uint component) {
    if (TRANSFER == AS_STORED)
        return v;
    bvec4 finite = lessThan(floatBitsToUint(v) & 0x7FFFFFFFu, uvec4(0x7F800000u));
    return component == ALPHA ? v : mix(v, TRANSFER == TO_SRGB ? encode(v) : decode(v), finite);
}

uint component_of(uint channel) { return (order >> (channel * 8u)) & 255u; }

#ifdef IMAGE

#extension GL_EXT_samplerless_texture_functions : require
layout(set = 0, binding = 6) uniform texture2DArray image;
const float UNIT = 1.0; // the value of a stored 1
const bool ALL_FINITE = false;
uint layer;

// origin: the region's first column and row. A texel has all channels, so that a plane is a whole image.
uint find_image(uint image) {
    layer = image;
    return origin.y;
}

uint find_row(uint plane, uint y) { return plane + y; }

vec4 read_pixel(uint row, uint x) { return texelFetch(image, ivec3(origin.x + x, row, layer), 0); }

void read_four_pixels(uint row, uint x, out vec4 pixels[4]) {
    [[unroll]] for (uint k = 0u; k < 4u; k++)
        pixels[k] = read_pixel(row, x + k);
}

bool reaches(uint row, uint x) { return true; }

#else

CONSTANT(S2_PIXEL_FORM, uint, PIXEL_FORM, S2_PIXEL_WORDS)
const float UNIT = PIXEL_FORM == S2_PIXEL_FLOATS ? 1.0 : 1.0 / 255.0;
const bool ALL_FINITE = PIXEL_FORM != S2_PIXEL_FLOATS;
layout(std430, set = 0, binding = 1) readonly buffer Pixels { uint pixels_words[]; };
TEXEL_TENSOR(pixels)

// A row is an offset in bytes from where the bound range begins. origin: bytes from row to row and from image to image.
uint find_image(uint image) { return image * origin.y - input_base; }

uint find_row(uint plane, uint y) { return plane + y * origin.x; }

vec4 bytes_of(uint word) { return vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u); }

bool reaches(uint row, uint x) {
    uint words = pixels_words.length(), last = (row + x * pixel_bytes + pixel_bytes - 1u) >> 2;
    return !SOURCE_TEXELS || (words & 3u) == 0u || last < (words & ~3u);
}

// Sixteen bytes from any byte on. Words beyond the end of the buffer are replaced by its last one.
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

// Four pixels of up to four bytes, each in the low bytes of a word.
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

uint value_channel; // the channel of the last find_plane()

uint find_plane(uint image, uint channel) {
    value_channel = channel;
    return find_image(image);
}

#ifdef SPAN
// The c-th channel that an invocation makes.
uint made_channel(uint c) { return CHANNELS > 1u ? c : value_channel; }
#endif

float read_value(uint row, uint x) {
    uint component = component_of(value_channel);
    float stored = read_pixel(row, x)[component] * UNIT;
    return transfer(vec4(stored), component).x * scales[value_channel] + biases[value_channel];
}

#ifdef SPAN
const uint TAP_QUADS = SPAN / 4u;
// Whether pixels are summed in all components. A channel's component, which a push constant says, is then selected once
// for each sum and not for each pixel.
#if defined(SEQUENTIAL) || defined(FIXED)
const bool WHOLE_PIXELS = false;
#elif defined(IMAGE)
const bool WHOLE_PIXELS = TRANSFER == AS_STORED && CHANNELS > 2u;
#else
const bool WHOLE_PIXELS = TRANSFER == AS_STORED && CHANNELS > 2u && PIXEL_FORM == S2_PIXEL_FLOATS;
#endif
vec4 taps[LENGTH(WHOLE_PIXELS ? SPAN : CHANNELS * TAP_QUADS, 32u)];

vec4 whole_pixel(uint i) { return taps[i]; }
float component_for(vec4 components, uint channel) { return components[component_of(made_channel(channel))]; }

void read_taps(uint row, uint x) {
    [[unroll]] for (uint n = 0u; n < TAP_QUADS; n++) {
#ifndef IMAGE
        if (PIXEL_FORM != S2_PIXEL_FLOATS) {
            uvec4 w = read_four_words(row, x + n * 4u, false);
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
                uint component = component_of(made_channel(c));
                vec4 v = vec4(ivec4((w >> (component * 8u)) & 255u)); // signed: a CPU converts it in one instruction
                taps[c * TAP_QUADS + n] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
            }
            continue;
        }
#endif
        vec4 pixels[4];
        read_four_pixels(row, x + n * 4u, pixels);
        if (WHOLE_PIXELS) {
            [[unroll]] for (uint k = 0u; k < 4u; k++)
                taps[n * 4u + k] = pixels[k];
            continue;
        }
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
            uint component = component_of(made_channel(c));
            vec4 v = vec4(pixels[0][component], pixels[1][component], pixels[2][component], pixels[3][component]);
            taps[c * TAP_QUADS + n] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
        }
    }
}

vec4 channel_taps(uint channel, uint quad) { return taps[channel * TAP_QUADS + quad]; }

#ifdef IMAGE
uint inputs_of_line() { return 16u; }

uint stored_bits(uint row, uint x) { return floatBitsToUint(read_pixel(row, x).x); }
#else
uint inputs_of_line() { return 64u / pixel_bytes; }

uint stored_bits(uint row, uint x) {
    uint word = (row + x * pixel_bytes) >> 2;
    return SOURCE_TEXELS ? READ_TEXEL(pixels, word >> 2).x : pixels_words[word];
}
#endif

#ifdef SEQUENTIAL
// As for a tensor. Texels are carried only if pixels are words.
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
            uint component = component_of(made_channel(c));
            vec4 v = vec4(ivec4((w >> (component * 8u)) & 255u)); // signed: a CPU converts it in one instruction
            taps[c] = TRANSFER == AS_STORED ? v : transfer(v * UNIT, component);
        }
        return;
    }
#endif
    read_taps(row, x);
}

float read_stored(uint row, uint x, uint channel) {
    uint component = component_of(made_channel(channel));
    float v = read_pixel(row, x)[component];
    return TRANSFER == AS_STORED ? v : transfer(vec4(v * UNIT), component).x;
}
#endif

// A value is scale * pixel + bias. A weighted sum along a row therefore becomes scale * sum + bias * weight. `weight`
// is the sum of the weights: 1, or 0 in the padding.
float to_line(float sum, float weight, uint c) {
    uint channel = made_channel(c);
    return sum * (scales[channel] * (TRANSFER == AS_STORED ? UNIT : 1.0)) + biases[channel] * weight;
}
#endif

#endif
