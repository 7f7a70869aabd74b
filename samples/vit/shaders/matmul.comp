// destination = epilogue(source * matrix^T), tiled through shared memory and registers: a workgroup makes TILE x TILE
// elements, an invocation BLOCKS x BLOCKS blocks of 4 x 4 of them.
// TILE is 64 or 128, and BLOCKS 2; or 32, and 1, where registers are few. MATRIX_16: the matrix has elements of 16
// bits. PATCHES: the source are the patches of the tiles.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

#define BLOCKS (TILE == 32 ? 1 : 2)
#define SIDE (4 * BLOCKS)
#define LANES (TILE * TILE / (SIDE * SIDE))
layout(local_size_x = LANES) in;
#include "matmul.glsl"

#if TILE <= 64
const uint STEP = 8u; // elements of the depth at a time: one or two loads of an invocation, of source and matrix each
#else
const uint STEP = 16u;
#endif
const uint LOADS = TILE * STEP / 4 / LANES;
const uint PART = TILE / SIDE; // vec4 of a tile, or of half of one

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
    uint x = gl_LocalInvocationIndex % PART, y = gl_LocalInvocationIndex / PART;
    vec4 sums[SIDE][BLOCKS];
    [[unroll]] for (uint i = 0u; i < SIDE; i++)
        [[unroll]] for (uint block = 0u; block < BLOCKS; block++)
            sums[i][block] = vec4(0.0);

    load(first_row, first_column, 0u);
    for (uint k = 0u; k < depth; k += STEP) {
        keep();
        barrier();
        if (k + STEP < depth)
            load(first_row, first_column, k + STEP);
        for (uint j = 0u; j < STEP; j += 2u) {
            [[unroll]] for (uint l = 0u; l < 2u; l++) {
                vec4 a[BLOCKS], b[BLOCKS];
                [[unroll]] for (uint block = 0u; block < BLOCKS; block++) {
                    a[block] = source_tile[j + l][y + block * PART];
                    b[block] = matrix_tile[j + l][x + block * PART];
                }
                [[unroll]] for (uint i = 0u; i < SIDE; i++)
                    [[unroll]] for (uint block = 0u; block < BLOCKS; block++)
                        sums[i][block] = fma(vec4(a[i / 4u][i % 4u]), b[block], sums[i][block]);
            }
        }
        barrier();
    }
    [[unroll]] for (uint i = 0u; i < SIDE; i++) {
        uint row = first_row + (y + i / 4u * PART) * 4u + i % 4u;
        if (row >= rows)
            break;
        [[unroll]] for (uint j = 0u; j < BLOCKS; j++) {
            uint column = first_column + (x + j * PART) * 4u;
            if (column < columns)
                write(row, column, sums[i][j]);
        }
    }
}
