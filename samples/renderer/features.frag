#version 450

/* Draws features as colours. There are 14 x 14 tokens of 6 channels. The last 3, those of the finer scale, are
 * drawn. */
layout(push_constant) uniform Push { uint left; };
layout(set = 0, binding = 0) readonly buffer Features { float features[14][14][6]; };
layout(location = 0) out vec4 colour;

void main() {
    const uint column = (uint(gl_FragCoord.x) - left) / 16, row = uint(gl_FragCoord.y) / 16;
    for (int c = 0; c < 3; c++)
        colour[c] = features[row][column][3 + c];
    colour.a = 1;
}
