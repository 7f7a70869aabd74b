// The tables of a plan, as src/tables.h describes and src/tables.c writes them.

layout(std430, set = 0, binding = 0) readonly buffer Tables {
    uint table[];
};

struct Scale {
    uint first_tile, tile_count;
    uint tile_rows, tile_columns;
    uint image_height, image_width;
    uint split_y, split_x;
    uint ky, kx;
    uint merge_y, merge_x;
    uint feature_height, feature_width;
    uint feature_elements;
    float prefix_weight;
};

Scale read_scale(uint index) {
    uint at = index * 16u;
    return Scale(table[at], table[at + 1u], table[at + 2u], table[at + 3u], table[at + 4u], table[at + 5u],
                 table[at + 6u], table[at + 7u], table[at + 8u], table[at + 9u], table[at + 10u], table[at + 11u],
                 table[at + 12u], table[at + 13u], table[at + 14u], uintBitsToFloat(table[at + 15u]));
}
