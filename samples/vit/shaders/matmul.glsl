// What the two kinds of matrix product read and write. Rows, columns and depth: of the source, of the destination, and
// of what both source and matrix have; columns and depth are multiples of 16.

layout(constant_id = 0) const uint ACTIVATION = 0u; // as enum vit_activation
layout(constant_id = 1) const bool ADD = false;     // to what the destination has
layout(constant_id = 2) const bool SCALE = false;   // by layer scale, before adding
layout(constant_id = 3) const bool BFLOAT = false;  // elements of 16 bits are bf16
layout(constant_id = 4) const bool ALIGNED = false; // rows of patches and of tiles are multiples of 4 pixels

#ifdef PATCHES
layout(std430, binding = 0) readonly buffer Source { float source[]; }; // tiles x 3 x side x side
layout(std430, binding = 0) readonly buffer SourceQuads { vec4 source_quads[]; };
#else
layout(std430, binding = 0) readonly buffer Source { vec4 source[]; };
#endif
#ifdef MATRIX_16
layout(std430, binding = 1) readonly buffer Matrix { uvec2 matrix[]; };
#else
layout(std430, binding = 1) readonly buffer Matrix { vec4 matrix[]; };
#endif
layout(std430, binding = 2) readonly buffer Vectors { vec4 vectors[]; };
layout(std430, binding = 3) buffer Destination { vec4 destination[]; };

layout(push_constant) uniform Push {
    uint rows, columns, depth;
    uint pitch;       // elements from one row of the source to the next
    uint bias, scale; // in vectors, in elements
    // Patches: of a tile, in pixels; patches of a tile; where they are among the tokens; the first element of the tiles
    uint side, patch_side, patches, tokens, prefix, source_base;
    uint place_pitch; // elements from the vectors of one patch to those of the next
};

#ifdef PATCHES
// Where the tile's pixel under element k of the convolution is.
uint pixel(uint row, uint k) {
    uint across = side / patch_side, tile = row / patches, place = row % patches, area = patch_side * patch_side;
    uint y = place / across * patch_side + k % area / patch_side, x = place % across * patch_side + k % patch_side;
    return source_base + ((tile * 3u + k / area) * side + y) * side + x;
}

// 0 where the depth was rounded up.
float read_pixel(uint row, uint k) { return k < 3u * patch_side * patch_side ? source[pixel(row, k)] : 0.0; }

vec4 read_source(uint row, uint k) {
    if (ALIGNED) // so is the depth then, and the base
        return source_quads[pixel(row, k) / 4u];
    return vec4(read_pixel(row, k), read_pixel(row, k + 1u), read_pixel(row, k + 2u), read_pixel(row, k + 3u));
}
#elif defined(TEXELS)
layout(binding = 4) uniform textureBuffer source_texels;
vec4 read_source(uint row, uint k) { return texelFetch(source_texels, int((row * pitch + k) / 4u)); }
#else
vec4 read_source(uint row, uint k) { return source[(row * pitch + k) / 4u]; }
#endif

#ifdef MATRIX_16
vec4 unpack(uvec2 words) {
    if (BFLOAT)
        return uintBitsToFloat(uvec4(words.x << 16, words.x & 0xFFFF0000u, words.y << 16, words.y & 0xFFFF0000u));
    return vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));
}
#endif

#if defined(TEXELS) && defined(MATRIX_16)
layout(binding = 5) uniform utextureBuffer matrix_texels;
vec4 read_matrix_at(uint at) { return unpack(texelFetch(matrix_texels, int(at)).xy); }
#elif defined(TEXELS)
layout(binding = 5) uniform textureBuffer matrix_texels;
vec4 read_matrix_at(uint at) { return texelFetch(matrix_texels, int(at)); }
#elif defined(MATRIX_16)
vec4 read_matrix_at(uint at) { return unpack(matrix[at]); }
#else
vec4 read_matrix_at(uint at) { return matrix[at]; }
#endif

vec4 read_matrix(uint column, uint k) { return read_matrix_at((column * depth + k) / 4u); }

#include "activation.glsl"

void write(uint row, uint column, vec4 sum) {
#ifdef PATCHES
    // The vectors are the position embeddings with the bias in them, or the bias alone.
    uint place = row % patches, at = (row / patches * tokens + prefix + place) * columns + column;
    destination[at / 4u] = sum + vectors[(bias + place * place_pitch + column) / 4u];
#else
    uint at = (row * columns + column) / 4u;
    sum = activate(sum + vectors[(bias + column) / 4u]);
    if (SCALE)
        sum *= vectors[(scale + column) / 4u];
    destination[at] = ADD ? destination[at] + sum : sum;
#endif
}
