/* The command line. */
#ifndef VIEWER_OPTIONS_H
#define VIEWER_OPTIONS_H

#include "command.h"
#include "viewer.h"

#define MAX_PRESSED 64

struct options {
  const char *image;  /* a photograph or a folder; without one, the photograph in the repository */
  const char *second; /* the second image; NULL: none */
  struct source source;
  const char *screenshot;
  const char *regular, *bold; /* fonts */
  uint32_t frames;
  VkExtent2D size; /* of window or picture, in points */
  float ui_scale;  /* 0: that of the screen */
  int32_t device;

  struct settings settings;                            /* scales that are given as sizes have no factors yet */
  bool has_scales, has_filter, has_settings, has_view; /* given by options */
  s2vk_filter filter;                                  /* the given one */
  enum view view;
  bool overlay, show_help, without_times;
  uint32_t select;
  bool has_pick;
  float pick[2]; /* pixels: row, column */
  float zoom;
  bool has_centre;
  float centre[2];

  struct {
    int key, modifiers;
  } pressed[MAX_PRESSED]; /* keys to press, one per frame */
  uint32_t pressed_count;
  bool has_pointer;
  float pointer[2];     /* across and down, in points */
  uint32_t bench_hover; /* number of moves to measure; 0: none */
  bool tell;            /* see tell.h */
  bool fresh;           /* without the settings of the last run */

  bool list;
};

/* Parses the command line, with the results of command_parse(). */
enum command_result options_parse(struct options *options, int argc, char **argv);

/* Checks options against each other, and sets those that depend on others. On failure returns false and prints the
 * reason on stderr. */
bool options_check(struct options *options);

/* Opens the photographs in a viewer, and applies the options. On failure returns false and prints the reason on
 * stderr. */
bool options_open(const struct options *options, struct viewer *viewer);

#endif
