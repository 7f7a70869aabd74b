/* s2vk: multi-scale features from any vision model, on any Vulkan device.
 *
 * S2 ("When Do We Not Need Larger Vision Models?", Shi et al., 2024, arXiv:2403.13043) runs a model over an
 * image at several scales, tile by tile, and concatenates what it returns:
 *
 *   input --[split: resize, pad, tile]--> tiles --[your model]--> features --[merge: untile, resize, concat]--> output
 *
 * Four objects, created and destroyed in pairs, each one needing the one before it for as long as it lives:
 *
 *   context   one per VkDevice; yours, or one that s2vk_device_open() opens
 *   plan      one geometry: shapes, types, scales, tables, pipelines; immutable
 *   binding   a plan with its buffers: yours, or made by the library
 *   model     your callback, which turns a tensor of tiles into a tensor of features
 *
 * and three ways to run: s2vk_forward() on host memory; s2vk_record() into a command buffer of yours;
 * s2vk_record_split() and s2vk_record_merge() around a model that submits its own work.
 *
 * Conventions
 *   - Structs that you fill in start with struct_size = sizeof the struct; zero in every other field is its
 *     default. They, and what they point to, need to live only until the call returns, unless said otherwise.
 *   - Functions return S2VK_SUCCESS (0) or an error; the reason, with the field's name and value, goes to the
 *     context's log function. What a failed call was to create is NULL, and nothing is left behind.
 *   - Destroy functions take a handle's address, clear it, and accept NULL. Nothing that the GPU still uses may be destroyed.
 *   - A queue is the application's to synchronise: threads that submit to one queue, by s2vk_forward() or by themselves, take
 *     turns. The library locks nothing.
 *   - Only s2vk_forward() submits work or waits for it. The library starts no thread, prints nothing, keeps no
 *     process-wide state and never touches the Vulkan loader's.
 *   - Vulkan's types are those of the headers that were included before, if any were: <vulkan/vulkan.h>, <vulkan/vulkan.hpp>,
 *     <volk.h>, or an engine's own such as ncnn's simplevk.h. Without any, this header includes <vulkan/vulkan_core.h>. Where
 *     S2VK_NO_VULKAN_HEADER is defined it never does, and declares the few types that it needs by itself; any of those headers may
 *     still come after it. With volk, include <volk.h> first, or define VK_NO_PROTOTYPES or S2VK_NO_VULKAN_HEADER.
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
typedef VkImageLayout s2vk_image_layout;           /* a VkImageLayout, also where Vulkan's header is not included */
typedef VkComponentSwizzle s2vk_component_swizzle; /* a VkComponentSwizzle, as above */
#else
/* As Vulkan's headers declare them, so that these may follow. Enumerations cannot be declared twice: they are of the same size. */
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

/* What marks a public function; S2VK_SHARED is defined where the library is a shared one. */
#ifndef S2VK_SHARED
#define S2VK_API
#elif !defined(_WIN32)
#define S2VK_API __attribute__((visibility("default")))
#elif defined(S2VK_BUILDING)
#define S2VK_API __declspec(dllexport)
#else
#define S2VK_API __declspec(dllimport)
#endif

/* Semantic (semver.org), of the interface that this header declares; CHANGELOG.md lists its changes. */
#define S2VK_VERSION_MAJOR 0
#define S2VK_VERSION_MINOR 2
#define S2VK_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Results ----------------------------------------------------------------------------------------------- */

/* What every function returns. The library's own errors are negative. Positive values are yours: what a model callback returns
 * comes back unchanged from the function that called it. */
typedef enum s2vk_result {
  S2VK_SUCCESS = 0,
  S2VK_ERROR_NULL = -1,               /* a required pointer, handle or callback is NULL */
  S2VK_ERROR_STRUCT_SIZE = -2,        /* struct_size is not one that this version knows */
  S2VK_ERROR_ENUM = -3,               /* an enumeration has a value that this version does not know */
  S2VK_ERROR_NO_SCALES = -4,          /* neither scales nor img_sizes, or a scale_count of 0 */
  S2VK_ERROR_BOTH_SCALES = -5,        /* both scales and img_sizes */
  S2VK_ERROR_ZERO_SIZE = -6,          /* a size or count that must be positive is 0 */
  S2VK_ERROR_OVERFLOW = -7,           /* a side over S2VK_MAX_SIDE, or a count or byte size too large to represent */
  S2VK_ERROR_EMPTY_SCALE = -8,        /* a scale that is not positive and finite, or gives an image of no pixels */
  S2VK_ERROR_NO_TILE_SIDE = -9,       /* max_split_size is required when the input is not square */
  S2VK_ERROR_SQUARE_POLICY = -10,     /* S2VK_GRID_SQUARE with a non-square image, or a side that tiles do not divide */
  S2VK_ERROR_OUTPUT_INDEX = -11,      /* resize_output_to_idx names no scale */
  S2VK_ERROR_PREFIX_BCHW = -12,       /* prefix tokens with S2VK_OUTPUT_BCHW */
  S2VK_ERROR_TOKENS_NOT_SQUARE = -13, /* tokens less prefix tokens is not a square number of at least 1 */
  S2VK_ERROR_TILES_PER_CALL = -14,    /* split_forward together with tiles_per_call or calls_cross_scales */
  S2VK_ERROR_BUFFER_SIZE = -15,       /* a buffer too small, or host memory of the wrong size */
  S2VK_ERROR_BUFFER_ALIGNMENT = -16,  /* a buffer offset that is no multiple of s2vk_plan_layout.offset_alignment */
  S2VK_ERROR_CALL_INDEX = -17,        /* a call or scale index out of range */
  S2VK_ERROR_MODEL = -18,             /* a model with neither or both of its callbacks, or one that cannot run here */
  S2VK_ERROR_NO_DEVICE = -19,         /* the context has no VkDevice or, for s2vk_forward(), no queue */
  S2VK_ERROR_NO_DRIVER = -20,         /* no Vulkan 1.1 device was found, or not the one asked for */
  S2VK_ERROR_LIMIT = -21, /* a device limit that the work cannot be split to fit; s2vk_context_info.max_plan_bytes */
  S2VK_ERROR_OUT_OF_HOST_MEMORY = -22,
  S2VK_ERROR_OUT_OF_DEVICE_MEMORY = -23, /* also: a plan larger than the device's memory */
  S2VK_ERROR_DEVICE_LOST = -24,
  S2VK_ERROR_VULKAN = -25,     /* any other VkResult; the log names it */
  S2VK_ERROR_DYNAMIC_S2 = -26, /* a size that is no multiple of the first, or max_tiles below the last size's square */
  S2VK_ERROR_PIXELS = -27,     /* s2vk_pixels_info that contradicts itself or the plan, or an input of the other kind */
  S2VK_ERROR_TILE_OVERLAP = -28, /* tile_overlap over half a tile, not in whole tokens, or with S2VK_GRID_SQUARE */
  S2VK_ERROR_STRIDES = -29,      /* strides under what they step over, not in whole elements, or of no axis */
  S2VK_ERROR_LATE = -30,         /* a late input or features of a binding without room for them, or none of either */
  S2VK_ERROR_MEMORY = -31, /* s2vk_memory_callbacks without one of the two, or memory from them that cannot be used */
  S2VK_ERROR_PREPROCESSING = -32, /* s2vk_preprocessing_info that contradicts itself, the plan or its pixels */
  S2VK_ERROR_OUTPUT_BLOCKS =
      -33, /* output_blocks with S2VK_OUTPUT_BCHW, or of tiles that do not divide the output's grid */
} s2vk_result;

/* The name of a result, such as "S2VK_ERROR_NULL"; "unknown result" for values not listed above. Thread safety: any thread. */
S2VK_API const char *s2vk_result_name(s2vk_result result);

/* The library's version, as VK_MAKE_API_VERSION(0, major, minor, patch). Thread safety: any thread. */
S2VK_API uint32_t s2vk_version(void);

/* ---- Shapes and types -------------------------------------------------------------------------------------- */

/* The longest side, in pixels, of an input, of a scale or of a scale once padded; and of a feature grid, in tokens. */
#define S2VK_MAX_SIDE (1u << 20)

/* How the elements of a tensor are stored. Arithmetic is in f32; storing rounds once, to nearest even. */
typedef enum s2vk_type {
  S2VK_TYPE_F32 = 0,
  S2VK_TYPE_F16 = 1,  /* IEEE 754 binary16 */
  S2VK_TYPE_BF16 = 2, /* the upper half of an f32 */
} s2vk_type;

/* Bytes of one element; 0 for an unknown type. Thread safety: any thread. */
S2VK_API size_t s2vk_type_size(s2vk_type type);

/* Height before width, as in a shape. */
typedef struct s2vk_size {
  uint32_t height; /* pixels, tiles or tokens, as said where it is used */
  uint32_t width;  /* likewise */
} s2vk_size;

/* The extents of a dense row-major tensor, outermost first. */
typedef struct s2vk_shape {
  uint32_t rank;    /* 3 or 4 */
  uint32_t dims[4]; /* dims[rank] and after are 0 */
} s2vk_shape;

/* The order of the axes of a batch (N) of images or maps in channels (C) in memory, the outermost first. Blocks of channels are what
 * inference engines call packing: their last block has as many channels as the others, of which those past the last one are 0 in
 * tiles, and are not looked at in features. */
typedef enum s2vk_order {
  S2VK_ORDER_NCHW = 0,   /* a plane for each channel */
  S2VK_ORDER_NHWC = 1,   /* all channels of a pixel side by side */
  S2VK_ORDER_NC4HW4 = 2, /* a plane for each block of 4 channels, which are side by side */
  S2VK_ORDER_NC8HW8 = 3, /* likewise of 8 */
} s2vk_order;

/* Where the elements of a tensor are: bytes from one to the next along each axis, multiples of the element's size, at most
 * UINT32_MAX. 0: without a gap, after what is further inside by the order; so all zero is the dense tensor. A stride is at least what
 * it steps over, so that nothing overlaps. What is in gaps is neither read for a result nor written.
 *
 * Tokens, batch x tokens x channels, have their channels side by side: order, channel and row are 0, and column is the stride from a
 * token to the next. */
typedef struct s2vk_strides {
  s2vk_order order;     /* of the axes, outermost first */
  VkDeviceSize item;    /* from a tile, or an image, to the next */
  VkDeviceSize channel; /* from a channel to the next; with blocks, from a block to the next */
  VkDeviceSize row;     /* from a row of pixels to the next */
  VkDeviceSize column;  /* from a pixel of a row to the next; of tokens, from a token to the next */
} s2vk_strides;

/* A tensor in a buffer. */
typedef struct s2vk_tensor {
  VkBuffer buffer;     /* the caller's or the library's */
  VkDeviceSize offset; /* of the first element, in bytes */
  VkDeviceSize
      bytes;        /* from the first element to the last, with the gaps between them, rounded up to a multiple of 4 */
  s2vk_type type;   /* of the elements */
  s2vk_shape shape; /* their extents, without what fills up a last block of channels */
  s2vk_strides strides; /* none is 0, but for tokens channel and row */
} s2vk_tensor;

/* ---- Context ----------------------------------------------------------------------------------------------- */

/* How much a line of the log matters. */
typedef enum s2vk_log_level {
  S2VK_LOG_ERROR = 0, /* why a function returned an error */
  S2VK_LOG_WARNING = 1,
  S2VK_LOG_INFO = 2, /* what was made, as s2vk_plan_describe() says it; nothing is wrong */
} s2vk_log_level;

/* Receives one line without a newline, valid only during the call, on the thread that called the library. */
typedef void (*s2vk_log_function)(void *user, s2vk_log_level level, const char *message);

/* How the passes are shaped. What is computed is the same, but for the order of sums. */
typedef enum s2vk_variant {
  S2VK_VARIANT_AUTO = 0, /* by the device's type, and by what its driver's compiler can do */
  S2VK_VARIANT_GPU = 1,  /* many small invocations */
  S2VK_VARIANT_CPU = 2,  /* few long ones */
} s2vk_variant;

/* Device memory that the library asks for: of buffers side by side, or of a table. */
typedef struct s2vk_memory_request {
  VkDeviceSize bytes;     /* at least */
  VkDeviceSize alignment; /* of the offset; a power of two */
  uint32_t memory_types;  /* a bit for each type of VkPhysicalDeviceMemoryProperties that serves */
  VkMemoryPropertyFlags
      required; /* HOST_VISIBLE and HOST_COHERENT of memory that the library writes or reads; else 0 */
  VkMemoryPropertyFlags preferred; /* in addition */
  const char *name;                /* what it is for: "device", "tables", "upload", "download" */
} s2vk_memory_request;

/* Device memory that an application gives. */
typedef struct s2vk_memory {
  VkDeviceMemory memory; /* in which it is */
  VkDeviceSize offset;   /* bytes, from which on it is the library's */
  void *mapped; /* where the host sees offset, for as long as it is the library's; required if HOST_VISIBLE was */
  void *handle; /* the application's own, such as a VmaAllocation */
} s2vk_memory;

/* An application's allocator of device memory, such as VulkanMemoryAllocator or an engine's pool. allocate returns S2VK_SUCCESS and
 * fills in *memory, or any other value, which comes back from the function that was called. Both may be called on any thread that
 * calls the library, by several at once. */
typedef struct s2vk_memory_callbacks {
  void *user; /* first argument of both */
  /* Finds or makes memory. */
  s2vk_result (*allocate)(void *user, const s2vk_memory_request *request, s2vk_memory *memory);
  /* Takes back what allocate gave, once the GPU is done with it. */
  void (*free)(void *user, const s2vk_memory *memory);
} s2vk_memory_callbacks;

/* A device to work on. */
typedef struct s2vk_context_info {
  size_t struct_size; /* sizeof(s2vk_context_info) */

  /* Required for a context with a device. The device needs Vulkan 1.1 and no feature or extension. With device
   * NULL all five are ignored and the context can only make plans to ask for their shapes and byte counts. */
  PFN_vkGetInstanceProcAddr
      get_instance_proc_addr; /* that which the instance came from: the loader's, or a driver's own */
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  uint32_t queue_family; /* family of the queues that run what the library records; needs COMPUTE */

  VkQueue queue;                          /* used by s2vk_forward() alone; may be NULL without it */
  VkPipelineCache pipeline_cache;         /* used when pipelines are made; may be NULL */
  const VkAllocationCallbacks *allocator; /* for host memory and objects; copied; NULL: malloc, and the driver's */
  s2vk_log_function log;                  /* may be NULL */
  void *log_user;                         /* first argument of log */

  bool shader_int64;    /* shaderInt64 is enabled on the device; with it drivers on the CPU move data faster */
  s2vk_variant variant; /* how passes are shaped; for tests and measurements */

  /* VK_EXT_debug_utils is enabled on the instance; then the library names its objects, "s2vk ...", and labels each step
   * that it records, so that captures and validation messages tell what belongs to it. */
  bool debug_utils;

  /* Pipelines that the context keeps, at most; 0: 64. Plans share pipelines, and pipelines do not depend on the sizes of images:
   * streams of images of any size make do with about a dozen for each set of types. Over this number, those that no plan has
   * are destroyed, the least recently used first. Plans that exist keep theirs, whatever the number is. */
  uint32_t max_pipelines;

  /* Bytes of host memory that making a plan may take, at most, counting what is freed on the way; 0: 128 MiB. A plan over this
   * number is refused with S2VK_ERROR_LIMIT, before it takes the memory: so whatever the fields of s2vk_plan_info say, and
   * whoever says it, s2vk_plan_create() takes no more than about twice as much of the process's memory, tables on the device
   * included, and, but for pipelines, half a second of a processor of today with the default. What plans take:
   *   - 24 bytes for each weight of an interpolation along an axis: pixels of a scale times 4, or, with filters that widen, the
   *     input's pixels times 2 (BILINEAR_ANTIALIASED), 4 (BICUBIC_ANTIALIASED) or 6 (LANCZOS3); once more for each interpolation
   *     that follows, S2VK_SPLIT_RESIZE's with four times as many for each pixel that it makes;
   *   - 16 bytes for each entry of the tables, of which there are a few for each row and column of tiles and output;
   *   - about 1 KB for each model call, its dispatches included.
   * A photograph of 12000 x 9000 at 336, 672 and 1008 takes some MB. */
  uint64_t max_plan_bytes;

  /* Where all device memory of the library comes from, tables included; copied; NULL: its own blocks, of 1 MiB and more. */
  const s2vk_memory_callbacks *memory;
} s2vk_context_info;

/* A device with what all plans on it share. */
typedef struct s2vk_context s2vk_context;

/* Makes the context of a device. The device, and the instance with it, must outlive the context.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_DRIVER (a device below Vulkan 1.1, or a function that it does not have), LIMIT,
 * OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. A context may be used by any number of threads at once. */
S2VK_API s2vk_result s2vk_context_create(const s2vk_context_info *info, s2vk_context **context);

/* Thread safety: no other thread may use the context or anything made from it. */
S2VK_API void s2vk_context_destroy(s2vk_context **context);

/* What a context has made for its plans and bindings. */
typedef struct s2vk_context_statistics {
  size_t struct_size;           /* sizeof(s2vk_context_statistics), set by the caller */
  uint32_t pipelines;           /* that exist, those of s2vk_context_prepare() included */
  uint32_t pipelines_prepared;  /* by s2vk_context_prepare(), or made before it and kept since */
  uint64_t pipelines_made;      /* since the context was created */
  uint64_t pipelines_destroyed; /* likewise */
  uint32_t
      memory_blocks; /* allocations of device memory, VkDeviceMemory or from s2vk_context_info.memory, that exist */
  VkDeviceSize memory_bytes; /* in them, in use or not */
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

/* Opens an instance and a device with one compute queue, with shaderInt64 on a driver on the CPU that has it, and fills
 * in every field of *context_info that s2vk_context_create() takes for them (log included; debug_utils if that is one of
 * instance_extensions). The best device is a discrete GPU, else an integrated or virtual one, else a CPU driver; the first
 * listed of equals. Devices of portability drivers are found too: VK_KHR_portability_enumeration and
 * VK_KHR_portability_subset are enabled where they are offered. Errors: NULL, STRUCT_SIZE, NO_DRIVER, OUT_OF_HOST_MEMORY,
 * OUT_OF_DEVICE_MEMORY, VULKAN. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_device_open(const s2vk_device_info *info, s2vk_context_info *context_info);

/* Destroys what s2vk_device_open() made, and clears the handles. Accepts NULL. Thread safety: no other thread may use it. */
S2VK_API void s2vk_device_close(s2vk_context_info *context_info);

/* ---- Plan -------------------------------------------------------------------------------------------------- */

/* How a scale whose size is no multiple of the tile side is made one. */
typedef enum s2vk_split_mode {
  S2VK_SPLIT_RESIZE = 0, /* interpolated once more, bicubic, to the next multiple */
  S2VK_SPLIT_PAD = 1,    /* zeros to the right and below */
} s2vk_split_mode;

/* How the input becomes the image of a scale (docs/semantics.md, step 1). What follows it, the second interpolation of
 * S2VK_SPLIT_RESIZE included, is as ever. Antialiased filters widen where the image shrinks, as Pillow's do, and are what the
 * preprocessing of most models uses; where it grows BILINEAR_ANTIALIASED is BILINEAR. */
typedef enum s2vk_filter {
  S2VK_FILTER_BICUBIC = 0,              /* Keys, a = -0.75: the original's, PyTorch's F.interpolate; not Pillow's */
  S2VK_FILTER_BILINEAR = 1,             /* two samples, as PyTorch's F.interpolate; not Pillow's */
  S2VK_FILTER_NEAREST = 2,              /* the sample that a pixel's centre is in; PyTorch's "nearest-exact" */
  S2VK_FILTER_BICUBIC_ANTIALIASED = 3,  /* Keys, a = -0.5; Pillow's BICUBIC, with s2vk_rounding to the byte */
  S2VK_FILTER_BILINEAR_ANTIALIASED = 4, /* Pillow's BILINEAR, with s2vk_rounding to the byte */
  S2VK_FILTER_LANCZOS3 = 5,             /* Pillow's LANCZOS, with s2vk_rounding to the byte */
} s2vk_filter;

/* Layout of the model's features and of the output. */
typedef enum s2vk_output_shape {
  S2VK_OUTPUT_BNC = 0,  /* batch x tokens x channels, as of a ViT */
  S2VK_OUTPUT_BCHW = 1, /* batch x channels x height x width, as of a ConvNet */
} s2vk_output_shape;

/* What becomes of the feature grid of a scale whose tiles cover more than its image. */
typedef enum s2vk_grid_policy {
  S2VK_GRID_IMAGE = 0,  /* brought back to the image's own part, by area interpolation (resize) or by cropping (pad) */
  S2VK_GRID_SPLIT = 1,  /* resize mode keeps the grid of all tiles */
  S2VK_GRID_SQUARE = 2, /* square images in even tiles: side / ceil(side / max_split_size), per scale */
} s2vk_grid_policy;

/* What the model returns for one tile. */
typedef struct s2vk_model_shape {
  uint32_t channels; /* D; required */
  uint32_t tokens;   /* BNC: N, prefix tokens included; required */
  uint32_t height;   /* BCHW: of the feature map; required */
  uint32_t width;    /* likewise */
} s2vk_model_shape;

/* Where pixels are. */
typedef enum s2vk_pixel_source {
  S2VK_PIXELS_BUFFER = 0, /* in the binding's input buffer */
  S2VK_PIXELS_IMAGE = 1,  /* in s2vk_binding_info.input_view, which images of a batch are layers of */
} s2vk_pixel_source;

/* Pixels in a buffer, component after component as named: bytes, which stand for value / 255, or f32. Grey ones have one
 * component, which counts as red, green and blue. */
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

/* What becomes of red, green and blue ahead of normalization; alpha stays as it is. Most vision models are trained on
 * sRGB-coded values, as image files have them, and what counts is what a read gives: of bytes and of _UNORM formats what is
 * stored, so that usually nothing is to be done; of _SRGB formats linear values, since the device decodes them (to half a step of
 * 8 bits), so that such a model takes TO_SRGB, or better a view of the same image in _UNORM; of a renderer's linear float image
 * TO_SRGB, after any tone mapping.
 * To linear: v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055)^2.4. To sRGB: v <= 0.0031308 ? 12.92 v : 1.055 v^(1/2.4) - 0.055
 * (IEC 61966-2-1). Neither clamps. */
typedef enum s2vk_transfer {
  S2VK_TRANSFER_NONE = 0,      /* values stay as read */
  S2VK_TRANSFER_TO_SRGB = 1,   /* what is read is linear, and the model's values are sRGB-coded */
  S2VK_TRANSFER_TO_LINEAR = 2, /* what is read is sRGB-coded, and the model's values are linear */
} s2vk_transfer;

/* Means and standard deviations of red, green and blue, in values from 0 to 1, whatever their order; alpha stays as it is. */
typedef enum s2vk_normalization {
  S2VK_NORMALIZATION_GIVEN = 0,    /* s2vk_pixels_info.mean and std */
  S2VK_NORMALIZATION_CLIP = 1,     /* mean 0.48145466, 0.4578275, 0.40821073; std 0.26862954, 0.26130258, 0.27577711 */
  S2VK_NORMALIZATION_IMAGENET = 2, /* mean 0.485, 0.456, 0.406; std 0.229, 0.224, 0.225 */
  S2VK_NORMALIZATION_SIGNED = 3,   /* mean 0.5, std 0.5: to [-1, 1], as SigLIP has it */
} s2vk_normalization;

/* An input of images as an application has them in place of a tensor. The plan's input is then a region of each image, of the
 * plan's height x width, and a value is (transfer(pixel) - mean) / std, made where the split reads it: there is no copy. */
typedef struct s2vk_pixels_info {
  size_t struct_size;       /* sizeof(s2vk_pixels_info) */
  s2vk_pixel_source source; /* a buffer or an image */
  s2vk_pixel_format format; /* in a buffer; that of an image is the view's */
  s2vk_size image;          /* pixels of a whole image, in which the region is; 0 x 0: it ends where the region does */
  uint32_t x;               /* the region's first column, in pixels */
  uint32_t y;               /* the region's first row */
  /* In a buffer, bytes from a row to the next, at least those of image.width pixels, and from an image of the batch to the next,
   * any number. For f32 they are multiples of 4. 0: without gaps. */
  VkDeviceSize row_stride;
  VkDeviceSize image_stride;
  /* What each channel of the plan is, of which there are 4 at most: a component, or IDENTITY for red, green, blue and alpha in
   * turn. So B, G, R is for a model that takes blue first, and R alone for one that takes grey. */
  s2vk_component_swizzle order[4]; /* VkComponentSwizzle */
  s2vk_transfer transfer;
  s2vk_normalization normalization;
  float mean[4]; /* of each channel of the plan, in values after transfer */
  float std[4];  /* likewise, above 0; mean and std all 0: no normalization */
} s2vk_pixels_info;

/* What becomes of the sums of a resampling. Pillow resizes images of bytes in two passes, one along each axis, and each rounds
 * halves up and clamps to 0..255. Its weights are integers with 22 fractional bits; so are these, and the bytes are equal. Filters
 * must be antialiased ones. */
typedef enum s2vk_rounding {
  S2VK_ROUNDING_NONE = 0,            /* sums stay as they are, in f32: neither rounded nor clamped */
  S2VK_ROUNDING_BYTES = 1,           /* along x first, then along y: Pillow up to 12, which models were trained with */
  S2VK_ROUNDING_BYTES_PILLOW_13 = 2, /* along y first where Pillow 13 reckons that to be less work, else as before */
} s2vk_rounding;

/* What is done to each image of pixels ahead of S2, as image processors do it. Steps in their order, each of which may be left out:
 *
 *   1. pad_square: the image (the plan's region) is put in the middle of a square of its longer side s, at row (s - height) / 2
 *      and column (s - width) / 2, rounded down; the rest has the colour fill. LLaVA's expand2square().
 *   2. shortest_side, first_size: the image is resampled by first_filter, to first_size; or, with shortest_side, so that its
 *      shorter side is that, and its longer one trunc(shortest_side * longer / shorter), from the middle of which first_size is
 *      cut. CLIP's resize and centre crop.
 *   3. normalization (s2vk_pixels_info).
 *   4. S2 of what there is then: scales are factors of its size, and s2vk_plan_info.filter goes from there to each scale.
 *
 * rounding is that of the first resampling: of step 2 if it is there, and then step 4 starts from the normalised image; else of
 * step 4, which then comes ahead of step 3. Where steps are sums alone they are made in one pass, with no image in between. Those
 * that round, and pad_square, are passes of their own, with images in the binding's scratch buffer. */
typedef struct s2vk_preprocessing_info {
  size_t struct_size;       /* sizeof(s2vk_preprocessing_info) */
  bool pad_square;          /* step 1; the input must be pixels */
  uint8_t fill[4];          /* red, green, blue and alpha of the square's rest, of 255; of grey pixels the first */
  uint32_t shortest_side;   /* pixels; 0: all of the image becomes first_size */
  s2vk_size first_size;     /* pixels; 0 x 0: no step 2. With shortest_side no larger than what that makes */
  s2vk_filter first_filter; /* of step 2 */
  s2vk_rounding
      rounding; /* with BYTES the input is pixels of bytes, or an image of 8-bit UNORM; transfer must be NONE */
} s2vk_preprocessing_info;

/* One geometry. Names and defaults are those of s2wrapper.forward(); those that it lacks say so. */
typedef struct s2vk_plan_info {
  size_t struct_size; /* sizeof(s2vk_plan_info) */

  /* Shape of the input, B x C x H x W; all required. */
  uint32_t batch;
  uint32_t channels;
  uint32_t height; /* pixels, at most S2VK_MAX_SIDE */
  uint32_t width;

  /* One of the two is required: factors, scale s having an image of (trunc(H * s), trunc(W * s)), or image sizes. */
  const double *scales;
  const s2vk_size *img_sizes;
  uint32_t scale_count; /* length of the one given; at least 1 */

  s2vk_model_shape model; /* what the model returns for a tile; required */

  uint32_t max_split_size;        /* tile side t in pixels; 0: the input's side, which must be square then */
  s2vk_split_mode split_mode;     /* for scales that tiles do not divide */
  int32_t resize_output_to_idx;   /* the scale whose feature grid the output has; negative counts from the end */
  uint32_t num_prefix_token;      /* tokens ahead of the grid in the model's output; BNC only */
  s2vk_output_shape output_shape; /* of the model's features, too */
  bool split_forward;             /* B tiles per model call, and never tiles of two scales */

  /* From here on beyond the original's signature. */

  /* Tiles per model call; the last call of a run has what is left. 0: all tiles of a scale. The library does its own work
   * in pieces that keep within the device's limits; a model that binds its tensors whole may need fewer tiles than
   * maxStorageBufferRange allows. A plan has at most 2^20 calls.
   *
   * The tiles are the same bits whatever it is. So is the output of integer scales in S2VK_OUTPUT_BNC without prefix tokens.
   * Elsewhere an output may sum over several tiles, or come from another kernel, and its last bits may differ. Of one plan, the
   * bits are the same in every run on one device. */
  uint32_t tiles_per_call;
  /* Whether a call may hold tiles of several scales; with tiles_per_call 0 then one call holds all. Tiles of different
   * sides (S2VK_GRID_SQUARE) never share a call. */
  bool calls_cross_scales;

  s2vk_grid_policy grid_policy; /* of scales that tiles do not divide */

  /* With S2VK_GRID_SQUARE, tile sides and so tokens may differ by scale: scale_count shapes that take the place of
   * model. Their channels must be equal. May be NULL. */
  const s2vk_model_shape *scale_models;

  s2vk_type input_type;   /* of the input; each on its own */
  s2vk_type tile_type;    /* of the tiles */
  s2vk_type feature_type; /* of the features */
  s2vk_type output_type;  /* of the output */

  s2vk_filter filter; /* from the input to each scale */

  /* What the input is if it is not a dense B x C x H x W tensor of input_type, which is left at its default then; may be NULL. */
  const s2vk_pixels_info *pixels;

  /* Pixels o that a tile shares with each of its neighbours, at most half of its side t; 0, the default, is the original. Tiles
   * begin t - o pixels apart, n along an axis, as many as cover the image: n (t - o) + o pixels, to which S2VK_SPLIT_RESIZE
   * interpolates, and to which S2VK_SPLIT_PAD adds zeros. Features are blended: of its g tokens along an axis a tile shares
   * k = o g / t with the next one, which must be a whole number, and the i-th of these, from 0 on, is (1 - w) a + w b with
   * w = (i + 0.5) / k, of a in the first tile and b in the second. So it is along both axes: where corners meet, four tiles make
   * a token. Must be 0 with S2VK_GRID_SQUARE. */
  uint32_t tile_overlap;

  /* Where the elements of tiles, features and output are, for models and engines that have them in another order, or with gaps; all
   * zero, the default: dense, and S2VK_ORDER_NCHW where they are no tokens. The output is in no blocks of channels. With
   * S2VK_GRID_SQUARE strides are those of the tiles of all scales. */
  s2vk_strides tile_strides;
  s2vk_strides feature_strides;
  s2vk_strides output_strides;

  /* The output's tokens in blocks, as NVILA's projector takes them: the grid is cut as the tiles of scale output_blocks_idx cut their
   * image (negative counts from the end; -1 is the last scale, whose tiles must divide the grid). Blocks follow each other row by
   * row of them, and so do the tokens of each; so a block is a row of its own of a batch of blocks. Prefix tokens stay ahead of
   * all. Default: the whole grid, row by row. */
  bool output_blocks;
  int32_t output_blocks_idx;

  /* What is done to the input ahead of S2; may be NULL. With first_size or pad_square it is the image after them that scales,
   * max_split_size and grid_policy speak of as the input. */
  const s2vk_preprocessing_info *preprocessing;
} s2vk_plan_info;

/* A geometry with its tables and pipelines. */
typedef struct s2vk_plan s2vk_plan;

/* Makes a plan: checks info, lays out tiles and calls, makes the interpolation tables and, if the context has a device,
 * the pipelines. Submits nothing and waits for nothing. The context must outlive the plan.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_SCALES, BOTH_SCALES, ZERO_SIZE, OVERFLOW, EMPTY_SCALE, NO_TILE_SIDE,
 * SQUARE_POLICY, OUTPUT_INDEX, PREFIX_BCHW, TOKENS_NOT_SQUARE, TILES_PER_CALL, PIXELS, TILE_OVERLAP, STRIDES, PREPROCESSING,
 * OUTPUT_BLOCKS, LIMIT, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY (also when the plan's buffers together exceed the device's
 * memory), VULKAN.
 * Thread safety: any thread. A plan may be used by any number of threads at once. */
S2VK_API s2vk_result s2vk_plan_create(s2vk_context *context, const s2vk_plan_info *info, s2vk_plan **plan);

/* Thread safety: no other thread may use the plan or a binding of it. */
S2VK_API void s2vk_plan_destroy(s2vk_plan **plan);

/* What a plan takes and gives. Byte counts are exact: what the library allocates for a tensor that the caller leaves
 * out, and the least that a caller's buffer must have. */
typedef struct s2vk_plan_layout {
  size_t struct_size;             /* sizeof(s2vk_plan_layout), set by the caller */
  uint32_t scale_count;           /* of the plan */
  uint32_t call_count;            /* model calls of a run */
  uint64_t tile_count;            /* tiles of all scales */
  s2vk_shape input;               /* B x C x H x W */
  s2vk_shape output;              /* B x (prefix + h*w) x (scales * D), or B x (scales * D) x h x w */
  s2vk_size output_grid;          /* tokens: the h and w of output */
  s2vk_size output_block;         /* tokens of a block, with output_blocks; else 0 x 0 */
  VkDeviceSize input_bytes;       /* of the whole input; of pixels, up to the last one that is read; 0 of an image */
  VkDeviceSize tiles_bytes;       /* of the largest call */
  VkDeviceSize features_bytes;    /* of the largest call */
  VkDeviceSize output_bytes;      /* of the whole output */
  VkDeviceSize accumulator_bytes; /* f32 sums that outlive a call; 0 when none do, or when the output can hold them */
  VkDeviceSize table_bytes;       /* made with the plan, shared by its bindings */
  VkDeviceSize scratch_bytes;     /* images between the passes of s2vk_plan_info.preprocessing; 0 when there are none */
  VkDeviceSize offset_alignment;  /* what buffer offsets must be a multiple of; 4 without a device */
  /* What the caller's buffers for input and features are best created with, and s2vk_buffer.usage set to, the same for all plans of
   * a context: STORAGE_BUFFER, which is enough, and for drivers on the CPU, which so read and copy in half the time or less,
   * UNIFORM_TEXEL_BUFFER and TRANSFER_SRC. */
  VkBufferUsageFlags source_usage;
  VkBufferUsageFlags target_usage; /* likewise those for tiles and output: STORAGE_BUFFER, and TRANSFER_DST */
  s2vk_strides output_strides;     /* as of s2vk_tensor */
} s2vk_plan_layout;

/* One scale. */
typedef struct s2vk_scale_layout {
  size_t struct_size;  /* sizeof(s2vk_scale_layout), set by the caller */
  s2vk_size image;     /* pixels: what the input is interpolated to */
  s2vk_size padded;    /* pixels that tiles cover: without overlap, tiles times tile side */
  s2vk_size tiles;     /* tiles down and across */
  uint32_t tile_side;  /* pixels */
  s2vk_size features;  /* tokens of one tile, without prefix tokens */
  s2vk_size grid;      /* tokens of all tiles side by side, those that they share once */
  s2vk_size own;       /* tokens of the image's own part (docs/semantics.md, step 8) */
  uint64_t first_tile; /* tile (row, column) of image b is tile first_tile + (row * tiles.width + column) * B + b */
  uint64_t tile_count; /* tiles.height * tiles.width * B */
} s2vk_scale_layout;

/* One model call: tiles [first_tile, first_tile + tile_count) of the run. */
typedef struct s2vk_call_layout {
  size_t struct_size;           /* sizeof(s2vk_call_layout), set by the caller */
  uint32_t scale;               /* of the first tile */
  uint32_t tile_count;          /* of this call */
  uint64_t first_tile;          /* its index in the run */
  s2vk_shape tiles;             /* tile_count x C x side x side */
  s2vk_shape features;          /* tile_count x N x D, or tile_count x D x height x width */
  VkDeviceSize tiles_bytes;     /* of this call */
  VkDeviceSize features_bytes;  /* likewise */
  s2vk_strides tile_strides;    /* as of s2vk_tensor */
  s2vk_strides feature_strides; /* likewise */
} s2vk_call_layout;

/* Ask a plan. Errors: NULL, STRUCT_SIZE, CALL_INDEX. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_plan_get_layout(const s2vk_plan *plan, s2vk_plan_layout *layout);
S2VK_API s2vk_result s2vk_plan_get_scale(const s2vk_plan *plan, uint32_t scale, s2vk_scale_layout *layout);
S2VK_API s2vk_result s2vk_plan_get_call(const s2vk_plan *plan, uint32_t call, s2vk_call_layout *layout);

/* Describes a plan for a person to read: of each scale and pass, which kernel does it in which permutation, how many outputs an
 * invocation makes, workgroups, dispatches, calls and ranges of buffers, and the bytes in and out; and the bytes of the tables.
 * line is called for each line, without a newline, on the calling thread; text is valid only during the call. The wording may
 * change with every version. The context's log function gets the same lines, as INFO, when a plan is made.
 * Errors: NULL, OUT_OF_HOST_MEMORY. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_plan_describe(const s2vk_plan *plan, void (*line)(void *user, const char *text), void *user);

/* A kind of plans. What is not named here does not matter. */
typedef struct s2vk_prepare_info {
  size_t struct_size;             /* sizeof(s2vk_prepare_info) */
  uint32_t channels;              /* of the input; 0: 3 */
  s2vk_type input_type;           /* as in s2vk_plan_info */
  s2vk_type tile_type;            /* likewise */
  s2vk_type feature_type;         /* likewise */
  s2vk_type output_type;          /* likewise */
  s2vk_output_shape output_shape; /* likewise */
  uint32_t tile_side;             /* max_split_size of the plans; 0: any, or S2VK_GRID_SQUARE */
  uint32_t model_channels;        /* D of the plans' models; 0: any */

  /* NULL: the input is a tensor. Of pixels source, format, order and transfer count. */
  const s2vk_pixels_info *pixels;

  /* NULL: plans without, or whose preprocessing is made in one pass. Of it rounding and pad_square count. */
  const s2vk_preprocessing_info *preprocessing;
} s2vk_prepare_info;

/* Makes all pipelines that plans of a kind may need, whatever their image sizes, scales, filters and modes are, so that making such
 * a plan compiles nothing. (On drivers on the CPU, plans with a tensor larger than maxStorageBufferRange may still need others, and so
 * may bindings whose buffers are of usage STORAGE_BUFFER alone. Plans with strides have those of dense ones, or a few of their own.)
 * These pipelines are kept until the context is destroyed, and do not count in s2vk_context_info.max_pipelines. There are some
 * thirty; with tile_side or model_channels left at 0 there are up to a hundred. What was made before is not made again. It takes
 * as long as the driver takes to compile: from milliseconds, if pipeline_cache has them, to some seconds. Other threads may use
 * the context meanwhile. On failure, what was made so far stays.
 * Errors: NULL, STRUCT_SIZE, ENUM, NO_DEVICE, PIXELS, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. */
S2VK_API s2vk_result s2vk_context_prepare(s2vk_context *context, const s2vk_prepare_info *info);

/* ---- Dynamic-S2 -------------------------------------------------------------------------------------------- */

/* An image, and what the model sees of any image. */
typedef struct s2vk_dynamic_s2_info {
  size_t struct_size;    /* sizeof(s2vk_dynamic_s2_info) */
  uint32_t height;       /* of the image, in pixels, at most S2VK_MAX_SIDE */
  uint32_t width;        /* likewise */
  const uint32_t *sizes; /* of the scales, in pixels, each a multiple of the first, which is the side of a tile */
  uint32_t size_count;   /* at least 1 */
  uint32_t max_tiles;    /* of the last scale; at least (sizes[size_count - 1] / sizes[0])^2 */
} s2vk_dynamic_s2_info;

/* The sizes that an image has at each scale by Dynamic-S2 (NVILA, Liu et al., 2024, arXiv:2412.04468): squares, but for
 * the last scale, which takes the grid of whole tiles whose columns / rows are nearest to the image's width / height, of
 * all grids with as many tiles as the last size's square up to max_tiles. Of grids equally near it is the largest of which
 * the image has over half the pixels, else the smallest; of those with as many tiles, the tall one counts as larger.
 *
 * Fills in size_count sizes, for s2vk_plan_info.img_sizes, with max_split_size = sizes[0] and resize_output_to_idx = -1.
 * Tiles are counted side by side: with tile_overlap a plan has more of them.
 * Errors: NULL, STRUCT_SIZE, NO_SCALES, ZERO_SIZE, OVERFLOW (also: max_tiles tiles in a row longer than S2VK_MAX_SIDE),
 * DYNAMIC_S2. Thread safety: any thread. */
S2VK_API s2vk_result s2vk_dynamic_s2_sizes(
    const s2vk_context *context, const s2vk_dynamic_s2_info *info, s2vk_size *img_sizes);

/* What of the model and what is behind it matters for the recipe of an image. */
typedef struct s2vk_dynamic_s2_model {
  size_t struct_size;  /* sizeof(s2vk_dynamic_s2_model) */
  uint32_t grid;       /* tokens along a side of a tile's features, without prefix tokens; required */
  uint32_t downsample; /* tokens along a side of the square that the projector makes one of; 0: 1. NVILA: 2, or 3 */
  bool single_tile;    /* the image gets no grid of its own, as the images of a video or of a set */
} s2vk_dynamic_s2_model;

/* All that NVILA does with an image. */
typedef struct s2vk_dynamic_s2_recipe {
  size_t struct_size; /* sizeof(s2vk_dynamic_s2_recipe), set by the caller */
  s2vk_size blocks;   /* of the output, with output_blocks: the tiles of the last scale; 1 x 1 of a single tile */
  s2vk_size block;    /* tokens of each: grid x grid */
  s2vk_size
      projected;   /* tokens that the projector makes of a block, whose last row and column it fills up with zeros */
  uint64_t tokens; /* that the language model sees of the image: those of all blocks */
  uint64_t tiles;  /* that the model sees */
} s2vk_dynamic_s2_recipe;

/* The recipe of one image: as s2vk_dynamic_s2_sizes(), and what becomes of the output. For a plan, next to what is said there, with
 * output_blocks = true and output_blocks_idx = -1. A single tile is one for every scale, so that all sizes are sizes[0], and the
 * output is its features, once for each scale. Errors: as s2vk_dynamic_s2_sizes(). Thread safety: any thread. */
S2VK_API s2vk_result s2vk_dynamic_s2_plan(const s2vk_context *context, const s2vk_dynamic_s2_info *info,
    const s2vk_dynamic_s2_model *model, s2vk_size *img_sizes, s2vk_dynamic_s2_recipe *recipe);

/* ---- Presets ----------------------------------------------------------------------------------------------- */

/* What models were trained with, ahead of S2; Pillow up to version 12 in all of them. */
typedef enum s2vk_preset {
  S2VK_PRESET_CLIP =
      0, /* shortest side to `side` by BICUBIC, centre crop; CLIP's mean and std; S2's own bicubic from there */
  S2VK_PRESET_SIGLIP = 1, /* to a square of `side` by BICUBIC; mean and std 0.5; likewise */
  S2VK_PRESET_LLAVA = 2,  /* CLIP, of a square with CLIP's mean colour around the image: LLaVA-S2, Bunny, VILA1.5-S2 */
  S2VK_PRESET_NVILA =
      3, /* each scale by BICUBIC from the image itself; mean and std 0.5; output at the last scale, in blocks */
} s2vk_preset;

/* Sets what a preset says in a plan's info (filter, preprocessing, pixels; of NVILA resize_output_to_idx, output_blocks and
 * output_blocks_idx), in its pixels (normalization) and in *preprocessing, all of it. What else *plan and *pixels have stays, and
 * they may be changed afterwards. plan and its two parts must live until the plan is made. side is the largest scale's, in pixels,
 * such as 1008 of LLaVA's 336, 672 and 1008; NVILA has none, and it is ignored. Errors: NULL, STRUCT_SIZE, ENUM, ZERO_SIZE, OVERFLOW.
 * Thread safety: any thread. */
S2VK_API s2vk_result s2vk_preset_apply(const s2vk_context *context, s2vk_preset preset, uint32_t side,
    s2vk_plan_info *plan, s2vk_pixels_info *pixels, s2vk_preprocessing_info *preprocessing);

/* ---- Model ------------------------------------------------------------------------------------------------- */

/* One call of the model. Buffers and offsets are the same in every call of a binding, and bytes at most those of
 * s2vk_plan_layout, so that descriptors can be made once. */
typedef struct s2vk_model_call {
  uint32_t index;       /* 0 to s2vk_plan_layout.call_count - 1, in this order */
  uint32_t scale;       /* of the first tile */
  uint64_t first_tile;  /* index of the first tile in the run */
  s2vk_tensor tiles;    /* n x C x side x side; read it */
  s2vk_tensor features; /* n x N x D, or n x D x height x width; write all of it */
} s2vk_model_call;

/* Exactly one callback is set. Each returns S2VK_SUCCESS or any other value, which ends the run and comes back from
 * the function that was called. */
typedef struct s2vk_model {
  size_t struct_size; /* sizeof(s2vk_model) */
  void *user;         /* first argument of the callbacks */

  /* Records the model's commands into commands, outside a render pass. The tiles are visible to compute shaders and
   * transfers; features written by compute shaders or transfers are seen by the library. Other stages need barriers of
   * the model's own, on both sides. Descriptor sets, pipelines and push constants may be changed freely. */
  s2vk_result (*record)(void *user, VkCommandBuffer commands, const s2vk_model_call *call);

  /* For a model on the CPU; s2vk_forward() alone can call it. tiles and features are host memory of call->tiles.bytes
   * and call->features.bytes, valid during the call. Before each call s2vk_forward() submits to the context's queue and waits,
   * so that an engine that waits for the queue to be given back meanwhile waits forever. */
  s2vk_result (*run)(void *user, const void *tiles, void *features, const s2vk_model_call *call);
} s2vk_model;

/* ---- Binding ----------------------------------------------------------------------------------------------- */

/* A place in a buffer. With buffer NULL the library makes one. A buffer must have been created with usage STORAGE_BUFFER, and that is
 * enough. With s2vk_forward(), which copies from and to host memory, the input also with TRANSFER_DST and the output with
 * TRANSFER_SRC, and for a model on the host features with TRANSFER_DST and tiles with TRANSFER_SRC. Its memory may be of any kind
 * that the device accesses, imported memory included. */
typedef struct s2vk_buffer {
  VkBuffer buffer;     /* NULL: one of the library's */
  VkDeviceSize offset; /* bytes; a multiple of s2vk_plan_layout.offset_alignment */
  VkDeviceSize bytes;  /* bytes there are from offset on; at least what s2vk_plan_layout says */

  /* What the buffer was created with, or 0 for STORAGE_BUFFER alone. Drivers on the CPU read and copy in half the time or less what
   * was created with s2vk_plan_layout.source_usage (input, features) and target_usage (tiles, output), if it is said here. The first
   * binding of a plan with a buffer that was not has the plan make another form of its tables and pipelines, which it keeps. */
  VkBufferUsageFlags usage;
} s2vk_buffer;

/* The buffers of a binding. */
typedef struct s2vk_binding_info {
  size_t struct_size;      /* sizeof(s2vk_binding_info) */
  s2vk_buffer input;       /* read */
  s2vk_buffer tiles;       /* written, and read by the model */
  s2vk_buffer features;    /* written by the model, and read */
  s2vk_buffer output;      /* may also be read, as the place of sums that outlive a call */
  s2vk_buffer accumulator; /* ignored if the plan needs none */
  s2vk_buffer scratch;     /* likewise; usage as input's, but TRANSFER_SRC, and not used once a run is done */

  /* In place of input, and required, for a plan with S2VK_PIXELS_IMAGE: a view of type 2D_ARRAY, with a layer for each image of
   * the batch, of the colour aspect of an image that was created with usage SAMPLED. Its format is one that the device can sample
   * and that is read as float: UNORM, SRGB, SNORM or SFLOAT. The view's own component mapping applies. */
  VkImageView input_view;
  s2vk_image_layout input_layout; /* when split runs; UNDEFINED, the default, means SHADER_READ_ONLY_OPTIMAL */

  /* For inputs and features that are known when they are recorded, s2vk_record_split_from() and s2vk_record_merge_from(): how many
   * of these recordings there are at most of which the GPU is not done with the first, each counted. 0: none. The binding keeps as
   * many descriptor sets times the ranges of the pass (one, unless the plan is cut to the device's limits). The buffer or view, if
   * it is left out, is not made then. It is read as STORAGE_BUFFER alone. */
  uint32_t late_inputs;
  uint32_t late_features;
} s2vk_binding_info;

/* An input that is known when it is recorded: a buffer, or a view as of s2vk_binding_info, as the plan has it. */
typedef struct s2vk_source {
  s2vk_buffer buffer;       /* as s2vk_binding_info.input */
  VkImageView view;         /* as s2vk_binding_info.input_view */
  s2vk_image_layout layout; /* that it has when split runs; UNDEFINED: SHADER_READ_ONLY_OPTIMAL */
} s2vk_source;

/* A plan with its buffers and descriptors. */
typedef struct s2vk_binding s2vk_binding;

/* Binds a plan to buffers, which must not overlap and must outlive the binding; so must the plan. A NULL info has
 * the library make them all, in device-local memory. Errors: NULL (also: no input_view for a plan that reads one),
 * STRUCT_SIZE, NO_DEVICE, BUFFER_SIZE, BUFFER_ALIGNMENT, PIXELS (an input_view or an input.buffer that the plan does not
 * read), OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Thread safety: any thread. A binding may be used by one thread at a time, except that recording from it is const:
 * any number of threads may record one binding at once. What they record must not run at the same time on the GPU,
 * since it shares the workspace. */
S2VK_API s2vk_result s2vk_binding_create(const s2vk_plan *plan, const s2vk_binding_info *info, s2vk_binding **binding);

/* The GPU must be done with all that was recorded from it. Thread safety: no other thread may use the binding. */
S2VK_API void s2vk_binding_destroy(s2vk_binding **binding);

/* Where input and output are: the caller's buffers, or the library's. All of the library's own, tiles and features included, have
 * usage STORAGE_BUFFER, UNIFORM_TEXEL_BUFFER, TRANSFER_SRC and TRANSFER_DST. Of pixels in a buffer, input has the plan's shape and bytes = s2vk_plan_layout.input_bytes; of an image, buffer
 * NULL. Either tensor may be NULL. Errors: NULL. Thread safety: as recording. */
S2VK_API s2vk_result s2vk_binding_get_tensors(const s2vk_binding *binding, s2vk_tensor *input, s2vk_tensor *output);

/* The tensors of one model call, for engines that submit their own work. Errors: NULL, CALL_INDEX. Thread safety: as recording. */
S2VK_API s2vk_result s2vk_binding_get_call(const s2vk_binding *binding, uint32_t call, s2vk_model_call *model_call);

/* ---- Running ----------------------------------------------------------------------------------------------- */

/* Records a whole run: for each call its split, the model and its merge, with all barriers between them. Allocates
 * nothing, makes no Vulkan object, submits nothing, waits for nothing.
 *
 *   Before: the first command recorded is a barrier that waits for all compute and transfer work earlier on the queue
 *           and makes its writes visible to the library, so an input written by either needs nothing more, and runs of
 *           one binding may follow each other. Input written by other stages, or on another queue, must have been made
 *           visible to COMPUTE_SHADER with SHADER_READ by the caller, and other stages must be done with the output and
 *           the workspace. An image is in input_layout by then: the transition is the caller's, with SHADER_READ by
 *           COMPUTE_SHADER as its destination.
 *   After:  the output was written by COMPUTE_SHADER with SHADER_WRITE; the caller's barrier makes it visible to what
 *           comes next.
 *
 * Pipeline, descriptor sets and push constants of the compute bind point are not preserved. The command buffer must be
 * recording, outside a render pass, of the context's queue_family.
 * Errors: NULL, STRUCT_SIZE, MODEL, or what the model returned. Thread safety: see s2vk_binding_create(); the command
 * buffer is used by the calling thread. */
S2VK_API s2vk_result s2vk_record(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model);

/* Record the two passes of one call: split writes the call's tiles, merge reads its features. Splits must run in order, and merges
 * must, each after the model; a split may write tiles once the model is done with those of the call before. Who has features from
 * elsewhere may merge without having split. A submission that begins with one of them waits for semaphores at COMPUTE_SHADER and
 * TRANSFER. Both begin with a barrier that waits for compute and transfer work earlier
 * on the queue and makes its writes visible, and split ends with one that makes the tiles visible to compute shaders
 * and transfers after it; a model on another queue, or in another stage, brings its own synchronisation.
 * Errors: NULL, CALL_INDEX. Thread safety: as s2vk_record(). */
S2VK_API s2vk_result s2vk_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);
S2VK_API s2vk_result s2vk_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);

/* As s2vk_record_split() and s2vk_record_merge(), with another input, or other features, than the binding's: a camera's frame, or what
 * an engine has allocated for its output. They must have the bytes of the input, or of the call's features, and live until the GPU is
 * done. A descriptor set of the binding is written for each: see s2vk_binding_info.late_inputs. Nothing is allocated.
 * Errors: NULL, CALL_INDEX, LATE, BUFFER_SIZE, BUFFER_ALIGNMENT, PIXELS. Thread safety: as s2vk_record(). */
S2VK_API s2vk_result s2vk_record_split_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_source *input);
S2VK_API s2vk_result s2vk_record_merge_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_buffer *features);

/* Runs everything, from host memory to host memory, on the context's queue, and waits for it. input and output are
 * dense tensors of the plan's shapes and types; their sizes are given in bytes as a check. Pixels are as in a buffer, in at
 * least s2vk_plan_layout.input_bytes, less what that was rounded up; with an image input is NULL and input_bytes 0, and what was
 * said of it at s2vk_record() holds when the call is made. The first call makes staging buffers and a command buffer, which the
 * binding keeps.
 * Errors: NULL, STRUCT_SIZE, NO_DEVICE (no queue), BUFFER_SIZE, PIXELS (an input where an image is read), MODEL,
 * OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, DEVICE_LOST, VULKAN, or what the model returned.
 * Thread safety: no other thread may use the binding, or the queue, during the call. */
S2VK_API s2vk_result s2vk_forward(s2vk_binding *binding, const s2vk_model *model, const void *input, size_t input_bytes,
    void *output, size_t output_bytes);

#ifdef __cplusplus
}
#endif
#endif
