// A plain copy of ELEMENTs, PER_INVOCATION of them in strides of a workgroup. Included by the copy_*.comp.
layout(local_size_x_id = 0) in;
layout(std430, binding = 0) readonly buffer Source { ELEMENT source[]; };
layout(std430, binding = 1) writeonly buffer Destination { ELEMENT destination[]; };
layout(push_constant) uniform Push {
    uint first, end; // elements; a dispatch has at most 65535 workgroups, so a copy may take several
};

void main() {
    uint index = first + gl_WorkGroupID.x * (gl_WorkGroupSize.x * PER_INVOCATION) + gl_LocalInvocationID.x;
    for (uint i = 0; i < PER_INVOCATION; i++, index += gl_WorkGroupSize.x)
        if (index < end)
            destination[index] = source[index];
}
