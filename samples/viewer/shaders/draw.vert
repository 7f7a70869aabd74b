#version 450
#extension GL_GOOGLE_include_directive : require
#include "draw.glsl"

layout(location = 0) out vec2 at;    // texture coordinates
layout(location = 1) out vec2 local; // pixels from the middle of the quad
layout(location = 2) flat out uvec2 what;   // kind and colour
layout(location = 3) flat out vec4 shape;   // half of the size, radius, width
layout(location = 4) flat out vec4 clip;    // x, y, width, height
layout(location = 5) flat out uvec3 source; // of pixels: offset, across, down

layout(std430, set = 0, binding = 0) readonly buffer Quads { Quad quads[]; };

// A quad is two triangles. It is clipped here, because its edges are parallel to the axes.
void main() {
    const uint corner = gl_VertexIndex % 6;
    const vec2 side = vec2(corner == 1 || corner == 2 || corner == 4, corner == 2 || corner == 4 || corner == 5);
    const Quad q = quads[gl_VertexIndex / 6];
    what = uvec2(q.kind, q.colour);
    shape = vec4(0.5 * q.place.zw, q.radius, q.width);
    clip = q.clip;
    source = uvec3(q.offset, q.across, q.down);
    if ((q.kind & 0xFFFF) == 8) { // a line, from place.xy to place.zw
        const vec2 along = q.place.zw - q.place.xy, unit = along / max(length(along), 1e-6);
        const vec2 p = q.place.xy + side.x * along + (side.y - 0.5) * (q.width + 2.0) * vec2(-unit.y, unit.x);
        at = p;
        local = vec2(0.0, (side.y - 0.5) * (q.width + 2.0));
        gl_Position = vec4(2.0 * p / screen - 1.0, 0.0, 1.0);
        return;
    }
    const vec2 p = clamp(q.place.xy + side * q.place.zw, q.clip.xy, q.clip.xy + q.clip.zw);
    const vec2 share = (p - q.place.xy) / max(q.place.zw, vec2(1e-6));
    at = mix(q.from, q.to, share);
    local = p - q.place.xy - 0.5 * q.place.zw;
    gl_Position = vec4(2.0 * p / screen - 1.0, 0.0, 1.0);
}
