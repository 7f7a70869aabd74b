/* extract: writes multi-scale features of photographs to files. */
#include "device.h"
#include "devices.h"
#include "many.h"
#include "output.h"
#include "single.h"

#include <locale.h>
#include <stdlib.h>

static int list_devices(void) {
  struct device device = {0};
  bool done = device_open(&device, 0, false) && devices_print(device.info.instance, device.info.physical_device);
  device_close(&device);
  return done ? 0 : 1;
}

static int run(struct options *options, int argc, char **argv) {
  switch (options_parse(options, argc, argv)) {
  case OPTIONS_WRONG:
    return 2;
  case OPTIONS_DONE:
    return 0;
  case OPTIONS_RUN:
    break;
  }
  if (options->list)
    return list_devices();
  return options->many ? many_run(options) : single_run(options);
}

int main(int argc, char **argv) {
  struct options options;
  setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive needs it for names in tar files */
  int status = run(&options, argc, argv);
  free(options.kept_text);
  return output_finish("extract", status);
}
