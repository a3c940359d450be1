/*
 * check: what a table cannot show: whether the files that the scripts speak of
 * are in the root file system, and made for its architecture.
 */
#ifndef TINYINIT_RCC_CHECK_H
#define TINYINIT_RCC_CHECK_H

#include "script.h"

/* Reports errors; the graph has been made.  root as in struct sources. */
void check_scripts(const struct scripts *scripts, const char *root);

#endif
