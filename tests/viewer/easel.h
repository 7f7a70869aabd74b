/* A viewer without a window, for the tests. */
#ifndef TESTS_EASEL_H
#define TESTS_EASEL_H

#include "actions.h"
#include "frames.h"
#include "offscreen.h"
#include "options.h"
#include "shot.h"

struct easel {
  struct gpu gpu;
  struct viewer viewer;
  struct offscreen offscreen;
  struct frames frames;
};

/* Of the fonts and photograph of the options, in points. patient: as viewer_info.patient. False, with the reason on
 * stderr. */
bool easel_set_up(struct easel *easel, int argc, char **argv, bool patient);
bool easel_frame(struct easel *easel);
void easel_take_down(struct easel *easel);

/* Resident memory of the process, in MiB. */
double easel_resident(void);

#endif
