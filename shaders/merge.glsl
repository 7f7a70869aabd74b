// What the merge shaders share: where features and outputs are, and the general gather. A shader declares LAYOUT before
// it includes this file.
//
// A dispatch works on one scale. It sees the features of the scale's tiles [tile_begin, tile_end). The bound range of a
// tensor can be smaller than the tensor: *_base is the range's first element, which is subtracted, modulo 2^32.
#include "tensor.glsl"

CONSTANT(S2_SOURCE_TYPE, uint, FEATURE_TYPE, F32)
CONSTANT(S2_TARGET_TYPE, uint, OUTPUT_TYPE, F32)

READ_TENSOR(features, 1)
WRITE_TENSOR(outputs, 2)

// struct s2_merge_push of src/schedule/push.h.
layout(push_constant) uniform Push {
    uint section;
    uint batch;
    uint out_height, out_width;
    uint tile_columns, tile_count;
    uint tile_begin, tile_end;
    uint first_image, first_channel, channel_count;
    uint box_y, box_x, box_height, box_width;
    uint feature_item, feature_channel, feature_row, feature_column, feature_block_bits;
    uint output_item, output_channel, output_row, output_column;
    uint block_height, block_width, block_row, block_column;
    uint features_base, output_base, accumulator_base;
    uint square;
};

#include "table.glsl"

// The element of the scale's first channel in a result: a token of the output, a part of one, or a place of a feature
// map. Of prefix tokens, x is the token; y is the tile, or 0 where means are made.
uint output_element(uint image, uint y, uint x) {
    uint element = image * output_item;
    if (LAYOUT == S2_LAYOUT_TOKENS && square > 1u) { // a token consists of square x square results
        uint row = y / square, column = x / square;
        element += ((y - row * square) * square + x - column * square) * output_channel;
        y = row;
        x = column;
    }
    element += y * output_row + x * output_column;
    if (block_height > 0u) // tokens in blocks: the additional step from block to block
        element += y / block_height * block_row + x / block_width * block_column;
    return element;
}

// Elements from channel to channel of the output. The channels of a token are side by side.
uint output_stride() { return LAYOUT == S2_LAYOUT_MAPS ? output_channel : 1u; }

// The element of a channel of the features, relative to the first channel.
uint feature_plane(uint channel) {
    if (LAYOUT == S2_LAYOUT_TOKENS)
        return channel;
    uint inside = (1u << feature_block_bits) - 1u;
    return (channel >> feature_block_bits) * feature_channel + (channel & inside);
}

bool has_tile(uint tile) { return tile >= tile_begin && tile < tile_end; }

// The element of a tile's first channel: of its first token after the prefix, or of the first place of its first
// feature map.
uint tile_element(uint tile) { return tile * feature_item - features_base; }

// Prefetching on CPU drivers, as shaders/prefetch.glsl has it for splits: what a workgroup reads and writes is in many
// places, and reads that do not wait for each other bring it into the caches first. Nothing uses what is read.
const uint FEATURE_LINE = FEATURE_TYPE == F32 ? 16u : 32u, OUTPUT_LINE = OUTPUT_TYPE == F32 ? 16u : 32u; // of a cache
uint prefetched = 0u;

// Reads a word of the texel that an element is in, or of the last one.
void prefetch_feature(uint element) {
    uint texel = element / (FEATURE_LINE / 4u);
    prefetched |= READ_TEXEL(features, min(texel, features_words.length() / 4u - 1u)).x;
}

// No compiler knows that a batch has an image, so that none leaves out the reads.
void end_prefetching() {
    if (ON_CPU && batch == 0u)
        outputs_words[0] = prefetched;
}

// The tables of the general gather:
// - Entry 0: (entry of row 0, entry of column 0, 1 / number of tiles of an image).
// - A row or column of the output: (first segment, end segment, first tile, last tile). Tiles are counted in rows or
//   columns of tiles.
// - A segment is the part that is read of one tile: (tile, first tap, end tap).
// - A tap: (coordinate inside the tile, weight).
void gather_window(uint y, uint x, out uvec4 rows, out uvec4 columns) {
    uvec4 record = entry(0u);
    rows = entry(record.x + y);
    columns = entry(record.y + x);
}

uint tile_at(uint image, uint row, uint column) { return (row * tile_columns + column) * batch + image; }

// One output whose tiles are all in this dispatch. Reads only taps that have a weight.
float gather(uint image, uint y, uint x, uint channel) {
    uvec4 rows, columns;
    gather_window(y, x, rows, columns);
    float sum = 0.0;
    for (uint r = rows.x; r < rows.y; r++)
        for (uint c = columns.x; c < columns.y; c++) {
            uvec4 row = entry(r), column = entry(c);
            uint base = tile_element(tile_at(image, row.x, column.x)) + feature_plane(channel);
            for (uint i = row.y; i < row.z; i++)
                for (uint k = column.y; k < column.z; k++) {
                    uvec4 y_tap = entry(i), x_tap = entry(k);
                    uint element = base + y_tap.x * feature_row + x_tap.x * feature_column;
                    sum += uintBitsToFloat(y_tap.y) * uintBitsToFloat(x_tap.y) * features_read(FEATURE_TYPE, element);
                }
        }
    return sum;
}

// Whether all tiles of an output are in this dispatch. The scale must be whole, or each of its outputs must read one
// tile only.
bool is_here(uint image, uint y, uint x) {
    if (tile_begin == 0u && tile_end == tile_count)
        return true;
    uvec4 rows, columns;
    gather_window(y, x, rows, columns);
    return has_tile(tile_at(image, rows.z, columns.z)) && has_tile(tile_at(image, rows.w, columns.w));
}

// A dense sum also has features with a weight of 0. If one of these is infinite or NaN, the sum is NaN. A sum that is
// finite is therefore right.
bool is_finite(vec4 v) {
    uvec4 magnitude = floatBitsToUint(v) & 0x7FFFFFFFu;
    return max(max(magnitude.x, magnitude.y), max(magnitude.z, magnitude.w)) < 0x7F800000u;
}
