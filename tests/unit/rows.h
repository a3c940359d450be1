/*
 * rows: a service table made in memory, row by row, for tests.
 *
 * Rows are added in the byte order of their names, edges in any order; the back
 * edges, the runs, the offsets and the checksum come from rows_make(), which has
 * table_check() look at the result.  A row has one command for everything that
 * is a command (ROWS_COMMAND), since nothing here looks into it.
 */
#ifndef TINYINIT_TEST_ROWS_H
#define TINYINIT_TEST_ROWS_H

#include "check.h"
#include "table.h"

enum {
	ROWS_COMMAND = 1, /* of every list of arguments */
	ROWS_TEXT = 64 * 1024,
	ROWS_WORDS = 320 * 1024, /* of the image */
	ROWS_DEFAULT_MS = -1,    /* a time-out that the row does not name */
};

struct rows_edge {
	uint16_t from;
	uint16_t to;
	uint16_t kind;
};

struct rows {
	uint32_t n;
	uint32_t n_edges;
	uint32_t n_text;
	struct table_service at[TABLE_SERVICES];
	struct rows_edge edges[TABLE_EDGES];
	char text[ROWS_TEXT];
	uint32_t image[ROWS_WORDS];
};

static inline uint32_t rows_text(struct rows *rows, const char *s)
{
	uint32_t at = rows->n_text;

	assert_true(at + strlen(s) + 8 < ROWS_TEXT);
	memcpy(rows->text + at, s, strlen(s) + 1);
	rows->n_text += (uint32_t)strlen(s) + 1;
	return at;
}

static inline void rows_init(struct rows *rows)
{
	rows->n = 0;
	rows->n_edges = 0;
	rows->n_text = 0;
	(void)rows_text(rows, "");
	(void)rows_text(rows, "/bin/x");
}

/* What a type is ready by when its header does not say. */
static inline enum table_ready rows_ready(enum table_type type)
{
	return type == TABLE_ONESHOT || type == TABLE_FORKING ? TABLE_READY_EXIT : TABLE_READY_EXEC;
}

/* All that a row needs to be a sound one, but its name. */
static inline void rows_fill(struct table_service *s, enum table_type type)
{
	memset(s, 0, sizeof(*s));
	s->type = (uint8_t)type;
	s->ready = (uint8_t)rows_ready(type);
	s->start = type == TABLE_TARGET ? 0 : ROWS_COMMAND;
	s->start_timeout_ms = (uint32_t)ROWS_DEFAULT_MS;
	s->stop_timeout_ms = (uint32_t)ROWS_DEFAULT_MS;
	s->stop_signal = 15;
	s->restart_min_ms = 1000;
	s->restart_max_ms = 60000;
	s->hash = 1;
}

/* The new row's index. */
static inline uint16_t rows_add(struct rows *rows, const char *name, enum table_type type)
{
	struct table_service *s = &rows->at[rows->n];

	assert_true(rows->n < TABLE_SERVICES);
	rows_fill(s, type);
	s->name = rows_text(rows, name);
	s->file = s->name;
	return (uint16_t)rows->n++;
}

/* A script without a header: it gets its stop on the way down. */
static inline uint16_t rows_plain(struct rows *rows, const char *name)
{
	uint16_t i = rows_add(rows, name, TABLE_ONESHOT);

	rows->at[i].flags = TABLE_PLAIN;
	rows->at[i].stop = ROWS_COMMAND;
	return i;
}

static inline void rows_edge(struct rows *rows, uint16_t from, enum table_edge_kind kind,
			     uint16_t to)
{
	assert_true(rows->n_edges < TABLE_EDGES);
	rows->edges[rows->n_edges++] = (struct rows_edge){ from, to, (uint16_t)kind };
}

/* --- the image ------------------------------------------------------------- */

/* Take room for n entries; where they begin. */
static inline void *rows_area(struct rows *rows, struct table_area *area, uint32_t *used,
			      uint32_t n, size_t bytes)
{
	area->at = *used * 4;
	area->n = n;
	*used += (uint32_t)((n * bytes + 3) / 4);
	assert_true(*used <= ROWS_WORDS);
	return (char *)rows->image + area->at;
}

/* The edges, ordered by the end that they are seen from (a counting sort). */
static inline void rows_runs(struct rows *rows, struct table_service *services,
			     struct table_edge *out, bool back)
{
	static uint32_t next[TABLE_SERVICES + 1];

	memset(next, 0, sizeof(next));
	for (uint32_t k = 0; k < rows->n_edges; k++)
		next[(back ? rows->edges[k].to : rows->edges[k].from) + 1]++;
	for (uint32_t i = 0; i < rows->n; i++) {
		*(back ? &services[i].n_back : &services[i].n_edges) = next[i + 1];
		next[i + 1] += next[i];
		*(back ? &services[i].back : &services[i].edges) = next[i];
	}
	for (uint32_t k = 0; k < rows->n_edges; k++) {
		const struct rows_edge *e = &rows->edges[k];
		uint32_t at = next[back ? e->to : e->from]++;

		out[at].service = back ? e->from : e->to;
		out[at].kind = e->kind;
	}
}

/* The table of these rows; it lives in them until they are made again. */
static inline struct table rows_make(struct rows *rows)
{
	struct table_header *header = (struct table_header *)rows->image;
	uint32_t used = sizeof(*header) / 4;
	struct table_service *services;
	struct table_edge *edges;
	struct table_edge *back;
	struct table table;
	uint32_t *args;

	memset(header, 0, sizeof(*header));
	services = rows_area(rows, &header->services, &used, rows->n, sizeof(*services));
	edges = rows_area(rows, &header->edges, &used, rows->n_edges, sizeof(*edges));
	back = rows_area(rows, &header->back, &used, rows->n_edges, sizeof(*back));
	args = rows_area(rows, &header->args, &used, 3, sizeof(*args));
	memcpy(services, rows->at, rows->n * sizeof(*services));
	rows_runs(rows, services, edges, false);
	rows_runs(rows, services, back, true);
	args[0] = 0;
	args[ROWS_COMMAND] = 1;
	args[ROWS_COMMAND + 1] = 0;
	(void)rows_area(rows, &header->sources, &used, 0, 4);
	memcpy(rows_area(rows, &header->text, &used, rows->n_text, 1), rows->text, rows->n_text);
	header->magic = TABLE_MAGIC;
	header->version = TABLE_VERSION;
	header->size = used * 4;
	header->checksum = table_sum(&header->services, header->size - 16);
	assert_int_equal(table_check(&table, rows->image, header->size), TABLE_SOUND);
	return table;
}

#endif
