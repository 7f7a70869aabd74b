// What both splits share: where an invocation works, and how pixels are made tap by tap.
// Indices are modulo 2^32: the host binds windows of the tensors that are smaller, and passes where they begin.

layout(push_constant) uniform Push {
    uint batch, channels, height, width; // of the input
    uint side;                           // of a tile
    uint call_tile;                      // the tile that the tiles buffer begins with
    uint first_tile;                     // of this dispatch
    uint first_channel, channel_count;
    uint first_row, row_count;           // rows of a tile
    uint scale;                          // of the first tile
    uint input_base, tiles_base;         // first elements of the windows bound
#if defined(PIXELS) || defined(IMAGE)
    uvec2 origin;                        // see input.glsl
    vec4 scales, biases;                 // of channels: a value is scale * pixel + bias
    uint order;                          // the component of each channel, a byte each, lowest first
    uint pixel_bytes;                    // in a buffer
#endif
};

#include "input.glsl"

struct Place {
    Scale scale;
    uint plane;       // of the input, as input.glsl has it
    uint row, column; // of the padded scale
    uint tile_column;
    uint element;     // of the tile
};

// The place of a pixel of this workgroup's tile.
Place find_place(uint channel, uint row, uint column) {
    uint tile = first_tile + gl_WorkGroupID.z;
    uint index = scale;
    Place p;
    p.scale = read_scale(scale);
    while (tile - p.scale.first_tile >= p.scale.tile_count)
        p.scale = read_scale(++index);
    uint place = (tile - p.scale.first_tile) / batch;
    uint tile_row = place / p.scale.tile_columns;
    p.tile_column = place - tile_row * p.scale.tile_columns;
    p.plane = find_plane(tile - p.scale.first_tile - place * batch, channel);
    p.row = tile_row * side + row;
    p.column = p.tile_column * side + column;
    p.element = (((tile - call_tile) * channels + channel) * side + row) * side + column - tiles_base;
    return p;
}

// One pixel of the scale, from the taps that are not 0.
float interpolate(Scale s, uint plane, uint y, uint x) {
    uvec4 rows = entry(s.taps_y + y), columns = entry(s.taps_x + x);
    float sum = 0.0;
    for (uint i = rows.x; i < rows.y; i++) {
        uvec4 row = entry(i);
        float line = 0.0;
        for (uint k = columns.x; k < columns.y; k++) {
            uvec4 column = entry(k);
            line += uintBitsToFloat(column.y) * read_pixel(find_row(plane, row.x), column.x);
        }
        sum += uintBitsToFloat(row.y) * line;
    }
    return sum;
}

void go_tap_by_tap(Place p, uint rows, uint columns) {
    for (uint row = 0u; row < rows; row++)
        for (uint column = 0u; column < columns; column++)
            tiles_write(TILE_TYPE, p.element + row * side + column,
                        interpolate(p.scale, p.plane, p.row + row, p.column + column));
}
