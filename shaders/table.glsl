// The tables of a plan, in entries of four words. A scale has a section of them, which begins at entry `section`; kernels say what
// is in it (src/kernels). Indices in tables are counted from there.

#ifdef TEXELS
// A CPU driver reads four words of a texel buffer in half the time of one word of a storage buffer (lavapipe: 0.3 and 0.6 ns).
layout(set = 0, binding = 4) uniform utextureBuffer table;
uvec4 entry(uint index) {
    return texelFetch(table, int(section + index));
}
#else
layout(std430, set = 0, binding = 0) readonly buffer Tables {
    uvec4 table[];
};
uvec4 entry(uint index) {
    return table[section + index];
}
#endif

vec4 entry_floats(uint index) {
    return uintBitsToFloat(entry(index));
}
