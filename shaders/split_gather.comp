// The general split: every pixel of a tile is summed from its taps, one by one. It makes what no other kernel can.
//
// x: columns of a tile, and runs of its rows; y: channel; z: tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, SOURCE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, TARGET_TYPE, F32)
#include "split.glsl"

void main() {
    uint groups = (side + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    uint block = gl_WorkGroupID.x / groups, row = block * run;
    uint column = (gl_WorkGroupID.x - block * groups) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (column >= side || row >= row_count)
        return;
    Place p = find_place(first_row + row, column);
    uint channel = first_channel + gl_WorkGroupID.y, rows = min(run, row_count - row);
    if (channel < channels)
        gather_box(p, channel, rows, 1u);
    else
        fill_box(p, channel, channel + 1u, rows, 1u);
}
