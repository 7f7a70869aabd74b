/* Reads many photographs, and writes a .npy file for each, or one safetensors file. Threads decode images, the calling
 * thread puts them into batches and submits them, and another thread writes what the device has computed.
 *
 * Memory is bounded whatever the number and order of images:
 *   - DECODED_BYTES of images that wait for the device, and the same again of images that wait for others of their
 * size;
 *   - one image for each decoding thread;
 *   - ENGINE_FRAMES times the input and output of the largest batch, on the device and once more mapped;
 *   - one workspace, half as large again as the largest plan's;
 *   - some 200 bytes for each image's name. */
#ifndef EXTRACT_MANY_H
#define EXTRACT_MANY_H

#include "options.h"

/* Returns the exit status. Prints what was done on stdout, and reasons on stderr. */
int many_run(const struct options *options);

#endif
