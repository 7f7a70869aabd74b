// Merge, batch x tokens x channels: features to output. Untiling, cropping, both area interpolations, the mean of prefix
// tokens and concatenation, in one pass.
//
// An invocation sums WIDTH channels of RUN tokens, one after the other, over the token's window; where they are no multiple of
// that, the last unit begins earlier, and leaves out what it has in common with the one before. x: channels, and in blocks of
// the workgroup's height the runs of tokens of a box, prefix tokens first; y: image of the batch; z: scale.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"
#include "plan.glsl"
#include "merge.glsl"

#ifndef FIXED_WIDTH
layout(constant_id = 7) const bool PREFIX = false; // whether the box may have prefix tokens
#else
const bool PREFIX = false;
#endif

const uint QUADS = (WIDTH + 3u) / 4u;

vec4 sum[QUADS];
uint left_out; // of the unit's channels

// precise: the same operations whatever the specialization, since sums may go on in another dispatch's pipeline.
vec4 plus(vec4 a, float weight, vec4 b) {
    precise vec4 result = a + weight * b;
    return result;
}

void add(float weight, uint element) {
    if (WIDTH >= 8u) {
        [[unroll]] for (uint q = 0u; q < QUADS; q += 2u) {
            vec4 a, b;
            features_read8(FEATURE_TYPE, element + q * 4u, a, b);
            sum[q] = plus(sum[q], weight, a);
            sum[q + 1u] = plus(sum[q + 1u], weight, b);
        }
    } else if (WIDTH == 4u) {
        sum[0] = plus(sum[0], weight, ALIGNED ? features_read4(FEATURE_TYPE, element) : features_read_any4(FEATURE_TYPE, element));
    } else {
        sum[0] = plus(sum[0], weight, vec4(features_read(FEATURE_TYPE, element)));
    }
}

void begin_sum(uint index, uint first_tile) {
    [[unroll]] for (uint q = 0u; q < QUADS; q++)
        sum[q] = vec4(0.0);
    if (SUMS != NOWHERE && first_tile < tile_begin)
        for (uint i = left_out; i < WIDTH; i++)
            sum[i / 4u][i % 4u] = read_sum(index + i);
}

void end_sum(uint index, uint last_tile) {
    if (SUMS != NOWHERE && last_tile >= tile_end) {
        for (uint i = left_out; i < WIDTH; i++)
            store_sum(index + i, sum[i / 4u][i % 4u]);
    } else if (!ALIGNED_OUTPUT) {
        for (uint i = left_out; i < WIDTH; i++)
            outputs_write(OUTPUT_TYPE, index - output_base + i, sum[0][i]);
    } else if (WIDTH >= 8u) {
        [[unroll]] for (uint q = 0u; q < QUADS; q += 2u)
            outputs_write8(OUTPUT_TYPE, index - output_base + q * 4u, sum[q], sum[q + 1u]);
    } else if (WIDTH == 4u) {
        outputs_write4(OUTPUT_TYPE, index - output_base, sum[0]);
    } else {
        outputs_write(OUTPUT_TYPE, index - output_base, sum[0].x);
    }
}

void merge_prefix(Scale s, uint image, uint token, uint channel, uint index) {
    uint first = s.first_tile + image;
    uint last = first + s.tile_count - batch;
    uint tile = first;
    if (tile < tile_begin)
        tile += (tile_begin - tile + batch - 1u) / batch * batch;
    if (tile > last || tile >= tile_end)
        return;
    begin_sum(index, first);
    for (; tile <= last && tile < tile_end; tile += batch)
        add(s.prefix_weight, tile_base(s, tile) + token * channels + channel);
    end_sum(index, last);
}

// Adds the part of a window that lies in one tile. rows and columns are segments of src/tables.h.
void add_tile(Scale s, uint tile, uvec4 rows, uvec4 columns, uint channel) {
    uint base = tile_base(s, tile) + channel;
    for (uint i = rows.y; i < rows.z; i++) {
        uvec4 row = entry(i);
        for (uint k = columns.y; k < columns.z; k++) {
            uvec4 column = entry(k);
            uint token = prefix + row.x * s.feature_width + column.x;
            add(uintBitsToFloat(row.y) * uintBitsToFloat(column.y), base + token * channels);
        }
    }
}

void merge_grid(Scale s, uint image, uint y, uint x, uint channel, uint index) {
    uvec4 rows = entry(s.merge_y + y), columns = entry(s.merge_x + x);
    uint base = s.first_tile + image;
    uint first = base + (rows.z * s.tile_columns + columns.z) * batch;
    uint last = base + (rows.w * s.tile_columns + columns.w) * batch;
    if (last < tile_begin || first >= tile_end)
        return;
    begin_sum(index, first);
    bool touched = false;
    for (uint r = rows.x; r < rows.y; r++) {
        uvec4 row = entry(r);
        for (uint c = columns.x; c < columns.y; c++) {
            uvec4 column = entry(c);
            uint tile = base + (row.x * s.tile_columns + column.x) * batch;
            if (has_tile(tile)) {
                add_tile(s, tile, row, column, channel);
                touched = true;
            }
        }
    }
    if (touched)
        end_sum(index, last);
}

void main() {
    uint units = (channel_count + WIDTH - 1u) / WIDTH;
    uint blocks = (units + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / blocks;
    uint unit = (gl_WorkGroupID.x - block * blocks) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint position = (block * gl_WorkGroupSize.y + gl_LocalInvocationID.y) * RUN;
    uint end = min(position + RUN, box_prefix + box_height * box_width);
    if (unit >= units)
        return;
    uint image = first_image + gl_WorkGroupID.y;
    uint scale = first_scale + gl_WorkGroupID.z;
    uint channel = ALIGNED ? unit * WIDTH : min(unit * WIDTH, channel_count - WIDTH);
    left_out = unit * WIDTH - channel;
    channel += first_channel;
    uint all_channels = scale_count * channels;
    uint tokens = prefix + out_height * out_width;
    uint index = image * tokens * all_channels + scale * channels + channel;
    Scale s = read_scale(scale);
    if (PREFIX)
        for (; position < min(end, box_prefix); position++)
            merge_prefix(s, image, position, channel, index + position * all_channels);
    uint y = (position - box_prefix) / box_width, x = (position - box_prefix) - y * box_width;
    for (; position < end; position++) {
        uint token = prefix + (box_y + y) * out_width + box_x + x;
        merge_grid(s, image, box_y + y, box_x + x, channel, index + token * all_channels);
        x++;
        if (x == box_width) {
            x = 0u;
            y++;
        }
    }
}
