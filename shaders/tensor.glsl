// Elements of a tensor: f32, f16 or bf16 in memory, f32 in arithmetic. f16 and bf16 are both called halves here.
// Conversions use integer arithmetic. They therefore need no 16-bit feature, keep subnormals, and round to nearest even
// on every device; packHalf2x16() may truncate.

#include "constants.glsl"

const uint F32 = 0u;
const uint F16 = 1u;
const uint BF16 = 2u;

#ifdef TEXELS
CONSTANT(S2_UNPACK_HALVES, bool, UNPACK_HALVES, false)
#else
const bool UNPACK_HALVES = false;
#endif

// Signed arithmetic, because vectors of CPUs compare and convert signed integers in one instruction. On lavapipe, one
// conversion instruction (unpackHalf2x16) in its place takes benchmark shape C from 56 to 45 ms.
float f16_to_f32(uint bits) {
    if (UNPACK_HALVES)
        return unpackHalf2x16(bits).x;
    int magnitude = int(bits & 0x7FFFu) << 13; // exponent and mantissa where f32 has them
    int rebased = magnitude + (magnitude >= 0x0F800000 ? 0x70000000 : 0x38000000);
    // A subnormal is a multiple of 2^-24. With the exponent of 2^-14 its bits read as 2^-14 + the subnormal; the
    // subtraction leaves the subnormal.
    int value =
        magnitude < 0x00800000 ? floatBitsToInt(intBitsToFloat(rebased + 0x00800000) - 0.00006103515625) : rebased;
    return uintBitsToFloat(uint(value) | (bits & 0x8000u) << 16);
}

uint f32_to_f16(float value) {
    int magnitude = floatBitsToInt(value) & 0x7FFFFFFF;
    // Below 2^-14 the result is a multiple of 2^-24. That is the last place of 0.5, so that adding 0.5 rounds.
    int small = floatBitsToInt(intBitsToFloat(magnitude) + 0.5) - 0x3F000000;
    int rounded = (min(magnitude, 0x47800000) - 0x37FFF001 + ((magnitude >> 13) & 1)) >> 13;
    int bits = magnitude < 0x38800000 ? small : magnitude > 0x7F800000 ? 0x7E00 : rounded;
    return uint(bits) | (floatBitsToUint(value) >> 16 & 0x8000u);
}

uint f32_to_bf16(float value) {
    uint bits = floatBitsToUint(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (bits >> 16) | 0x40u;
    return (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}

float from_half(uint type, uint bits) { return type == F16 ? f16_to_f32(bits) : uintBitsToFloat(bits << 16); }

uint to_half(uint type, float value) { return type == F16 ? f32_to_f16(value) : f32_to_bf16(value); }

vec2 from_halves(uint type, uint word) { return vec2(from_half(type, word & 0xFFFFu), from_half(type, word >> 16)); }

uint to_halves(uint type, vec2 v) { return to_half(type, v.x) | (to_half(type, v.y) << 16); }

// PAIR is 8 bytes, QUAD is 16 bytes and OCT is 32 bytes. CPU drivers load and store each vector component separately.
// Where the device has 64-bit integers, half the number of components takes half the time (lavapipe, for 64 MB: loads
// 14 to 8 ms, stores 11 to 6 ms).
#ifdef INT64
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#define PAIR uint64_t
#define QUAD u64vec2
#define OCT u64vec4
uvec2 from_pair(PAIR p) { return unpackUint2x32(p); }
PAIR to_pair(uvec2 v) { return packUint2x32(v); }
uvec4 from_quad(QUAD q) { return uvec4(unpackUint2x32(q.x), unpackUint2x32(q.y)); }
QUAD to_quad(uvec4 v) { return QUAD(packUint2x32(v.xy), packUint2x32(v.zw)); }
uvec4 low(OCT o) { return from_quad(o.xy); }
uvec4 high(OCT o) { return from_quad(o.zw); }
OCT to_oct(uvec4 a, uvec4 b) { return OCT(to_quad(a), to_quad(b)); }
#else
struct Oct {
    uvec4 low, high;
};
#define PAIR uvec2
#define QUAD uvec4
#define OCT Oct
uvec2 from_pair(PAIR p) { return p; }
PAIR to_pair(uvec2 v) { return v; }
uvec4 from_quad(QUAD q) { return q; }
QUAD to_quad(uvec4 v) { return v; }
uvec4 low(OCT o) { return o.low; }
uvec4 high(OCT o) { return o.high; }
OCT to_oct(uvec4 a, uvec4 b) { return OCT(a, b); }
#endif

// The four words that begin at a word of texel a. b is the texel after a.
uvec4 shift_words(uint word, uvec4 a, uvec4 b) {
    bool by_two = (word & 2u) != 0u;
    uvec4 v = by_two ? uvec4(a.zw, b.xy) : a;
    return (word & 1u) == 0u ? v : uvec4(v.yzw, by_two ? b.z : b.x);
}

// The word that follows the four of shift_words().
uint word_after(uint word, uvec4 b) {
    return (word & 2u) == 0u ? ((word & 1u) == 0u ? b.x : b.y) : ((word & 1u) == 0u ? b.z : b.w);
}

// READ_TENSOR(t, slot) declares a tensor at a binding and the functions that read it:
//   t_read(type, index)       one element
//   t_read4(type, index)      four elements; index is a multiple of 4
//   t_read8(type, index)      eight elements; index is a multiple of 8
//   t_read_any4(type, index)  four elements, from any index
//   t_read_any8(type, index)  eight elements, from any index
//   t_read_edge4(type, index) four elements, from any index; all but the first may lie beyond the end of the buffer
// If the tensor is also bound as a texel buffer (SOURCE_TEXELS), it is read by texels of 16 bytes. CPU drivers do that
// in half the time that the words of a storage buffer take.
#ifdef TEXELS
const bool ON_CPU = true; // a compiler for GPUs need not see the code for CPUs
CONSTANT(S2_SOURCE_TEXELS, bool, SOURCE_TEXELS, false)
#define TEXEL_TENSOR(t) layout(set = 0, binding = 5) uniform utextureBuffer t##_texels;
#define READ_TEXEL(t, index) texelFetch(t##_texels, int(index))
#else
const bool ON_CPU = false;
const bool SOURCE_TEXELS = false;
#define TEXEL_TENSOR(t)
#define READ_TEXEL(t, index) uvec4(0u)
#endif

#define READ_TENSOR(t, slot)                                                                                           \
    TEXEL_TENSOR(t)                                                                                                    \
    layout(std430, set = 0, binding = slot) readonly buffer t##_Words { uint t##_words[]; };                           \
    layout(std430, set = 0, binding = slot) readonly buffer t##_Pairs { PAIR t##_pairs[]; };                           \
    layout(std430, set = 0, binding = slot) readonly buffer t##_Quads { QUAD t##_quads[]; };                           \
    layout(std430, set = 0, binding = slot) readonly buffer t##_Octs { OCT t##_octs[]; };                              \
    float t##_read(uint type, uint index) {                                                                            \
        if (type == F32)                                                                                               \
            return uintBitsToFloat(t##_words[index]);                                                                  \
        uint word = t##_words[index >> 1];                                                                             \
        return from_half(type, (index & 1u) == 0u ? word & 0xFFFFu : word >> 16);                                      \
    }                                                                                                                  \
    vec4 t##_read4(uint type, uint index) {                                                                            \
        if (type == F32)                                                                                               \
            return uintBitsToFloat(SOURCE_TEXELS ? READ_TEXEL(t, index >> 2) : from_quad(t##_quads[index >> 2]));      \
        uvec2 pair;                                                                                                    \
        if (SOURCE_TEXELS) {                                                                                           \
            uvec4 texel = READ_TEXEL(t, index >> 3);                                                                   \
            pair = (index & 4u) == 0u ? texel.xy : texel.zw;                                                           \
        } else {                                                                                                       \
            pair = from_pair(t##_pairs[index >> 2]);                                                                   \
        }                                                                                                              \
        return vec4(from_halves(type, pair.x), from_halves(type, pair.y));                                             \
    }                                                                                                                  \
    /* Four words from `word` on. Words beyond `last` are not read: `last` is read in their place. */                  \
    uvec4 t##_any_words(uint word, uint last) {                                                                        \
        if (!SOURCE_TEXELS)                                                                                            \
            return uvec4(                                                                                              \
                t##_words[word], t##_words[min(word + 1u, last)], t##_words[min(word + 2u, last)], t##_words[last]);   \
        return shift_words(word, READ_TEXEL(t, word >> 2), READ_TEXEL(t, last >> 2));                                  \
    }                                                                                                                  \
    vec4 t##_read_words4(uint type, uint index, uint last) {                                                           \
        if (type == F32)                                                                                               \
            return uintBitsToFloat(t##_any_words(index, min(index + 3u, last)));                                       \
        uvec4 v = t##_any_words(index >> 1, min((index + 3u) >> 1, last));                                             \
        if ((index & 1u) != 0u)                                                                                        \
            v.xy = v.xy >> 16 | v.yz << 16;                                                                            \
        return vec4(from_halves(type, v.x), from_halves(type, v.y));                                                   \
    }                                                                                                                  \
    vec4 t##_read_any4(uint type, uint index) { return t##_read_words4(type, index, 0xFFFFFFFFu); }                    \
    void t##_read_any8(uint type, uint index, out vec4 a, out vec4 b) {                                                \
        if (type == F32 && SOURCE_TEXELS) { /* three texels; two calls of read_any4() would fetch four */              \
            uint texel = index >> 2;                                                                                   \
            uvec4 t0 = READ_TEXEL(t, texel), t1 = READ_TEXEL(t, texel + 1u), t2 = READ_TEXEL(t, (index + 7u) >> 2);    \
            a = uintBitsToFloat(shift_words(index, t0, t1));                                                           \
            b = uintBitsToFloat(shift_words(index, t1, t2));                                                           \
        } else {                                                                                                       \
            a = t##_read_any4(type, index);                                                                            \
            b = t##_read_any4(type, index + 4u);                                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    vec4 t##_read_edge4(uint type, uint index) { return t##_read_words4(type, index, t##_words.length() - 1u); }       \
    void t##_read8(uint type, uint index, out vec4 a, out vec4 b) {                                                    \
        if (type == F32 && !SOURCE_TEXELS) {                                                                           \
            OCT o = t##_octs[index >> 3];                                                                              \
            a = uintBitsToFloat(low(o));                                                                               \
            b = uintBitsToFloat(high(o));                                                                              \
        } else if (type == F32) {                                                                                      \
            a = t##_read4(type, index);                                                                                \
            b = t##_read4(type, index + 4u);                                                                           \
        } else {                                                                                                       \
            uvec4 q = SOURCE_TEXELS ? READ_TEXEL(t, index >> 3) : from_quad(t##_quads[index >> 3]);                    \
            a = vec4(from_halves(type, q.x), from_halves(type, q.y));                                                  \
            b = vec4(from_halves(type, q.z), from_halves(type, q.w));                                                  \
        }                                                                                                              \
    }

// WRITE_TENSOR(t, slot) declares a tensor at a binding and the functions that write it:
//   t_write(type, index, value)  one element
//   t_write4(type, index, v)     four elements; index is a multiple of 4
//   t_write8(type, index, a, b)  eight elements; index is a multiple of 8
// t_words can also be read.
#define WRITE_TENSOR(t, slot)                                                                                          \
    layout(std430, set = 0, binding = slot) buffer t##_Words { uint t##_words[]; };                                    \
    layout(std430, set = 0, binding = slot) buffer t##_Pairs { PAIR t##_pairs[]; };                                    \
    layout(std430, set = 0, binding = slot) buffer t##_Quads { QUAD t##_quads[]; };                                    \
    layout(std430, set = 0, binding = slot) buffer t##_Octs { OCT t##_octs[]; };                                       \
    void t##_write(uint type, uint index, float value) {                                                               \
        if (type == F32) {                                                                                             \
            t##_words[index] = floatBitsToUint(value);                                                                 \
        } else { /* the other half of the word may be another invocation's */                                          \
            uint shift = (index & 1u) * 16u;                                                                           \
            atomicAnd(t##_words[index >> 1], 0xFFFF0000u >> shift);                                                    \
            atomicOr(t##_words[index >> 1], to_half(type, value) << shift);                                            \
        }                                                                                                              \
    }                                                                                                                  \
    void t##_write4(uint type, uint index, vec4 v) {                                                                   \
        if (type == F32)                                                                                               \
            t##_quads[index >> 2] = to_quad(floatBitsToUint(v));                                                       \
        else                                                                                                           \
            t##_pairs[index >> 2] = to_pair(uvec2(to_halves(type, v.xy), to_halves(type, v.zw)));                      \
    }                                                                                                                  \
    void t##_write8(uint type, uint index, vec4 a, vec4 b) {                                                           \
        if (type == F32)                                                                                               \
            t##_octs[index >> 3] = to_oct(floatBitsToUint(a), floatBitsToUint(b));                                     \
        else                                                                                                           \
            t##_quads[index >> 3] = to_quad(                                                                           \
                uvec4(to_halves(type, a.xy), to_halves(type, a.zw), to_halves(type, b.xy), to_halves(type, b.zw)));    \
    }
