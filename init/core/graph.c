#include "graph.h"

static const struct table_edge *edges(const struct graph *graph, uint32_t i)
{
	return graph->table->edges + graph->table->services[i].edges;
}

static const struct table_edge *back(const struct graph *graph, uint32_t i)
{
	return graph->table->back + graph->table->services[i].back;
}

/* Is it over, well or badly, for one that only comes after it? */
static bool passed(const struct service *s)
{
	return s->state == SERVICE_UP || s->state == SERVICE_FAILED || s->state == SERVICE_BAD ||
	       (s->state == SERVICE_DOWN && !s->want && !s->again) ||
	       (s->want && s->tries > 0 && (s->state != SERVICE_STOPPING || s->failing)) ||
	       s->left || (s->state == SERVICE_OUTSIDE && s->overdue);
}

static bool holds_start(const struct service *s, enum table_edge_kind kind)
{
	switch (kind) {
	case TABLE_REQUIRE:
		return s->state != SERVICE_UP;
	case TABLE_WANT:
	case TABLE_AFTER:
		return !passed(s);
	case TABLE_FOLLOW:
		return !passed(s) && !s->overdue;
	case TABLE_CONFLICT:
		return service_active(s);
	case N_TABLE_EDGES:
		break;
	}
	return false;
}

struct graph_hold graph_start_hold(const struct graph *graph, uint32_t i)
{
	const struct table_service *t = &graph->table->services[i];
	struct graph_hold hold = { TABLE_NONE, 0 };

	for (uint32_t k = 0; k < t->n_edges + t->n_back; k++) {
		bool forth = k < t->n_edges;
		struct table_edge e = forth ? edges(graph, i)[k] : back(graph, i)[k - t->n_edges];

		/* A conflict holds both ways, all else only forth. */
		if ((forth || e.kind == TABLE_CONFLICT) &&
		    holds_start(&graph->services[e.service], (enum table_edge_kind)e.kind)) {
			hold.service = e.service;
			hold.kind = e.kind;
			break;
		}
	}
	return hold;
}

struct graph_hold graph_stop_hold(const struct graph *graph, uint32_t i)
{
	const struct table_service *t = &graph->table->services[i];
	struct graph_hold hold = { TABLE_NONE, 0 };

	for (uint32_t k = 0; k < t->n_back; k++) {
		struct table_edge e = back(graph, i)[k];
		const struct service *s = &graph->services[e.service];

		if (e.kind != TABLE_CONFLICT && service_active(s) &&
		    (e.kind == TABLE_REQUIRE || !s->want ||
		     (s->state == SERVICE_STOPPING && !s->failing))) {
			hold.service = e.service;
			hold.kind = e.kind;
			break;
		}
	}
	return hold;
}

uint16_t graph_missing(const struct graph *graph, uint32_t i)
{
	for (uint32_t k = 0; k < graph->table->services[i].n_edges; k++) {
		struct table_edge e = edges(graph, i)[k];

		if (e.kind == TABLE_REQUIRE && !graph->services[e.service].want)
			return e.service;
	}
	return TABLE_NONE;
}

static void ask(const struct graph *graph, uint32_t i, uint16_t *stack, uint32_t *n)
{
	struct service *s = &graph->services[i];

	if (s->seen || s->state == SERVICE_BAD)
		return;
	s->seen = true;
	/* At first: whether what it requires is there shows when it is looked at. */
	if (!s->asked)
		s->want = s->state != SERVICE_FAILED && !s->again;
	s->asked = true;
	stack[(*n)++] = (uint16_t)i;
}

void graph_ask_begin(const struct graph *graph)
{
	for (uint32_t i = 0; i < graph->table->n; i++)
		graph->services[i].seen = false;
}

void graph_ask(const struct graph *graph, uint32_t i, uint16_t *stack)
{
	uint32_t n = 0;

	ask(graph, i, stack, &n);
	while (n > 0) {
		uint32_t at = stack[--n];

		for (uint32_t k = 0; k < graph->table->services[at].n_edges; k++) {
			struct table_edge e = edges(graph, at)[k];

			if (e.kind == TABLE_REQUIRE || e.kind == TABLE_WANT)
				ask(graph, e.service, stack, &n);
		}
	}
}
