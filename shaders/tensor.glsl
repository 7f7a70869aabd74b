// Elements of a tensor: f32, f16 or bf16 in memory, f32 in arithmetic. Conversions are in integer arithmetic, so that they
// need no 16-bit feature and round to nearest even on every device (packHalf2x16 may truncate).

const uint F32 = 0u;
const uint F16 = 1u;
const uint BF16 = 2u;

float f16_to_f32(uint bits) {
    uint sign = (bits & 0x8000u) << 16;
    uint exponent = (bits >> 10) & 0x1Fu;
    uint mantissa = bits & 0x3FFu;
    if (exponent == 0u)
        return uintBitsToFloat(sign | floatBitsToUint(float(mantissa) * 5.9604644775390625e-8)); // 2^-24
    uint rebased = exponent == 31u ? 0x7F800000u : (exponent + 112u) << 23;
    return uintBitsToFloat(sign | rebased | (mantissa << 13));
}

uint f32_to_f16(float value) {
    uint bits = floatBitsToUint(value);
    uint sign = (bits >> 16) & 0x8000u;
    uint magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u)
        return sign | 0x7E00u;
    if (magnitude >= 0x47800000u) // 65536 and above
        return sign | 0x7C00u;
    if (magnitude < 0x38800000u) // below 2^-14: a multiple of 2^-24
        return sign | uint(roundEven(uintBitsToFloat(magnitude) * 16777216.0));
    return sign | ((magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13);
}

uint f32_to_bf16(float value) {
    uint bits = floatBitsToUint(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (bits >> 16) | 0x40u;
    return (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}

float from_half(uint type, uint bits) {
    return type == F16 ? f16_to_f32(bits) : uintBitsToFloat(bits << 16);
}

uint to_half(uint type, float value) {
    return type == F16 ? f32_to_f16(value) : f32_to_bf16(value);
}

// Element `index` of the word that holds it.
float decode(uint type, uint word, uint index) {
    if (type == F32)
        return uintBitsToFloat(word);
    return from_half(type, (index & 1u) == 0u ? word & 0xFFFFu : word >> 16);
}

vec4 decode4(uint type, uvec2 words) {
    return vec4(from_half(type, words.x & 0xFFFFu), from_half(type, words.x >> 16),
                from_half(type, words.y & 0xFFFFu), from_half(type, words.y >> 16));
}

uvec2 encode4(uint type, vec4 v) {
    return uvec2(to_half(type, v.x) | (to_half(type, v.y) << 16), to_half(type, v.z) | (to_half(type, v.w) << 16));
}
