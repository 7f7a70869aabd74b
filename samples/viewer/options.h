/* The command line. */
#ifndef VIEWER_OPTIONS_H
#define VIEWER_OPTIONS_H

#include "command.h"
#include "viewer.h"

struct options {
  const char *image; /* the photograph in the repository */
  struct source source;
  const char *screenshot;
  const char *regular, *bold; /* fonts */
  uint32_t frames;
  VkExtent2D size; /* of window or picture, in points */
  float ui_scale;  /* 0: the screen's */
  int32_t device;

  struct settings settings; /* scales by sizes have none yet */
  bool has_scales;
  enum view view;
  bool overlay, show_help, without_times;
  uint32_t select;
  bool has_pick;
  float pick[2]; /* pixels: row, column */
  float zoom;
  bool has_centre;
  float centre[2];

  bool list;
};

/* As command_parse(). */
enum command_result options_parse(struct options *options, int argc, char **argv);

/* What the options say of a viewer whose photograph is open. False, with the reason on stderr, if the photograph is not so. */
bool options_apply(const struct options *options, struct viewer *viewer);

#endif
