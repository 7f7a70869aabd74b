/* An ncnn model on ncnn's own Vulkan device, as s2vk sees it: buffers with strides. */
#ifndef NCNN_NETWORK_H
#define NCNN_NETWORK_H

#include "engine_plan.h"

#include <s2vk/s2vk.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NET_REASON_BYTES 512

struct net;

/* Loads a .param and the .bin beside it; path may name either. Runs the model on zeros to see the shape of its output,
 * and fills in *model for a plan. If the model cannot be loaded, or returns neither tokens nor maps, returns false and
 * sets the reason. */
bool net_open(
    const struct engine_options *options, struct net **net, struct engine_model *model, char reason[NET_REASON_BYTES]);

/* Clears the handle; accepts NULL in it. */
void net_close(struct net **net);

/* Prints the Vulkan devices as ncnn numbers them, from 1 on. */
bool net_list_devices(void);

/* Fills in *info with ncnn's device. */
void net_get_device(const struct net *net, s2vk_context_info *info);

/* Runs a plan from host memory to host memory. On failure returns false and sets the reason. */
bool net_forward(struct net *net, const s2vk_plan *plan, const struct engine_input *input, float *output,
    char reason[NET_REASON_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
