#include "runtime.h"

#include "files.h"
#include "map.h"
#include "place.h"

#include <string.h>
#include <sys/stat.h>

static void say_unsound(struct runtime *rt, const char *path, const char *what)
{
	char buf[RUNTIME_LINE];
	struct text line;

	runtime_line(&line, buf, sizeof(buf));
	text_str(&line, path);
	text_str(&line, ": ");
	text_str(&line, what);
	runtime_say(rt, true, &line);
}

static void drop(struct runtime_file *file)
{
	if (file->data)
		map_free(file->data, file->size);
	file->data = NULL;
}

static bool load(struct runtime *rt, const char *path, struct runtime_file *file, struct table *t)
{
	enum table_error error;
	int err;

	drop(file);
	t->header = NULL;
	file->data = map_file(path, TABLE_BYTES, &file->size, &err);
	if (!file->data)
		return false;
	error = table_check(t, file->data, file->size);
	if (error == TABLE_SOUND)
		return true;
	say_unsound(rt, path, table_error_text(error));
	t->header = NULL;
	drop(file);
	return false;
}

struct listing {
	uint32_t n;
	uint32_t sum;
};

static void list(void *ctx, const char *name)
{
	struct listing *listing = ctx;

	listing->n++;
	listing->sum += table_name_hash(name);
}

/* Does this source still look as it did? */
static bool same(const struct table *t, const struct table_source *s)
{
	const char *path = table_text(t, s->path);
	struct listing listing = { 0, 0 };
	struct source_stat now;

	(void)source_stat(path, &now);
	if (now.mode != s->mode)
		return false;
	if (S_ISDIR(now.mode)) {
		(void)dir_each(path, list, &listing);
		return listing.sum == s->size_low && listing.n == s->size_high;
	}
	return (uint32_t)now.size == s->size_low && (uint32_t)(now.size >> 32) == s->size_high &&
	       (uint32_t)now.mtime_s == s->mtime_low &&
	       (uint32_t)((uint64_t)now.mtime_s >> 32) == s->mtime_high &&
	       now.mtime_ns == s->mtime_ns;
}

static bool fresh(const struct table *t)
{
	for (uint32_t i = 0; i < t->header->sources.n; i++)
		if (!same(t, &t->sources[i]))
			return false;
	return true;
}

void runtime_table_init(struct runtime *rt)
{
	rt->path = PLACE_TABLE;
	if (!load(rt, PLACE_TABLE, &rt->file, &rt->tables.table))
		return;
	if (fresh(&rt->tables.table))
		return;
	rt->tables.table.header = NULL;
	drop(&rt->file);
}

void runtime_load(struct runtime *rt, bool old)
{
	const char *path = old ? PLACE_TABLE : PLACE_RUN_TABLE;
	struct event event = { .kind = EVENT_TABLE };

	rt->next_path = path;
	if (!load(rt, path, &rt->next, &rt->tables.next))
		event.kind = EVENT_NO_TABLE;
	runtime_queue(rt, &event);
}

void runtime_swap(struct runtime *rt)
{
	drop(&rt->file);
	rt->file = rt->next;
	rt->path = rt->next_path;
	rt->tables.table = rt->tables.next;
	rt->next.data = NULL;
	memset(&rt->tables.next, 0, sizeof(rt->tables.next));
}
