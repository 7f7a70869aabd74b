// Oklab (B. Ottosson, 2020): colours by lightness and two opponent axes, with steps that look equally large. x, y and z
// from -1 to 1 are dark to light, green to red, and blue to yellow. The result is sRGB-coded.
vec3 opponent_colour(vec3 v) {
    const float lightness = 0.62 + 0.26 * v.x, a = 0.105 * v.y, b = 0.105 * v.z;
    const float l = lightness + 0.3963377774 * a + 0.2158037573 * b;
    const float m = lightness - 0.1055613458 * a - 0.0638541728 * b;
    const float s = lightness - 0.0894841775 * a - 1.2914855480 * b;
    const vec3 lms = vec3(l * l * l, m * m * m, s * s * s);
    const vec3 linear = clamp(vec3(dot(lms, vec3(4.0767416621, -3.3077115913, 0.2309699292)),
                                  dot(lms, vec3(-1.2684380046, 2.6097574011, -0.3413193965)),
                                  dot(lms, vec3(-0.0041960863, -0.7034186147, 1.7076147010))),
        0.0, 1.0);
    return mix(1.055 * pow(linear, vec3(1.0 / 2.4)) - 0.055, 12.92 * linear, lessThanEqual(linear, vec3(0.0031308)));
}

// The colour of a segment. Hues are a golden angle apart, on three levels of lightness.
vec3 segment_colour(uint segment) {
    const float hue = 0.9 + 2.399963 * float(segment);
    return opponent_colour(vec3(-0.35 + 0.5 * float(segment % 3), cos(hue), sin(hue)));
}
