/* Colour profiles, by Little CMS. */
#include "reader.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 5     /* for each channel, of the colours by which two profiles are compared */
#define TOLERANCE 3 /* of 255: sRGB profiles differ from each other by up to this */

/* The name of a profile, without control characters. */
static void name_profile(cmsHPROFILE profile, char name[PHOTOGRAPH_PROFILE_BYTES]) {
  if (!cmsGetProfileInfoASCII(profile, cmsInfoDescription, "en", "US", name, PHOTOGRAPH_PROFILE_BYTES) || !*name)
    strcpy(name, "a profile without a name");
  for (char *c = name; *c; c++)
    if (*c < ' ' || *c > '~')
      *c = '?';
}

/* Whether the transform changes colours by more than the tolerance. */
static bool changes(cmsHTRANSFORM transform) {
  unsigned char from[3 * STEPS * STEPS * STEPS], to[sizeof from];
  for (int i = 0; i < STEPS * STEPS * STEPS; i++)
    for (int channel = 0, rest = i; channel < 3; channel++, rest /= STEPS)
      from[3 * i + channel] = (unsigned char)(rest % STEPS * 255 / (STEPS - 1));
  cmsDoTransform(transform, from, to, STEPS * STEPS * STEPS);
  for (size_t i = 0; i < sizeof from; i++)
    if (abs(from[i] - to[i]) > TOLERANCE)
      return true;
  return false;
}

static void convert(struct photograph *photograph, cmsHTRANSFORM transform) {
  size_t row = (size_t)photograph->size.width * 3;
  for (size_t y = 0; y < photograph->size.height; y++)
    cmsDoTransform(transform, photograph->pixels + y * row, photograph->pixels + y * row, photograph->size.width);
}

bool profile_apply(struct reader *reader) {
  struct photograph *photograph = reader->photograph;
  if (!reader->icc || reader->icc_bytes > UINT32_MAX)
    return true;
  cmsContext context = cmsCreateContext(NULL, NULL);
  cmsHPROFILE from = cmsOpenProfileFromMemTHR(context, reader->icc, (cmsUInt32Number)reader->icc_bytes);
  cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
  /* A profile for grey or CMYK belongs to the pixels of the file. They were converted to RGB already. */
  cmsHTRANSFORM transform = from && to && cmsGetColorSpace(from) == cmsSigRgbData
                                ? cmsCreateTransformTHR(context, from, TYPE_RGB_8, to, TYPE_RGB_8,
                                      INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION)
                                : NULL;
  if (transform && changes(transform)) {
    name_profile(from, photograph->profile);
    if (reader->options->convert_profile)
      convert(photograph, transform);
  }
  if (transform)
    cmsDeleteTransform(transform);
  if (from)
    cmsCloseProfile(from);
  if (to)
    cmsCloseProfile(to);
  cmsDeleteContext(context);
  return true;
}
