#include "network_private.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

static bool fail(char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(char *reason, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, NET_REASON_BYTES, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- Loading ---- */

static std::string without_ending(const char *path) {
  std::string stem = path;
  for (const char *ending : {".param", ".bin"}) {
    const size_t length = strlen(ending);
    if (stem.size() > length && stem.compare(stem.size() - length, length, ending) == 0)
      return stem.substr(0, stem.size() - length);
  }
  return stem;
}

/* Finds the blob of a name. Without a name it takes the only input, or the last output. */
static bool find_blob(const char *kind, const char *name, const std::vector<int> &indices,
    const std::vector<const char *> &names, const std::vector<ncnn::Blob> &all, int *index, char *reason) {
  for (size_t i = 0; name && i < all.size(); i++)
    if (all[i].name == name) {
      *index = (int)i;
      return true;
    }
  if (name)
    return fail(reason, "has no blob %s", name);
  if (indices.empty() || (indices.size() > 1 && strcmp(kind, "input") == 0))
    return fail(reason, "has %zu %ss; --%s says which one", names.size(), kind, kind);
  *index = indices.back();
  return true;
}

static void set_options(net *net, bool f16) {
  ncnn::Option &option = net->ncnn.opt;
  option.use_vulkan_compute = true;
  option.use_fp16_packed = option.use_fp16_storage = f16;
  option.use_fp16_arithmetic = false; /* sums stay in f32 */
  option.blob_vkallocator = option.workspace_vkallocator = net->blobs;
  option.staging_vkallocator = net->staging;
}

static bool load(net *net, const engine_options *o, char *reason) {
  const std::string stem = without_ending(o->model);
  set_options(net, o->f16);
  net->ncnn.set_vulkan_device(net->device);
  if (o->f16 && !net->device->info.support_fp16_storage())
    return fail(reason, "--storage f16: %s has no 16-bit storage", net->device->info.device_name());
  if (net->ncnn.load_param((stem + ".param").c_str()))
    return fail(reason, "%s.param cannot be loaded", stem.c_str());
  if (net->ncnn.load_model((stem + ".bin").c_str()))
    return fail(reason, "%s.bin cannot be loaded", stem.c_str());
  for (const ncnn::Layer *layer : net->ncnn.layers())
    if (!layer->support_vulkan && layer->type != "Input")
      return fail(reason, "its layer %s, a %s, is not one that this ncnn has for Vulkan", layer->name.c_str(),
          layer->type.c_str());
  return find_blob("input", o->input, net->ncnn.input_indexes(), net->ncnn.input_names(), net->ncnn.blobs(),
             &net->input, reason) &&
         find_blob("output", o->features, net->ncnn.output_indexes(), net->ncnn.output_names(), net->ncnn.blobs(),
             &net->features, reason);
}

/* The side in the Input layer of a .param; 0: any. ncnn reads it and has no function that returns it. */
static uint32_t declared_side(const net *net, const std::string &path) {
  const std::string &blob = net->ncnn.blobs()[(size_t)net->input].name;
  std::ifstream file(path);
  std::string line, kind, layer, inputs, outputs, made, option;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    if (!(words >> kind >> layer >> inputs >> outputs >> made) || kind != "Input" || made != blob)
      continue;
    unsigned width = 0, height = 0;
    while (words >> option)
      if (sscanf(option.c_str(), "0=%u", &width) != 1)
        sscanf(option.c_str(), "1=%u", &height);
    return width == height ? width : 0;
  }
  return 0;
}

/* ---- What it makes ---- */

bool net_record(net *net, const ncnn::VkMat &tile, ncnn::VkMat &features, ncnn::VkCompute &commands) {
  ncnn::Extractor extractor = net->ncnn.create_extractor();
  if (extractor.input(net->input, tile) || extractor.extract(net->features, features, commands))
    return false;
  if (features.dims == 3 || features.elempack == 1)
    return true;
  ncnn::VkMat tokens; /* packing puts four tokens of a matrix side by side, not four channels */
  net->device->convert_packing(features, tokens, 1, commands, net->ncnn.opt);
  features = tokens;
  return !tokens.empty();
}

static bool take_shape(net *net, const ncnn::VkMat &features, char *reason) {
  engine_model *model = &net->model;
  const size_t scalar = features.elemsize / (size_t)features.elempack;
  const VkDeviceSize slot = features.buffer_capacity();
  if (features.dims < 1 || features.dims > 3 || (scalar != 2 && scalar != 4) || features.elempack > 8)
    return fail(reason, "its output %s has %d dimensions, packed by %d, of %zu bytes", model->features, features.dims,
        features.elempack, scalar);
  model->feature_type = scalar == 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
  model->maps = features.dims == 3;
  model->feature_strides.item = slot;
  if (model->maps) {
    model->made.channels = (uint32_t)(features.c * features.elempack);
    model->made.height = (uint32_t)features.h;
    model->made.width = (uint32_t)features.w;
    model->feature_strides.order = features.elempack == 8   ? S2VK_ORDER_NC8HW8
                                   : features.elempack == 4 ? S2VK_ORDER_NC4HW4
                                                            : S2VK_ORDER_NCHW;
    model->feature_strides.channel = features.cstep * features.elemsize;
  } else {
    model->made.channels = (uint32_t)features.w;
    model->made.tokens = features.dims == 2 ? (uint32_t)features.h : 1;
  }
  return true;
}

/* Runs the model on zeros: only then the shape and layout of a blob are known. */
static bool probe(net *net, char *reason) {
  const int side = (int)net->model.side;
  ncnn::VkCompute commands(net->device);
  ncnn::Mat zeros(side, side, 3);
  zeros.fill(0.f);
  ncnn::VkMat tile, features;
  commands.record_upload(zeros, tile, net->ncnn.opt);
  if (tile.empty() || !net_record(net, tile, features, commands) || commands.submit_and_wait())
    return fail(reason, "does not run on an image of %d x %d", side, side);
  if (tile.elempack != 1)
    return fail(reason, "this ncnn packs three channels by %d", tile.elempack);
  const size_t alignment = net->device->info.buffer_offset_alignment();
  net->scalar = tile.elemsize;
  net->model.tile_type = tile.elemsize == 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
  net->model.tile_strides.channel = tile.cstep * tile.elemsize;
  net->model.tile_strides.item = ncnn::alignSize(3 * tile.cstep * tile.elemsize, (int)alignment);
  return take_shape(net, features, reason);
}

bool net_open(const engine_options *o, net **out, engine_model *model, char reason[NET_REASON_BYTES]) {
  *out = new net();
  net *net = *out;
  ncnn::create_gpu_instance();
  const int count = ncnn::get_gpu_count(), index = o->device ? o->device - 1 : ncnn::get_default_gpu_index();
  if (index < 0 || index >= count)
    return fail(reason, "ncnn finds %d Vulkan devices, and none of number %d", count, o->device);
  net->device = ncnn::get_gpu_device(index);
  net->blobs = net->device->acquire_blob_allocator();
  net->staging = net->device->acquire_staging_allocator();
  if (!load(net, o, reason))
    return false;
  const uint32_t side = declared_side(net, without_ending(o->model) + ".param");
  if (side && o->max_split_size && side != o->max_split_size)
    return fail(reason, "takes tiles of %u x %u, and not of %u", side, side, o->max_split_size);
  if (!side && !o->max_split_size)
    return fail(reason, "takes images of any size; --max-split-size says which side tiles have");
  net->model.side = side ? side : o->max_split_size;
  net->model.features = net->ncnn.blobs()[(size_t)net->features].name.c_str();
  if (!probe(net, reason))
    return false;
  *model = net->model;
  return true;
}

void net_close(net **out) {
  net *net = *out;
  if (!net)
    return;
  net->ncnn.clear();
  if (net->blobs)
    net->device->reclaim_blob_allocator(net->blobs);
  if (net->staging)
    net->device->reclaim_staging_allocator(net->staging);
  delete net;
  ncnn::destroy_gpu_instance();
  *out = nullptr;
}

bool net_list_devices() {
  ncnn::create_gpu_instance();
  for (int i = 0; i < ncnn::get_gpu_count(); i++)
    printf(
        "%d: %s%s\n", i + 1, ncnn::get_gpu_info(i).device_name(), i == ncnn::get_default_gpu_index() ? " (best)" : "");
  ncnn::destroy_gpu_instance();
  return true;
}

void net_get_device(const net *net, s2vk_context_info *info) {
  using namespace ncnn; /* if ncnn loads Vulkan by itself, it has a function of its own, which made its instance */
  info->get_instance_proc_addr = vkGetInstanceProcAddr;
  info->instance = ncnn::get_gpu_instance();
  info->physical_device = net->device->info.physical_device();
  info->device = net->device->vkdevice();
  info->queue_family = net->device->info.compute_queue_family_index();
}
