// Turns the basis of a field so that its vectors are the principal components (Rayleigh-Ritz): the eigenvectors of the
// coordinates' covariance, by Jacobi rotations. Each component gets the sign that makes its largest entry positive. A
// workgroup makes a field.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "analysis.glsl"
#include "reduce.glsl"

const uint SWEEPS = 12;

shared float matrix[RANK][RANK];
shared float vectors[RANK][RANK]; // in columns
shared uint largest[RANK];        // columns in the order of their eigenvalues
shared float lane_entries[LANES];
shared float turn;

void covariance(uint field) {
    float weights = 0.0;
    for (uint token = gl_LocalInvocationIndex; token < tokens; token += LANES)
        weights += state[weight(token)];
    weights = total(weights);
    for (uint i = 0; i < RANK; i++)
        for (uint j = 0; j <= i; j++) {
            float sum = 0.0;
            for (uint token = gl_LocalInvocationIndex; token < tokens; token += LANES)
                sum += state[weight(token)] * projections[projection(field, token) + i] *
                    projections[projection(field, token) + j];
            sum = total(sum) / max(weights, 1.0);
            if (gl_LocalInvocationIndex == 0)
                matrix[i][j] = matrix[j][i] = sum;
        }
}

void eliminate(uint p, uint q) {
    if (abs(matrix[p][q]) <= 1e-9 * sqrt(abs(matrix[p][p] * matrix[q][q])) || matrix[p][q] == 0.0)
        return;
    const float theta = 0.5 * (matrix[q][q] - matrix[p][p]) / matrix[p][q];
    const float t = (theta < 0.0 ? -1.0 : 1.0) / (abs(theta) + sqrt(theta * theta + 1.0));
    const float c = inversesqrt(t * t + 1.0), s = t * c;
    for (uint i = 0; i < RANK; i++) {
        const float a = matrix[i][p], b = matrix[i][q], v = vectors[i][p], w = vectors[i][q];
        matrix[i][p] = c * a - s * b;
        matrix[i][q] = s * a + c * b;
        vectors[i][p] = c * v - s * w;
        vectors[i][q] = s * v + c * w;
    }
    for (uint i = 0; i < RANK; i++) {
        const float a = matrix[p][i], b = matrix[q][i];
        matrix[p][i] = c * a - s * b;
        matrix[q][i] = s * a + c * b;
    }
}

void diagonalise(uint field) {
    for (uint i = 0; i < RANK; i++)
        for (uint j = 0; j < RANK; j++)
            vectors[i][j] = i == j ? 1.0 : 0.0;
    for (uint sweep = 0; sweep < SWEEPS; sweep++)
        for (uint p = 0; p < RANK; p++)
            for (uint q = p + 1; q < RANK; q++)
                eliminate(p, q);
    uint taken = 0;
    for (uint m = 0; m < RANK; m++) {
        uint best = RANK;
        for (uint k = 0; k < RANK; k++)
            if ((taken >> k & 1u) == 0 && (best == RANK || matrix[k][k] > matrix[best][best]))
                best = k;
        taken |= 1u << best;
        largest[m] = best;
        if (m < 3)
            state[found(field) + m] = sqrt(max(matrix[best][best], 0.0));
    }
}

// The sign that makes the largest entry of basis vector m positive.
float sign_of(uint field, uint m) {
    float largest_entry = 0.0;
    for (uint i = gl_LocalInvocationIndex; i < channel_count(field); i += LANES) {
        const float entry = state[basis(row_of(field) + i) + m];
        largest_entry = abs(entry) > abs(largest_entry) ? entry : largest_entry;
    }
    lane_entries[gl_LocalInvocationIndex] = largest_entry;
    barrier();
    if (gl_LocalInvocationIndex == 0) {
        for (uint lane = 1; lane < LANES; lane++)
            largest_entry = abs(lane_entries[lane]) > abs(largest_entry) ? lane_entries[lane] : largest_entry;
        turn = largest_entry < 0.0 ? -1.0 : 1.0;
    }
    barrier();
    return turn;
}

void main() {
    const uint field = gl_WorkGroupID.x;
    covariance(field);
    barrier();
    if (gl_LocalInvocationIndex == 0)
        diagonalise(field);
    barrier();
    for (uint i = gl_LocalInvocationIndex; i < channel_count(field); i += LANES) {
        const uint row = basis(row_of(field) + i);
        float turned[RANK];
        for (uint m = 0; m < RANK; m++) {
            turned[m] = 0.0;
            for (uint k = 0; k < RANK; k++)
                turned[m] += state[row + k] * vectors[k][largest[m]];
        }
        for (uint k = 0; k < RANK; k++)
            state[row + k] = turned[k];
    }
    for (uint m = 0; m < 3; m++) {
        const float sign = sign_of(field, m);
        for (uint i = gl_LocalInvocationIndex; i < channel_count(field); i += LANES)
            state[basis(row_of(field) + i) + m] *= sign;
        barrier();
    }
}
