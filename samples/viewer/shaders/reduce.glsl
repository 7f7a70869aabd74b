shared float lane_values[LANES];

// The sum over all invocations of the workgroup. Every invocation must call this, and gets the sum.
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
