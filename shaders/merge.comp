// Merge: features to output. Untiling, cropping, both area interpolations and concatenation, in one pass.
//
// y: image of the batch; z: scale; x: with BNC the tokens of a box, prefix tokens first, WIDTH channels of one to an
// invocation; with BCHW the elements of the box for one channel after the other.
//
// A dispatch sees the features of tiles [tile_begin, tile_end). An output whose window reaches over tiles of other
// dispatches is summed up in between: each tile's part is added in the order of tiles, whatever the dispatches are, so
// that the result does not depend on them. Indices are modulo 2^32, as in split.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "plan.glsl"
#include "tensor.glsl"

const uint BNC = 0u;

// Where sums that outlive a dispatch are: nowhere, since there are none; in the output, which is f32; in a buffer.
const uint NOWHERE = 0u;
const uint IN_OUTPUT = 1u;
const uint IN_BUFFER = 2u;

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint FEATURE_TYPE = F32;
layout(constant_id = 2) const uint OUTPUT_TYPE = F32;
layout(constant_id = 3) const uint WIDTH = 1; // 4 with BNC where channels are a multiple of 4, else 1
layout(constant_id = 4) const uint LAYOUT = BNC;
layout(constant_id = 5) const uint SUMS = NOWHERE;

layout(std430, set = 0, binding = 1) readonly buffer Features {
    uint features1[];
};
layout(std430, set = 0, binding = 1) readonly buffer Features2 {
    uvec2 features2[];
};
layout(std430, set = 0, binding = 1) readonly buffer Features4 {
    uvec4 features4[];
};
layout(std430, set = 0, binding = 2) buffer Output {
    uint output1[];
};
layout(std430, set = 0, binding = 2) buffer Output2 {
    uvec2 output2[];
};
layout(std430, set = 0, binding = 2) buffer Output4 {
    uvec4 output4[];
};
layout(std430, set = 0, binding = 3) buffer Sums {
    float sums1[];
};
layout(std430, set = 0, binding = 3) buffer Sums4 {
    vec4 sums4[];
};

layout(push_constant) uniform Push {
    uint batch, channels, prefix;           // of the plan: B, D, prefix tokens
    uint scale_count, out_height, out_width; // of the plan and its output
    uint call_tile;                         // the tile that the features buffer begins with
    uint tile_begin, tile_end;              // of this dispatch
    uint first_scale, first_image;          // of this dispatch
    uint first_channel, channel_count;
    uint box_prefix;                        // prefix tokens of this dispatch: all or none
    uint box_y, box_x, box_height, box_width;
    uint features_base, output_base, sums_base; // first elements of the windows bound
};

vec4 read_features(uint index) {
    if (WIDTH == 4)
        return FEATURE_TYPE == F32 ? uintBitsToFloat(features4[index >> 2])
                                   : decode4(FEATURE_TYPE, features2[index >> 2]);
    return vec4(decode(FEATURE_TYPE, features1[FEATURE_TYPE == F32 ? index : index >> 1], index));
}

void store_output(uint index, vec4 value) {
    if (WIDTH == 4) {
        if (OUTPUT_TYPE == F32)
            output4[index >> 2] = floatBitsToUint(value);
        else
            output2[index >> 2] = encode4(OUTPUT_TYPE, value);
    } else if (OUTPUT_TYPE == F32) {
        output1[index] = floatBitsToUint(value.x);
    } else { // the other half of the word is another invocation's
        uint shift = (index & 1u) * 16u;
        atomicAnd(output1[index >> 1], 0xFFFF0000u >> shift);
        atomicOr(output1[index >> 1], to_half(OUTPUT_TYPE, value.x) << shift);
    }
}

vec4 read_sum(uint index) {
    if (SUMS == IN_OUTPUT)
        return WIDTH == 4 ? uintBitsToFloat(output4[(index - output_base) >> 2])
                          : vec4(uintBitsToFloat(output1[index - output_base]));
    return WIDTH == 4 ? sums4[(index - sums_base) >> 2] : vec4(sums1[index - sums_base]);
}

void store_sum(uint index, vec4 value) {
    if (SUMS == IN_OUTPUT) {
        store_output(index - output_base, value);
    } else if (WIDTH == 4) {
        sums4[(index - sums_base) >> 2] = value;
    } else {
        sums1[index - sums_base] = value.x;
    }
}

// Adds the parts of tiles of this dispatch to what the tiles before gave, and passes the sum on. The window's tiles are
// first_tile, ..., last_tile; `index` is the output's element.
vec4 begin_sum(uint index, uint first_tile) {
    return SUMS != NOWHERE && first_tile < tile_begin ? read_sum(index) : vec4(0.0);
}

void end_sum(uint index, uint last_tile, vec4 sum) {
    if (SUMS != NOWHERE && last_tile >= tile_end)
        store_sum(index, sum);
    else
        store_output(index - output_base, sum);
}

bool has_tile(uint tile) {
    return tile >= tile_begin && tile < tile_end;
}

uint tile_base(Scale s, uint tile) {
    return (tile - call_tile) * s.feature_elements - features_base;
}

void merge_prefix(Scale s, uint image, uint token, uint channel, uint index) {
    uint first = s.first_tile + image;
    uint last = first + s.tile_count - batch;
    uint tile = first;
    if (tile < tile_begin)
        tile += (tile_begin - tile + batch - 1u) / batch * batch;
    if (tile > last || tile >= tile_end)
        return;
    vec4 sum = begin_sum(index, first);
    for (; tile <= last && tile < tile_end; tile += batch)
        sum += s.prefix_weight * read_features(tile_base(s, tile) + token * channels + channel);
    end_sum(index, last, sum);
}

// The weighted sum over the part of a window that lies in one tile. rows and columns are segments of src/tables.h.
vec4 tile_part(Scale s, uint tile, uint rows, uint columns, uint channel) {
    uint base = tile_base(s, tile);
    vec4 part = vec4(0.0);
    for (uint i = table[rows + 1u]; i < table[rows + 2u]; i += 2u) {
        vec4 line = vec4(0.0);
        for (uint k = table[columns + 1u]; k < table[columns + 2u]; k += 2u) {
            uint token = table[i] * s.feature_width + table[k];
            uint element = LAYOUT == BNC ? (prefix + token) * channels + channel
                                         : channel * s.feature_height * s.feature_width + token;
            line += uintBitsToFloat(table[k + 1u]) * read_features(base + element);
        }
        part += uintBitsToFloat(table[i + 1u]) * line;
    }
    return part;
}

void merge_grid(Scale s, uint image, uint y, uint x, uint channel, uint index) {
    uint rows = table[s.merge_y + y], rows_end = table[s.merge_y + y + 1u];
    uint columns = table[s.merge_x + x], columns_end = table[s.merge_x + x + 1u];
    uint base = s.first_tile + image;
    uint first = base + (table[rows] * s.tile_columns + table[columns]) * batch;
    uint last = base + (table[rows_end - 3u] * s.tile_columns + table[columns_end - 3u]) * batch;
    if (last < tile_begin || first >= tile_end)
        return;
    vec4 sum = begin_sum(index, first);
    bool touched = false;
    for (uint r = rows; r < rows_end; r += 3u)
        for (uint c = columns; c < columns_end; c += 3u) {
            uint tile = base + (table[r] * s.tile_columns + table[c]) * batch;
            if (has_tile(tile)) {
                sum += tile_part(s, tile, r, c, channel);
                touched = true;
            }
        }
    if (touched)
        end_sum(index, last, sum);
}

void main() {
    uint image = first_image + gl_WorkGroupID.y;
    uint scale = first_scale + gl_WorkGroupID.z;
    uint all_channels = scale_count * channels;
    uint id = gl_GlobalInvocationID.x;
    Scale s = read_scale(scale);
    if (LAYOUT == BNC) {
        uint units = channel_count / WIDTH;
        uint position = id / units;
        uint channel = first_channel + id % units * WIDTH;
        if (position >= box_prefix + box_height * box_width)
            return;
        uint tokens = prefix + out_height * out_width;
        uint index = image * tokens * all_channels + scale * channels + channel;
        if (position < box_prefix) {
            merge_prefix(s, image, position, channel, index + position * all_channels);
        } else {
            uint y = box_y + (position - box_prefix) / box_width;
            uint x = box_x + (position - box_prefix) % box_width;
            merge_grid(s, image, y, x, channel, index + (prefix + y * out_width + x) * all_channels);
        }
    } else {
        uint x = box_x + id % box_width;
        uint y = box_y + id / box_width % box_height;
        uint channel = first_channel + id / box_width / box_height;
        if (channel >= first_channel + channel_count)
            return;
        uint index = ((image * all_channels + scale * channels + channel) * out_height + y) * out_width + x;
        merge_grid(s, image, y, x, channel, index);
    }
}
