// destination = epilogue(source * matrix^T) for drivers on the CPU, as matmul.comp: an invocation makes ROWS x COLUMNS
// elements by itself, without shared memory or barriers. Reading costs such a driver more than arithmetic, or than keeping
// sums in memory, so what an invocation makes is large.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 8) in;
#include "matmul.glsl"

const uint QUADS = COLUMNS / 4u;

void main() {
    uint column = gl_GlobalInvocationID.x * COLUMNS, first_row = gl_WorkGroupID.y * ROWS;
    if (column >= columns)
        return;
    uint row[ROWS];
    vec4 sums[ROWS][QUADS];
    [[unroll]] for (uint i = 0u; i < ROWS; i++) {
        row[i] = min(first_row + i, rows - 1u);
        [[unroll]] for (uint j = 0u; j < QUADS; j++)
            sums[i][j] = vec4(0.0);
    }
    for (uint k = 0u; k < depth; k += 4u) {
        vec4 a[ROWS];
        [[unroll]] for (uint i = 0u; i < ROWS; i++)
            a[i] = read_source(row[i], k);
        [[unroll]] for (uint j = 0u; j < QUADS; j++) {
            [[unroll]] for (uint l = 0u; l < 4u; l++) {
                vec4 b = read_matrix(column + j * 4u + l, k);
                [[unroll]] for (uint i = 0u; i < ROWS; i++)
                    sums[i][j][l] += dot(a[i], b);
            }
        }
    }
    [[unroll]] for (uint i = 0u; i < ROWS; i++)
        if (first_row + i < rows)
            [[unroll]] for (uint j = 0u; j < QUADS; j++)
                write(row[i], column + j * 4u, sums[i][j]);
}
