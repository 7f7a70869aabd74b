// The range of values, and a histogram of them, over the tokens that are seen. A workgroup makes a field.
#version 450
#extension GL_GOOGLE_include_directive : require

const uint LANES = 64, BINS = 32;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales, channels, tokens, prefix;
    uint columns;            // of the grid
    uint first_row, end_row; // that are seen
    uint first_column, end_column;
    float low, high; // the ends of the histogram
};
layout(std430, binding = 0) readonly buffer Values {
    float values[]; // fields x tokens
};
layout(std430, binding = 1) writeonly buffer Stats {
    float stats[]; // fields x (robust low end, smallest, largest, mean, BINS counts)
};

#include "reduce.glsl"

shared float lane_smallest[LANES], lane_largest[LANES];
shared uint bins[BINS];

float value_at(uint index, uint across, uint field) {
    const uint row = first_row + index / across, column = first_column + index % across;
    return values[field * tokens + row * columns + column];
}

void main() {
    const uint lane = gl_LocalInvocationIndex, field = gl_WorkGroupID.x, out_at = field * (4 + BINS);
    const uint across = end_column - first_column, count = (end_row - first_row) * across;
    const float origin = value_at(0, across, field); // sums differences: values may be large and nearly equal
    float smallest = origin, largest = origin, sum = 0.0, squares = 0.0;
    if (lane < BINS)
        bins[lane] = 0;
    barrier();
    for (uint i = lane; i < count; i += LANES) {
        const float value = value_at(i, across, field);
        smallest = min(smallest, value);
        largest = max(largest, value);
        sum += value - origin;
        squares += (value - origin) * (value - origin);
        atomicAdd(bins[uint(clamp((value - low) / max(high - low, 1e-20), 0.0, 0.9999) * BINS)], 1);
    }
    lane_smallest[lane] = smallest;
    lane_largest[lane] = largest;
    sum = total(sum) / float(count);
    squares = total(squares) / float(count);
    if (lane < BINS)
        stats[out_at + 4 + lane] = float(bins[lane]);
    if (lane != 0)
        return;
    for (uint i = 1; i < LANES; i++) {
        smallest = min(smallest, lane_smallest[i]);
        largest = max(largest, lane_largest[i]);
    }
    stats[out_at] = max(smallest, origin + sum - 1.5 * sqrt(max(squares - sum * sum, 0.0)));
    stats[out_at + 1] = smallest;
    stats[out_at + 2] = largest;
    stats[out_at + 3] = origin + sum;
}
