// What the merges of both layouts share: a dispatch sees the features of tiles [tile_begin, tile_end). An output whose window
// reaches over tiles of other dispatches is summed up in between: taps are added one by one in the order of tiles, whatever
// the dispatches are, so that the result does not depend on them. Indices are modulo 2^32, as in split.comp.

// Where sums that outlive a dispatch are: nowhere, since there are none; in the output, which is f32; in a buffer.
const uint NOWHERE = 0u;
const uint IN_OUTPUT = 1u;
const uint IN_BUFFER = 2u;

layout(local_size_x_id = 0, local_size_y_id = 1) in;
#ifndef FIXED_WIDTH
layout(constant_id = 2) const uint FEATURE_TYPE = F32;
layout(constant_id = 3) const uint OUTPUT_TYPE = F32;
layout(constant_id = 4) const uint WIDTH = 1; // elements of the output to an invocation: 1, 4 or a multiple of 8
layout(constant_id = 5) const uint SUMS = NOWHERE;
layout(constant_id = 6) const uint RUN = 1; // tokens, or channels of a map, that an invocation makes one after the other
layout(constant_id = 16) const bool ALIGNED = true; // whether units are at multiples of WIDTH in the features
layout(constant_id = 17) const bool ALIGNED_OUTPUT = true;
#else // The commonest of these, for drivers that go through what constants rule out.
const uint FEATURE_TYPE = F32, OUTPUT_TYPE = F32, WIDTH = FIXED_WIDTH, SUMS = NOWHERE, RUN = FIXED_RUN;
const bool ALIGNED = true, ALIGNED_OUTPUT = true;
#endif

READ_TENSOR(features, 1)
WRITE_TENSOR(outputs, 2)
layout(std430, set = 0, binding = 3) buffer Sums {
    float sums[];
};

layout(push_constant) uniform Push {
    uint batch, channels, prefix;            // of the plan: B, D, prefix tokens
    uint scale_count, out_height, out_width; // of the plan and its output
    uint call_tile;                          // the tile that the features buffer begins with
    uint tile_begin, tile_end;               // of this dispatch
    uint first_scale, first_image;           // of this dispatch
    uint first_channel, channel_count;
    uint box_prefix; // prefix tokens of this dispatch: all or none
    uint box_y, box_x, box_height, box_width;
    uint features_base, output_base, sums_base; // first elements of the windows bound
};

bool has_tile(uint tile) {
    return tile >= tile_begin && tile < tile_end;
}

uint tile_base(Scale s, uint tile) {
    return (tile - call_tile) * s.feature_elements - features_base;
}

float read_sum(uint index) {
    return SUMS == IN_OUTPUT ? uintBitsToFloat(outputs_words[index - output_base]) : sums[index - sums_base];
}

void store_sum(uint index, float sum) {
    if (SUMS == IN_OUTPUT)
        outputs_words[index - output_base] = floatBitsToUint(sum);
    else
        sums[index - sums_base] = sum;
}
