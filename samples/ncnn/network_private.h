/* What the two files of network.h share. C++. */
#ifndef NCNN_NETWORK_PRIVATE_H
#define NCNN_NETWORK_PRIVATE_H

/* ncnn declares Vulkan by itself, or has included Vulkan's headers: s2vk.h takes what is there. */
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

/* Runs the model on a tile in device memory; what it makes is ncnn's. */
bool net_record(net *net, const ncnn::VkMat &tile, ncnn::VkMat &features, ncnn::VkCompute &commands);

#endif
