/* The interface between the two files that implement network.h. C++. */
#ifndef NCNN_NETWORK_PRIVATE_H
#define NCNN_NETWORK_PRIVATE_H

/* ncnn's header declares Vulkan's types or includes Vulkan's headers. s2vk.h, which comes later, uses them. */
#include <gpu.h>
#include <net.h>

#include "network.h"

#include <vector>

struct net {
  ncnn::VulkanDevice *device;
  ncnn::Net ncnn;
  ncnn::VkAllocator *blobs, *staging;
  int input, features; /* indices of blobs */
  engine_model model;
  size_t scalar; /* bytes of an element of a tile */
};

/* Records the model on a tile in device memory. Its features are in ncnn's memory. */
bool net_record(net *net, const ncnn::VkMat &tile, ncnn::VkMat &features, ncnn::VkCompute &commands);

#endif
