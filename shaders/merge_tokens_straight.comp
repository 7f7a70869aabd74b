// merge_tokens.comp for drivers on the CPU, where loops and spilled registers cost most: the window's size is known when the
// pipeline is made, so that a token is one straight line of loads, and its sums stay in registers.
//
// An invocation sums 8 channels of one token, RUN times. Every window has TAPS_Y x TAPS_X taps, all in this dispatch or none.
// x: channels, and tokens of a box; y: image of the batch; z: scale.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "tensor.glsl"
#include "plan.glsl"
#include "merge.glsl"

layout(constant_id = 7) const uint TAPS_Y = 1;
layout(constant_id = 8) const uint TAPS_X = 1;

void main() {
    uint units = channel_count / 8u;
    uint blocks = (units + gl_WorkGroupSize.x * RUN - 1u) / (gl_WorkGroupSize.x * RUN);
    uint position = gl_WorkGroupID.x / blocks;
    uint unit = (gl_WorkGroupID.x - position * blocks) * gl_WorkGroupSize.x * RUN + gl_LocalInvocationID.x;
    uint image = first_image + gl_WorkGroupID.y;
    uint scale = first_scale + gl_WorkGroupID.z;
    uint row = position / box_width;
    uint y = box_y + row, x = box_x + (position - row * box_width);
    Scale s = read_scale(scale);

    uvec4 rows[TAPS_Y], columns[TAPS_X];
    for (uint i = 0u; i < TAPS_Y; i++)
        rows[i] = entry(s.merge_straight + y * TAPS_Y + i);
    for (uint k = 0u; k < TAPS_X; k++)
        columns[k] = entry(s.merge_straight + out_height * TAPS_Y + x * TAPS_X + k);
    uint base = s.first_tile + image;
    uint first = base + (rows[0].x * s.tile_columns + columns[0].x) * batch;
    uint last = base + (rows[TAPS_Y - 1u].x * s.tile_columns + columns[TAPS_X - 1u].x) * batch;
    bool here = has_tile(first) && has_tile(last);

    uint token_index = image * (prefix + out_height * out_width) + prefix + y * out_width + x;
    uint index = (token_index * scale_count + scale) * channels - output_base;
    for (uint u = 0u; u < RUN; u++) {
        uint channel = first_channel + min(unit + u * gl_WorkGroupSize.x, units - 1u) * 8u;
        vec4 sum_a = vec4(0.0), sum_b = vec4(0.0);
        for (uint i = 0u; i < TAPS_Y; i++)
            for (uint k = 0u; k < TAPS_X; k++) {
                uint tile = here ? base + (rows[i].x * s.tile_columns + columns[k].x) * batch : tile_begin;
                uint token = rows[i].y * s.feature_width + columns[k].y;
                float weight = uintBitsToFloat(rows[i].z) * uintBitsToFloat(columns[k].z);
                vec4 a, b;
                features_read8(FEATURE_TYPE, tile_base(s, tile) + (prefix + token) * channels + channel, a, b);
                sum_a += weight * a;
                sum_b += weight * b;
            }
        if (here)
            outputs_write8(OUTPUT_TYPE, index + channel, sum_a, sum_b);
    }
}
