/* The part of graph.h about services that cannot run at the same time. */
#include "graph.h"
#include "heap.h"

struct closure {
	const struct scripts *scripts;
	uint32_t *mark; /* round in which a service was reached */
	uint32_t *queue;
	uint32_t n;
	uint32_t round;
};

static void reach(struct closure *c, uint32_t i)
{
	if (c->mark[i] == c->round)
		return;
	c->mark[i] = c->round;
	c->queue[c->n++] = i;
}

/* All that service i cannot be without, itself included. */
static void require_all(struct closure *c, uint32_t i)
{
	c->round++;
	c->n = 0;
	reach(c, i);
	for (uint32_t k = 0; k < c->n; k++) {
		const struct script *script = c->scripts->at[c->queue[k]];

		for (uint32_t e = 0; e < script->n_edges; e++)
			if (script->edges[e].kind == TABLE_REQUIRE)
				reach(c, script->edges[e].to);
	}
}

/* Two of the closure that exclude each other; false: none. */
static bool clash(const struct closure *c, uint32_t *a, const struct edge **edge)
{
	for (uint32_t k = 0; k < c->n; k++) {
		const struct script *script = c->scripts->at[c->queue[k]];

		for (uint32_t e = 0; e < script->n_edges; e++)
			if (script->edges[e].kind == TABLE_CONFLICT &&
			    c->mark[script->edges[e].to] == c->round) {
				*a = c->queue[k];
				*edge = &script->edges[e];
				return true;
			}
	}
	return false;
}

static bool any_conflict(const struct scripts *scripts)
{
	for (uint32_t i = 0; i < scripts->n; i++)
		for (uint32_t e = 0; e < scripts->at[i]->n_edges; e++)
			if (scripts->at[i]->edges[e].kind == TABLE_CONFLICT)
				return true;
	return false;
}

void conflict_find(struct scripts *scripts)
{
	uint32_t *room = heap_take((2 * (size_t)scripts->n + 1) * sizeof(*room));
	struct closure c = { scripts, room, room + scripts->n, 0, 0 };
	const struct edge *edge;
	uint32_t a;

	if (!any_conflict(scripts))
		return;
	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		if (!script_sound(script))
			continue;
		require_all(&c, i);
		if (!clash(&c, &a, &edge))
			continue;
		if (a == i)
			script_error(script, edge->line, 0,
				     "conflicts with \"%s\", which it requires",
				     scripts->at[edge->to]->name);
		else if (edge->to == i)
			script_error(script, 0, 0,
				     "requires \"%s\", which conflicts with it (%s:%u)",
				     scripts->at[a]->name, edge->asker->path, edge->line);
		else
			script_error(script, 0, 0,
				     "requires \"%s\" and \"%s\", which are in conflict (%s:%u)",
				     scripts->at[a]->name, scripts->at[edge->to]->name,
				     edge->asker->path, edge->line);
	}
}
