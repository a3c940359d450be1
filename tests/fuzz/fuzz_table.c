/*
 * table_check() on any bytes: a table that it takes must be safe to follow.
 *
 * The checksum is made right first, or no mutation would get past it.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

static size_t walk_lists(const struct table *t, const struct table_service *s)
{
	const uint32_t lists[] = { s->start, s->stop, s->reload, s->wait, s->probe };
	const char *argv[TABLE_ARGS];
	size_t bytes = 0;

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		uint32_t n = table_argv(t, lists[k], argv, TABLE_ARGS);

		require(n < TABLE_ARGS && !argv[n] && (n || !lists[k]));
		while (n)
			bytes += strlen(argv[--n]);
	}
	return bytes;
}

static void walk(const struct table *t)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct table_service *s = &t->services[i];

		bytes += strlen(table_text(t, s->file)) + strlen(table_text(t, s->fault)) +
			 strlen(table_text(t, s->describe)) + strlen(table_text(t, s->tty));
		bytes += walk_lists(t, s);
		require(table_find(t, table_name(t, i)) == i);
		require(s->type < N_TABLE_TYPES && s->ready < N_TABLE_READY);
		require(s->stop_signal >= 1 && s->stop_signal <= 64);
		for (uint32_t k = 0; k < s->n_edges; k++) {
			require(t->edges[s->edges + k].kind < N_TABLE_EDGES);
			bytes += strlen(table_name(t, t->edges[s->edges + k].service));
		}
		for (uint32_t k = 0; k < s->n_back; k++)
			bytes += strlen(table_name(t, t->back[s->back + k].service));
	}
	for (uint32_t i = 0; i < t->header->sources.n; i++)
		bytes += strlen(table_text(t, t->sources[i].path));
	require(bytes < (size_t)1 << 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table t;
	/* Of exactly this size, so that the sanitizer sees one byte too many. */
	char *copy = malloc(size ? size : 1);

	require(copy != NULL);
	memcpy(copy, data, size);
	if (size >= sizeof(struct table_header) && size % 4 == 0) {
		struct table_header *header = (struct table_header *)copy;

		header->magic = TABLE_MAGIC;
		header->version = TABLE_VERSION;
		header->size = (uint32_t)size;
		header->checksum = table_sum(&header->services, size - 16);
	}
	if (table_check(&t, copy, size) == TABLE_SOUND)
		walk(&t);
	free(copy);
	return 0;
}
