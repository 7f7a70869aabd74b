// Turns tiles, as the model receives them, into pixels again. Undoes mean and standard deviation, and reduces tiles by
// a power of two if all of them would take too much memory.
#version 450

const uint LANES = 64;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    vec4 mean, deviation;
    uint side;   // of a tile
    uint shift;  // halvings of the side of a kept tile
    uint first;  // first tile that is read
    uint count;
    uint out_at; // where the first one is kept
};
layout(std430, binding = 0) readonly buffer Tiles {
    float tiles[]; // count x 3 x side x side
};
layout(std430, binding = 1) writeonly buffer Kept {
    uint kept[]; // RGBA
};

void main() {
    const uint small = max(side >> shift, 1u), step = min(1u << shift, side);
    for (uint i = gl_GlobalInvocationID.x; i < count * small * small; i += gl_NumWorkGroups.x * LANES) {
        const uint tile = i / (small * small), row = i / small % small * step, column = i % small * step;
        vec3 sum = vec3(0.0);
        for (uint y = 0; y < step; y++)
            for (uint x = 0; x < step; x++)
                for (uint c = 0; c < 3; c++)
                    sum[c] += tiles[(((first + tile) * 3 + c) * side + row + y) * side + column + x];
        const vec3 value = sum / float(step * step) * deviation.rgb + mean.rgb;
        kept[(out_at + tile) * small * small + i % (small * small)] = packUnorm4x8(vec4(value, 1.0));
    }
}
