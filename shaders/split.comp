// Split: input image to tiles. Interpolation, the second interpolation or the padding, and tiling, in one pass.
//
// x: pixels of a tile in row-major order, WIDTH of a row to an invocation; y: channel; z: tile.
// Indices are modulo 2^32: the host binds windows of the tensors that are smaller, and passes where they begin.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "plan.glsl"
#include "tensor.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint INPUT_TYPE = F32;
layout(constant_id = 2) const uint TILE_TYPE = F32;
layout(constant_id = 3) const uint WIDTH = 1; // 4 where rows of a tile are a multiple of 4 pixels, else 1

layout(std430, set = 0, binding = 1) readonly buffer Input {
    uint image[];
};
layout(std430, set = 0, binding = 2) buffer Tiles {
    uint tiles1[];
};
layout(std430, set = 0, binding = 2) buffer Tiles2 {
    uvec2 tiles2[];
};
layout(std430, set = 0, binding = 2) buffer Tiles4 {
    uvec4 tiles4[];
};

layout(push_constant) uniform Push {
    uint batch, channels, height, width; // of the input
    uint side;                           // of a tile
    uint call_tile;                      // the tile that the tiles buffer begins with
    uint first_tile, first_channel;      // of this dispatch
    uint first_row, row_count;           // rows of a tile
    uint scale;                          // of the first tile
    uint input_base, tiles_base;         // first elements of the windows bound
};

float read_input(uint index) {
    return decode(INPUT_TYPE, image[INPUT_TYPE == F32 ? index : index >> 1], index);
}

void store(uint index, vec4 value) {
    if (WIDTH == 4) {
        if (TILE_TYPE == F32)
            tiles4[index >> 2] = floatBitsToUint(value);
        else
            tiles2[index >> 2] = encode4(TILE_TYPE, value);
    } else if (TILE_TYPE == F32) {
        tiles1[index] = floatBitsToUint(value.x);
    } else { // the other half of the word is another invocation's
        uint shift = (index & 1u) * 16u;
        atomicAnd(tiles1[index >> 1], 0xFFFF0000u >> shift);
        atomicOr(tiles1[index >> 1], to_half(TILE_TYPE, value.x) << shift);
    }
}

// WIDTH pixels of a scale, from (y, x) on.
vec4 interpolate(Scale s, uint plane, uint y, uint x) {
    vec4 sum = vec4(0.0);
    if (y >= s.image_height)
        return sum;
    uint row_tap = s.split_y + y * s.ky * 2u;
    for (uint i = 0u; i < s.ky; i++, row_tap += 2u) {
        uint row = plane + table[row_tap] * width;
        for (uint lane = 0u; lane < WIDTH; lane++) {
            if (x + lane >= s.image_width)
                break;
            uint tap = s.split_x + (x + lane) * s.kx * 2u;
            float line = 0.0;
            for (uint k = 0u; k < s.kx; k++, tap += 2u)
                line += uintBitsToFloat(table[tap + 1u]) * read_input(row + table[tap]);
            sum[lane] += uintBitsToFloat(table[row_tap + 1u]) * line;
        }
    }
    return sum;
}

void main() {
    uint units = side / WIDTH;
    uint row = gl_GlobalInvocationID.x / units;
    uint column = gl_GlobalInvocationID.x % units * WIDTH;
    uint channel = first_channel + gl_WorkGroupID.y;
    uint tile = first_tile + gl_WorkGroupID.z;
    if (row >= row_count)
        return;
    row += first_row;

    uint index = scale;
    while (tile - table[index * 16u] >= table[index * 16u + 1u])
        index++;
    Scale s = read_scale(index);
    uint place = (tile - s.first_tile) / batch;
    uint image_index = (tile - s.first_tile) % batch;
    uint tile_row = place / s.tile_columns;
    uint tile_column = place % s.tile_columns;

    uint plane = (image_index * channels + channel) * height * width - input_base;
    vec4 value = interpolate(s, plane, tile_row * side + row, tile_column * side + column);
    store((((tile - call_tile) * channels + channel) * side + row) * side + column - tiles_base, value);
}
