// The tables of a plan, in entries of four words: indices of entries, numbers, or floats. A scale's are a section, in which
// indices are counted from its first entry.

#ifdef TEXELS
// A CPU driver reads four words of a texel buffer in half the time of one word of a storage buffer (lavapipe: 0.3 and 0.6 ns).
layout(set = 0, binding = 4) uniform utextureBuffer table;
#define TABLE_ENTRY(index) texelFetch(table, int(index))
#else
layout(std430, set = 0, binding = 0) readonly buffer Tables {
    uvec4 table[];
};
#define TABLE_ENTRY(index) table[index]
#endif

uvec4 entry(uint index) {
    return TABLE_ENTRY(section + index);
}

uint entry_x(uint index) { // the first word alone
    return TABLE_ENTRY(section + index).x;
}

vec4 entry_floats(uint index) {
    return uintBitsToFloat(entry(index));
}
