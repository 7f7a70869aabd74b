// Where split reads: a dense tensor; pixels in a buffer (-DPIXELS); or an image (-DIMAGE). A plane is one channel of one image,
// a row is a row of it, and what is read is what the tensor of the same input would hold, as f32. Of pixels, the last plane
// found is the one that is read. With -DWHOLE_PIXELS, all of a pixel is read, and a plane is an image: its components as they are
// in memory, from which, or from a weighted sum of which, to_value() makes what the tensor holds.

#if !defined(PIXELS) && !defined(IMAGE)

READ_TENSOR(image, 1)

uint find_plane(uint image, uint channel) {
    return (image * channels + channel) * height * width - input_base;
}

uint find_row(uint plane, uint y) {
    return plane + y * width;
}

float read_pixel(uint row, uint x) {
    return image_read(INPUT_TYPE, row + x);
}

vec4 read_any_pixels(uint row, uint x) {
    return image_read_any4(INPUT_TYPE, row + x);
}

// Four, of which those past the row's end are anything.
vec4 read_edge_pixels(uint row, uint x) {
    return image_read_edge4(INPUT_TYPE, row + x);
}

// From a multiple of four on; rows are a multiple of four, too.
vec4 read_pixels(uint row, uint x) {
    return image_read4(INPUT_TYPE, row + x);
}

#else

const uint AS_STORED = 0u;
const uint TO_SRGB = 1u;
layout(constant_id = 23) const uint TRANSFER = AS_STORED; // 2: to linear
const uint ALPHA = 3u;

uint component;
float scale_of, bias_of; // of the channel

// The curves of sRGB, in their second part; the first is a line.
vec4 encode(vec4 v) {
    const float end = 0.0031308;
    return mix(1.055 * pow(max(v, end), vec4(1.0 / 2.4)) - 0.055, v * 12.92, lessThanEqual(v, vec4(end)));
}

vec4 decode(vec4 v) {
    const float end = 0.04045;
    return mix(pow((max(v, end) + 0.055) * (1.0 / 1.055), vec4(2.4)), v * (1.0 / 12.92), lessThanEqual(v, vec4(end)));
}

// What is not finite stays as it is.
vec4 transferred(vec4 v) {
    bvec4 finite = lessThan(floatBitsToUint(v) & 0x7FFFFFFFu, uvec4(0x7F800000u));
    return mix(v, TRANSFER == TO_SRGB ? encode(v) : decode(v), finite);
}

// What pixels are in the tensor.
vec4 to_values(vec4 v) {
    if (TRANSFER != AS_STORED && component != ALPHA)
        v = transferred(v);
    return v * scale_of + bias_of;
}

#ifdef IMAGE

#extension GL_EXT_samplerless_texture_functions : require
layout(set = 0, binding = 6) uniform texture2DArray image;
uint layer;

// origin: the region's first column and row
uint find_plane(uint image, uint channel) {
    component = (order >> (channel * 8u)) & 255u;
    scale_of = scales[channel];
    bias_of = biases[channel];
    layer = image;
    return origin.y;
}

uint find_row(uint plane, uint y) {
    return plane + y;
}

float stored(uint row, uint x) {
    return texelFetch(image, ivec3(origin.x + x, row, layer), 0)[component];
}

#ifdef WHOLE_PIXELS
const float UNIT = 1.0;
const bool ALL_FINITE = false;
vec4 stored_whole(uint row, uint x) {
    return texelFetch(image, ivec3(origin.x + x, row, layer), 0);
}

mat4 stored_four(uint row, uint x) {
    return mat4(stored_whole(row, x), stored_whole(row, x + 1u), stored_whole(row, x + 2u), stored_whole(row, x + 3u));
}
#endif

#else

layout(constant_id = 24) const uint COMPONENT_BYTES = 1u; // 1: n / 255; 4: f32
layout(std430, set = 0, binding = 1) readonly buffer Pixels {
    uint pixels[];
};

// Rows are bytes from where the window begins. origin: bytes from row to row, and from image to image
uint find_plane(uint image, uint channel) {
    component = (order >> (channel * 8u)) & 255u;
    scale_of = scales[channel];
    bias_of = biases[channel];
#ifdef WHOLE_PIXELS
    return image * origin.y - input_base;
#else
    return image * origin.y + component * COMPONENT_BYTES - input_base;
#endif
}

uint find_row(uint plane, uint y) {
    return plane + y * origin.x;
}

float stored(uint row, uint x) {
    uint at = row + x * pixel_bytes;
    uint word = pixels[at >> 2];
    return COMPONENT_BYTES == 4u ? uintBitsToFloat(word) : float((word >> ((at & 3u) * 8u)) & 255u) * (1.0 / 255.0);
}

#ifdef WHOLE_PIXELS
layout(constant_id = 22) const uint PIXEL_WORDS = 0u; // 1: a pixel of bytes is a word
TEXEL_TENSOR(pixels)
layout(std430, set = 0, binding = 1) readonly buffer PixelQuads {
    uvec4 pixel_quads[];
};
const float UNIT = COMPONENT_BYTES == 1u ? 1.0 / 255.0 : 1.0; // what values are read in
const bool ALL_FINITE = COMPONENT_BYTES == 1u;
vec4 bytes_of(uint word) {
    return vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u);
}

vec4 stored_whole(uint row, uint x) {
    uint at = row + x * pixel_bytes, shift = (at & 3u) * 8u, last = pixel_bytes - 1u;
    if (COMPONENT_BYTES == 4u)
        return uintBitsToFloat(uvec4(pixels[at >> 2], pixels[(at + min(4u, last)) >> 2],
                                     pixels[(at + min(8u, last)) >> 2], pixels[(at + last) >> 2]));
    uint word = pixels[at >> 2];
    if (PIXEL_WORDS == 0u && shift > 0u)
        word = (word >> shift) | (pixels[(at + last) >> 2] << (32u - shift));
    return bytes_of(word);
}

// Of pixels that are words, from a multiple of 16 bytes on.
mat4 stored_four(uint row, uint x) {
    uint at = (row + x * 4u) >> 4;
    uvec4 words = SOURCE_TEXELS ? READ_TEXEL(pixels, at) : pixel_quads[at];
    return mat4(bytes_of(words.x), bytes_of(words.y), bytes_of(words.z), bytes_of(words.w));
}
#endif

#endif

#ifdef WHOLE_PIXELS
vec4 whole(vec4 v) {
    return TRANSFER == AS_STORED ? v : vec4(transferred(v * UNIT).xyz, v.w * UNIT);
}

vec4 read_whole(uint row, uint x) {
    return whole(stored_whole(row, x));
}

mat4 read_four(uint row, uint x) {
    mat4 four = stored_four(row, x);
    return mat4(whole(four[0]), whole(four[1]), whole(four[2]), whole(four[3]));
}

// A weighted sum of whole pixels as a value of a channel, if weights sum to 1; padding is 0.
float to_value(vec4 sum, uint channel, bool inside) {
    float unit = TRANSFER == AS_STORED ? UNIT : 1.0;
    float value = sum[(order >> (channel * 8u)) & 255u] * (scales[channel] * unit) + biases[channel];
    return inside ? value : 0.0;
}
#endif

float read_pixel(uint row, uint x) {
    return to_values(vec4(stored(row, x))).x;
}

vec4 read_any_pixels(uint row, uint x) {
    return to_values(vec4(stored(row, x), stored(row, x + 1u), stored(row, x + 2u), stored(row, x + 3u)));
}

vec4 read_edge_pixels(uint row, uint x) {
    uvec4 at = min(x + uvec4(0u, 1u, 2u, 3u), width - 1u);
    return to_values(vec4(stored(row, at.x), stored(row, at.y), stored(row, at.z), stored(row, at.w)));
}

vec4 read_pixels(uint row, uint x) {
    return read_any_pixels(row, x);
}

#endif
