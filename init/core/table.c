#include "table.h"

#include <string.h>

/* The areas as an array: their order in the header, and what an entry takes. */
enum {
	SERVICES,
	EDGES,
	BACK,
	SOURCES,
	ARGS,
	TEXT,
	N_AREAS
};

static const uint8_t entry_bytes[N_AREAS] = {
	sizeof(struct table_service), sizeof(struct table_edge), sizeof(struct table_edge),
	sizeof(struct table_source),  sizeof(uint32_t),          1,
};

uint32_t table_name_hash(const char *name)
{
	uint32_t sum = 0x811c9dc5;

	for (; *name; name++)
		sum = (sum ^ (uint8_t)*name) * 0x01000193;
	return sum;
}

uint32_t table_sum(const void *data, size_t bytes)
{
	const uint32_t *word = data;
	uint32_t sum = 0x811c9dc5;

	for (size_t i = 0; i < bytes / 4; i++)
		sum = (sum ^ word[i]) * 0x01000193;
	return sum;
}

/* Each area lies behind the header, inside the file, and on no other one. */
static bool areas_fit(const struct table_area *area, uint32_t size)
{
	for (uint32_t i = 0; i < N_AREAS; i++) {
		uint32_t at = area[i].at;
		uint32_t end;

		if (at % 4 || at < sizeof(struct table_header) || at > size ||
		    area[i].n > (size - at) / entry_bytes[i])
			return false;
		end = at + area[i].n * entry_bytes[i];
		for (uint32_t k = 0; k < i; k++)
			if (area[k].at < end && at < area[k].at + area[k].n * entry_bytes[k])
				return false;
	}
	return area[SERVICES].n <= TABLE_SERVICES && area[EDGES].n <= TABLE_EDGES &&
	       area[BACK].n == area[EDGES].n && area[ARGS].n != 0 && area[TEXT].n != 0;
}

/* With this, a list may be followed from any offset below n. */
static bool args_end(const uint32_t *args, uint32_t n, uint32_t n_text)
{
	uint32_t length = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (args[i] >= n_text)
			return false;
		length = args[i] ? length + 1 : 0;
		if (length == TABLE_ARGS)
			return false;
	}
	return args[0] == 0 && length == 0;
}

/* A name is also that of a folder and of a file: no way out of either. */
static bool name_good(const char *name)
{
	size_t length = strlen(name);

	return length && length <= TABLE_NAME && name[0] != '.' && !strchr(name, '/');
}

static bool values_good(const struct table_service *s)
{
	bool idle = s->type == TABLE_TARGET || s->flags & TABLE_BAD;

	return s->type < N_TABLE_TYPES && s->ready < N_TABLE_READY &&
	       s->restart < N_TABLE_RESTART && s->then < N_TABLE_THEN && s->stop_signal - 1u < 64 &&
	       s->reload_signal <= 64 && s->flags < 2 * TABLE_GROUP && (s->start || idle) &&
	       (s->ready != TABLE_READY_FD || s->ready_fd >= 3) &&
	       (s->ready != TABLE_READY_PROBE || s->probe || idle);
}

/* Offsets of text and of lists: the fields of each kind stand in a row. */
static bool offsets_good(const struct table *t, const struct table_service *s)
{
	const uint32_t *list = &s->start;
	uint32_t n_text = t->header->text.n;

	for (; list <= &s->probe; list++)
		if (*list >= t->header->args.n || (*list && !t->args[*list]))
			return false;
	return s->name < n_text && s->file < n_text && s->fault < n_text && s->describe < n_text &&
	       s->tty < n_text;
}

/*
 * Walk one run of edges of service `i`.  *next is where the run has to begin.
 * *mix adds up what an edge is, from whichever end it is seen, so that both
 * areas come to the same sum when they hold the same edges.
 */
static bool run_good(const struct table *t, uint32_t i, bool back, uint32_t *next, uint32_t *mix)
{
	const struct table_service *s = &t->services[i];
	const struct table_edge *edge = (back ? t->back : t->edges) + *next;
	uint32_t n = back ? s->n_back : s->n_edges;

	if (n > t->header->edges.n - *next || (n && (back ? s->back : s->edges) != *next))
		return false;
	*next += n;
	for (; n; n--, edge++) {
		uint32_t from = back ? edge->service : i;
		uint32_t to = back ? i : edge->service;
		uint32_t x;

		if (edge->service >= t->n || edge->service == i || edge->kind >= N_TABLE_EDGES)
			return false;
		x = (from * 0x9e3779b1 ^ (to * N_TABLE_EDGES + edge->kind)) * 0x85ebca6b;
		*mix += (x ^ x >> 15) * 0xc2b2ae35;
	}
	return true;
}

static bool rows_good(const struct table *t)
{
	const struct table_area *edges = &t->header->edges;
	uint32_t next[2] = { 0, 0 };
	uint32_t mix[2] = { 0, 0 };

	for (uint32_t i = 0; i < t->n; i++) {
		const struct table_service *s = &t->services[i];

		if (!offsets_good(t, s) || !values_good(s) || !name_good(t->text + s->name))
			return false;
		if (i && strcmp(table_name(t, i - 1), table_name(t, i)) >= 0)
			return false;
		for (int back = 0; back < 2; back++)
			if (!run_good(t, i, back, &next[back], &mix[back]))
				return false;
	}
	for (uint32_t i = 0; i < t->header->sources.n; i++)
		if (t->sources[i].path >= t->header->text.n)
			return false;
	return next[0] == edges->n && next[1] == edges->n && mix[0] == mix[1];
}

enum table_error table_check(struct table *t, const void *data, size_t size)
{
	const struct table_header *header = data;
	const char *base = data;
	struct table new;

	if (size < sizeof(*header))
		return TABLE_SHORT;
	if (header->magic != TABLE_MAGIC)
		return TABLE_NOT_ONE;
	if (header->version != TABLE_VERSION)
		return TABLE_OTHER;
	if (header->size > size)
		return TABLE_SHORT;
	if (header->size < size || size > TABLE_BYTES || size % 4)
		return TABLE_BROKEN;
	if (header->checksum != table_sum(&header->services, size - 16))
		return TABLE_SUM;
	if (!areas_fit(&header->services, header->size))
		return TABLE_BROKEN;
	new.header = header;
	new.services = (const void *)(base + header->services.at);
	new.edges = (const void *)(base + header->edges.at);
	new.back = (const void *)(base + header->back.at);
	new.sources = (const void *)(base + header->sources.at);
	new.args = (const void *)(base + header->args.at);
	new.text = base + header->text.at;
	new.n = header->services.n;
	if (new.text[0] || new.text[header->text.n - 1] ||
	    !args_end(new.args, header->args.n, header->text.n) || !rows_good(&new))
		return TABLE_BROKEN;
	*t = new;
	return TABLE_SOUND;
}

uint32_t table_argv(const struct table *t, uint32_t at, const char **argv, uint32_t cap)
{
	uint32_t n = 0;

	if (cap == 0)
		return 0;
	while (n < cap - 1 && t->args[at + n]) {
		argv[n] = table_text(t, t->args[at + n]);
		n++;
	}
	argv[n] = NULL;
	return n;
}

uint32_t table_find(const struct table *t, const char *name)
{
	uint32_t low = 0;
	uint32_t high = t->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = strcmp(name, table_name(t, middle));

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return TABLE_NONE;
}

const char *table_error_text(enum table_error error)
{
	switch (error) {
	case TABLE_SOUND:
		return "sound";
	case TABLE_SHORT:
		return "cut off";
	case TABLE_NOT_ONE:
		return "not a service table";
	case TABLE_OTHER:
		return "of another version";
	case TABLE_SUM:
		return "checksum differs";
	case TABLE_BROKEN:
		break;
	}
	return "broken";
}
