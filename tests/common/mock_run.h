/* The library on the mock device, from the device to a binding. Tests have mock_run_reset() as their setup, which
 * leaves one discrete GPU. A test changes it before it opens the device. */
#ifndef TESTS_MOCK_RUN_H
#define TESTS_MOCK_RUN_H

#include "mock_device.h"
#include "suite.h"

struct mock_run {
  s2vk_context_info info;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_binding *binding;
};

int mock_run_reset(void **state);

/* Opens the best device, or the one of an index; then its context; then a plan and a binding with the library's
 * buffers. Each asserts success. */
void mock_run_open_device(struct mock_run *run, int32_t device_index);
void mock_run_open(struct mock_run *run, const s2vk_plan_info *info);

/* Destroys everything, and asserts that nothing is left and nothing was misused. */
void mock_run_close(struct mock_run *run);

/* s2vk_forward() with input of zeros. */
s2vk_result mock_run_forward(struct mock_run *run, const s2vk_model *model);

/* Models that do nothing. */
s2vk_result mock_run_record(void *user, VkCommandBuffer commands, const s2vk_model_call *call);
s2vk_result mock_run_on_host(void *user, const void *tiles, void *features, const s2vk_model_call *call);

#endif
