#version 450

/* Draws the scene, a disc in front of a sky. Also writes it to a buffer, as 1 x 3 x 224 x 224 floats: the input of
 * s2vk. */
layout(push_constant) uniform Push { uint left; };
layout(set = 0, binding = 0) writeonly buffer Image { float image[3][224][224]; };
layout(location = 0) out vec4 colour;

void main() {
    const uint x = uint(gl_FragCoord.x) - left, y = uint(gl_FragCoord.y);
    const vec3 sky = vec3(x / 224.0, y / 224.0, 0.5);
    const bool disc = distance(vec2(x, y), vec2(70, 60)) < 40;
    const vec3 seen = disc ? vec3(1, 0.9, 0.2) : sky;
    for (int c = 0; c < 3; c++)
        image[c][y][x] = seen[c];
    colour = vec4(seen, 1);
}
