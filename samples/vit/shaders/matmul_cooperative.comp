// The products of matmul.comp in matrices of f16 with sums of f32, by VK_KHR_cooperative_matrix: a subgroup makes 2 x 2
// matrices of sums, a workgroup is four subgroups. The source and the matrix, whatever it holds, become f16 on their
// way into shared memory. MATRIX_16: the matrix has elements of 16 bits.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require

// Of what the device multiplies at once: rows, columns, depth. At most 16 each; cooperative.c has all that must be.
layout(constant_id = 5) const uint ROWS = 16u;
layout(constant_id = 6) const uint COLUMNS = 16u;
layout(constant_id = 7) const uint DEPTH = 16u;
layout(local_size_x_id = 8) in; // four subgroups

#include "matmul.glsl"

const uint STEP = 2u * DEPTH; // elements of the depth at a time
const uint PITCH = STEP / 4u + 2u; // of a row in shared memory; the two spread rows over the banks
const uint SOURCE_LOADS = ROWS * STEP / gl_WorkGroupSize.x, MATRIX_LOADS = COLUMNS * STEP / gl_WorkGroupSize.x;

shared f16vec4 source_tile[4u * ROWS * PITCH], matrix_tile[4u * COLUMNS * PITCH];
shared vec4 sums_tile[ROWS * COLUMNS]; // one matrix of sums for each subgroup

f16vec4 next_source[SOURCE_LOADS], next_matrix[MATRIX_LOADS];

// Of an invocation's load i: its row, or column, and its place along the depth, in vectors.
uvec2 place(uint i) {
    uint at = gl_LocalInvocationIndex + i * gl_WorkGroupSize.x;
    return uvec2(at / (STEP / 4u), at % (STEP / 4u));
}

// Zeros where the depth ends within a step.
void load(uint first_row, uint first_column, uint first_k) {
    [[unroll]] for (uint i = 0u; i < SOURCE_LOADS; i++) {
        uint row = min(first_row + place(i).x, rows - 1u), k = first_k + place(i).y * 4u;
        next_source[i] = f16vec4(k < depth ? read_source(row, k) : vec4(0.0));
    }
    [[unroll]] for (uint i = 0u; i < MATRIX_LOADS; i++) {
        uint column = min(first_column + place(i).x, columns - 1u), k = first_k + place(i).y * 4u;
        next_matrix[i] = f16vec4(k < depth ? read_matrix(column, k) : vec4(0.0));
    }
}

void keep() {
    [[unroll]] for (uint i = 0u; i < SOURCE_LOADS; i++)
        source_tile[place(i).x * PITCH + place(i).y] = next_source[i];
    [[unroll]] for (uint i = 0u; i < MATRIX_LOADS; i++)
        matrix_tile[place(i).x * PITCH + place(i).y] = next_matrix[i];
}

// From the subgroup's place in sums_tile.
void write_sums(uint base, uint first_row, uint first_column) {
    for (uint at = gl_SubgroupInvocationID; at < ROWS * COLUMNS / 4u; at += gl_SubgroupSize) {
        uint row = first_row + at / (COLUMNS / 4u), column = first_column + at % (COLUMNS / 4u) * 4u;
        if (row < rows && column < columns)
            write(row, column, sums_tile[base + at]);
    }
}

void main() {
    uint first_row = gl_WorkGroupID.y * 4u * ROWS, first_column = gl_WorkGroupID.x * 4u * COLUMNS;
    uint y = gl_SubgroupID / 2u * 2u * ROWS, x = gl_SubgroupID % 2u * 2u * COLUMNS;
    coopmat<float, gl_ScopeSubgroup, ROWS, COLUMNS, gl_MatrixUseAccumulator> sums[2][2];
    [[unroll]] for (uint i = 0u; i < 2u; i++)
        [[unroll]] for (uint j = 0u; j < 2u; j++)
            sums[i][j] = coopmat<float, gl_ScopeSubgroup, ROWS, COLUMNS, gl_MatrixUseAccumulator>(0.0);

    load(first_row, first_column, 0u);
    for (uint k = 0u; k < depth; k += STEP) {
        keep();
        barrier();
        if (k + STEP < depth)
            load(first_row, first_column, k + STEP);
        [[unroll]] for (uint l = 0u; l < STEP; l += DEPTH) {
            coopmat<float16_t, gl_ScopeSubgroup, ROWS, DEPTH, gl_MatrixUseA> a[2];
            [[unroll]] for (uint i = 0u; i < 2u; i++)
                coopMatLoad(
                    a[i], source_tile, (y + i * ROWS) * PITCH + l / 4u, PITCH, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint j = 0u; j < 2u; j++) {
                coopmat<float16_t, gl_ScopeSubgroup, DEPTH, COLUMNS, gl_MatrixUseB> b;
                coopMatLoad(
                    b, matrix_tile, (x + j * COLUMNS) * PITCH + l / 4u, PITCH, gl_CooperativeMatrixLayoutColumnMajor);
                [[unroll]] for (uint i = 0u; i < 2u; i++)
                    sums[i][j] = coopMatMulAdd(a[i], b, sums[i][j]);
            }
        }
        barrier();
    }
    uint base = gl_SubgroupID * (ROWS * COLUMNS / 4u);
    [[unroll]] for (uint i = 0u; i < 2u; i++)
        [[unroll]] for (uint j = 0u; j < 2u; j++) {
            coopMatStore(sums[i][j], sums_tile, base, COLUMNS / 4u, gl_CooperativeMatrixLayoutRowMajor);
            barrier();
            write_sums(base, first_row + y + i * ROWS, first_column + x + j * COLUMNS);
            barrier();
        }
}
