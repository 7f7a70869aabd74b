// destination = epilogue(source * matrix^T), tiled through shared memory and registers: a workgroup makes TILE x TILE
// elements, an invocation 8 x 8 of them as four blocks of 4 x 4.
// TILE is 64 or 128. MATRIX_16: the matrix has elements of 16 bits. PATCHES: the source are the patches of the tiles.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

#define LANES (TILE * TILE / 64)
layout(local_size_x = LANES) in;
#include "matmul.glsl"

#if TILE == 64
const uint STEP = 8u; // elements of the depth at a time: 8 to an invocation, of source and matrix each
#else
const uint STEP = 16u;
#endif
const uint LOADS = TILE * STEP / 4 / LANES;
const uint HALF = TILE / 8; // vec4 of half a tile

// By depth; the padding spreads columns of a transposed write over the banks.
shared vec4 source_tile[STEP][TILE / 4 + 1], matrix_tile[STEP][TILE / 4 + 1];

vec4 next_source[LOADS], next_matrix[LOADS];

void load(uint first_row, uint first_column, uint first_k) {
    [[unroll]] for (uint i = 0u; i < LOADS; i++) {
        uint at = gl_LocalInvocationIndex + i * LANES, line = at / (STEP / 4u), k = first_k + at % (STEP / 4u) * 4u;
        next_source[i] = read_source(min(first_row + line, rows - 1u), k);
        next_matrix[i] = read_matrix(min(first_column + line, columns - 1u), k);
    }
}

void keep() {
    [[unroll]] for (uint i = 0u; i < LOADS; i++) {
        uint at = gl_LocalInvocationIndex + i * LANES, line = at / (STEP / 4u), k = at % (STEP / 4u) * 4u;
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            source_tile[k + j][line / 4u][line % 4u] = next_source[i][j];
            matrix_tile[k + j][line / 4u][line % 4u] = next_matrix[i][j];
        }
    }
}

void main() {
    uint first_row = gl_WorkGroupID.y * TILE, first_column = gl_WorkGroupID.x * TILE;
    uint x = gl_LocalInvocationIndex % HALF, y = gl_LocalInvocationIndex / HALF;
    vec4 sums[8][2];
    [[unroll]] for (uint i = 0u; i < 8u; i++)
        sums[i][0] = sums[i][1] = vec4(0.0);

    load(first_row, first_column, 0u);
    for (uint k = 0u; k < depth; k += STEP) {
        keep();
        barrier();
        if (k + STEP < depth)
            load(first_row, first_column, k + STEP);
        for (uint j = 0u; j < STEP; j += 2u) {
            [[unroll]] for (uint l = 0u; l < 2u; l++) {
                vec4 a[2] = vec4[2](source_tile[j + l][y], source_tile[j + l][y + HALF]);
                vec4 b[2] = vec4[2](matrix_tile[j + l][x], matrix_tile[j + l][x + HALF]);
                [[unroll]] for (uint i = 0u; i < 8u; i++) {
                    sums[i][0] = fma(vec4(a[i / 4u][i % 4u]), b[0], sums[i][0]);
                    sums[i][1] = fma(vec4(a[i / 4u][i % 4u]), b[1], sums[i][1]);
                }
            }
        }
        barrier();
    }
    [[unroll]] for (uint i = 0u; i < 8u; i++) {
        uint row = first_row + (y + i / 4u * HALF) * 4u + i % 4u;
        if (row >= rows)
            break;
        [[unroll]] for (uint j = 0u; j < 2u; j++) {
            uint column = first_column + (x + j * HALF) * 4u;
            if (column < columns)
                write(row, column, sums[i][j]);
        }
    }
}
