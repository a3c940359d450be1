/*
 * graph: what the services' relations allow, judged from their states alone.
 *
 * Nothing is counted or remembered here: each answer is a plain look at the
 * neighbours, so it cannot be out of date.  Who has to look again when a service
 * has changed is told by `blocker`: a service that waits names the first
 * neighbour that holds it up, and only that one's change can let it go on.
 */
#ifndef TINYINIT_GRAPH_H
#define TINYINIT_GRAPH_H

#include "service.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

struct graph {
	const struct table *table;
	struct service *services;
};

struct graph_hold {
	uint16_t service; /* who holds it up; TABLE_NONE: nobody */
	uint16_t kind;    /* by which kind of edge (enum table_edge_kind) */
};

/* Who keeps service i from starting? */
struct graph_hold graph_start_hold(const struct graph *graph, uint32_t i);

/* Who has to stop before service i may? */
struct graph_hold graph_stop_hold(const struct graph *graph, uint32_t i);

/*
 * Which service that i requires is not to be had: not asked for, failed, or
 * itself without one that it requires?  TABLE_NONE: all are there or will be.
 */
uint16_t graph_missing(const struct graph *graph, uint32_t i);

/* Before the first graph_ask of several that belong together: nobody was seen yet. */
void graph_ask_begin(const struct graph *graph);

/*
 * Ask for service i and for all that it requires and wants, however deep, also
 * below those that are asked for already.  stack: room for TABLE_SERVICES indices.
 */
void graph_ask(const struct graph *graph, uint32_t i, uint16_t *stack);

#endif
