/* s2vk: multi-scale features from any vision model, on any Vulkan device.
 *
 * S2 ("When Do We Not Need Larger Vision Models?", Shi et al., 2024, arXiv:2403.13043) shows an image to a model at
 * several scales. The library has two passes around the model. Split resizes the image to each scale and cuts it into
 * tiles of the size that the model takes. Merge puts the features of the tiles together again, brings all scales to one
 * grid, and concatenates their channels:
 *
 *   input --[split: resize, pad, tile]--> tiles --[your model]--> features --[merge: untile, resize, concat]--> output
 *
 * There are four kinds of objects:
 *
 *   context   one per VkDevice: yours, or one that s2vk_device_open() opens
 *   plan      one geometry: shapes, types, scales, tables, pipelines; immutable
 *   binding   a plan with its buffers: yours, or made by the library
 *   model     your callback, which turns a tensor of tiles into a tensor of features
 *
 * A plan is made from a context, and a binding from a plan. Destroy an object before the one that it was made from.
 *
 * There are three ways to run:
 *
 *   s2vk_forward()                                from host memory to host memory
 *   s2vk_record()                                 into a command buffer of yours
 *   s2vk_record_split() and s2vk_record_merge()   around a model that submits its own work
 *
 * Conventions
 *   - Structs that you fill in start with struct_size, the sizeof of the struct. Zero in every other field is its
 *     default. A struct, and what it points to, needs to live only until the call returns, unless said otherwise.
 *   - Functions return S2VK_SUCCESS (0) or an error. The context's log function gets the reason, with the name and the
 *     value of the field. A call that fails sets the handle that it was to create to NULL, and leaves nothing behind.
 *   - Destroy functions take the address of a handle, clear the handle, and accept NULL. Destroy nothing that the GPU
 *     still uses.
 *   - The application synchronises its queues, which the library does not lock. Threads must take turns to submit to
 *     one queue, also by s2vk_forward().
 *   - Only s2vk_forward() submits work or waits for it. The library starts no thread, prints nothing, keeps no
 *     process-wide state, and does not change the state of a Vulkan loader.
 *
 * Vulkan's types
 *   - If a Vulkan header was included before this one, its types are used. It may be <vulkan/vulkan.h>,
 *     <vulkan/vulkan.hpp>, <volk.h>, or an engine's own, such as ncnn's simplevk.h.
 *   - Otherwise this header includes <vulkan/vulkan_core.h>.
 *   - If S2VK_NO_VULKAN_HEADER is defined, this header includes none, and declares the few types that it needs by
 *     itself. Any of the headers above may still come after it.
 *   - With volk, do one of three: include <volk.h> first, define VK_NO_PROTOTYPES, or define S2VK_NO_VULKAN_HEADER.
 */
#ifndef S2VK_S2VK_H
#define S2VK_S2VK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(VK_VERSION_1_0) && !defined(S2VK_NO_VULKAN_HEADER)
#include <vulkan/vulkan_core.h>
#endif

#ifdef VK_VERSION_1_0
typedef VkImageLayout s2vk_image_layout;           /* a VkImageLayout, also without Vulkan's header */
typedef VkComponentSwizzle s2vk_component_swizzle; /* a VkComponentSwizzle, also without Vulkan's header */
#else
/* The same declarations as in Vulkan's headers, so that these may follow. An enumeration cannot be declared twice:
 * integers of the same size stand in for the two that are needed. */
#ifdef _WIN32
#define S2VK_VULKAN_CALL __stdcall
#elif defined(__ANDROID__) && defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__ARM_32BIT_STATE)
#define S2VK_VULKAN_CALL __attribute__((pcs("aapcs-vfp")))
#else
#define S2VK_VULKAN_CALL
#endif
#ifdef __cplusplus
extern "C" {
#endif
typedef uint64_t VkDeviceSize;
typedef uint32_t VkFlags;
typedef VkFlags VkBufferUsageFlags;
typedef VkFlags VkMemoryPropertyFlags;
typedef struct VkInstance_T *VkInstance;
typedef struct VkPhysicalDevice_T *VkPhysicalDevice;
typedef struct VkDevice_T *VkDevice;
typedef struct VkQueue_T *VkQueue;
typedef struct VkCommandBuffer_T *VkCommandBuffer;
#if UINTPTR_MAX > 0xFFFFFFFF
typedef struct VkBuffer_T *VkBuffer;
typedef struct VkDeviceMemory_T *VkDeviceMemory;
typedef struct VkImageView_T *VkImageView;
typedef struct VkPipelineCache_T *VkPipelineCache;
#else
typedef uint64_t VkBuffer;
typedef uint64_t VkDeviceMemory;
typedef uint64_t VkImageView;
typedef uint64_t VkPipelineCache;
#endif
typedef struct VkAllocationCallbacks VkAllocationCallbacks;
typedef void(S2VK_VULKAN_CALL *PFN_vkVoidFunction)(void);
typedef PFN_vkVoidFunction(S2VK_VULKAN_CALL *PFN_vkGetInstanceProcAddr)(VkInstance instance, const char *pName);
typedef uint32_t s2vk_image_layout;
typedef uint32_t s2vk_component_swizzle;
#ifdef __cplusplus
}
#endif
#endif

/* Marks a public function. S2VK_SHARED is defined where the library is a shared one. */
#ifndef S2VK_SHARED
#define S2VK_API
#elif !defined(_WIN32)
#define S2VK_API __attribute__((visibility("default")))
#elif defined(S2VK_BUILDING)
#define S2VK_API __declspec(dllexport)
#else
#define S2VK_API __declspec(dllimport)
#endif

/* The version of the interface that this header declares, by semver.org. CHANGELOG.md lists its changes. */
#define S2VK_VERSION_MAJOR 0
#define S2VK_VERSION_MINOR 2
#define S2VK_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Results ----------------------------------------------------------------------------------------------- */

/* What every function returns. The library's own errors are negative. Positive values are yours: a value that a model
 * callback returns comes back unchanged from the function that called it. */
typedef enum s2vk_result {
  S2VK_SUCCESS = 0,
  S2VK_ERROR_NULL = -1,               /* a required pointer, handle or callback is NULL */
  S2VK_ERROR_STRUCT_SIZE = -2,        /* struct_size is not one that this version knows */
  S2VK_ERROR_ENUM = -3,               /* an enumeration has a value that this version does not know */
  S2VK_ERROR_NO_SCALES = -4,          /* neither scales nor img_sizes is given, or scale_count is 0 */
  S2VK_ERROR_BOTH_SCALES = -5,        /* both scales and img_sizes are given */
  S2VK_ERROR_ZERO_SIZE = -6,          /* a size or count that must be positive is 0 */
  S2VK_ERROR_OVERFLOW = -7,           /* a side over S2VK_MAX_SIDE, or a count or byte size over its limit */
  S2VK_ERROR_EMPTY_SCALE = -8,        /* a scale that is not positive and finite, or gives an image of no pixels */
  S2VK_ERROR_NO_TILE_SIDE = -9,       /* max_split_size is 0, and the input is not square */
  S2VK_ERROR_SQUARE_POLICY = -10,     /* S2VK_GRID_SQUARE with a non-square image, or a side that tiles do not divide */
  S2VK_ERROR_OUTPUT_INDEX = -11,      /* resize_output_to_idx names no scale */
  S2VK_ERROR_PREFIX_BCHW = -12,       /* prefix tokens with S2VK_OUTPUT_BCHW */
  S2VK_ERROR_TOKENS_NOT_SQUARE = -13, /* tokens less prefix tokens is not a square number of at least 1 */
  S2VK_ERROR_TILES_PER_CALL = -14,    /* split_forward together with tiles_per_call or calls_cross_scales */
  S2VK_ERROR_BUFFER_SIZE = -15,       /* a buffer that is too small, or host memory of the wrong size */
  S2VK_ERROR_BUFFER_ALIGNMENT = -16,  /* an offset that is no multiple of s2vk_plan_layout.offset_alignment */
  S2VK_ERROR_CALL_INDEX = -17,        /* a call or scale index that is out of range */
  S2VK_ERROR_MODEL = -18,             /* a model with neither or both callbacks, or one that cannot run here */
  S2VK_ERROR_NO_DEVICE = -19,         /* the context has no VkDevice or, for s2vk_forward(), no queue */
  S2VK_ERROR_NO_DRIVER = -20,         /* there is no Vulkan 1.1 device, or not the one asked for */
  S2VK_ERROR_LIMIT = -21,             /* work that cannot be split to fit the device's limits, or max_plan_bytes */
  S2VK_ERROR_OUT_OF_HOST_MEMORY = -22,
  S2VK_ERROR_OUT_OF_DEVICE_MEMORY = -23, /* also: a plan that is larger than the device's memory */
  S2VK_ERROR_DEVICE_LOST = -24,
  S2VK_ERROR_VULKAN = -25,        /* any other VkResult; the log names it */
  S2VK_ERROR_DYNAMIC_S2 = -26,    /* a size that is no multiple of the first, or max_tiles too small */
  S2VK_ERROR_PIXELS = -27,        /* s2vk_pixels_info that contradicts itself or the plan, or a wrong input */
  S2VK_ERROR_TILE_OVERLAP = -28,  /* tile_overlap over half a tile, not in whole tokens, or with GRID_SQUARE */
  S2VK_ERROR_STRIDES = -29,       /* a stride too small, not in whole elements, or of an axis that is not there */
  S2VK_ERROR_LATE = -30,          /* needs late_inputs or late_features, or the binding's own input or features */
  S2VK_ERROR_MEMORY = -31,        /* s2vk_memory_callbacks without a function, or memory that cannot be used */
  S2VK_ERROR_PREPROCESSING = -32, /* s2vk_preprocessing_info that contradicts itself, the plan or its pixels */
  S2VK_ERROR_OUTPUT_BLOCKS = -33, /* output_blocks with S2VK_OUTPUT_BCHW, or tiles that do not divide the grid */
  S2VK_ERROR_PREFIX_TOKENS = -34, /* prefix_tokens or prefix_only without prefix tokens, or with what a grid has */
  S2VK_ERROR_OUTPUT_ORDER = -35,  /* output_downsample too large, with prefix tokens, or, as output_by_columns, BCHW */
  S2VK_ERROR_WORKSPACE = -36,     /* buffers of a binding that overlap, or an in_turn_with that does not suit it */
} s2vk_result;

/* The name of a result, such as "S2VK_ERROR_NULL"; "unknown result" for values not listed above. Thread safety: any
 * thread. */
S2VK_API const char *s2vk_result_name(s2vk_result result);

/* The library's version, as VK_MAKE_API_VERSION(0, major, minor, patch). Thread safety: any thread. */
S2VK_API uint32_t s2vk_version(void);

/* ---- Shapes and types -------------------------------------------------------------------------------------- */

/* The longest side of an input or of a scale, padded or not, in pixels, and of a feature grid, in tokens. */
#define S2VK_MAX_SIDE (1u << 20)

/* The largest output_downsample. */
#define S2VK_MAX_DOWNSAMPLE 16u

/* How the elements of a tensor are stored. Arithmetic is in f32. A store rounds once, to nearest even. */
typedef enum s2vk_type {
  S2VK_TYPE_F32 = 0,
  S2VK_TYPE_F16 = 1,  /* IEEE 754 binary16 */
  S2VK_TYPE_BF16 = 2, /* the upper half of an f32 */
} s2vk_type;

/* Bytes of one element; 0 for an unknown type. Thread safety: any thread. */
S2VK_API size_t s2vk_type_size(s2vk_type type);

/* A height and a width, in this order as in a shape. */
typedef struct s2vk_size {
  uint32_t height; /* pixels, tiles or tokens, as said where it is used */
  uint32_t width;  /* in the same unit as height */
} s2vk_size;

/* The extents of a dense row-major tensor, outermost first. */
typedef struct s2vk_shape {
  uint32_t rank;    /* 3 or 4 */
  uint32_t dims[4]; /* dims[rank] and after are 0 */
} s2vk_shape;

/* The order in memory of the axes of a batch (N) of images or feature maps with channels (C), outermost axis first.
 *
 * The last two orders store channels in blocks of 4 or 8, which inference engines call packing. If the channels do not
 * fill the last block, the rest of it is 0 in tiles, and is ignored in features. */
typedef enum s2vk_order {
  S2VK_ORDER_NCHW = 0,   /* a plane for each channel */
  S2VK_ORDER_NHWC = 1,   /* all channels of a pixel side by side */
  S2VK_ORDER_NC4HW4 = 2, /* a plane for each block of 4 channels; those of a pixel are side by side */
  S2VK_ORDER_NC8HW8 = 3, /* a plane for each block of 8 channels; those of a pixel are side by side */
} s2vk_order;

/* Where the elements of a tensor are. All zero is the dense tensor.
 *
 * A stride is the distance in bytes from one element to the next along an axis:
 *   - It is a multiple of the element's size, and at most UINT32_MAX.
 *   - It is at least the bytes that it steps over, so that nothing overlaps.
 *   - 0 means no gap: the stride is the bytes of the axes that are further inside by the order.
 *
 * The library does not write gaps, and their content changes no result.
 *
 * The channels of a token are side by side. For tokens (batch x tokens x channels), order, channel and row are
 * therefore 0, and column is the stride from a token to the next. */
typedef struct s2vk_strides {
  s2vk_order order;     /* of the axes, outermost first */
  VkDeviceSize item;    /* from a tile, or an image, to the next */
  VkDeviceSize channel; /* from a channel to the next; with blocks, from a block to the next */
  VkDeviceSize row;     /* from a row of pixels to the next */
  VkDeviceSize column;  /* from a pixel to the next in its row; or from a token to the next */
} s2vk_strides;

/* A tensor in a buffer. */
typedef struct s2vk_tensor {
  VkBuffer buffer;      /* the caller's or the library's */
  VkDeviceSize offset;  /* of the first element, in bytes */
  VkDeviceSize bytes;   /* from the first element to the last, gaps included, rounded up to a multiple of 4 */
  s2vk_type type;       /* of the elements */
  s2vk_shape shape;     /* the real channels alone, also if the last block has room for more */
  s2vk_strides strides; /* none is 0, except channel and row of tokens */
} s2vk_tensor;

/* ---- Context ----------------------------------------------------------------------------------------------- */

/* The severity of a line of the log. */
typedef enum s2vk_log_level {
  S2VK_LOG_ERROR = 0, /* why a function returned an error */
  S2VK_LOG_WARNING = 1,
  S2VK_LOG_INFO = 2, /* a description of each plan that is made, as of s2vk_plan_describe() */
} s2vk_log_level;

/* Receives one line without a newline, on the thread that called the library. message is valid only during the call. */
typedef void (*s2vk_log_function)(void *user, s2vk_log_level level, const char *message);

/* The tuning of the kernels, which are the library's shaders. Tunings differ only in speed and in the order of sums. */
typedef enum s2vk_variant {
  S2VK_VARIANT_AUTO = 0, /* chosen by the type of the device and by what its driver's compiler can do */
  S2VK_VARIANT_GPU = 1,  /* many small invocations, for GPUs */
  S2VK_VARIANT_CPU = 2,  /* few long invocations, for CPU drivers such as lavapipe */
} s2vk_variant;

/* Device memory that the library asks for. It holds several buffers side by side, or the tables of a plan. */
typedef struct s2vk_memory_request {
  VkDeviceSize bytes;     /* at least */
  VkDeviceSize alignment; /* of the offset; a power of two */
  uint32_t memory_types;  /* bit i: type i of VkPhysicalDeviceMemoryProperties can be used */

  /* Property flags that the memory must have: HOST_VISIBLE and HOST_COHERENT where the library writes or reads it from
   * the host, otherwise 0. */
  VkMemoryPropertyFlags required;

  VkMemoryPropertyFlags preferred; /* flags that it should have, in addition to required */
  const char *name;                /* what it is for: "device", "tables", "upload", "download" */
} s2vk_memory_request;

/* Device memory that the application gives to the library. */
typedef struct s2vk_memory {
  VkDeviceMemory memory; /* the memory object that contains it */
  VkDeviceSize offset;   /* where it begins in the object, in bytes */
  void *mapped;          /* where offset is mapped on the host; may be NULL unless HOST_VISIBLE was required */
  void *handle;          /* the application's own, such as a VmaAllocation */
} s2vk_memory;

/* An application's allocator of device memory, such as VulkanMemoryAllocator or an engine's pool. Both functions may be
 * called on any thread that calls the library, by several threads at once. */
typedef struct s2vk_memory_callbacks {
  void *user; /* first argument of both functions */

  /* Allocates memory. Returns S2VK_SUCCESS and fills in *memory, or returns any other value, which comes back from the
   * function that was called. */
  s2vk_result (*allocate)(void *user, const s2vk_memory_request *request, s2vk_memory *memory);

  /* Takes memory back. The GPU is done with it. */
  void (*free)(void *user, const s2vk_memory *memory);
} s2vk_memory_callbacks;

/* The device to work on, and how a context uses it. */
typedef struct s2vk_context_info {
  size_t struct_size; /* sizeof(s2vk_context_info) */

  /* The device, which needs Vulkan 1.1 and no feature or extension. These five fields are required, unless device is
   * NULL. A context without a device ignores the other four. Its plans answer questions about shapes and byte counts,
   * and cannot run. */
  PFN_vkGetInstanceProcAddr get_instance_proc_addr; /* where instance came from: the loader's, or a driver's own */
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  uint32_t queue_family; /* family of the queues that run what the library records; needs COMPUTE */

  VkQueue queue;                          /* used by s2vk_forward() alone; may be NULL without it */
  VkPipelineCache pipeline_cache;         /* the library makes its pipelines with it; may be NULL */
  const VkAllocationCallbacks *allocator; /* for host memory and objects; copied; NULL: malloc, and the driver's */
  s2vk_log_function log;                  /* may be NULL */
  void *log_user;                         /* first argument of log */

  bool shader_int64;    /* shaderInt64 is enabled on the device; CPU drivers move data faster with it */
  s2vk_variant variant; /* the tuning of the kernels; for tests and measurements */

  /* Whether VK_EXT_debug_utils is enabled on the instance. If so, the library names its objects "s2vk ..." and labels
   * each step that it records. Captures and validation messages then show what belongs to it. */
  bool debug_utils;

  /* The most pipelines that the context keeps; 0: 64. Plans share pipelines. Pipelines do not depend on the sizes of
   * images: about a dozen, for each set of types, serve a stream of images of any size. If there are more than this
   * number, the context destroys those that no plan uses, the least recently used first. It never destroys a pipeline
   * that a plan uses. */
  uint32_t max_pipelines;

  /* The most host memory that making a plan may take, in bytes; 0: 128 MiB. Memory that is freed on the way counts,
   * too. If a plan needs more, s2vk_plan_create() returns S2VK_ERROR_LIMIT before it takes the memory. The values of
   * s2vk_plan_info may therefore come from an untrusted source:
   *   - A plan takes at most about twice this number from the process, tables on the device included.
   *   - With the default, making a plan takes at most half a second on a processor of today. The time in which the
   *     driver compiles pipelines comes on top.
   *
   * A plan takes:
   *   - 24 bytes for each weight of an interpolation along an axis. There are 4 weights for each pixel of a scale. An
   *     antialiased filter that makes the image smaller has 2 (BILINEAR_ANTIALIASED), 4 (BICUBIC_ANTIALIASED) or 6
   *     (LANCZOS3) weights for each pixel of the input.
   *   - The same again for each interpolation that follows. The one of S2VK_SPLIT_RESIZE has four times the weights for
   *     each pixel that it makes.
   *   - 16 bytes for each entry of the tables. There are a few entries for each row and column of tiles and output.
   *   - About 1 KB for each model call, its dispatches included.
   * A photograph of 12000 x 9000 at 336, 672 and 1008 takes some MB. */
  uint64_t max_plan_bytes;

  /* The allocator of all device memory of the library, tables included; copied. NULL: the library allocates blocks of
   * 1 MiB and more by itself. */
  const s2vk_memory_callbacks *memory;
} s2vk_context_info;

/* A device, with what all plans on it share. */
typedef struct s2vk_context s2vk_context;

/* Makes the context of a device. The device and its instance must outlive the context.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_DRIVER (a device below Vulkan 1.1, or one that lacks a function), LIMIT,
 * OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. Any number of threads may use a context at once. */
S2VK_API s2vk_result s2vk_context_create(const s2vk_context_info *info, s2vk_context **context);

/* Destroys a context. Thread safety: no other thread may use the context or anything made from it. */
S2VK_API void s2vk_context_destroy(s2vk_context **context);

/* What a context has made for its plans and bindings. */
typedef struct s2vk_context_statistics {
  size_t struct_size;           /* sizeof(s2vk_context_statistics), set by the caller */
  uint32_t pipelines;           /* pipelines that exist, those of s2vk_context_prepare() included */
  uint32_t pipelines_prepared;  /* pipelines that s2vk_context_prepare() made, or found and keeps */
  uint64_t pipelines_made;      /* since the context was created */
  uint64_t pipelines_destroyed; /* since the context was created */
  uint32_t memory_blocks;       /* allocations that exist: VkDeviceMemory, or from s2vk_context_info.memory */
  VkDeviceSize memory_bytes;    /* bytes in these blocks, in use or not */
} s2vk_context_statistics;

/* Counts what a context has made. Errors: NULL, STRUCT_SIZE. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_context_get_statistics(s2vk_context *context, s2vk_context_statistics *statistics);

/* ---- A device for programs that have none ------------------------------------------------------------------ */

/* Which device to open, and how. */
typedef struct s2vk_device_info {
  size_t struct_size;                               /* sizeof(s2vk_device_info) */
  PFN_vkGetInstanceProcAddr get_instance_proc_addr; /* required; the Vulkan loader's */
  int32_t device_index;                             /* 1 for the first device listed, and so on; 0: the best one */
  const char *const *layers;                        /* instance layers to enable; may be NULL */
  uint32_t layer_count;                             /* length of layers */
  const void *instance_next;                        /* appended to VkInstanceCreateInfo::pNext; may be NULL */
  const char *const *instance_extensions;           /* to enable; may be NULL */
  uint32_t instance_extension_count;                /* length of instance_extensions */
  s2vk_log_function log;                            /* may be NULL */
  void *log_user;                                   /* first argument of log */
} s2vk_device_info;

/* Opens an instance and a device with one compute queue, and fills in *context_info for s2vk_context_create(). It
 * copies log and log_user there, and sets debug_utils if VK_EXT_debug_utils is one of instance_extensions.
 *
 * The best device is a discrete GPU; else an integrated or virtual one; else a CPU driver. Among equals it is the first
 * one listed. The function enables VK_KHR_portability_enumeration and VK_KHR_portability_subset where they are offered,
 * so that it also finds the devices of portability drivers such as MoltenVK. It enables shaderInt64 on CPU drivers that
 * have it.
 * Errors: NULL, STRUCT_SIZE, NO_DRIVER, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_device_open(const s2vk_device_info *info, s2vk_context_info *context_info);

/* Destroys the device and the instance that s2vk_device_open() made, and clears the handles. Accepts NULL. Thread
 * safety: no other thread may use the device or the instance. */
S2VK_API void s2vk_device_close(s2vk_context_info *context_info);

/* ---- Plan -------------------------------------------------------------------------------------------------- */

/* What is done to a scale whose size is no multiple of the tile side. */
typedef enum s2vk_split_mode {
  S2VK_SPLIT_RESIZE = 0, /* interpolate the scale once more, bicubic, to the next multiple */
  S2VK_SPLIT_PAD = 1,    /* add zeros to the right and below */
} s2vk_split_mode;

/* The filter that resamples the input to the image of a scale (docs/semantics.md, step 1). It does not apply to the
 * second interpolation, that of S2VK_SPLIT_RESIZE, which is always S2VK_FILTER_BICUBIC.
 *
 * Antialiased filters widen where the image shrinks, as Pillow's do. The preprocessing of most models uses them. Where
 * the image grows, BILINEAR_ANTIALIASED is the same as BILINEAR. Each antialiased filter is Pillow's to the byte with
 * s2vk_rounding, and Pillow's but for the rounding of both passes without it. The other filters cannot be rounded. */
typedef enum s2vk_filter {
  S2VK_FILTER_BICUBIC = 0,              /* Keys, a = -0.75: the original's, PyTorch's F.interpolate; not Pillow's */
  S2VK_FILTER_BILINEAR = 1,             /* two samples: PyTorch's F.interpolate; not Pillow's where images shrink */
  S2VK_FILTER_NEAREST = 2,              /* the sample that contains the pixel's centre: PyTorch's "nearest-exact";
                                         * Pillow's NEAREST sometimes takes the other one of two that are as near */
  S2VK_FILTER_BICUBIC_ANTIALIASED = 3,  /* Keys, a = -0.5; Pillow's BICUBIC, with rounding to the byte */
  S2VK_FILTER_BILINEAR_ANTIALIASED = 4, /* Pillow's BILINEAR, with rounding to the byte */
  S2VK_FILTER_LANCZOS3 = 5,             /* Pillow's LANCZOS, with rounding to the byte */
} s2vk_filter;

/* The layout of the model's features and of the output. */
typedef enum s2vk_output_shape {
  S2VK_OUTPUT_BNC = 0,  /* batch x tokens x channels, as of a ViT */
  S2VK_OUTPUT_BCHW = 1, /* batch x channels x height x width, as of a ConvNet */
} s2vk_output_shape;

/* What becomes of the feature grid of a scale whose tiles cover more than its image. */
typedef enum s2vk_grid_policy {
  S2VK_GRID_IMAGE = 0,  /* cut down to the image's own part: by area interpolation (resize), or by cropping (pad) */
  S2VK_GRID_SPLIT = 1,  /* kept whole (resize), or cropped to the image's own part (pad) */
  S2VK_GRID_SQUARE = 2, /* none: images are square, and the side of each scale's tiles divides that of its image */
} s2vk_grid_policy;

/* What becomes of the prefix tokens of an image's tiles. */
typedef enum s2vk_prefix_tokens {
  S2VK_PREFIX_MEAN = 0,  /* each is averaged over the tiles of a scale */
  S2VK_PREFIX_TILES = 1, /* those of every tile are kept: see s2vk_plan_info.prefix_tokens */
} s2vk_prefix_tokens;

/* What the model returns for one tile. */
typedef struct s2vk_model_shape {
  uint32_t channels; /* D; required */
  uint32_t tokens;   /* BNC: N, prefix tokens included; required */
  uint32_t height;   /* BCHW: height of the feature map; required */
  uint32_t width;    /* BCHW: width of the feature map; required */
} s2vk_model_shape;

/* Where pixels are. */
typedef enum s2vk_pixel_source {
  S2VK_PIXELS_BUFFER = 0,   /* in the binding's input buffer */
  S2VK_PIXELS_IMAGE = 1,    /* in s2vk_binding_info.input_view, of type 2D_ARRAY: a layer for each image of the batch */
  S2VK_PIXELS_IMAGE_2D = 2, /* the same, with a view of type 2D; the batch must be 1 */
} s2vk_pixel_source;

/* The components of a pixel in a buffer, in the order of their names. 8-bit components stand for value / 255. Grey
 * pixels have one component, which counts as red, green and blue. */
typedef enum s2vk_pixel_format {
  S2VK_PIXEL_RGBA8 = 0,
  S2VK_PIXEL_BGRA8 = 1,
  S2VK_PIXEL_RGB8 = 2,
  S2VK_PIXEL_BGR8 = 3,
  S2VK_PIXEL_GREY8 = 4,
  S2VK_PIXEL_RGBA_F32 = 5,
  S2VK_PIXEL_BGRA_F32 = 6,
  S2VK_PIXEL_RGB_F32 = 7,
  S2VK_PIXEL_BGR_F32 = 8,
  S2VK_PIXEL_GREY_F32 = 9,
} s2vk_pixel_format;

/* What is done to red, green and blue ahead of normalization. Alpha stays as it is. Most vision models are trained on
 * sRGB-coded values, as image files have them. For such a model, choose by the source:
 *   - bytes, or a view of a _UNORM format: NONE;
 *   - a view of an _SRGB format, which the device decodes to linear values, exact to half a step of 8 bits: TO_SRGB;
 *     or, better, a _UNORM view of the same image with NONE;
 *   - a renderer's linear float image: TO_SRGB, after any tone mapping.
 *
 * The formulas are those of IEC 61966-2-1, without a clamp: docs/semantics.md, "Pixels". */
typedef enum s2vk_transfer {
  S2VK_TRANSFER_NONE = 0,      /* values stay as read */
  S2VK_TRANSFER_TO_SRGB = 1,   /* values are linear when read, and sRGB-coded for the model */
  S2VK_TRANSFER_TO_LINEAR = 2, /* values are sRGB-coded when read, and linear for the model */
} s2vk_transfer;

/* Means and standard deviations of red, green and blue, for values from 0 to 1. They belong to the colours, whatever
 * order the channels have. Alpha stays as it is. */
typedef enum s2vk_normalization {
  S2VK_NORMALIZATION_GIVEN = 0,    /* s2vk_pixels_info.mean and std */
  S2VK_NORMALIZATION_CLIP = 1,     /* mean 0.48145466, 0.4578275, 0.40821073; std 0.26862954, 0.26130258, 0.27577711 */
  S2VK_NORMALIZATION_IMAGENET = 2, /* mean 0.485, 0.456, 0.406; std 0.229, 0.224, 0.225 */
  S2VK_NORMALIZATION_SIGNED = 3,   /* mean 0.5, std 0.5: to [-1, 1], as SigLIP has it */
} s2vk_normalization;

/* An input of pixels, as applications have them, in place of a tensor. The plan reads a region of each image. The
 * region has the plan's height and width. The split computes (transfer(pixel) - mean) / std when it reads a pixel, so
 * there is no converted copy of the image. */
typedef struct s2vk_pixels_info {
  size_t struct_size;       /* sizeof(s2vk_pixels_info) */
  s2vk_pixel_source source; /* a buffer or an image */
  s2vk_pixel_format format; /* of pixels in a buffer; the format of an image is its view's */
  s2vk_size image;          /* size of the full image, which contains the region; 0 x 0: (y + height) x (x + width) */
  uint32_t x;               /* the region's first column, in pixels */
  uint32_t y;               /* the region's first row, in pixels */

  /* In a buffer: bytes between the starts of rows, at least one row of image.width pixels; 0: no gap. For f32 a
   * multiple of 4. */
  VkDeviceSize row_stride;

  /* In a buffer: bytes between the starts of the batch's images, any number; 0: no gap. For f32 a multiple of 4. */
  VkDeviceSize image_stride;

  /* The component of the pixel that each channel of the plan is made of, as a VkComponentSwizzle. IDENTITY is red,
   * green, blue and alpha in turn. Give B, G, R for a model that takes blue first, and R alone for one that takes grey.
   * A plan with pixels has at most 4 channels. */
  s2vk_component_swizzle order[4];

  s2vk_transfer transfer;           /* comes first */
  s2vk_normalization normalization; /* comes after transfer */
  float mean[4];                    /* for each channel of the plan; applies after transfer */
  float std[4];                     /* for each channel of the plan, above 0; mean and std all 0: no normalization */
} s2vk_pixels_info;

/* How the results of a resampling are rounded. Pillow resizes images of bytes in two passes, one along each axis. Each
 * pass rounds halves up and clamps to 0..255. Its weights are integers with 22 fractional bits. The library does the
 * same, and its bytes equal Pillow's. The filter must be an antialiased one. */
typedef enum s2vk_rounding {
  S2VK_ROUNDING_NONE = 0,            /* f32, neither rounded nor clamped */
  S2VK_ROUNDING_BYTES = 1,           /* along x first, but for very high images: Pillow up to 12, of most training */
  S2VK_ROUNDING_BYTES_PILLOW_13 = 2, /* along y first where Pillow 13 expects less work from that, else along x */
} s2vk_rounding;

/* What is done to each image of pixels ahead of S2, as image processors do it. There are four steps, in this order.
 * Each of the first three may be left out:
 *
 *   1. pad_square: the image (the plan's region) is put in the middle of a square, whose side is the image's longer
 *      side. The rest of the square has the colour fill. This is LLaVA's expand2square().
 *   2. shortest_side, first_size: the image is resampled by first_filter. Without shortest_side the result has
 *      first_size. With shortest_side the result keeps the image's shape and has shortest_side as its shorter side;
 *      first_size is cut from its middle. This is CLIP's resize and centre crop.
 *   3. normalization: that of s2vk_pixels_info.
 *   4. S2: what there is now is the image that scales are factors of. s2vk_plan_info.filter resamples it to each scale.
 *
 * rounding applies to the first resampling only:
 *   - With step 2, that is step 2. Step 4 then starts from the normalised image.
 *   - Without step 2, that is step 4, which then comes ahead of step 3.
 *
 * Without rounding and pad_square, all steps are one pass, with no image in between. Rounding and pad_square take
 * passes of their own, which keep images in the binding's scratch buffer. docs/semantics.md, "Preprocessing", has the
 * formulas. */
typedef struct s2vk_preprocessing_info {
  size_t struct_size;       /* sizeof(s2vk_preprocessing_info) */
  bool pad_square;          /* step 1; the input must be pixels */
  uint8_t fill[4];          /* colour of step 1: red, green, blue, alpha, 0 to 255; grey pixels take the first */
  uint32_t shortest_side;   /* pixels; 0: the whole image is resampled to first_size */
  s2vk_size first_size;     /* pixels; 0 x 0: no step 2. With shortest_side it must fit in the resampled image */
  s2vk_filter first_filter; /* of step 2 */

  /* Rounding to bytes takes pixels of bytes, or an image of 8-bit UNORM; transfer must be NONE. */
  s2vk_rounding rounding;
} s2vk_preprocessing_info;

/* One geometry. The arguments of s2wrapper.forward() come first, with its names and defaults. A comment marks the place
 * from which on the fields are the library's own. */
typedef struct s2vk_plan_info {
  size_t struct_size; /* sizeof(s2vk_plan_info) */

  /* The shape of the input, B x C x H x W; all required. */
  uint32_t batch;
  uint32_t channels;
  uint32_t height; /* pixels, at most S2VK_MAX_SIDE */
  uint32_t width;

  /* The scales: exactly one of the two is required. scales has factors: a factor s makes an image of height
   * trunc(H * s) and width trunc(W * s). img_sizes has the sizes of the images themselves. */
  const double *scales;
  const s2vk_size *img_sizes;
  uint32_t scale_count; /* length of the one that is given; at least 1 */

  s2vk_model_shape model; /* what the model returns for a tile; required */

  uint32_t max_split_size;        /* tile side t in pixels; 0: the input's side, and the input must be square */
  s2vk_split_mode split_mode;     /* for scales that tiles do not divide */
  int32_t resize_output_to_idx;   /* the scale whose feature grid the output has; negative counts from the end */
  uint32_t num_prefix_token;      /* tokens ahead of the grid in the model's output; BNC only */
  s2vk_output_shape output_shape; /* of the output and of the model's features */
  bool split_forward;             /* B tiles per model call, and never tiles of two scales */

  /* s2wrapper.forward() has none of the fields from here on. */

  /* Tiles per model call; 0: all tiles of a scale. The last call of a run has the tiles that are left. A plan has at
   * most 2^20 calls. The library splits its own work to fit the device's limits. For a model that binds its tensors
   * whole, choose a number for which they fit in maxStorageBufferRange.
   *
   * The tiles are the same bits with any value. The output is the same bits, too, if the scales are integers, the
   * output_shape is S2VK_OUTPUT_BNC, and there are no prefix tokens. In other cases an output may sum over several
   * tiles, or come from another kernel, and its last bits may differ. One plan gives the same bits in every run on one
   * device. */
  uint32_t tiles_per_call;

  /* Whether a call may hold tiles of several scales. With tiles_per_call 0, one call then holds all tiles. Tiles of
   * different sides (S2VK_GRID_SQUARE) never share a call. */
  bool calls_cross_scales;

  s2vk_grid_policy grid_policy; /* of scales that tiles do not divide */

  /* What the model returns for a tile of each scale: scale_count shapes in place of model, with equal channels; may be
   * NULL. S2VK_GRID_SQUARE needs it if tile sides, and therefore tokens, differ from scale to scale. */
  const s2vk_model_shape *scale_models;

  s2vk_type input_type;   /* of the input; the four types are independent */
  s2vk_type tile_type;    /* of the tiles */
  s2vk_type feature_type; /* of the features */
  s2vk_type output_type;  /* of the output */

  s2vk_filter filter; /* from the input to each scale */

  /* The pixels that the input consists of. input_type stays at its default then. NULL: the input is a dense
   * B x C x H x W tensor of input_type. */
  const s2vk_pixels_info *pixels;

  /* Pixels that a tile shares with each of its neighbours, from 0 to half a tile; 0: the original. The shared pixels
   * must be a whole number of tokens. The features of shared tokens are blended linearly. Must be 0 with
   * S2VK_GRID_SQUARE. The formulas are in docs/semantics.md, "Overlapping tiles". */
  uint32_t tile_overlap;

  /* Where the elements of tiles, features and output are, for models and engines that want another order, or gaps. All
   * zero: dense, in S2VK_ORDER_NCHW or as tokens. The output cannot have blocks of channels. With S2VK_GRID_SQUARE, one
   * set of strides applies to the tiles of all scales. */
  s2vk_strides tile_strides;
  s2vk_strides feature_strides;
  s2vk_strides output_strides;

  /* Whether the output's tokens are in blocks, as NVILA's projector takes them; false: the whole grid, row by row. The
   * grid is cut into blocks as scale output_blocks_idx is cut into tiles, which must divide the grid. Blocks follow
   * each other row by row, and so do the tokens of a block: a block can be seen as one item of a batch. Prefix tokens
   * stay ahead of all blocks. */
  bool output_blocks;

  int32_t output_blocks_idx; /* a scale, for output_blocks; negative counts from the end: -1 is the last one */

  /* What is done to the input ahead of S2; may be NULL. With first_size or pad_square, the image that comes out is what
   * scales, max_split_size and grid_policy call the input. */
  const s2vk_preprocessing_info *preprocessing;

  /* Which prefix tokens the output has ahead of its grid. P is num_prefix_token.
   *   - S2VK_PREFIX_MEAN: P tokens.
   *   - S2VK_PREFIX_TILES: P tokens for each tile, in the order of tiles: P * T tokens, where T is the largest number
   *     of tiles that an image has at a scale. A scale with fewer tiles has 0 in its channels of the other tokens. */
  s2vk_prefix_tokens prefix_tokens;

  /* Whether the output has prefix tokens alone, and no grid. Required for a model that returns nothing else:
   * model.tokens is then num_prefix_token. */
  bool prefix_only;

  /* Space to depth, as ahead of the projector of VILA (2) and NVILA (2 or 3): each square of n x n tokens becomes one
   * token of the output, with n * n times the channels. This field is n, at most S2VK_MAX_DOWNSAMPLE; 0 or 1: none.
   *
   * Squares begin at the first token of each block or, without output_blocks, of the grid. A block of h x w tokens
   * becomes ceil(h/n) x ceil(w/n) tokens. Places of a square beyond the block's last row or column are 0. The order of
   * the channels is in docs/semantics.md, "The order of the output". BNC only, and without prefix tokens. */
  uint32_t output_downsample;

  /* Whether the tokens of a block (or of the grid) follow each other column by column, as VILA1.5's downsample leaves
   * them; false: row by row. Blocks follow each other row by row all the same. BNC only. */
  bool output_by_columns;

  /* How often the channels of all scales stand side by side in the output; 0: once. NVILA has the features of an image
   * of one tile once for each of its scales: a plan of one scale that is repeated runs the model once. */
  uint32_t output_repeat;
} s2vk_plan_info;

/* A geometry with its tables and pipelines. */
typedef struct s2vk_plan s2vk_plan;

/* Makes a plan: checks info, lays out tiles and calls, and computes the interpolation tables. With a device it also
 * makes the pipelines. It submits nothing and waits for nothing. The context must outlive the plan.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_SCALES, BOTH_SCALES, ZERO_SIZE, OVERFLOW, EMPTY_SCALE, NO_TILE_SIDE,
 * SQUARE_POLICY, OUTPUT_INDEX, PREFIX_BCHW, TOKENS_NOT_SQUARE, TILES_PER_CALL, PIXELS, TILE_OVERLAP, STRIDES,
 * PREPROCESSING, OUTPUT_BLOCKS, PREFIX_TOKENS, OUTPUT_ORDER, LIMIT, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY (also when
 * the plan's buffers together exceed the device's memory), VULKAN. Thread safety: any thread. Any number of threads may
 * use a plan at once. */
S2VK_API s2vk_result s2vk_plan_create(s2vk_context *context, const s2vk_plan_info *info, s2vk_plan **plan);

/* Destroys a plan. Thread safety: no other thread may use the plan or a binding of it. */
S2VK_API void s2vk_plan_destroy(s2vk_plan **plan);

/* What a plan takes and gives. Byte counts are exact: the library allocates this much for a tensor that the caller
 * leaves out, and a caller's buffer must have at least this much.
 *
 * Two fields of s2vk_plan_info change the shape of output that its comment gives. output_repeat multiplies the
 * channels. output_downsample n multiplies them by n * n, and h and w are then those of the downsampled tokens. */
typedef struct s2vk_plan_layout {
  size_t struct_size;             /* sizeof(s2vk_plan_layout), set by the caller */
  uint32_t scale_count;           /* scales of the plan */
  uint32_t call_count;            /* model calls of a run */
  uint64_t tile_count;            /* tiles of all scales */
  s2vk_shape input;               /* B x C x H x W */
  s2vk_shape output;              /* B x (prefix + h*w) x (scales * D), or B x (scales * D) x h x w; more below */
  s2vk_size output_grid;          /* tokens: the h and w of output; 0 x 0 with prefix_only */
  s2vk_size output_block;         /* tokens of a block, with output_blocks; else 0 x 0 */
  uint32_t output_prefix;         /* tokens ahead of the grid: the prefix of output */
  VkDeviceSize input_bytes;       /* of the whole input; for pixels, up to the last one that is read; 0 for an image */
  VkDeviceSize tiles_bytes;       /* of the largest call */
  VkDeviceSize features_bytes;    /* of the largest call */
  VkDeviceSize output_bytes;      /* of the whole output */
  VkDeviceSize accumulator_bytes; /* f32 sums that outlive a call; 0 when none do, or when the output can hold them */
  VkDeviceSize table_bytes;       /* of the tables, which the plan owns and its bindings share */
  VkDeviceSize scratch_bytes;     /* images between the passes of s2vk_plan_info.preprocessing; 0 when there are none */
  VkDeviceSize offset_alignment;  /* every buffer offset must be a multiple of it; 4 without a device */

  /* The best usage flags to create the caller's input and features buffers with, and to give as s2vk_buffer.usage. They
   * are the same for all plans of a context. STORAGE_BUFFER is enough. CPU drivers add UNIFORM_TEXEL_BUFFER and
   * TRANSFER_SRC, and read and copy such buffers in half the time or less. */
  VkBufferUsageFlags source_usage;

  /* The best usage flags for the caller's tiles and output buffers, in the same way: STORAGE_BUFFER, and TRANSFER_DST
   * on CPU drivers. */
  VkBufferUsageFlags target_usage;

  s2vk_strides output_strides; /* as in s2vk_tensor */
} s2vk_plan_layout;

/* One scale of a plan. */
typedef struct s2vk_scale_layout {
  size_t struct_size;  /* sizeof(s2vk_scale_layout), set by the caller */
  s2vk_size image;     /* pixels that the input is interpolated to */
  s2vk_size padded;    /* pixels that tiles cover: without overlap, tiles times tile side */
  s2vk_size tiles;     /* tiles down and across */
  uint32_t tile_side;  /* pixels */
  s2vk_size features;  /* tokens of one tile, without prefix tokens */
  s2vk_size grid;      /* tokens of all tiles side by side; shared tokens count once */
  s2vk_size own;       /* tokens of the image's own part (docs/semantics.md, step 8) */
  uint64_t first_tile; /* tile (row, column) of image b is tile first_tile + (row * tiles.width + column) * B + b */
  uint64_t tile_count; /* tiles.height * tiles.width * B */
} s2vk_scale_layout;

/* One model call: tiles [first_tile, first_tile + tile_count) of the run. */
typedef struct s2vk_call_layout {
  size_t struct_size;           /* sizeof(s2vk_call_layout), set by the caller */
  uint32_t scale;               /* scale of the first tile */
  uint32_t tile_count;          /* tiles of this call */
  uint64_t first_tile;          /* index of the first tile in the run */
  s2vk_shape tiles;             /* tile_count x C x side x side */
  s2vk_shape features;          /* tile_count x N x D, or tile_count x D x height x width */
  VkDeviceSize tiles_bytes;     /* bytes of this call's tiles */
  VkDeviceSize features_bytes;  /* bytes of this call's features */
  s2vk_strides tile_strides;    /* as in s2vk_tensor */
  s2vk_strides feature_strides; /* as in s2vk_tensor */
} s2vk_call_layout;

/* Queries of a plan. Errors: NULL, STRUCT_SIZE, CALL_INDEX. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_plan_get_layout(const s2vk_plan *plan, s2vk_plan_layout *layout);
S2VK_API s2vk_result s2vk_plan_get_scale(const s2vk_plan *plan, uint32_t scale, s2vk_scale_layout *layout);
S2VK_API s2vk_result s2vk_plan_get_call(const s2vk_plan *plan, uint32_t call, s2vk_call_layout *layout);

/* Describes a plan for a person to read. For each scale and pass, the text has:
 *   - the kernel (the shader) and its permutation (the variant that it was compiled as);
 *   - the outputs of an invocation;
 *   - the workgroups, dispatches, calls and ranges of buffers;
 *   - the bytes in and out.
 * It also has the bytes of the tables. The wording may change with every version.
 *
 * line is called for each line, without a newline, on the calling thread; text is valid only during the call. The
 * context's log function gets the same lines, as INFO, when a plan is made.
 * Errors: NULL, OUT_OF_HOST_MEMORY. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_plan_describe(const s2vk_plan *plan, void (*line)(void *user, const char *text), void *user);

/* A kind of plans: the fields of s2vk_plan_info that pipelines depend on. */
typedef struct s2vk_prepare_info {
  size_t struct_size;             /* sizeof(s2vk_prepare_info) */
  uint32_t channels;              /* of the input; 0: 3 */
  s2vk_type input_type;           /* as in s2vk_plan_info */
  s2vk_type tile_type;            /* as in s2vk_plan_info */
  s2vk_type feature_type;         /* as in s2vk_plan_info */
  s2vk_type output_type;          /* as in s2vk_plan_info */
  s2vk_output_shape output_shape; /* as in s2vk_plan_info */
  uint32_t tile_side;             /* max_split_size of the plans; 0: any, or S2VK_GRID_SQUARE */
  uint32_t model_channels;        /* D of the plans' models; 0: any */

  /* The pixels of the plans; only source, format, order and transfer matter. NULL: the input is a tensor. */
  const s2vk_pixels_info *pixels;

  /* The preprocessing of the plans; only rounding and pad_square matter. NULL: the plans have none, or one that is made
   * in one pass. */
  const s2vk_preprocessing_info *preprocessing;
} s2vk_prepare_info;

/* Makes all pipelines that plans of a kind may need, whatever their image sizes, scales, filters and modes are. Making
 * such a plan then compiles nothing. There are three exceptions:
 *   - on CPU drivers, a plan with a tensor larger than maxStorageBufferRange may need other pipelines;
 *   - on CPU drivers, so may a binding whose buffers have only the usage STORAGE_BUFFER;
 *   - a plan with strides may need a few of its own.
 *
 * There are some thirty pipelines; with tile_side or model_channels 0 there are up to a hundred. Pipelines
 * that exist already are not made again. The call takes the time that the driver takes to compile: from milliseconds,
 * if pipeline_cache has the pipelines, to some seconds. Other threads may use the context meanwhile.
 *
 * The context keeps these pipelines until it is destroyed. They do not count in s2vk_context_info.max_pipelines. After
 * a failure, the context keeps those that were made before it.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_DEVICE, PIXELS, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. */
S2VK_API s2vk_result s2vk_context_prepare(s2vk_context *context, const s2vk_prepare_info *info);

/* ---- Dynamic-S2 -------------------------------------------------------------------------------------------- */

/* An image, and the scales that the model takes. */
typedef struct s2vk_dynamic_s2_info {
  size_t struct_size;    /* sizeof(s2vk_dynamic_s2_info) */
  uint32_t height;       /* height of the image in pixels, at most S2VK_MAX_SIDE */
  uint32_t width;        /* width of the image in pixels, at most S2VK_MAX_SIDE */
  const uint32_t *sizes; /* sides of the scales in pixels: the first is the tile side, the others are multiples of it */
  uint32_t size_count;   /* length of sizes; at least 1 */
  uint32_t max_tiles;    /* most tiles of the last scale; at least (sizes[size_count - 1] / sizes[0])^2 */
} s2vk_dynamic_s2_info;

/* Computes the size of an image at each scale of Dynamic-S2 (NVILA, Liu et al., 2024, arXiv:2412.04468). All scales but
 * the last one are squares. The last one is a grid of whole tiles. The number of its tiles is at least that of the
 * square of its size, and at most max_tiles. Of these grids, the last scale has the one whose columns / rows are
 * nearest to the image's width / height.
 *
 * Among grids that are equally near:
 *   1. the largest one whose pixels are less than twice the image's;
 *   2. if there is none, the smallest one.
 * Of two grids with the same number of tiles, the taller one counts as larger.
 *
 * The call fills in size_count sizes for s2vk_plan_info.img_sizes. Use them with max_split_size = sizes[0] and
 * resize_output_to_idx = -1. Tiles are counted without overlap: a plan with tile_overlap has more of them.
 * Errors: NULL, STRUCT_SIZE, NO_SCALES, ZERO_SIZE, OVERFLOW (also: max_tiles tiles in a row longer than S2VK_MAX_SIDE),
 * DYNAMIC_S2. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_dynamic_s2_sizes(
    const s2vk_context *context, const s2vk_dynamic_s2_info *info, s2vk_size *img_sizes);

/* The vision model, and the projector between it and the language model. The projector makes one token from each
 * square of tokens. */
typedef struct s2vk_dynamic_s2_model {
  size_t struct_size;  /* sizeof(s2vk_dynamic_s2_model) */
  uint32_t grid;       /* tokens along a side of a tile's features, without prefix tokens; required */
  uint32_t downsample; /* tokens along a side of the projector's square; 0: 1. NVILA has 2 or 3 */
  bool single_tile;    /* the image is one tile, as those of a video or of a set */
} s2vk_dynamic_s2_model;

/* The recipe of an image: what NVILA's vision model, projector and language model get from it. */
typedef struct s2vk_dynamic_s2_recipe {
  size_t struct_size;  /* sizeof(s2vk_dynamic_s2_recipe), set by the caller */
  s2vk_size blocks;    /* blocks of the output, with output_blocks: the last scale's tiles; 1 x 1 with single_tile */
  s2vk_size block;     /* tokens of a block: grid x grid */
  s2vk_size projected; /* tokens that the projector makes of a block, filling up its last row and column with zeros */
  uint64_t tokens;     /* tokens that the language model sees of the image: those of all blocks */
  uint64_t tiles;      /* tiles that the vision model sees, of all scales */
  uint32_t scales;     /* scales of the plan, the first of img_sizes: size_count; 1 with single_tile */
  uint32_t repeat;     /* for output_repeat: 1; size_count with single_tile */
} s2vk_dynamic_s2_recipe;

/* Computes the sizes of one image, as s2vk_dynamic_s2_sizes() does, and its recipe. Use the sizes as said there, with
 * scale_count = recipe.scales, output_repeat = recipe.repeat, output_blocks = true and output_blocks_idx = -1; with
 * output_downsample = downsample the output is what the projector makes tokens of. With single_tile all sizes are
 * sizes[0]. The output is then the features of that tile, once for each scale; a plan of all size_count sizes without
 * output_repeat gives the same, and runs the model more often. Errors: as s2vk_dynamic_s2_sizes(). Thread safety: any
 * thread. */
S2VK_API s2vk_result s2vk_dynamic_s2_plan(const s2vk_context *context, const s2vk_dynamic_s2_info *info,
    const s2vk_dynamic_s2_model *model, s2vk_size *img_sizes, s2vk_dynamic_s2_recipe *recipe);

/* ---- Presets ----------------------------------------------------------------------------------------------- */

/* The preprocessing that models were trained with. A value's comment has the steps ahead of the model in their order.
 * All presets round as Pillow up to version 12 does. `side` is the argument of s2vk_preset_apply(). */
typedef enum s2vk_preset {
  /* BICUBIC to a shortest side of `side`, centre crop, CLIP's mean and std. Then S2's own bicubic to each scale. */
  S2VK_PRESET_CLIP = 0,

  /* BICUBIC to a square of `side`, mean and std 0.5. Then S2's own bicubic to each scale. */
  S2VK_PRESET_SIGLIP = 1,

  /* A square of CLIP's mean colour around the image, then as S2VK_PRESET_CLIP: LLaVA-S2, Bunny, VILA1.5-S2. */
  S2VK_PRESET_LLAVA = 2,

  /* BICUBIC from the image itself to each scale, mean and std 0.5. The output has the last scale's grid, in blocks. */
  S2VK_PRESET_NVILA = 3,
} s2vk_preset;

/* Sets what a preset consists of:
 *   - in *plan: filter, preprocessing and pixels; for NVILA also resize_output_to_idx, output_blocks and
 *     output_blocks_idx;
 *   - in *pixels: normalization;
 *   - in *preprocessing: every field.
 *
 * Other fields of *plan and *pixels stay as they are. All fields may be changed afterwards. plan points to pixels and
 * preprocessing, which must live until the plan is made. side is the side of the largest scale in pixels, for example
 * 1008 for LLaVA's 336, 672 and 1008. NVILA ignores it. Errors: NULL, STRUCT_SIZE, ENUM, ZERO_SIZE, OVERFLOW. Thread
 * safety: any thread. */
S2VK_API s2vk_result s2vk_preset_apply(const s2vk_context *context, s2vk_preset preset, uint32_t side,
    s2vk_plan_info *plan, s2vk_pixels_info *pixels, s2vk_preprocessing_info *preprocessing);

/* ---- Model ------------------------------------------------------------------------------------------------- */

/* One call of the model. Every call of a binding has the same buffers and offsets, and at most the bytes that
 * s2vk_plan_layout has. A model can therefore make its descriptors once. */
typedef struct s2vk_model_call {
  uint32_t index;       /* 0 to s2vk_plan_layout.call_count - 1, in this order */
  uint32_t scale;       /* scale of the first tile */
  uint64_t first_tile;  /* index of the first tile in the run */
  s2vk_tensor tiles;    /* n x C x side x side; read it */
  s2vk_tensor features; /* n x N x D, or n x D x height x width; write all of it */
} s2vk_model_call;

/* A model: exactly one of the two callbacks is set. A callback returns S2VK_SUCCESS or any other value. Another value
 * ends the run and comes back from the function that was called. */
typedef struct s2vk_model {
  size_t struct_size; /* sizeof(s2vk_model) */
  void *user;         /* first argument of the callbacks */

  /* Records the model into commands, outside a render pass. The tiles are visible to compute shaders and transfers. The
   * library sees features that compute shaders or transfers write. A model that uses other stages records barriers of
   * its own, before and after. It may change descriptor sets, pipelines and push constants freely. */
  s2vk_result (*record)(void *user, VkCommandBuffer commands, const s2vk_model_call *call);

  /* Runs a model on the CPU. Only s2vk_forward() can call it. tiles and features are host memory of call->tiles.bytes
   * and call->features.bytes, valid during the call. Before each call s2vk_forward() submits to the context's queue
   * and waits. The queue is in use until s2vk_forward() returns: an engine that waits inside run for the same queue to
   * become free waits forever. */
  s2vk_result (*run)(void *user, const void *tiles, void *features, const s2vk_model_call *call);
} s2vk_model;

/* ---- Binding ----------------------------------------------------------------------------------------------- */

/* A part of a buffer. If buffer is NULL, the library makes a buffer. The buffer's memory may be of any kind that the
 * device can access, imported memory included.
 *
 * A buffer needs the usage STORAGE_BUFFER. s2vk_forward() copies from and to host memory and needs more:
 *   - input: TRANSFER_DST;
 *   - output: TRANSFER_SRC;
 *   - with a model on the CPU, features: TRANSFER_DST, and tiles: TRANSFER_SRC. */
typedef struct s2vk_buffer {
  VkBuffer buffer;     /* NULL: one of the library's */
  VkDeviceSize offset; /* bytes; a multiple of s2vk_plan_layout.offset_alignment */
  VkDeviceSize bytes;  /* bytes from offset on; at least what s2vk_plan_layout says */

  /* The usage that the buffer was created with; 0: STORAGE_BUFFER alone. CPU drivers take half the time or less to read
   * and copy a buffer of s2vk_plan_layout.source_usage (input, features) or target_usage (tiles, output), if the usage
   * is given here. The first binding with a buffer of less usage makes the plan build another set of tables and
   * pipelines, which the plan keeps. */
  VkBufferUsageFlags usage;
} s2vk_buffer;

/* A plan with its buffers and descriptors.
 *
 * A binding has one workspace, its tiles and features. For two model calls, or two frames, in flight at once, make two
 * bindings of one plan:
 *   - Calls of one run have tiles and features of their own, and share the other buffers: see
 *     s2vk_binding_info.in_turn_with.
 *   - Frames have buffers of their own.
 *
 * The second binding takes the memory of its buffers, and descriptor sets. Tables and pipelines are the plan's, once.
 * docs/integrating.md, "Several calls in flight", says what waits for what. */
typedef struct s2vk_binding s2vk_binding;

/* The buffers of a binding. */
typedef struct s2vk_binding_info {
  size_t struct_size;      /* sizeof(s2vk_binding_info) */
  s2vk_buffer input;       /* read */
  s2vk_buffer tiles;       /* written, and read by the model */
  s2vk_buffer features;    /* written by the model, and read */
  s2vk_buffer output;      /* written; also read if sums stay in it from one model call to the next */
  s2vk_buffer accumulator; /* f32 sums that stay from one model call to the next; ignored if the plan needs none */

  /* Images between the passes of s2vk_plan_info.preprocessing; ignored if the plan needs none. The best usage is that
   * of input, without TRANSFER_SRC. The content is not needed once a run is done. */
  s2vk_buffer scratch;

  /* The image that a plan with S2VK_PIXELS_IMAGE or S2VK_PIXELS_IMAGE_2D reads in place of input; such a plan requires
   * it:
   *   - a view of type 2D_ARRAY, with a layer for each image of the batch, or, with S2VK_PIXELS_IMAGE_2D, of type 2D.
   *     The library cannot ask for a view's type. The validation layer reports the wrong one;
   *   - of the colour aspect of an image with usage SAMPLED;
   *   - in a format that the device can sample as float: UNORM, SRGB, SNORM or SFLOAT.
   * The view's own component mapping applies. */
  VkImageView input_view;

  s2vk_image_layout input_layout; /* when the split runs; UNDEFINED, the default: SHADER_READ_ONLY_OPTIMAL */

  /* The most recordings of s2vk_record_split_from() that are outstanding at once, up to 4096; 0: none. A recording is
   * outstanding until the GPU is done with it. The binding keeps this many descriptor sets for each range of the pass,
   * and recordings take them in turn. A pass has one range, unless the plan is split to fit the device's limits. Push
   * descriptors are not used: they allocate nothing either, but need VK_KHR_push_descriptor.
   *
   * If this is not 0, input and input_view may be left out, and the library makes no buffer for them. The input then
   * counts as created with STORAGE_BUFFER alone. */
  uint32_t late_inputs;

  /* The same for features: the most recordings of s2vk_record_merge_from() that are outstanding at once, up to 4096;
   * 0: none. If this is not 0, features may be left out. */
  uint32_t late_features;

  /* A binding of the same plan that takes turns with this one, with every second model call; may be NULL. While the
   * model works on the call of one of them, the split of the next call may run with the other. It must outlive this
   * binding.
   *   - Input, input_view, output, accumulator and scratch belong to the whole run. Those that are left out here are
   *     the other binding's.
   *   - Tiles and features are a binding's own. If they overlap the other's, that is S2VK_ERROR_WORKSPACE. */
  const s2vk_binding *in_turn_with;
} s2vk_binding_info;

/* An input for one recording: a buffer, or a view if the plan reads an image. */
typedef struct s2vk_source {
  s2vk_buffer buffer;       /* as s2vk_binding_info.input */
  VkImageView view;         /* as s2vk_binding_info.input_view */
  s2vk_image_layout layout; /* when the split runs; UNDEFINED: SHADER_READ_ONLY_OPTIMAL */
} s2vk_source;

/* Binds a plan to buffers. Those that the plan uses must not overlap, counted from the offset over the bytes that the
 * plan needs. The library compares VkBuffer handles. It does not notice two handles on the same memory, nor bindings in
 * flight together of which neither names the other as in_turn_with. The plan and the buffers must outlive the binding.
 * If info is NULL, the library makes all buffers, in device-local memory.
 * Errors: NULL (also: no input_view for a plan that reads one), STRUCT_SIZE, NO_DEVICE, BUFFER_SIZE, BUFFER_ALIGNMENT,
 * WORKSPACE, OVERFLOW (late_inputs or late_features), PIXELS (an input_view or an input.buffer that the plan does
 * not read), OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. One thread at a time may use a binding, with one exception: recording does not change it,
 * and any number of threads may record one binding at once. The GPU must not run two such recordings at the same time,
 * because they share the binding's buffers. */
S2VK_API s2vk_result s2vk_binding_create(const s2vk_plan *plan, const s2vk_binding_info *info, s2vk_binding **binding);

/* Destroys a binding. The GPU must be done with all that was recorded from it. Thread safety: no other thread may use
 * the binding. */
S2VK_API void s2vk_binding_destroy(s2vk_binding **binding);

/* Gives the tensors of input and output, in the caller's buffers or the library's. Either pointer may be NULL. For
 * pixels in a buffer, input has the plan's shape, and its bytes are s2vk_plan_layout.input_bytes. For an image, its
 * buffer is NULL. The library's own buffers, tiles and features included, have the usage STORAGE_BUFFER,
 * UNIFORM_TEXEL_BUFFER, TRANSFER_SRC and TRANSFER_DST. Errors: NULL. Thread safety: as recording. */
S2VK_API s2vk_result s2vk_binding_get_tensors(const s2vk_binding *binding, s2vk_tensor *input, s2vk_tensor *output);

/* Gives the tensors of one model call, for engines that submit their own work. Errors: NULL, CALL_INDEX. Thread safety:
 * as recording. */
S2VK_API s2vk_result s2vk_binding_get_call(const s2vk_binding *binding, uint32_t call, s2vk_model_call *model_call);

/* ---- Running ----------------------------------------------------------------------------------------------- */

/* Records a whole run: for each call its split, the model and its merge, with all barriers between them. It allocates
 * nothing, makes no Vulkan object, submits nothing and waits for nothing.
 *
 * Before the run:
 *   - The first command is a barrier. It waits for all earlier compute and transfer work on the queue, and makes the
 *     writes of that work visible to the library. An input that such work writes needs nothing more, and runs of one
 *     binding may follow each other.
 *   - If other stages or another queue write the input, the caller makes it visible to COMPUTE_SHADER with SHADER_READ.
 *   - Other stages must be done with the binding's buffers.
 *   - The caller brings an image into input_layout, with SHADER_READ by COMPUTE_SHADER as the barrier's destination.
 *
 * After the run, COMPUTE_SHADER has written the output with SHADER_WRITE. The caller's barrier makes it visible to what
 * comes next.
 *
 * Pipeline, descriptor sets and push constants of the compute bind point are not preserved. The command buffer must be
 * recording, outside a render pass, and of the context's queue_family.
 * Errors: NULL, STRUCT_SIZE, MODEL, LATE (a binding made without input or features), or what the model returned.
 * Thread safety: see s2vk_binding_create(). The calling thread uses the command buffer. */
S2VK_API s2vk_result s2vk_record(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model);

/* Record the two passes of one call: split writes the call's tiles, merge reads its features.
 *
 * Splits must run in the order of calls. Merges must, too, each after the model. A split may write tiles once the model
 * is done with those of the call before. Merges need no splits if the features come from elsewhere.
 *
 * Both passes begin with a barrier. It waits for earlier compute and transfer work on the queue, and makes its writes
 * visible. Split ends with a barrier that makes the tiles visible to later compute shaders and transfers. A model on
 * another queue, or in another stage, brings its own synchronisation. A submission that begins with one of the passes
 * waits for its semaphores at COMPUTE_SHADER and TRANSFER.
 * Errors: NULL, CALL_INDEX, LATE (a binding made without input, or features). Thread safety: as s2vk_record(). */
S2VK_API s2vk_result s2vk_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);
S2VK_API s2vk_result s2vk_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);

/* Record one pass with an input, or features, other than the binding's: for example a camera's frame, or the buffer
 * that an engine has allocated for its output. The buffer must have the bytes of the input, or of the call's features,
 * must not overlap a buffer that the pass writes, and must live until the GPU is done. Each recording writes descriptor
 * sets that the binding keeps for this purpose: see s2vk_binding_info.late_inputs. It allocates nothing. Otherwise the
 * functions are s2vk_record_split() and s2vk_record_merge().
 * Errors: NULL, CALL_INDEX, LATE, BUFFER_SIZE, BUFFER_ALIGNMENT, WORKSPACE, PIXELS. Thread safety: as s2vk_record(). */
S2VK_API s2vk_result s2vk_record_split_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_source *input);
S2VK_API s2vk_result s2vk_record_merge_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_buffer *features);

/* Runs everything on the context's queue, from host memory to host memory, and waits for it.
 *   - Tensors have the shape, type and layout of the plan. Their sizes in bytes are a check and must be exact.
 *   - Pixels have the format and strides of s2vk_pixels_info. input_bytes is at least s2vk_plan_layout.input_bytes,
 *     without its rounding up to 4.
 *   - For an image, input is NULL and input_bytes is 0. The image must be ready when the call is made: see
 *     s2vk_record().
 * The first call makes staging buffers and a command buffer, which the binding keeps.
 * Errors: NULL, STRUCT_SIZE, NO_DEVICE (no queue), BUFFER_SIZE, PIXELS (an input where an image is read), MODEL, LATE
 * (a binding made without input or features), OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, DEVICE_LOST, VULKAN, or what
 * the model returned.
 * Thread safety: no other thread may use the binding, or the queue, during the call. */
S2VK_API s2vk_result s2vk_forward(s2vk_binding *binding, const s2vk_model *model, const void *input, size_t input_bytes,
    void *output, size_t output_bytes);

#ifdef __cplusplus
}
#endif
#endif
