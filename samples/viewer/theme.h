/* Colours and measures of everything that is drawn, except photographs and features. */
#ifndef VIEWER_THEME_H
#define VIEWER_THEME_H

#define SURFACE 0x161920
#define RAISED 0x232833
#define HOVERED 0x2E3441
#define LINE 0x272C37
#define TEXT 0xE8EBF0
#define DIM 0x98A1B3
#define FAINT 0x646D7E
#define ACCENT 0x4FC3B4
#define WARNING 0xF2B36B
#define INK 0x0E1015
#define FOCUS 0xFFFFFF

/* Colours of the scales, then of all scales together. */
static const unsigned scale_colours[] = {0xF2C14E, 0x59C3E6, 0xE884C6, 0x9BDB6E};
#define ALL_COLOUR 0xE8EBF0

#define HEADER_HEIGHT 52
#define SIDEBAR_WIDTH 304
#define FOOTER_HEIGHT 30
#define LEGEND_HEIGHT 44
#define STRIP_HEIGHT 72
#define TITLE_HEIGHT 26
#define SCROLL_WIDTH 6
#define MARGIN 16
#define GAP 14
#define RADIUS 6

#endif
