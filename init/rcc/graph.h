/*
 * graph: which service needs which, made of names.
 *
 * A name is that of a service, one that it provides, or, when there is neither,
 * its own without a number in front.  What cannot hold (a required name that
 * does not exist, a cycle, a conflict with what is required) costs the services
 * concerned: they become BAD.  A BAD service needs nothing, so that what is left
 * has no cycle; others may still need it, and will not start.
 */
#ifndef TINYINIT_RCC_GRAPH_H
#define TINYINIT_RCC_GRAPH_H

#include "script.h"

/* Fill in every script's edges; scripts are sorted. */
void graph_make(struct scripts *scripts);

/* cycle.c: make the members of each cycle, and who requires them, BAD. */
void cycle_find(struct scripts *scripts);

/* conflict.c: make those BAD that require what excludes each other. */
void conflict_find(struct scripts *scripts);

/* Services that a name stands for; returns how many and the first in *at. */
struct graph_name {
	const char *text;
	uint32_t script;
	bool weak; /* without the number in front */
};

struct graph_names {
	struct graph_name *at;
	uint32_t n;
};

void graph_index(struct graph_names *names, const struct scripts *scripts);
uint32_t graph_find(const struct graph_names *names, const char *text,
		    const struct graph_name **at);

#endif
