/* Many photographs in; a .npy file of each, or one safetensors file, out. Threads decode images, this one puts them into batches
 * and submits them, another writes what the device has computed.
 *
 * Memory is bounded whatever the number and order of images: DECODED_BYTES of images that wait for the device, as many again of
 * those that wait for others of their size, and for each thread the image that it is at; ENGINE_FRAMES times the input and output
 * of the largest batch, on the device and once more mapped; one workspace, half as large again as the largest plan's; and some 200
 * bytes for each image's name. */
#ifndef EXTRACT_MANY_H
#define EXTRACT_MANY_H

#include "options.h"

/* The exit status; what was done is told on stdout, and reasons on stderr. */
int many_run(const struct options *options);

#endif
