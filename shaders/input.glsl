// Where split reads: a dense tensor; pixels in a buffer (-DPIXELS); or an image (-DIMAGE). A plane is one channel of one image,
// a row is a row of it, and what is read is what the tensor of the same input would hold, as f32. Of pixels, the last plane
// found is the one that is read.

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

// What pixels are in the tensor. What is not finite stays as it is.
vec4 to_values(vec4 v) {
    if (TRANSFER != AS_STORED && component != ALPHA) {
        bvec4 finite = lessThan(floatBitsToUint(v) & 0x7FFFFFFFu, uvec4(0x7F800000u));
        v = mix(v, TRANSFER == TO_SRGB ? encode(v) : decode(v), finite);
    }
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
    return image * origin.y + component * COMPONENT_BYTES - input_base;
}

uint find_row(uint plane, uint y) {
    return plane + y * origin.x;
}

float stored(uint row, uint x) {
    uint at = row + x * pixel_bytes;
    uint word = pixels[at >> 2];
    return COMPONENT_BYTES == 4u ? uintBitsToFloat(word) : float((word >> ((at & 3u) * 8u)) & 255u) * (1.0 / 255.0);
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
