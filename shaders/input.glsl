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

// Four, from a multiple of four on; rows are a multiple of four, too.
vec4 read_pixels(uint row, uint x) {
    return image_read4(INPUT_TYPE, row + x);
}

#else

const uint TO_SRGB = 1u;
const uint TO_LINEAR = 2u;
layout(constant_id = 23) const uint TRANSFER = 0u;
const uint ALPHA = 3u;

uint component;
float scale_of, bias_of; // of the channel

float encode(float v) {
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1.0 / 2.4) - 0.055;
}

float decode(float v) {
    return v <= 0.04045 ? v * (1.0 / 12.92) : pow((v + 0.055) * (1.0 / 1.055), 2.4);
}

float to_value(float v) {
    bool finite = (floatBitsToUint(v) & 0x7FFFFFFFu) < 0x7F800000u;
    if (TRANSFER == TO_SRGB && component != ALPHA && finite)
        v = encode(v);
    if (TRANSFER == TO_LINEAR && component != ALPHA && finite)
        v = decode(v);
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

float read_pixel(uint row, uint x) {
    return to_value(texelFetch(image, ivec3(origin.x + x, row, layer), 0)[component]);
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

float read_pixel(uint row, uint x) {
    uint at = row + x * pixel_bytes;
    uint word = pixels[at >> 2];
    if (COMPONENT_BYTES == 4u)
        return to_value(uintBitsToFloat(word));
    return to_value(float((word >> ((at & 3u) * 8u)) & 255u) * (1.0 / 255.0));
}

#endif

vec4 read_pixels(uint row, uint x) {
    return vec4(read_pixel(row, x), read_pixel(row, x + 1u), read_pixel(row, x + 2u), read_pixel(row, x + 3u));
}

#endif
