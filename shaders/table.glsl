// The tables of a plan. An entry is four words. A scale has a section of entries, which begins at entry `section`. All
// indices in tables are relative to the section. Each kernel's source in src/kernels lists what its section contains.

#ifdef TEXELS
// A CPU driver fetches a texel of four words in half the time that one word of a storage buffer takes (lavapipe: 0.3 ns
// against 0.6 ns).
layout(set = 0, binding = 4) uniform utextureBuffer table;
uvec4 entry(uint index) { return texelFetch(table, int(section + index)); }
#else
layout(std430, set = 0, binding = 0) readonly buffer Tables { uvec4 table[]; };
uvec4 entry(uint index) { return table[section + index]; }
#endif

vec4 entry_floats(uint index) { return uintBitsToFloat(entry(index)); }
