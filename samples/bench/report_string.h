/* JSON strings, for bench and vit-bench. */
#ifndef BENCH_REPORT_STRING_H
#define BENCH_REPORT_STRING_H

#include <stdio.h>

/* Writes text in quotes. Control characters are left out. */
void report_string(FILE *file, const char *text);

#endif
