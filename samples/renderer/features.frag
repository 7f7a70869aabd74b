#version 450

/* Features as colours: of 14 x 14 tokens of 6 channels the last 3, which are those of the finer scale. */
layout(push_constant) uniform Push { uint left; };
layout(set = 0, binding = 0) readonly buffer Features { float features[14][14][6]; };
layout(location = 0) out vec4 colour;

void main() {
    const uint column = (uint(gl_FragCoord.x) - left) / 16, row = uint(gl_FragCoord.y) / 16;
    for (int c = 0; c < 3; c++)
        colour[c] = features[row][column][3 + c];
    colour.a = 1;
}
