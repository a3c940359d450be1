/*
 * dot: the services and their edges as a graph for Graphviz, on stdout.
 */
#ifndef TINYINIT_RCC_DOT_H
#define TINYINIT_RCC_DOT_H

#include "script.h"

void dot_print(const struct scripts *scripts);

#endif
