// Resampling along y. An invocation makes four neighbours of a row, in all components. Rows of the target have room for
// a multiple of four pixels.
//
// x: groups of four columns; y: rows; z: images.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "resample.glsl"

void main() {
    uint x = gl_GlobalInvocationID.x * 4u, y = gl_WorkGroupID.y;
    if (x >= column_count || y >= row_count)
        return;
    uint image = first_image + gl_WorkGroupID.z, column = first_column + x, line = first_row + y;
    uint plane = find_image(image), target = target_pixel(image, line, column);
    uvec4 head = entry(entry(0u).x + line);
    column += source_column;
    if (FLOATS) {
        vec4 sums[4];
        vec4 filled = uintBitsToFloat(head.w) * fill_floats();
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            sums[i] = filled;
        for (uint n = 0u; n < head.y * 4u; n++) { // not unrolled: SwiftShader compiles each copy
            float w = entry_floats(head.z + n / 4u)[n % 4u];
            uint row = find_row(plane, min(head.x + n, last_row));
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                add_floats(sums[i], w, read_floats(row, column + i));
        }
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            target_quads[target + i] = to_quad(floatBitsToUint(sums[i]));
    } else {
        ivec4 sums[4];
        [[unroll]] for (uint i = 0u; i < 4u; i++)
            sums[i] = HALF + int(head.w) * ivec4(fill);
        for (uint q = 0u; q < head.y; q++) {
            uvec4 w = entry(head.z + q);
            for (uint k = 0u; k < 4u; k++) {
                uvec4 words = read_words(find_row(plane, min(head.x + q * 4u + k, last_row)), column);
                [[unroll]] for (uint i = 0u; i < 4u; i++)
                    add_bytes(sums[i], w[k], words[i]);
            }
        }
        target_quads[target >> 2] =
            to_quad(uvec4(to_word(sums[0]), to_word(sums[1]), to_word(sums[2]), to_word(sums[3])));
    }
}
