// The taps of a token, or of a place of feature maps, where their number is a constant. src/kernels/merge_tokens.c
// describes the tables. A shader declares TAPS, image, y, elements[] and weights[] before it includes this file.

const uint TAP_ENTRIES = TAPS < 2u ? 1u : (TAPS + 1u) / 2u; // of a row or column; an entry has two taps

// Reads the TAPS * TAPS taps of column x, from elements[first] and weights[first] on. Elements are those of a channel.
void read_taps(uint first, uint x, uint channel) {
    uvec4 rows[LENGTH(TAP_ENTRIES, 2u)], columns[LENGTH(TAP_ENTRIES, 2u)];
    [[unroll]] for (uint i = 0u; i < TAP_ENTRIES; i++) {
        rows[i] = entry(2u + y * TAP_ENTRIES + i);
        columns[i] = entry(2u + (out_height + x) * TAP_ENTRIES + i);
    }
    uint base = tile_element(image) + channel;
    [[unroll]] for (uint i = 0u; i < TAPS; i++)
        [[unroll]] for (uint k = 0u; k < TAPS; k++) {
            uint tap = first + i * TAPS + k;
            elements[tap] = base + rows[i / 2u][i % 2u * 2u] + columns[k / 2u][k % 2u * 2u];
            weights[tap] =
                uintBitsToFloat(rows[i / 2u][i % 2u * 2u + 1u]) * uintBitsToFloat(columns[k / 2u][k % 2u * 2u + 1u]);
        }
}
