// The tables of a plan, in entries of four words, as src/tables.h describes them.

#ifdef TEXELS
// A CPU driver reads four words of a texel buffer in half the time of one word of a storage buffer (lavapipe: 0.3 and 0.6 ns).
layout(set = 0, binding = 4) uniform utextureBuffer table;
uvec4 entry(uint index) {
    return texelFetch(table, int(index));
}
uint entry_x(uint index) {
    return texelFetch(table, int(index)).x;
}
#else
layout(std430, set = 0, binding = 0) readonly buffer Tables {
    uvec4 table[];
};
uvec4 entry(uint index) {
    return table[index];
}
uint entry_x(uint index) { // the first word alone
    return table[index].x;
}
#endif

vec4 entry_floats(uint index) {
    return uintBitsToFloat(entry(index));
}

struct Scale {
    uint first_tile, tile_count, tile_columns;
    float prefix_weight;
    uint rows, columns, taps_y, taps_x;
    uint merge_y, merge_x, merge_blocks, merge_straight;
    uint feature_height, feature_width, feature_elements;
};

Scale read_scale(uint index) {
    uvec4 tiles = entry(index * 4u), split = entry(index * 4u + 1u);
    uvec4 merge = entry(index * 4u + 2u), features = entry(index * 4u + 3u);
    return Scale(tiles.x, tiles.y, tiles.z, uintBitsToFloat(tiles.w), split.x, split.y, split.z, split.w,
                 merge.x, merge.y, merge.z, merge.w, features.x, features.y, features.z);
}
