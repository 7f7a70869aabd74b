// What the shaders of the principal components share. A field is what one picture shows: the channels of one scale or,
// for the last field, those of all scales. The basis has a row for each channel of a field, field after field.
const uint LANES = 64;
// Vectors of the iteration. Three components are needed; they converge faster if there are more vectors.
const uint RANK = 8;

layout(local_size_x = LANES) in;
layout(push_constant) uniform Push {
    uint scales;
    uint channels; // of a scale
    uint tokens;
    uint prefix; // tokens ahead of them
#ifdef FRONT
    uint grids[4]; // tokens down and across of one or two images; 0 for a second one that does not exist
    uint flipped;  // foreground and background are exchanged
#endif
};
layout(std430, binding = 0) readonly buffer Features {
    float features[]; // (prefix + tokens) x (scales * channels)
};
layout(std430, binding = 1) buffer State {
    float state[]; // means, basis, sums, and the results of each field
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

// The weight of a token, 0 or 1.
uint weight(uint token) { return width() * (1 + 4 * RANK) + (scales + 1) * 9 + token; }

// The results of a field: standard deviations of three components, then the components, with their signs, that are
// shown as first, second and third.
uint found(uint field) { return width() * (1 + 4 * RANK) + field * 9; }

float centred(uint token, uint channel) { return features[(prefix + token) * width() + channel] - state[channel]; }

uint projection(uint field, uint token) { return (field * tokens + token) * RANK; }
