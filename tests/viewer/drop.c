/* drop FILE X Y: drops a file on the window at a place of the screen, as a file manager does (XDND, version 5). Exit
 * status 0 once the window has taken it. */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Display *display;
static Window source, target;

static Atom atom(const char *name) {
  return XInternAtom(display, name, False);
}

static void send(const char *type, long a, long b, long c, long d) {
  XEvent event = {.xclient = {.type = ClientMessage,
                      .display = display,
                      .window = target,
                      .message_type = atom(type),
                      .format = 32,
                      .data = {.l = {(long)source, a, b, c, d}}}};
  XSendEvent(display, target, False, NoEventMask, &event);
  XFlush(display);
}

/* The window at a place that says that it takes drops, or None. */
static Window find_target(int x, int y) {
  Window found = DefaultRootWindow(display), child = found;
  for (int depth = 0; depth < 8; depth++) {
    int at_x, at_y;
    Atom type;
    int format;
    unsigned long count, rest;
    unsigned char *version = NULL;
    XTranslateCoordinates(display, DefaultRootWindow(display), found, x, y, &at_x, &at_y, &child);
    XGetWindowProperty(
        display, found, atom("XdndAware"), 0, 1, False, XA_ATOM, &type, &format, &count, &rest, &version);
    if (version)
      XFree(version);
    if (count)
      return found;
    if (child == None)
      return None;
    found = child;
  }
  return None;
}

static void answer(const XSelectionRequestEvent *request, const char *uri) {
  XChangeProperty(display, request->requestor, request->property, request->target, 8, PropModeReplace,
      (const unsigned char *)uri, (int)strlen(uri));
  XEvent event = {.xselection = {.type = SelectionNotify,
                      .display = display,
                      .requestor = request->requestor,
                      .selection = request->selection,
                      .target = request->target,
                      .property = request->property,
                      .time = request->time}};
  XSendEvent(display, request->requestor, False, NoEventMask, &event);
  XFlush(display);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "Usage: drop FILE X Y\n");
    return 2;
  }
  char uri[4096];
  snprintf(uri, sizeof uri, "file://%s\r\n", argv[1]);
  const int x = atoi(argv[2]), y = atoi(argv[3]);
  display = XOpenDisplay(NULL);
  target = display ? find_target(x, y) : None;
  if (target == None) {
    fprintf(stderr, "there is no window at %d, %d that takes drops\n", x, y);
    return 1;
  }
  source = XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, 1, 1, 0, 0, 0);
  XSetSelectionOwner(display, atom("XdndSelection"), source, CurrentTime);
  send("XdndEnter", 5l << 24, (long)atom("text/uri-list"), None, None);
  send("XdndPosition", 0, (long)x << 16 | y, CurrentTime, (long)atom("XdndActionCopy"));
  for (XEvent event;;) {
    XNextEvent(display, &event);
    if (event.type == SelectionRequest)
      answer(&event.xselectionrequest, uri);
    else if (event.type == ClientMessage && event.xclient.message_type == atom("XdndStatus"))
      send("XdndDrop", 0, CurrentTime, 0, 0);
    else if (event.type == ClientMessage && event.xclient.message_type == atom("XdndFinished"))
      break;
  }
  XCloseDisplay(display);
  return 0;
}
