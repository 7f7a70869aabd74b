// Finds the foreground. The mean of the first component, in the field of all scales, divides the tokens in two. The
// foreground is the side with fewer tokens on the pictures' borders. All other tokens get a weight of 0 in the
// components that follow. One workgroup.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis_front.glsl"
#include "reduce.glsl"

bool at_border(uint token) {
    const bool second = token >= grids[0] * grids[1];
    const uint rows = second ? grids[2] : grids[0], columns = second ? grids[3] : grids[1];
    const uint place = second ? token - grids[0] * grids[1] : token, row = place / columns, column = place % columns;
    return row == 0 || column == 0 || row == rows - 1 || column == columns - 1;
}

void main() {
    const uint lane = gl_LocalInvocationIndex;
    float above = 0.0, all = 0.0;
    for (uint token = lane; token < tokens; token += LANES)
        if (at_border(token)) {
            all += 1.0;
            above += float(projections[projection(scales, token)] > 0.0);
        }
    const bool front_is_above = (total(above) < 0.5 * total(all)) != (flipped != 0);
    for (uint token = lane; token < tokens; token += LANES)
        state[weight(token)] = float(projections[projection(scales, token)] > 0.0 == front_is_above);
}
