// What follows a linear map, by the constant ACTIVATION: as enum vit_activation.

// Abramowitz and Stegun, 7.1.26: absolute error below 1.5e-7.
vec4 erf(vec4 x) {
    vec4 t = 1.0 / (1.0 + 0.3275911 * abs(x));
    vec4 p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return sign(x) * (1.0 - p * exp(-x * x));
}

vec4 activate(vec4 x) {
    if (ACTIVATION == 1u)
        return 0.5 * x * (1.0 + erf(0.70710678118654752 * x));
    if (ACTIVATION == 2u)
        return x / (1.0 + exp(-1.702 * x));
    if (ACTIVATION == 3u) // tanh(y) is 1 - 2 / (exp(2y) + 1), which GLSL's own tanh() need not survive for large y
        return x - x / (exp(1.5957691216057308 * (x + 0.044715 * x * x * x)) + 1.0);
    if (ACTIVATION == 4u)
        return x / (1.0 + exp(-x));
    return x;
}
