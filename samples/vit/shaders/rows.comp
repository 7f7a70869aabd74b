// Rows of tokens from one tensor to another, as they are or normalised, or packed: a workgroup, or on a CPU an
// invocation, to a row. Source and destination may be the same rows.
#version 450

#ifdef CPU
#define LANES 1u
layout(local_size_x = 8) in;
#else
#define LANES 64u
layout(local_size_x = 64) in;
#endif

layout(constant_id = 0) const bool NORM = false;
layout(constant_id = 1) const bool PACK = false; // squares of 2 x 2 of a map become one row of four times the width

layout(std430, binding = 0) readonly buffer Source { vec4 source[]; };
layout(std430, binding = 2) readonly buffer Vectors { vec4 vectors[]; };
layout(std430, binding = 3) buffer Destination { vec4 destination[]; };
#ifdef TEXELS
layout(binding = 4) uniform textureBuffer source_texels;
layout(binding = 5) uniform textureBuffer vector_texels;
#endif

layout(push_constant) uniform Push {
    uint row_count, rows_per_tile;
    uint width;                             // elements of a row; a multiple of 4
    uint source_stride, destination_stride; // rows from one tile to the next
    uint source_first, destination_first;   // row of the first tile
    uint source_base, destination_base;     // elements
    uint weight, bias;                      // in vectors, in elements
    float epsilon;
    uint across; // of the map that is packed
};

#ifdef CPU
uint lane() { return 0u; }
float total(float value) { return value; }
#else
shared float lane_sums[LANES];

uint lane() { return gl_LocalInvocationIndex; }

// Of all lanes.
float total(float value) {
    barrier();
    lane_sums[lane()] = value;
    for (uint half_lanes = LANES / 2u; half_lanes > 0u; half_lanes /= 2u) {
        barrier();
        if (lane() < half_lanes)
            lane_sums[lane()] += lane_sums[lane() + half_lanes];
    }
    barrier();
    return lane_sums[0];
}
#endif

#ifdef TEXELS
vec4 read(uint at) { return texelFetch(source_texels, int(at)); }
vec4 read_vector(uint at) { return texelFetch(vector_texels, int(at)); }
#else
vec4 read(uint at) { return source[at]; }
vec4 read_vector(uint at) { return vectors[at]; }
#endif

// The element that the row goes to; a row that is in no whole square goes nowhere.
bool find_destination(uint tile, uint place, out uint to) {
    to = destination_base + (tile * destination_stride + destination_first + place) * width;
    if (!PACK)
        return true;
    uint y = place / across, x = place % across, squares = across / 2u;
    to = (((tile * squares + y / 2u) * squares + x / 2u) * 4u + y % 2u * 2u + x % 2u) * width;
    return y / 2u < squares && x / 2u < squares;
}

void move(uint row) {
    uint tile = row / rows_per_tile, place = row % rows_per_tile, quads = width / 4u;
    uint from = (source_base + (tile * source_stride + source_first + place) * width) / 4u;
    uint to;
    if (!find_destination(tile, place, to))
        return;
    to /= 4u;
    if (!NORM) {
        for (uint i = lane(); i < quads; i += LANES)
            destination[to + i] = read(from + i);
        return;
    }
    float sum = 0.0;
    for (uint i = lane(); i < quads; i += LANES)
        sum += dot(read(from + i), vec4(1.0));
    float mean = total(sum) / float(width);
    sum = 0.0;
    for (uint i = lane(); i < quads; i += LANES) {
        vec4 apart = read(from + i) - mean;
        sum += dot(apart, apart);
    }
    float factor = inversesqrt(total(sum) / float(width) + epsilon);
    for (uint i = lane(); i < quads; i += LANES) {
        vec4 value = (read(from + i) - mean) * factor;
        destination[to + i] = value * read_vector(weight / 4u + i) + read_vector(bias / 4u + i);
    }
}

void main() {
#ifdef CPU
    uint first = gl_GlobalInvocationID.x, step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
#else
    uint first = gl_WorkGroupID.x, step = gl_NumWorkGroups.x;
#endif
    for (uint row = first; row < row_count; row += step)
        move(row);
}
