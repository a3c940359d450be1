/* The part of graph.h that finds cycles, by Tarjan's strongly connected components. */
#include "graph.h"
#include "heap.h"
#include "report.h"

#include <string.h>

enum {
	NONE = 0x7fffffff,
	PATH_BYTES = 32 * 1024, /* the longest cycle that is told to its end */
};

struct search {
	struct scripts *scripts;
	uint32_t *index; /* order of the first visit, from 1; 0: not yet */
	uint32_t *low;
	uint32_t *group; /* the component, by its root; NONE while open */
	uint32_t *size;  /* of the component of a root */
	uint32_t *next;  /* the edge to look at next */
	uint32_t *call;  /* visits under way: a chain may be as long as the table */
	uint32_t *open;
	uint32_t n_call;
	uint32_t n_open;
	uint32_t count;
};

static bool counts(const struct scripts *scripts, const struct edge *edge)
{
	return edge->kind != TABLE_CONFLICT && script_sound(scripts->at[edge->to]);
}

static void enter(struct search *s, uint32_t v)
{
	s->index[v] = s->low[v] = ++s->count;
	s->group[v] = NONE;
	s->call[s->n_call++] = v;
	s->open[s->n_open++] = v;
}

/* All edges of v are seen: close its component if it is the root of one. */
static void leave(struct search *s, uint32_t v)
{
	uint32_t w;

	s->n_call--;
	if (s->low[v] == s->index[v]) {
		do {
			w = s->open[--s->n_open];
			s->group[w] = v;
			s->size[v]++;
		} while (w != v);
	}
	if (s->n_call) {
		uint32_t parent = s->call[s->n_call - 1];

		if (s->low[v] < s->low[parent])
			s->low[parent] = s->low[v];
	}
}

static void visit(struct search *s, uint32_t root)
{
	enter(s, root);
	while (s->n_call) {
		uint32_t v = s->call[s->n_call - 1];
		const struct script *script = s->scripts->at[v];
		const struct edge *edge;

		if (s->next[v] == script->n_edges || !script_sound(script)) {
			leave(s, v);
			continue;
		}
		edge = &script->edges[s->next[v]++];
		if (!counts(s->scripts, edge))
			continue;
		if (!s->index[edge->to])
			enter(s, edge->to);
		else if (s->group[edge->to] == NONE && s->index[edge->to] < s->low[v])
			s->low[v] = s->index[edge->to];
	}
}

/* Breadth first from `from` back to itself inside its component: via[v] is who found v. */
static void shortest(struct search *s, uint32_t from, uint32_t *via)
{
	uint32_t *queue = s->open;
	uint32_t head = 0;
	uint32_t tail = 0;

	for (uint32_t i = 0; i < s->scripts->n; i++)
		via[i] = NONE;
	queue[tail++] = from;
	while (head < tail && via[from] == NONE) {
		uint32_t v = queue[head++];
		const struct script *script = s->scripts->at[v];

		for (uint32_t k = 0; k < script->n_edges; k++) {
			uint32_t w = script->edges[k].to;

			if (s->group[w] != s->group[from] || via[w] != NONE ||
			    !counts(s->scripts, &script->edges[k]))
				continue;
			via[w] = v;
			if (w != from)
				queue[tail++] = w;
		}
	}
}

static const struct edge *edge_between(const struct search *s, uint32_t from, uint32_t to)
{
	const struct script *script = s->scripts->at[from];

	for (uint32_t k = 0; k < script->n_edges; k++)
		if (script->edges[k].to == to && counts(s->scripts, &script->edges[k]))
			return &script->edges[k];
	return NULL;
}

static char *append(char *text, size_t *n, const char *more)
{
	size_t length = strlen(more);
	char *longer = text;

	if (*n / 4096 != (*n + length) / 4096 || !text) {
		longer = heap_take((*n + length) / 4096 * 4096 + 4096 + 1);
		if (text)
			memcpy(longer, text, *n);
	}
	memcpy(longer + *n, more, length + 1);
	*n += length;
	return longer;
}

/* "in a cycle: a -> b (rc/a:3) -> a (rc/b:2)": an arrow points to what is needed. */
static char *path_text(const struct search *s, const uint32_t *path, uint32_t n, bool shown)
{
	size_t length = 0;
	char *text = append(NULL, &length, "in a cycle: ");

	text = append(text, &length, report_escape(s->scripts->at[path[0]]->name, TABLE_NAME));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = path[(i + 1) % n];
		const struct edge *edge = edge_between(s, path[i], to);
		const char *name = report_escape(s->scripts->at[to]->name, TABLE_NAME);
		const char *asker = edge ? report_escape(shown ? edge->asker->shown
							       : edge->asker->path,
							 4096)
					 : "";

		if (length > PATH_BYTES && i + 2 < n) {
			text = append(text, &length, heap_print(" -> ... %u more", n - i - 2));
			i = n - 2;
			continue;
		}
		text = append(text, &length,
			      edge && edge->line
				      ? heap_print(" -> %s (%s:%u)", name, asker, edge->line)
				      : heap_print(" -> %s (in order of names)", name));
	}
	return text;
}

/* Tell the shortest cycle through v, and mark its members with it. */
static void tell(struct search *s, uint32_t v, uint32_t *via, uint32_t *path)
{
	const struct script *script = s->scripts->at[v];
	const struct edge *edge;
	uint32_t n = 0;
	char *fault;

	shortest(s, v, via);
	for (uint32_t w = via[v]; w != v; w = via[w])
		path[s->scripts->n - ++n] = w;
	path[s->scripts->n - ++n] = v;
	path += s->scripts->n - n;
	fault = path_text(s, path, n, false); /* as on the device */
	edge = edge_between(s, v, path[1 % n]);
	report_line(REPORT_ERROR, edge && edge->line ? edge->asker->shown : script->shown,
		    edge ? edge->line : 0, 0, path_text(s, path, n, true));
	for (uint32_t i = 0; i < n; i++) {
		struct script *member = s->scripts->at[path[i]];
		const struct edge *own = edge_between(s, path[i], path[(i + 1) % n]);

		/* Not yet BAD: other cycles of the component run through it too. */
		if (!member->cyclic) {
			member->cyclic = true;
			member->cycle = fault;
			member->cycle_line = own && own->asker == member ? own->line : 0;
		}
	}
}

/* Who requires a member of a cycle can never start either. */
static void spread(struct scripts *scripts)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < scripts->n; i++) {
			struct script *script = scripts->at[i];

			for (uint32_t k = 0; k < script->n_edges && script_sound(script); k++) {
				const struct edge *edge = &script->edges[k];
				const struct script *other = scripts->at[edge->to];

				if (edge->kind != TABLE_REQUIRE || !other->cyclic)
					continue;
				script_error(script, edge->line, 0,
					     "requires \"%s\", which is in a cycle or needs one",
					     other->name);
				script->cyclic = true;
				more = true;
			}
		}
	}
}

void cycle_find(struct scripts *scripts)
{
	uint32_t n = scripts->n;
	uint32_t *room = heap_take((10 * (size_t)n + 1) * sizeof(*room));
	struct search s = {
		.scripts = scripts,
		.index = room,
		.low = room + n,
		.group = room + 2 * n,
		.size = room + 3 * n,
		.next = room + 4 * n,
		.call = room + 5 * n,
		.open = room + 6 * n,
	};

	for (uint32_t i = 0; i < n; i++)
		if (!s.index[i])
			visit(&s, i);
	for (uint32_t i = 0; i < n; i++)
		if (s.size[s.group[i]] > 1 && !scripts->at[i]->cyclic)
			tell(&s, i, room + 7 * n, room + 8 * n);
	for (uint32_t i = 0; i < n; i++)
		if (scripts->at[i]->cyclic)
			script_fail(scripts->at[i], scripts->at[i]->cycle_line,
				    scripts->at[i]->cycle);
	spread(scripts);
}
