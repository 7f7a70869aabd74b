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
#define S2_QUADS 6        /* split_polyphase: inputs that are read at once, over 4 */
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
#define S2_CHANNELS 17      /* channels that an invocation makes: 1 of a tensor; all, of pixels */
#define S2_SHARED 18        /* split_polyphase: whether all columns of an invocation share these inputs, or each has its own */
#define S2_LAYOUT 19        /* S2_LAYOUT_*, of merge_gather */
#define S2_PARTIAL 20       /* merge_feature_maps: whether a dispatch may have some of a scale's tiles alone */
#define S2_FLOATS 21          /* resample_*: whether pixels are floats, or rounded to bytes */
#define S2_ACROSS 22          /* resample_walk: along x, or along y */
#define S2_CONSTANT_COUNT 23

/* What a shader of a split reads: -DPIXELS and -DIMAGE of its modules. */
#define S2_SOURCE_TENSOR 0
#define S2_SOURCE_PIXELS 1 /* in a buffer */
#define S2_SOURCE_IMAGE 2
#define S2_SOURCE_COUNT 3

/* Values of S2_TARGET_ROWS and S2_SOURCE_ROWS: at multiples of 16 bytes; of a word; of an element of 16 bits;
 * or rows that are none. */
#define S2_ROWS_QUADS 0
#define S2_ROWS_WORDS 1
#define S2_ROWS_HALVES 2
#define S2_ROWS_APART 3 /* the elements of a row are not side by side */

/* Values of S2_PIXEL_FORM: four bytes at a multiple of a word; four, three bytes or one at any place; f32. */
#define S2_PIXEL_WORDS 0
#define S2_PIXEL_FOURS 1
#define S2_PIXEL_TRIPLES 2
#define S2_PIXEL_SINGLES 3
#define S2_PIXEL_FLOATS 4

/* Values of S2_ACCUMULATOR: there are no such sums; the output, which is f32; a buffer. */
#define S2_ACCUMULATOR_NONE 0
#define S2_ACCUMULATOR_OUTPUT 1
#define S2_ACCUMULATOR_BUFFER 2

/* Values of S2_LAYOUT, which are s2vk_output_shape's. */
#define S2_LAYOUT_TOKENS 0
#define S2_LAYOUT_MAPS 1

#endif
