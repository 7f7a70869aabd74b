// What the shaders of the principal components share. A field is what is shown in one picture: the channels of one scale or, the
// last one, those of all scales. Rows of the basis are channels of a field, field after field.
const uint LANES = 64;
const uint RANK = 8; // vectors that are iterated, of which three are wanted: the more there are, the faster those converge

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales;
    uint channels; // of a scale
    uint tokens;
    uint prefix; // tokens ahead of them
#ifdef FRONT
    uint grids[4]; // tokens down and across of the images whose tokens these are: of the second 0 if there is one alone
    uint flipped;  // what is in front is what is behind
#endif
};
layout(std430, binding = 0) readonly buffer Features {
    float features[]; // (prefix + tokens) x (scales * channels)
};
layout(std430, binding = 1) buffer State {
    float state[]; // means, basis, sums, and what was found of each field
};
layout(std430, binding = 2) buffer Projections {
    float projections[]; // fields x tokens x RANK
};

uint width() { return scales * channels; }
uint first_channel(uint field) { return field < scales ? field * channels : 0; }
uint channel_count(uint field) { return field < scales ? channels : width(); }
uint row_of(uint field) { return field * channels; }
uint field_of(uint row) { return min(row / channels, scales); }

uint basis(uint row) { return width() + row * RANK; }
uint sums(uint row) { return width() * (1 + 2 * RANK) + row * RANK; }

// How much a token counts, 0 or 1.
uint weight(uint token) { return width() * (1 + 4 * RANK) + (scales + 1) * 9 + token; }

// Of a field: the standard deviations of three components, and which of them, with which sign, is shown as the first, second
// and third.
uint found(uint field) { return width() * (1 + 4 * RANK) + field * 9; }

float centred(uint token, uint channel) {
    return features[(prefix + token) * width() + channel] - state[channel];
}

uint projection(uint field, uint token) { return (field * tokens + token) * RANK; }
