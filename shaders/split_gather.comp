// The general split: every pixel of a tile is summed from its taps, one by one. It makes what no other kernel can.
//
// An invocation makes `run` rows, one pixel after the other. Of a tensor it makes one column in one channel. Of pixels
// it makes all channels (CHANNELS), so that each pixel is read once, and one or four columns, as entry 0 of the table
// says.
//
// x: columns of a tile, in runs of its rows; y: channel, if an invocation makes one; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
CONSTANT(S2_CHANNELS, uint, CHANNELS, 1)
#include "split.glsl"

#if defined(PIXELS) || defined(IMAGE)
// A pixel's value in each channel that is made.
vec4 read_values(uint row, uint x) {
    vec4 values = vec4(0.0);
#ifdef PIXELS
    uvec4 bytes = read_bytes(row + x * pixel_bytes, true);
#else
    vec4 pixel = read_pixel(row, x);
#endif
    [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
        uint channel = CHANNELS > 1u ? c : value_channel, component = component_of(channel);
#ifdef PIXELS
        float v = PIXEL_FORM == S2_PIXEL_FLOATS ? uintBitsToFloat(bytes[component])
                                                : float(int((bytes.x >> (component * 8u)) & 255u));
#else
        float v = pixel[component];
#endif
        if (TRANSFER == AS_STORED)
            values[c] = v * (scales[channel] * UNIT) + biases[channel];
        else
            values[c] = transfer(vec4(v * UNIT), component).x * scales[channel] + biases[channel];
    }
    return values;
}

// As gather(), in all channels that are made.
vec4 gather_values(uvec2 taps, uint plane, uint y, uint x) {
    uvec4 rows = entry(taps.x + y), columns = entry(taps.y + x);
    vec4 sum = vec4(0.0);
    for (uint i = rows.x; i < rows.y; i++) {
        uvec4 row = entry(i);
        vec4 filtered = vec4(0.0);
        for (uint k = columns.x; k < columns.y; k++) {
            uvec4 column = entry(k);
            filtered += uintBitsToFloat(column.y) * read_values(find_row(plane, row.x), column.x);
        }
        sum += uintBitsToFloat(row.y) * filtered;
    }
    return sum;
}

// Writes rows of as many columns, one or four.
void gather_channels(Place p, uint channel, uint rows, uint columns) {
    uvec2 taps = entry(0u).xy;
    uint plane = find_plane(p.image, channel);
    vec4 last[4]; // the last four values of each channel
    for (uint y = 0u; y < rows; y++) {
        for (uint x = 0u; x < columns; x++) {
            vec4 values = gather_values(taps, plane, p.row + y, p.column + x);
            [[unroll]] for (uint c = 0u; c < CHANNELS; c++)
                last[c] = vec4(last[c].yzw, values[c]);
        }
        [[unroll]] for (uint c = 0u; c < CHANNELS; c++) {
            uint element = p.element + tile_plane(channel + c) + y * tile_row;
            if (columns == 4u)
                tiles_write4(TARGET_TYPE, element, last[c]);
            else
                tiles_write(TARGET_TYPE, element, last[c].w);
        }
    }
}
#endif

void main() {
#if defined(PIXELS) || defined(IMAGE)
    uint columns = entry(0u).z;
#else
    const uint columns = 1u;
#endif
    uint strips = (side + columns - 1u) / columns;
    uint unit = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint block = unit / strips, row = block * run;
    if (row >= row_count)
        return;
    Place p = find_place(first_row + row, (unit - block * strips) * columns);
    uint channel = first_channel + gl_WorkGroupID.y, rows = min(run, row_count - row);
    if (channel < channels)
#if defined(PIXELS) || defined(IMAGE)
        gather_channels(p, channel, rows, columns);
    fill_box(p, max(channel, channels), CHANNELS > 1u ? filled_channels() : channel + 1u, rows, columns);
#else
        gather_box(p, channel, rows, 1u);
    else
        fill_box(p, channel, channel + 1u, rows, 1u);
#endif
}
