#include "keep.h"

#include "heap.h"
#include "report.h"
#include "source.h"

#include <errno.h>
#include <string.h>

static void list(const struct table *t, uint32_t at, struct words *words)
{
	const char *argv[TABLE_ARGS];
	uint32_t n = table_argv(t, at, argv, TABLE_ARGS);

	memset(words, 0, sizeof(*words));
	for (uint32_t i = 0; i < n; i++)
		words_add(words, argv[i], 0, 0);
}

static void restore(struct script *script, const struct table *t, const struct table_service *old)
{
	uint32_t disabled = script->row.flags & TABLE_DISABLED;

	script->row = *old;
	script->row.n_edges = 0;
	script->row.n_back = 0;
	script->row.flags = (old->flags & ~(uint32_t)TABLE_DISABLED) | disabled;
	script->describe = table_text(t, old->describe);
	script->tty = table_text(t, old->tty);
	list(t, old->start, &script->start);
	list(t, old->stop, &script->stop);
	list(t, old->reload, &script->reload);
	list(t, old->wait, &script->wait);
	list(t, old->probe, &script->probe);
	memset(script->need, 0, sizeof(script->need));
	memset(&script->before, 0, sizeof(script->before));
	for (uint32_t i = 0; i < old->n_edges; i++) {
		const struct table_edge *edge = &t->edges[old->edges + i];

		if (edge->kind != TABLE_FOLLOW)
			words_add(&script->need[edge->kind], table_name(t, edge->service), 0, 0);
	}
	script->kept = true;
}

/*
 * A template that cannot even be asked for its instances is one row, named like
 * its file: the instances are those that it had.
 */
static void keep_instances(struct scripts *scripts, const struct script *template,
			   const struct table *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct table_service *old = &t->services[i];
		struct script *script;

		if (old->flags & TABLE_BAD || strcmp(table_text(t, old->file), template->path) != 0)
			continue;
		script = script_new(table_name(t, i), template->path, template->shown,
				    template->host);
		script->fault = template->fault;
		script->fault_line = template->fault_line;
		script->row.flags = template->row.flags;
		restore(script, t, old);
		scripts_add(scripts, script);
	}
}

static bool keep(struct scripts *scripts, const char *file, bool again)
{
	size_t size;
	struct table t;
	enum table_error error;
	uint32_t n;
	char *data = source_read(file, TABLE_BYTES + 4, &size);

	if (!data) {
		report_line(REPORT_WARNING, file, 0, 0, strerror(errno));
		return false;
	}
	error = table_check(&t, data, size);
	if (error != TABLE_SOUND) {
		report_line(REPORT_WARNING, file, 0, 0, table_error_text(error));
		return false;
	}
	n = scripts->n;
	for (uint32_t i = 0; i < n; i++) {
		struct script *script = scripts->at[i];
		uint32_t at = script_sound(script) ? TABLE_NONE : table_find(&t, script->name);

		if (at != TABLE_NONE && !(t.services[at].flags & TABLE_BAD))
			restore(script, &t, &t.services[at]);
		else if (!again && script->fault && script->name[strlen(script->name) - 1] == '@')
			keep_instances(scripts, script, &t);
	}
	scripts_sort(scripts);
	return true;
}

bool keep_rows(struct scripts *scripts, const char *file)
{
	return keep(scripts, file, false);
}

static uint32_t count_bad(const struct scripts *scripts)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < scripts->n; i++)
		n += !script_sound(scripts->at[i]);
	return n;
}

bool keep_again(struct scripts *scripts, const char *file)
{
	uint32_t n = count_bad(scripts);

	if (n == 0 || !keep(scripts, file, true) || count_bad(scripts) == n)
		return false;
	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		script->edges = NULL;
		script->n_edges = 0;
		script->cyclic = false;
		script->cycle = NULL;
	}
	return true;
}
