// Resampling along x. An invocation makes one pixel, in all components.
//
// x: columns; y: rows; z: images.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "resample.glsl"

void main() {
    uint x = gl_GlobalInvocationID.x, y = gl_WorkGroupID.y;
    if (x >= column_count || y >= row_count)
        return;
    uint image = first_image + gl_WorkGroupID.z, column = first_column + x, line = first_row + y;
    uint row = find_row(find_image(image), source_row + line), target = target_pixel(image, line, column);
    uvec4 head = entry(entry(0u).x + column);
    if (FLOATS) {
        vec4 sum = uintBitsToFloat(head.w) * fill_floats();
        for (uint n = 0u; n < head.y * 4u; n++) // not unrolled: SwiftShader compiles each copy
            add_floats(sum, entry_floats(head.z + n / 4u)[n % 4u], read_floats(row, head.x + n));
        target_quads[target] = to_quad(floatBitsToUint(sum));
    } else {
        ivec4 sum = HALF + int(head.w) * ivec4(fill);
        for (uint q = 0u; q < head.y; q++) {
            uvec4 w = entry(head.z + q), words = read_words(row, head.x + q * 4u);
            [[unroll]] for (uint k = 0u; k < 4u; k++)
                add_bytes(sum, w[k], words[k]);
        }
        target_words[target] = to_word(sum);
    }
}
