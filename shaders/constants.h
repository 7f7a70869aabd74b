/* Ids of specialization constants, for GLSL and C. A pipeline is a shader with a value for each of them; a shader ignores those
 * that it does not declare. */
#ifndef S2VK_CONSTANTS_H
#define S2VK_CONSTANTS_H

#define S2_LOCAL_SIZE_X 0
#define S2_LOCAL_SIZE_Y 1
#define S2_SOURCE_TYPE 2  /* s2vk_type: of the input, or of the features */
#define S2_TARGET_TYPE 3  /* s2vk_type: of the tiles, or of the output */
#define S2_COLUMNS 4      /* outputs of an invocation along a row: pixels, or channels of a token, or columns of a map */
#define S2_TAPS 5         /* inputs that an output reads along an axis, at most */
#define S2_QUADS 6        /* split_polyphase: inputs that the columns of an invocation share, over 4; 0: each column reads its own */
#define S2_TARGET_ROWS 7  /* S2_ROWS_*: where rows of the target begin */
#define S2_SOURCE_ROWS 8  /* likewise of the source */
#define S2_TRANSFER 9     /* s2vk_transfer, of pixels */
#define S2_PIXEL_FORM 10  /* S2_PIXEL_*, of pixels in a buffer */
#define S2_OVERLAP 11     /* split_scatter: outputs along an axis whose supports an input is in, at most */
#define S2_ACCUMULATOR 12 /* S2_ACCUMULATOR_*: where merge_gather keeps sums that outlive a dispatch */
#define S2_PREFIX 13      /* merge_gather: whether it makes prefix tokens */
#define S2_RUN 14         /* outputs that an invocation makes one after the other */
#define S2_SOURCE_TEXELS 15 /* whether the source is bound as texels, too */
#define S2_UNPACK_HALVES 16 /* whether unpackHalf2x16() is exact; see vulkan/quirks.h */
#define S2_LAYOUT 17         /* S2_LAYOUT_*, of merge_gather */
#define S2_CONSTANT_COUNT 18

/* Values of S2_TARGET_ROWS and S2_SOURCE_ROWS: at multiples of 16 bytes; of a word; of an element of 16 bits. */
#define S2_ROWS_QUADS 0
#define S2_ROWS_WORDS 1
#define S2_ROWS_HALVES 2

/* Values of S2_PIXEL_FORM: a word of four bytes each, at multiples of a word; bytes at any place; f32. */
#define S2_PIXEL_WORDS 0
#define S2_PIXEL_BYTES 1
#define S2_PIXEL_FLOATS 2

/* Values of S2_ACCUMULATOR: there are no such sums; the output, which is f32; a buffer. */
#define S2_ACCUMULATOR_NONE 0
#define S2_ACCUMULATOR_OUTPUT 1
#define S2_ACCUMULATOR_BUFFER 2

/* Values of S2_LAYOUT, which are s2vk_output_shape's. */
#define S2_LAYOUT_TOKENS 0
#define S2_LAYOUT_MAPS 1

#endif
