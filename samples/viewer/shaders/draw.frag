#version 450
#extension GL_GOOGLE_include_directive : require
#include "draw.glsl"
#include "oklab.glsl"

const uint FRAME = 1, GLYPH = 2, VALUE = 6, COMPONENT = 7, LINE = 8; // equal to those of canvas.c

// The kinds that a pipeline draws: a group of canvas.h. CPU drivers run all branches for all pixels, so that each group
// has a pipeline of its own. For the same reason a quad's properties come from the vertices: a driver knows that they
// are the same for all pixels of a triangle.
layout(constant_id = 0) const uint GROUP = 0;
const uint PLAIN = 0, PHOTOGRAPHS = 1, TOKEN_COLOURS = 2, TOKEN_VALUES = 3, PIXEL_BUFFERS = 4;

layout(set = 0, binding = 1) uniform sampler2DArray letters;
layout(set = 0, binding = 2) uniform sampler2DArray photograph;
layout(std430, set = 0, binding = 3) readonly buffer Colours {
    uint colours[]; // fields x tokens, RGBA
};
layout(std430, set = 0, binding = 4) readonly buffer Values {
    float values[]; // fields x tokens
};
layout(std430, set = 0, binding = 5) readonly buffer Pixels {
    uint pixels_of[]; // RGBA
};
layout(location = 0) in vec2 at;
layout(location = 1) in vec2 local;
layout(location = 2) flat in uvec2 what;
layout(location = 3) flat in vec4 shape;
layout(location = 4) flat in vec4 clip;
layout(location = 5) flat in uvec3 source;
layout(location = 0) out vec4 shown;

// Viridis (S. van der Walt, N. Smith; CC0), interpolated between ten of its colours.
vec3 viridis(float share) {
    const uint stops[10] =
        uint[](0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725);
    const float position = 9.0 * clamp(share, 0.0, 1.0);
    const uint stop = min(uint(position), 8u);
    const vec3 from = unpackUnorm4x8(stops[stop]).zyx, to = unpackUnorm4x8(stops[stop + 1]).zyx;
    return mix(from, to, position - float(stop));
}

// How much of a pixel lies inside, from 0 to 1. Corners are round.
float coverage(vec2 half_size, float radius) {
    const float r = min(radius, min(half_size.x, half_size.y));
    const vec2 d = abs(local) - half_size + r;
    return clamp(0.5 - (length(max(d, 0.0)) + min(max(d.x, d.y), 0.0) - r), 0.0, 1.0);
}

// Linear filtering where the photograph shrinks. Where it grows, its pixels are squares with smooth edges.
vec3 photograph_at(vec2 dx, vec2 dy) {
    const vec2 t = at * pixels, edge = floor(t + 0.5);
    const vec2 width = max((abs(dx) + abs(dy)) * pixels, vec2(1e-6));
    const vec2 snapped = edge + clamp((t - edge) / width, -0.5, 0.5);
    return textureGrad(photograph, vec3(snapped / pixels, 0), dx, dy).rgb;
}

uint token(uint field) {
    const uvec2 place = min(uvec2(max(at, vec2(0))), grid.yx - 1u);
    return field * stride + first + place.y * grid.y + place.x;
}

vec3 pixel(ivec2 place, uint offset, ivec2 size) {
    const ivec2 p = clamp(place, ivec2(0), size - 1);
    return unpackUnorm4x8(pixels_of[offset + uint(p.y) * uint(size.x) + uint(p.x)]).rgb;
}

// The mean of up to 4 x 4 pixels where they shrink. Where they grow, they are squares.
vec3 pixels_at(vec2 dx, vec2 dy, uint offset, ivec2 size) {
    const vec2 reach = abs(dx) + abs(dy);
    const ivec2 count = clamp(ivec2(ceil(reach)), ivec2(1), ivec2(4));
    vec3 sum = vec3(0.0);
    for (int y = 0; y < count.y; y++)
        for (int x = 0; x < count.x; x++)
            sum += pixel(ivec2(floor(at + ((vec2(x, y) + 0.5) / vec2(count) - 0.5) * reach)), offset, size);
    return sum / float(count.x * count.y);
}

vec4 plain(vec4 colour, uint kind) {
    const float radius = shape.z;
    float share = 1.0;
    if (kind == GLYPH) {
        share = textureLod(letters, vec3(at, 0), 0).r;
    } else if (kind == LINE) {
        const bool inside = all(greaterThanEqual(at, clip.xy)) && all(lessThan(at, clip.xy + clip.zw));
        share = inside ? clamp(0.5 * shape.w + 0.5 - abs(local.y), 0.0, 1.0) : 0.0;
    } else {
        share = radius > 0 ? coverage(shape.xy, radius) : 1.0;
        if (kind == FRAME)
            share *= 1.0 - coverage(shape.xy - shape.w, max(radius - shape.w, 0.0));
    }
    return vec4(colour.rgb, colour.a * share);
}

vec3 legend(uint kind, uint field) {
    return kind == VALUE    ? viridis(at.x)
        : kind == COMPONENT ? opponent_colour(at.x * vec3(field == 0, field == 1, field == 2))
                            : segment_colour(field);
}

void main() {
    const vec2 dx = dFdx(at), dy = dFdy(at);
    const uint kind = what.x & 0xFFFF, field = what.x >> 16;
    shown = unpackUnorm4x8(what.y);
    if (GROUP == PLAIN)
        shown = plain(shown, kind);
    else if (GROUP == PHOTOGRAPHS)
        shown.rgb = photograph_at(dx, dy);
    else if (GROUP == TOKEN_COLOURS)
        shown.rgb = unpackUnorm4x8(colours[token(field)]).rgb;
    else if (GROUP == TOKEN_VALUES)
        shown.rgb = viridis((values[token(field)] - low) / max(high - low, 1e-6));
    else if (GROUP == PIXEL_BUFFERS)
        shown.rgb = pixels_at(dx, dy, source.x, ivec2(source.yz));
    else
        shown = vec4(legend(kind, field), shown.a * (shape.z > 0 ? coverage(shape.xy, shape.z) : 1.0));
    if (decode != 0)
        shown.rgb = mix(
            pow((shown.rgb + 0.055) / 1.055, vec3(2.4)), shown.rgb / 12.92, lessThanEqual(shown.rgb, vec3(0.04045)));
}
