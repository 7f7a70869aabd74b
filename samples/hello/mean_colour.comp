// A model without weights: the mean colour of each 16 x 16 patch of 224 x 224 tiles. One invocation per token.
#version 450

layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer Tiles {
    float tiles[]; // tile_count x 3 x 224 x 224
};
layout(std430, binding = 1) writeonly buffer Features {
    float features[]; // tile_count x 196 x 3
};
layout(push_constant) uniform Push { uint tile_count; };

void main() {
    uint tile = gl_GlobalInvocationID.x / 196, token = gl_GlobalInvocationID.x % 196;
    if (tile >= tile_count)
        return;
    for (uint channel = 0; channel < 3; channel++) {
        uint corner = ((tile * 3 + channel) * 224 + token / 14 * 16) * 224 + token % 14 * 16;
        float sum = 0.0;
        for (uint y = 0; y < 16; y++)
            for (uint x = 0; x < 16; x++)
                sum += tiles[corner + y * 224 + x];
        features[(tile * 196 + token) * 3 + channel] = sum / 256.0;
    }
}
