#include "window.h"

#include "frames.h"
#include "offscreen.h"
#include "shot.h"
#include "store.h"
#include "swapchain.h"
#include "tell.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_SECONDS 0.02 /* while a frame takes less, more model calls go into it */

struct window {
  GLFWwindow *handle;
  struct gpu gpu;
  VkSurfaceKHR surface;
  struct swapchain swapchain;
  struct frames frames;
  struct viewer viewer;
  bool resized;
  bool fixed_scale; /* set by an option */
  char title[300];
  struct options options;
  uint32_t pressed; /* keys of the options that were pressed */
  int place[4];     /* place and size of the window before full screen */
  double last_frame;
  bool focused;
  char told[TELL_BYTES]; /* the last line */
};

/* ---- What happens ------------------------------------------------------------------------------------------------ */

static struct window *of(GLFWwindow *handle) {
  return glfwGetWindowUserPointer(handle);
}

/* Whether GLFW's positions are pixels depends on the platform. */
static void on_move(GLFWwindow *handle, double x, double y) {
  struct window *window = of(handle);
  int width, height, pixels_across, pixels_down;
  glfwGetWindowSize(handle, &width, &height);
  glfwGetFramebufferSize(handle, &pixels_across, &pixels_down);
  const double scale = (double)window->viewer.painter.text.scale;
  if (width > 0 && height > 0)
    viewer_move(&window->viewer, (float)(x * pixels_across / width / scale), (float)(y * pixels_down / height / scale));
}

static void on_enter(GLFWwindow *handle, int entered) {
  if (!entered && !of(handle)->viewer.app.input.down)
    viewer_move(&of(handle)->viewer, -1, -1);
}

static void on_button(GLFWwindow *handle, int button, int action, int modifiers) {
  (void)modifiers;
  if (button == GLFW_MOUSE_BUTTON_LEFT)
    viewer_press(&of(handle)->viewer, action == GLFW_PRESS);
  else if (action == GLFW_PRESS)
    viewer_press_other(&of(handle)->viewer);
}

static void on_wheel(GLFWwindow *handle, double x, double y) {
  (void)x;
  viewer_wheel(&of(handle)->viewer, (float)y);
}

static void on_focus(GLFWwindow *handle, int focused) {
  of(handle)->focused = focused;
  state_wake(&of(handle)->viewer.app.state);
}

static void on_drop(GLFWwindow *handle, int count, const char **paths) {
  if (count > 0)
    state_open(&of(handle)->viewer.app.state, paths[0]);
}

static void on_resize(GLFWwindow *handle, int width, int height) {
  (void)width, (void)height;
  of(handle)->resized = true;
}

static void on_refresh(GLFWwindow *handle) {
  of(handle)->viewer.app.state.frames_wanted = 2;
}

static void on_scale(GLFWwindow *handle, float x, float y) {
  struct window *window = of(handle);
  (void)y;
  if (!window->fixed_scale)
    viewer_set_scale(&window->viewer, x);
}

static void fill_screen(struct window *window) {
  int *p = window->place;
  if (glfwGetWindowMonitor(window->handle)) {
    glfwSetWindowMonitor(window->handle, NULL, p[0], p[1], p[2], p[3], GLFW_DONT_CARE);
    window->viewer.app.full_screen = false;
    return;
  }
  GLFWmonitor *monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode *mode = monitor ? glfwGetVideoMode(monitor) : NULL;
  if (!mode)
    return;
  glfwGetWindowPos(window->handle, &p[0], &p[1]);
  glfwGetWindowSize(window->handle, &p[2], &p[3]);
  glfwSetWindowMonitor(window->handle, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
  window->viewer.app.full_screen = true;
}

/* Does what actions have requested, after everything is on the screen. */
static void serve(struct window *window) {
  struct app *app = &window->viewer.app;
  const struct picture *picture = app->state.sides[0].current ? app->state.sides[0].current->picture : NULL;
  char title[300] = "s2vk viewer";
  if (app->requests & REQUEST_FULL_SCREEN)
    fill_screen(window);
  app->requests &= ~(uint32_t)REQUEST_FULL_SCREEN;
  if (app->requests && window->swapchain.handle && app->state.frames_wanted <= 1)
    shot_serve(&window->viewer, window->swapchain.extent, window->swapchain.format.format, window->frames.index);
  if (app->clipboard)
    glfwSetClipboardString(window->handle, app->clipboard);
  free(app->clipboard);
  app->clipboard = NULL;
  if (picture)
    snprintf(title, sizeof title, "%.250s – s2vk viewer", picture_name(picture));
  if (strcmp(title, window->title) != 0)
    glfwSetWindowTitle(window->handle, title);
  snprintf(window->title, sizeof window->title, "%s", title);
}

static const struct {
  int glfw, key;
} keys[] = {
    {GLFW_KEY_ESCAPE, KEY_ESCAPE},
    {GLFW_KEY_TAB, KEY_TAB},
    {GLFW_KEY_LEFT, KEY_LEFT},
    {GLFW_KEY_RIGHT, KEY_RIGHT},
    {GLFW_KEY_UP, KEY_UP},
    {GLFW_KEY_DOWN, KEY_DOWN},
    {GLFW_KEY_HOME, KEY_HOME},
    {GLFW_KEY_DELETE, KEY_DELETE},
    {GLFW_KEY_BACKSPACE, KEY_BACKSPACE},
    {GLFW_KEY_ENTER, KEY_ENTER},
    {GLFW_KEY_KP_ENTER, KEY_ENTER},
    {GLFW_KEY_SPACE, ' '},
    {GLFW_KEY_END, KEY_END},
    {GLFW_KEY_PAGE_UP, KEY_PAGE_UP},
    {GLFW_KEY_PAGE_DOWN, KEY_PAGE_DOWN},
    {GLFW_KEY_F11, KEY_F11},
    {GLFW_KEY_F12, KEY_F12},
    {GLFW_KEY_INSERT, KEY_INSERT},
    {GLFW_KEY_F1, KEY_F1},
    {GLFW_KEY_KP_ADD, '+'},
    {GLFW_KEY_KP_SUBTRACT, '-'},
};

static void on_key(GLFWwindow *handle, int code, int scancode, int action, int modifiers) {
  struct window *window = of(handle);
  const int with =
      (modifiers & GLFW_MOD_SHIFT ? MODIFIER_SHIFT : 0) | (modifiers & GLFW_MOD_CONTROL ? MODIFIER_CONTROL : 0);
  if (action == GLFW_RELEASE || (modifiers & (GLFW_MOD_ALT | GLFW_MOD_SUPER)) ||
      (action == GLFW_REPEAT && (code == GLFW_KEY_F11 || code == GLFW_KEY_F12)))
    return;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i].glfw == code) {
      viewer_key(&window->viewer, keys[i].key, with);
      return;
    }
  if (code >= GLFW_KEY_0 && code <= GLFW_KEY_9) { /* digits by their place: some keyboards need Shift for them */
    viewer_key(&window->viewer, '0' + code - GLFW_KEY_0, with);
    return;
  }
  const char *name = glfwGetKeyName(code, scancode); /* the label of the key */
  if (name && !name[1])
    viewer_key(&window->viewer, toupper((unsigned char)name[0]), with);
}

static void on_character(GLFWwindow *handle, unsigned code) {
  viewer_type(&of(handle)->viewer, code);
}

/* ---- Beginning --------------------------------------------------------------------------------------------------- */

static void on_error(int code, const char *message) {
  (void)code;
  fprintf(stderr, "viewer: GLFW: %s\n", message);
}

static bool open_window(struct window *window, const struct options *o) {
  glfwSetErrorCallback(on_error);
  if (!glfwInit())
    return false;
  if (!glfwVulkanSupported()) {
    fprintf(stderr, "viewer: there is no Vulkan for windows here; --screenshot needs none\n");
    return false;
  }
  glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, o->ui_scale > 0 ? GLFW_FALSE : GLFW_TRUE);
  const float scale = o->ui_scale > 0 ? o->ui_scale : 1;
  window->handle = glfwCreateWindow(
      (int)((float)o->size.width * scale), (int)((float)o->size.height * scale), "s2vk viewer", NULL, NULL);
  if (!window->handle)
    return false;
  glfwSetWindowSizeLimits(window->handle, 320, 240, GLFW_DONT_CARE, GLFW_DONT_CARE);
  uint32_t count;
  const char **extensions = glfwGetRequiredInstanceExtensions(&count);
  if (!gpu_open_instance(&window->gpu, extensions, count))
    return false;
  const VkResult result = glfwCreateWindowSurface(window->gpu.instance, window->handle, NULL, &window->surface);
  if (result)
    fprintf(stderr, "viewer: the window cannot be drawn to: VkResult %d\n", result);
  return !result && gpu_open_device(&window->gpu, o->device, window->surface);
}

static void set_callbacks(struct window *window) {
  glfwSetWindowUserPointer(window->handle, window);
  glfwSetCursorPosCallback(window->handle, on_move);
  glfwSetCursorEnterCallback(window->handle, on_enter);
  glfwSetMouseButtonCallback(window->handle, on_button);
  glfwSetScrollCallback(window->handle, on_wheel);
  glfwSetKeyCallback(window->handle, on_key);
  glfwSetCharCallback(window->handle, on_character);
  glfwSetWindowFocusCallback(window->handle, on_focus);
  glfwSetDropCallback(window->handle, on_drop);
  glfwSetFramebufferSizeCallback(window->handle, on_resize);
  glfwSetWindowRefreshCallback(window->handle, on_refresh);
  glfwSetWindowContentScaleCallback(window->handle, on_scale);
}

static bool open_viewer(struct window *window, const struct options *o) {
  VkResult result = swapchain_create(&window->swapchain, &window->gpu, window->surface);
  if (!result)
    result = frames_create(&window->frames, &window->gpu);
  if (result) {
    fprintf(stderr, "viewer: the window has no images: VkResult %d\n", result);
    return false;
  }
  float scale = o->ui_scale, down;
  window->fixed_scale = scale > 0;
  if (!window->fixed_scale)
    glfwGetWindowContentScale(window->handle, &scale, &down);
  const struct viewer_info info = {&window->gpu, window->swapchain.pass, o->source, o->regular, o->bold,
      scale > 0 ? scale : 1, false, glfwPostEmptyEvent};
  if (!viewer_create(&window->viewer, &info))
    return false;
  if (!o->fresh)
    store_read(&window->viewer.app);
  return options_open(o, &window->viewer);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Adapts the number of model calls per frame. */
static void pace(struct window *window) {
  struct state *state = &window->viewer.app.state;
  const double now = glfwGetTime(), seconds = now - window->last_frame;
  window->last_frame = now;
  if (seconds < FRAME_SECONDS && state->calls_per_frame < 1u << 20)
    state->calls_per_frame *= 2;
  else if (state->calls_per_frame > 1)
    state->calls_per_frame /= 2;
}

/* VK_NOT_READY: the window is minimised. */
static VkResult acquire(struct window *window, uint32_t *image) {
  VkResult result = frames_wait(&window->frames);
  for (int attempt = 0; !result && attempt < 8; attempt++) {
    if (window->resized || !window->swapchain.handle) {
      int width, height;
      glfwGetFramebufferSize(window->handle, &width, &height);
      result = swapchain_resize(&window->swapchain, (VkExtent2D){(uint32_t)width, (uint32_t)height});
      if (result)
        return result;
      window->resized = false;
      window->viewer.app.state.frames_wanted = 2;
    }
    result = swapchain_acquire(&window->swapchain, window->frames.index, image);
    if (result == VK_SUBOPTIMAL_KHR)
      return VK_SUCCESS;
    if (result != VK_ERROR_OUT_OF_DATE_KHR)
      return result;
    window->resized = true;
    result = VK_SUCCESS;
  }
  return result ? result : VK_NOT_READY;
}

static VkResult draw(struct window *window) {
  uint32_t image;
  VkResult result = acquire(window, &image);
  if (result)
    return result;
  pace(window);
  VkCommandBuffer commands;
  const uint32_t index = window->frames.index;
  result = frames_begin(&window->frames, &commands);
  if (result)
    return result;
  const struct target target = swapchain_target(&window->swapchain, image);
  viewer_record(&window->viewer, index, commands, &target);
  if (window->viewer.app.state.quit && !window->viewer.app.state.sides[0].current)
    return VK_SUCCESS; /* nothing was recorded */
  result = frames_end(&window->frames, window->swapchain.acquired[index], window->swapchain.drawn[image]);
  if (result)
    return result;
  result = swapchain_present(&window->swapchain, image);
  if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
    window->resized = true;
    window->viewer.app.state.frames_wanted = 2;
    return VK_SUCCESS;
  }
  return result;
}

/* Waits for an event, but not beyond the time when a tooltip or the end of a note is due. */
static void wait(struct window *window) {
  struct app *app = &window->viewer.app;
  const double now = glfwGetTime();
  const bool due = now - app->input.still_since < 1 || (*app->state.note && now < app->noted_at + NOTE_SECONDS + 0.5);
  if (viewer_wants_frame(&window->viewer) || window->resized || app->requests)
    glfwPollEvents();
  else if (due)
    glfwWaitEventsTimeout(0.25);
  else
    glfwWaitEvents();
  app->seconds = glfwGetTime();
  if (due && !viewer_wants_frame(&window->viewer)) /* to show the tooltip, or without the note */
    app->state.frames_wanted = 1;
}

static void press_next(struct window *window) {
  const struct options *o = &window->options;
  if (window->pressed == o->pressed_count || viewer_wants_frame(&window->viewer))
    return;
  viewer_key(&window->viewer, o->pressed[window->pressed].key, o->pressed[window->pressed].modifiers);
  window->pressed++;
}

/* Once everything that happened is on the screen. */
static void tell(struct window *window) {
  const struct tell_window at = {window->swapchain.extent, window->focused};
  if (window->options.tell && !viewer_wants_frame(&window->viewer) && !window->resized &&
      !window->viewer.app.requests && window->pressed == window->options.pressed_count)
    tell_state(&window->viewer.app, &at, window->told);
}

static bool run(struct window *window) {
  const struct state *state = &window->viewer.app.state;
  while (!glfwWindowShouldClose(window->handle) && !state->quit) {
    tell(window);
    wait(window);
    if (state->quit)
      break;
    press_next(window);
    serve(window);
    if (!viewer_wants_frame(&window->viewer) && !window->resized)
      continue;
    const VkResult result = draw(window);
    if (result == VK_NOT_READY) {
      glfwWaitEvents();
    } else if (result) {
      fprintf(stderr, "viewer: a frame failed: VkResult %d\n", result);
      return false;
    }
  }
  return !state->quit || state->sides[0].current;
}

bool window_run(const struct options *o) {
  static struct window window;
  window = (struct window){.options = *o};
  bool done = open_window(&window, o) && open_viewer(&window, o);
  if (done) {
    set_callbacks(&window);
    window.focused = glfwGetWindowAttrib(window.handle, GLFW_FOCUSED);
    done = run(&window);
    char error[ERROR_BYTES];
    if (done && !store_write(&window.viewer.app, error))
      fprintf(stderr, "viewer: settings are not kept: %s\n", error);
  }
  frames_destroy(&window.frames);
  viewer_destroy(&window.viewer);
  swapchain_destroy(&window.swapchain);
  if (window.surface)
    vkDestroySurfaceKHR(window.gpu.instance, window.surface, NULL);
  gpu_close(&window.gpu);
  glfwTerminate();
  return done;
}
