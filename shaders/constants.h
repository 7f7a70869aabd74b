/* Ids of specialization constants, for GLSL and C. A pipeline is a shader with a value for each id. A shader ignores
 * the ids that it does not declare. */
#ifndef S2VK_CONSTANTS_H
#define S2VK_CONSTANTS_H

#define S2_LOCAL_SIZE_X 0
#define S2_LOCAL_SIZE_Y 1
#define S2_SOURCE_TYPE 2    /* s2vk_type of the input (split) or of the features (merge) */
#define S2_TARGET_TYPE 3    /* s2vk_type of the tiles (split) or of the output (merge) */
#define S2_COLUMNS 4        /* outputs of an invocation along a row: pixels, a token's channels, or a map's columns */
#define S2_TAPS 5           /* the most inputs that an output reads along an axis */
#define S2_QUADS 6          /* split_*: inputs that are read at once, divided by 4 */
#define S2_TARGET_ROWS 7    /* S2_ROWS_*: where rows of the target begin */
#define S2_SOURCE_ROWS 8    /* S2_ROWS_*: where rows of the source begin */
#define S2_TRANSFER 9       /* s2vk_transfer of pixels */
#define S2_PIXEL_FORM 10    /* S2_PIXEL_* of pixels in a buffer */
#define S2_OVERLAP 11       /* split_scatter, resample_walk: the most outputs along an axis that read one input */
#define S2_ACCUMULATOR 12   /* S2_ACCUMULATOR_*: where merge_gather keeps sums from one dispatch to the next */
#define S2_PREFIX 13        /* merge_gather: 1: it makes prefix tokens */
#define S2_RUN 14           /* outputs that an invocation makes one after the other */
#define S2_SOURCE_TEXELS 15 /* 1: the source is also bound as a texel buffer */
#define S2_UNPACK_HALVES 16 /* 1: unpackHalf2x16() is exact; see vulkan/quirks.h */
#define S2_CHANNELS 17      /* split_*: channels that an invocation makes */
#define S2_SHARED 18        /* split_polyphase: 1: all columns of an invocation share the inputs; 0: each has its own */
#define S2_LAYOUT 19        /* merge_gather: S2_LAYOUT_* */
#define S2_PARTIAL 20       /* merge_feature_maps: 1: a dispatch may have only some of a scale's tiles */
#define S2_FLOATS 21        /* resample_*: 1: pixels are floats; 0: they are rounded to bytes */
#define S2_ACROSS 22        /* resample_walk: 1: along x; 0: along y */
#define S2_LINES 23         /* split_scatter: input rows that are filtered at once: 1, 2 or 4 */
#define S2_GROUP 24         /* split_scatter: input rows after which rows of the tile are finished: 1 or S2_LINES */
#define S2_CONSTANT_COUNT 25

/* What the shader of a split reads. -DPIXELS and -DIMAGE choose between its modules. */
#define S2_SOURCE_TENSOR 0
#define S2_SOURCE_PIXELS 1 /* in a buffer */
#define S2_SOURCE_IMAGE 2
#define S2_SOURCE_COUNT 3

/* Values of S2_TARGET_ROWS and S2_SOURCE_ROWS. */
#define S2_ROWS_QUADS 0  /* rows begin at multiples of 16 bytes */
#define S2_ROWS_WORDS 1  /* rows begin at multiples of a word, which is 4 bytes */
#define S2_ROWS_HALVES 2 /* rows begin at any element of 16 bits */
#define S2_ROWS_APART 3  /* the elements of a row are not side by side */
/* The following are for targets of a split. An invocation makes all channels. */
#define S2_ROWS_PIXELS 4 /* all channels of a row are side by side, without gaps, and begin at multiples of four */
#define S2_ROWS_BLOCKS 5 /* the channels of a pixel are one block, which begins at a multiple of four */
#define S2_ROWS_PIXEL_WORDS 6  /* as S2_ROWS_PIXELS, of 16 bits, and rows begin at multiples of a word */
#define S2_ROWS_PIXEL_HALVES 7 /* the same, and rows begin at any element */

/* Values of S2_PIXEL_FORM. */
#define S2_PIXEL_WORDS 0   /* four bytes, at a multiple of a word */
#define S2_PIXEL_FOURS 1   /* four bytes, at any place */
#define S2_PIXEL_TRIPLES 2 /* three bytes, at any place */
#define S2_PIXEL_SINGLES 3 /* one byte, at any place */
#define S2_PIXEL_FLOATS 4  /* f32 */

/* Values of S2_ACCUMULATOR. */
#define S2_ACCUMULATOR_NONE 0   /* no sum goes on in another dispatch */
#define S2_ACCUMULATOR_OUTPUT 1 /* in the output, which is f32 */
#define S2_ACCUMULATOR_BUFFER 2 /* in a buffer of its own */

/* merge_feature_maps on CPU drivers: the most rounds of its loop that prefetches features. Eight invocations fetch 512
 * bytes in a round. What takes more rounds fits into few caches. */
#define S2_PREFETCH_ROUNDS 1024

/* Values of S2_LAYOUT, equal to those of s2vk_output_shape. */
#define S2_LAYOUT_TOKENS 0
#define S2_LAYOUT_MAPS 1

#endif
