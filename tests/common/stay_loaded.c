/* In sanitizer builds modules stay loaded, so that a leak report names the module that a leak is in, and what drivers
 * and the validation layer leak can be distinguished from what the library leaks (tests/lsan.supp). */
int dlclose(void *handle);

int dlclose(void *handle) {
  (void)handle;
  return 0;
}
