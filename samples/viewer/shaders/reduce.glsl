shared float lane_values[LANES];

// The sum over all lanes, for every lane. All must come here.
float total(float value) {
    const uint lane = gl_LocalInvocationIndex;
    barrier();
    lane_values[lane] = value;
    for (uint apart = LANES / 2; apart > 0; apart /= 2) {
        barrier();
        if (lane < apart)
            lane_values[lane] += lane_values[lane + apart];
    }
    barrier();
    return lane_values[0];
}
