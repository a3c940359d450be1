#include "graph.h"

#include "heap.h"
#include "near.h"

#include <stdlib.h>
#include <string.h>

static void name_add(struct graph_names *names, const char *text, uint32_t script, bool weak)
{
	names->at = heap_grow(names->at, names->n, sizeof(*names->at));
	names->at[names->n++] = (struct graph_name){ text, script, weak };
}

static int compare_names(const void *a, const void *b)
{
	const struct graph_name *x = a;
	const struct graph_name *y = b;
	int order = strcmp(x->text, y->text);

	if (!order)
		order = x->weak - y->weak;
	return order ? order : (x->script > y->script) - (x->script < y->script);
}

void graph_index(struct graph_names *names, const struct scripts *scripts)
{
	memset(names, 0, sizeof(*names));
	for (uint32_t i = 0; i < scripts->n; i++) {
		const struct script *script = scripts->at[i];

		name_add(names, script->name, i, false);
		for (uint32_t k = 0; k < script->provide.n; k++)
			name_add(names, script->provide.at[k].text, i, false);
		if (script->brief)
			name_add(names, script->brief, i, true);
	}
	if (names->n)
		qsort(names->at, names->n, sizeof(*names->at), compare_names);
}

uint32_t graph_find(const struct graph_names *names, const char *text, const struct graph_name **at)
{
	uint32_t low = 0;
	uint32_t high = names->n;
	uint32_t n = 0;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (strcmp(names->at[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = names->at + low;
	while (low + n < names->n && strcmp((*at)[n].text, text) == 0 && !(*at)[n].weak)
		n++;
	/* Of two with the same name behind their numbers, it is the first's. */
	if (n == 0 && low < names->n && strcmp((*at)->text, text) == 0)
		n = 1;
	return n;
}

static void edge_add(struct script *from, uint32_t to, uint32_t kind, uint32_t line,
		     const struct script *asker)
{
	from->edges = heap_grow(from->edges, from->n_edges, sizeof(*from->edges));
	from->edges[from->n_edges++] = (struct edge){ to, kind, line, asker };
}

static const char *suggestion(const struct graph_names *names, const char *wrong)
{
	struct near near;

	near_init(&near, wrong);
	for (uint32_t i = 0; i < names->n; i++)
		near_try(&near, names->at[i].text);
	return near_text(&near);
}

static void missing(struct script *script, const struct graph_names *names, uint32_t kind,
		    const struct word *word)
{
	static const char *const verbs[] = { "wants", "is after", "follows", "conflicts with",
					     "is before" };

	if (kind == TABLE_REQUIRE)
		script_error(script, word->line, word->column,
			     "requires \"%s\", which does not exist%s", word->text,
			     suggestion(names, word->text));
	else
		script_warn(script, word->line, word->column, "%s \"%s\", which does not exist%s",
			    verbs[kind - 1], word->text, suggestion(names, word->text));
}

/*
 * One name of a script's header.  Its own name is an error; a name that it
 * shares with others, or excludes them from, means the others.
 */
static void resolve(struct scripts *scripts, const struct graph_names *names, uint32_t i,
		    uint32_t kind, const struct word *word)
{
	static const char *const verbs[] = { "requires", "wants",          "is after",
					     "follows",  "conflicts with", "is before" };
	struct script *script = scripts->at[i];
	const struct graph_name *at;
	uint32_t n = graph_find(names, word->text, &at);
	bool own = strcmp(word->text, script->name) == 0;

	if (n == 0) {
		missing(script, names, kind, word);
		return;
	}
	for (uint32_t k = 0; k < n; k++) {
		if (at[k].script == i) {
			if (own || (n == 1 && kind != TABLE_CONFLICT))
				script_error(script, word->line, word->column, "%s itself (\"%s\")",
					     verbs[kind], word->text);
			continue;
		}
		if (kind == N_TABLE_EDGES)
			edge_add(scripts->at[at[k].script], i, TABLE_AFTER, word->line, script);
		else
			edge_add(script, at[k].script, kind, word->line, script);
	}
}

static void resolve_all(struct scripts *scripts, const struct graph_names *names)
{
	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		if (!script_sound(script))
			continue;
		for (uint32_t kind = 0; kind < N_TABLE_EDGES; kind++)
			for (uint32_t k = 0; k < script->need[kind].n; k++)
				resolve(scripts, names, i, kind, &script->need[kind].at[k]);
		for (uint32_t k = 0; k < script->before.n; k++)
			resolve(scripts, names, i, N_TABLE_EDGES, &script->before.at[k]);
	}
}

/*
 * Plain scripts start in the order of their names.  One that will not start
 * is no link of that chain, or it would part those beside it.
 */
static void follow(struct scripts *scripts)
{
	uint32_t last = TABLE_NONE;

	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		if (!script_sound(script) || !(script->row.flags & TABLE_PLAIN))
			continue;
		/* With a header that is a way to say "not now"; without, a slip. */
		if (script->row.flags & TABLE_DISABLED) {
			script->fault = "not executable";
			script->kept = true; /* it is told, and costs nothing */
			continue;
		}
		if (last != TABLE_NONE)
			edge_add(script, last, TABLE_FOLLOW, 0, script);
		last = i;
	}
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Of several edges to one service the strongest stays, and a conflict. */
static void thin(struct script *script)
{
	uint32_t kept = 0;

	if (script->n_edges)
		qsort(script->edges, script->n_edges, sizeof(*script->edges), compare_edges);
	for (uint32_t i = 0; i < script->n_edges; i++) {
		const struct edge *edge = &script->edges[i];
		const struct edge *last = kept ? &script->edges[kept - 1] : NULL;

		if (last && last->to == edge->to &&
		    (edge->kind != TABLE_CONFLICT || last->kind == TABLE_CONFLICT))
			continue;
		script->edges[kept++] = *edge;
	}
	script->n_edges = kept;
}

/* A BAD service needs nothing; and the table holds so many edges and no more. */
static void bound(struct scripts *scripts)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		if (script_sound(script) && script->n_edges > TABLE_EDGES - n)
			script_error(script, 0, 0,
				     "no room for its %u edges: %d are the most in all",
				     script->n_edges, TABLE_EDGES);
		if (!script_sound(script))
			script->n_edges = 0;
		n += script->n_edges;
	}
}

void graph_make(struct scripts *scripts)
{
	struct graph_names names;

	graph_index(&names, scripts);
	resolve_all(scripts, &names);
	follow(scripts);
	for (uint32_t i = 0; i < scripts->n; i++)
		thin(scripts->at[i]);
	cycle_find(scripts);
	conflict_find(scripts);
	bound(scripts);
}
