// destination = epilogue(source * matrix^T) for drivers on the CPU, as matmul.comp: an invocation makes ROWS x COLUMNS
// elements by itself, without shared memory or barriers; a workgroup is two invocations down and four across.
// Reading costs such a driver more than arithmetic, or than keeping sums in memory, so what an invocation makes is
// large; and STEP elements of the depth at a time are a whole cache line, and few rounds of a loop, which has a cost
// for each variable that goes from one round to the next.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 8) in;
#include "matmul.glsl"

const uint ACROSS = 4u, DOWN = 2u;
const uint QUADS = STEP / 4u;

void main() {
    uint lane = gl_LocalInvocationIndex;
    uint column = (gl_WorkGroupID.x * ACROSS + lane % ACROSS) * COLUMNS;
    uint first_row = (gl_WorkGroupID.y * DOWN + lane / ACROSS) * ROWS;
    if (column >= columns)
        return;
    uint row[ROWS];
    float sums[ROWS][COLUMNS];
    [[unroll]] for (uint i = 0u; i < ROWS; i++) {
        row[i] = min(first_row + i, rows - 1u);
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
            sums[i][j] = 0.0;
    }
    for (uint k = 0u; k < depth; k += STEP) {
        vec4 a[ROWS][QUADS];
        [[unroll]] for (uint i = 0u; i < ROWS; i++)
            [[unroll]] for (uint l = 0u; l < QUADS; l++)
                a[i][l] = read_source(row[i], k + l * 4u);
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++) {
            vec4 b[QUADS];
            [[unroll]] for (uint l = 0u; l < QUADS; l++)
                b[l] = read_matrix(column + j, k + l * 4u);
            [[unroll]] for (uint i = 0u; i < ROWS; i++) {
                float sum = 0.0;
                [[unroll]] for (uint l = 0u; l < QUADS; l++)
                    sum += dot(a[i][l], b[l]);
                sums[i][j] += sum;
            }
        }
    }
    [[unroll]] for (uint i = 0u; i < ROWS; i++)
        if (first_row + i < rows)
            [[unroll]] for (uint j = 0u; j < COLUMNS; j += 4u)
                write(row[i], column + j, vec4(sums[i][j], sums[i][j + 1u], sums[i][j + 2u], sums[i][j + 3u]));
}
