// What the kernels of the split share: where an invocation works, and how a pixel is summed tap by tap. A dispatch
// makes tiles of one scale; z counts them. The push constants are those of src/schedule/push.h. Indices are modulo
// 2^32.

layout(push_constant) uniform Push {
    uint section;
    uint batch, channels, height, width; // of the input
    uint side, tile_columns;
    uint first_tile;
    uint first_channel, channel_count;
    uint first_row, row_count, run;
    uint input_base, tiles_base;
    uint tile_item, tile_channel, tile_row, tile_column, tile_block_bits;
#if defined(PIXELS) || defined(IMAGE)
    uvec2 origin;
    uint order, pixel_bytes;
    vec4 scales, biases;
#endif
};

#include "table.glsl"
#include "input.glsl"
WRITE_TENSOR(tiles, 2)

struct Place {
    uint image;
    uint row, column; // of the padded scale
    uint element;     // of the tile
};

// The place of a pixel of this workgroup's tile, in channel 0.
Place find_place(uint row, uint column) {
    uint tile = first_tile + gl_WorkGroupID.z, position = tile / batch;
    uint down = position / tile_columns, across = position - down * tile_columns; // tiles
    uint element = gl_WorkGroupID.z * tile_item + row * tile_row + column * tile_column - tiles_base;
    return Place(tile - position * batch, down * side + row, across * side + column, element);
}

// The element of a channel, relative to channel 0 of the tile.
uint tile_plane(uint channel) {
    uint inside = (1u << tile_block_bits) - 1u;
    return (channel >> tile_block_bits) * tile_channel + (channel & inside);
}

// The number of channels, rounded up to whole blocks. The channels that are added are 0.
uint filled_channels() {
    uint inside = (1u << tile_block_bits) - 1u;
    return (channels + inside) & ~inside;
}

void fill_box(Place p, uint begin, uint end, uint rows, uint columns) {
    for (uint channel = begin; channel < end; channel++)
        for (uint row = 0u; row < rows; row++)
            for (uint column = 0u; column < columns; column++)
                tiles_write(TARGET_TYPE, p.element + tile_plane(channel) + row * tile_row + column * tile_column, 0.0);
}

// One pixel, summed from its taps alone. taps: the first entries of rows and of columns, from entry 0 of the section.
float gather(uvec2 taps, uint plane, uint y, uint x) {
    uvec4 rows = entry(taps.x + y), columns = entry(taps.y + x);
    float sum = 0.0;
    for (uint i = rows.x; i < rows.y; i++) {
        uvec4 row = entry(i);
        float filtered = 0.0;
        for (uint k = columns.x; k < columns.y; k++) {
            uvec4 column = entry(k);
            filtered += uintBitsToFloat(column.y) * read_value(find_row(plane, row.x), column.x);
        }
        sum += uintBitsToFloat(row.y) * filtered;
    }
    return sum;
}

// A box of pixels of one channel, by gather().
void gather_box(Place p, uint channel, uint rows, uint columns) {
    uvec2 taps = entry(0u).xy;
    uint plane = find_plane(p.image, channel), element = p.element + tile_plane(channel);
    for (uint row = 0u; row < rows; row++)
        for (uint column = 0u; column < columns; column++)
            tiles_write(TARGET_TYPE, element + row * tile_row + column * tile_column,
                gather(taps, plane, p.row + row, p.column + column));
}

bool is_finite(float v) { return (floatBitsToUint(v) & 0x7FFFFFFFu) < 0x7F800000u; }
