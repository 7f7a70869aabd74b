// Merge, batch x channels x height x width: features to output. Untiling, cropping, both area interpolations and
// concatenation, in one pass.
//
// An invocation sums WIDTH neighbouring elements of one row of RUN maps, or what a row has of them. x: units of WIDTH elements
// of a box, row by row, and
// in blocks of the workgroup's height the runs of channels; y: image of the batch; z: scale.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"
#include "merge.glsl"

// One element of each map, whose window may reach into other dispatches.
void merge_element(Scale s, uint image, uint y, uint x, uint channel, uint count, uint index) {
    uvec4 rows = entry(s.merge_y + y), columns = entry(s.merge_x + x);
    uint base = s.first_tile + image;
    uint first = base + (rows.z * s.tile_columns + columns.z) * batch;
    uint last = base + (rows.w * s.tile_columns + columns.w) * batch;
    if (last < tile_begin || first >= tile_end)
        return;
    uint map_elements = s.feature_height * s.feature_width, out_elements = out_height * out_width;
    float sum[RUN];
    [[unroll]] for (uint d = 0u; d < RUN; d++)
        sum[d] = SUMS != NOWHERE && first < tile_begin && d < count ? read_sum(index + d * out_elements) : 0.0;
    bool touched = false;
    for (uint r = rows.x; r < rows.y; r++)
        for (uint c = columns.x; c < columns.y; c++) {
            uvec4 row = entry(r), column = entry(c);
            uint tile = base + (row.x * s.tile_columns + column.x) * batch;
            if (!has_tile(tile))
                continue;
            touched = true;
            uint map = tile_base(s, tile) + channel * map_elements;
            for (uint i = row.y; i < row.z; i++)
                for (uint k = column.y; k < column.z; k++) {
                    uvec4 y_tap = entry(i), x_tap = entry(k);
                    float weight = uintBitsToFloat(y_tap.y) * uintBitsToFloat(x_tap.y);
                    uint element = map + y_tap.x * s.feature_width + x_tap.x;
                    [[unroll]] for (uint d = 0u; d < RUN; d++) {
                        float value = features_read(FEATURE_TYPE, element + min(d, count - 1u) * map_elements);
                        precise float total = sum[d] + weight * value;
                        sum[d] = total;
                    }
                }
        }
    [[unroll]] for (uint d = 0u; d < RUN; d++)
        if (!touched || d >= count)
            continue;
        else if (SUMS != NOWHERE && last >= tile_end)
            store_sum(index + d * out_elements, sum[d]);
        else
            outputs_write(OUTPUT_TYPE, index + d * out_elements - output_base, sum[d]);
}

// Four elements of each map, of which a row has `columns`, whose tiles are all in this dispatch. Along x, a block of src/tables.h has chunks of four
// neighbouring inputs with a weight for each output and input, 0 where there is none. That is no sum any more where an input
// is not finite; neither is the sum finite then, and false is returned.
bool merge_block(Scale s, uint image, uint y, uint x, uint columns, uint channel, uint count, uint index) {
    uvec4 rows = entry(s.merge_y + y), chunks = entry(s.merge_blocks + x / 4u);
    uint base = s.first_tile + image;
    uint map_elements = s.feature_height * s.feature_width;
    vec4 sum[RUN];
    [[unroll]] for (uint d = 0u; d < RUN; d++)
        sum[d] = vec4(0.0);
    for (uint r = rows.x; r < rows.y; r++) {
        uvec4 row = entry(r);
        for (uint c = chunks.x; c < chunks.y; c += 5u) {
            uvec4 chunk = entry(c);
            vec4 line[RUN];
            [[unroll]] for (uint d = 0u; d < RUN; d++)
                line[d] = vec4(0.0);
            uint tile = base + (row.x * s.tile_columns + chunk.x) * batch;
            uint map = tile_base(s, tile) + channel * map_elements + chunk.y;
            for (uint i = row.y; i < row.z; i++) {
                uvec4 tap = entry(i);
                [[unroll]] for (uint d = 0u; d < RUN; d++) {
                    uint element = map + min(d, count - 1u) * map_elements + tap.x * s.feature_width;
                    line[d] += uintBitsToFloat(tap.y) * (ALIGNED ? features_read4(FEATURE_TYPE, element)
                                                                 : features_read_any4(FEATURE_TYPE, element));
                }
            }
            [[unroll]] for (uint j = 0u; j < 4u; j++) {
                vec4 weights = entry_floats(c + 1u + j);
                [[unroll]] for (uint d = 0u; d < RUN; d++)
                    sum[d] += weights * line[d][j];
            }
        }
    }
    bool finite = true;
    [[unroll]] for (uint d = 0u; d < RUN; d++) {
        uvec4 magnitude = floatBitsToUint(sum[d]) & 0x7FFFFFFFu;
        finite = finite && max(max(magnitude.x, magnitude.y), max(magnitude.z, magnitude.w)) < 0x7F800000u;
        uint element = index - output_base + d * out_height * out_width;
        if (d < count && ALIGNED_OUTPUT)
            outputs_write4(OUTPUT_TYPE, element, sum[d]);
        else if (d < count)
            [[unroll]] for (uint j = 0u; j < 4u; j++)
                if (j < columns)
                    outputs_write(OUTPUT_TYPE, element + j, sum[d][j]);
    }
    return finite;
}

void main() {
    uint width = (box_width + WIDTH - 1u) / WIDTH;
    uint units = box_height * width;
    uint blocks = (units + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / blocks;
    uint unit = (gl_WorkGroupID.x - block * blocks) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint channel = (block * gl_WorkGroupSize.y + gl_LocalInvocationID.y) * RUN;
    if (unit >= units || channel >= channel_count)
        return;
    uint count = min(RUN, channel_count - channel);
    channel += first_channel;
    uint image = first_image + gl_WorkGroupID.y;
    uint scale = first_scale + gl_WorkGroupID.z;
    uint row = unit / width;
    uint y = box_y + row;
    uint x = box_x + (unit - row * width) * WIDTH;
    uint all_channels = scale_count * channels;
    uint index = ((image * all_channels + scale * channels + channel) * out_height + y) * out_width + x;
    Scale s = read_scale(scale);
    uint columns = min(WIDTH, out_width - x);
    if (WIDTH == 4u && merge_block(s, image, y, x, columns, channel, count, index))
        count = 0u;
    for (uint i = 0u; i < columns && count > 0u; i++)
        merge_element(s, image, y, x + i, channel, count, index + i);
}
