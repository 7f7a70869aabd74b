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
#ifdef PIXELS
#define PIXEL uvec4 // see read_bytes()
#else
#define PIXEL vec4
#endif

// A pixel's value in one of the channels that are made. `c` is written out wherever this is called, and there are no
// arrays: V3DV keeps those in memory that loops go through, 1024 bytes of an invocation.
float value_of(PIXEL pixel, uint c) {
    if (c >= CHANNELS)
        return 0.0;
    uint channel = CHANNELS > 1u ? c : value_channel, component = component_of(channel);
#ifdef PIXELS
    float v = PIXEL_FORM == S2_PIXEL_FLOATS ? uintBitsToFloat(pixel[component])
                                            : float(int((pixel.x >> (component * 8u)) & 255u));
#else
    float v = pixel[component];
#endif
    if (TRANSFER == AS_STORED)
        return v * (scales[channel] * UNIT) + biases[channel];
    return transfer(vec4(v * UNIT), component).x * scales[channel] + biases[channel];
}

// A pixel's value in each channel that is made.
vec4 read_values(uint row, uint x) {
#ifdef PIXELS
    PIXEL pixel = read_bytes(row + x * pixel_bytes, true);
#else
    PIXEL pixel = read_pixel(row, x);
#endif
    return vec4(value_of(pixel, 0u), value_of(pixel, 1u), value_of(pixel, 2u), value_of(pixel, 3u));
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

// Writes the last ones of a channel's values, as many as there are columns.
void write_values(Place p, uint row, uint channel, uint c, uint columns, vec4 last) {
    if (c >= CHANNELS)
        return;
    uint element = p.element + tile_plane(channel + c) + row * tile_row;
    if (columns == 4u)
        tiles_write4(TARGET_TYPE, element, last);
    else
        tiles_write(TARGET_TYPE, element, last.w);
}

// Writes rows of as many columns, one or four.
void gather_channels(Place p, uint channel, uint rows, uint columns) {
    uvec2 taps = entry(0u).xy;
    uint plane = find_plane(p.image, channel);
    for (uint y = 0u; y < rows; y++) {
        vec4 last0, last1, last2, last3; // the last four values of each channel
        for (uint x = 0u; x < columns; x++) {
            vec4 values = gather_values(taps, plane, p.row + y, p.column + x);
            last0 = vec4(last0.yzw, values.x);
            last1 = vec4(last1.yzw, values.y);
            last2 = vec4(last2.yzw, values.z);
            last3 = vec4(last3.yzw, values.w);
        }
        write_values(p, y, channel, 0u, columns, last0);
        write_values(p, y, channel, 1u, columns, last1);
        write_values(p, y, channel, 2u, columns, last2);
        write_values(p, y, channel, 3u, columns, last3);
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
