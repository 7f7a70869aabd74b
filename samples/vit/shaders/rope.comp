// Rotary position embedding of queries and keys, in place: channels i and i + WIDTH / 2 of a head are turned by the
// angle that the patch has for i. The tokens ahead of the patches' stay as they are.
#version 450

layout(local_size_x = 64) in;

layout(constant_id = 0) const uint WIDTH = 64u; // of a head; a multiple of 8

layout(std430, binding = 2) readonly buffer Vectors { vec4 vectors[]; };
layout(std430, binding = 3) buffer Destination { vec4 destination[]; }; // tokens x (queries, keys, values)

layout(push_constant) uniform Push {
    uint tokens; // of a tile
    uint prefix; // of them, ahead of the patches'
    uint hidden; // of a token: heads * WIDTH
    uint angles; // in vectors, in elements: patches x (cosines, sines) x WIDTH / 2
};

const uint HALF = WIDTH / 8u; // vec4 of half a head

void main() {
    uint lane = gl_GlobalInvocationID.x, patches = tokens - prefix;
    if (lane >= hidden / 4u) // half of it for queries, half for keys
        return;
    uint what = lane / (hidden / 8u), quad = lane % (hidden / 8u);
    uint offset = what * hidden / 4u + quad / HALF * 2u * HALF + quad % HALF;
    for (uint place = gl_WorkGroupID.y; place < patches; place += gl_NumWorkGroups.y) {
        uint at = (gl_WorkGroupID.z * tokens + prefix + place) * 3u * hidden / 4u + offset;
        uint angle = angles / 4u + place * 2u * HALF + quad % HALF;
        vec4 cosines = vectors[angle], sines = vectors[angle + HALF];
        vec4 first = destination[at], second = destination[at + HALF];
        destination[at] = first * cosines - second * sines;
        destination[at + HALF] = second * cosines + first * sines;
    }
}
