struct Quad {
    vec4 place; // x, y, width, height in pixels
    vec4 clip;
    vec2 from, to; // texture coordinates
    uint colour, kind;
    float radius, width;
    uint offset, across, down, unused; // of pixels in a buffer
};
layout(push_constant) uniform Push {
    vec2 screen;    // pixels
    uvec2 grid;     // tokens down and across
    vec2 pixels;    // of the photograph, across and down
    uint first;     // the picture's first token in each field
    uint stride;    // tokens from field to field
    float low, high; // the values at the ends of the colours
    uint decode;    // the screen encodes to sRGB by itself
};
