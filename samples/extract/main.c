/* Photographs in, multi-scale features out. */
#include "device.h"
#include "devices.h"
#include "many.h"
#include "single.h"

static int list_devices(void) {
  struct device device = {0};
  bool done = device_open(&device, 0) && devices_print(device.info.instance, device.info.physical_device);
  device_close(&device);
  return done ? 0 : 1;
}

int main(int argc, char **argv) {
  struct options options;
  if (!options_parse(&options, argc, argv))
    return 2;
  if (options.help) {
    options_print_help();
    return 0;
  }
  if (options.list)
    return list_devices();
  if (options.many)
    return many_run(&options);
  return single_run(&options) ? 0 : 1;
}
