/*
 * The key `restart` of key.h:
 *
 *	no | on-failure | always  [MIN..MAX]  [at most N in TIME]  [then WHAT]
 *
 * with commas wherever they read well.
 */
#include "heap.h"
#include "key.h"
#include "value.h"

#include <string.h>

struct reading {
	struct line *line;
	struct words words;
	uint32_t i;
	bool failed;
};

static const char *peek(const struct reading *r)
{
	return r->i < r->words.n ? r->words.at[r->i].text : "";
}

/* Where the next word stands, or the end of the line. */
static const char *here(const struct reading *r)
{
	return r->i < r->words.n ? key_at(r->line, &r->words.at[r->i])
				 : r->line->value + strlen(r->line->value);
}

static bool accept(struct reading *r, const char *word)
{
	if (strcmp(peek(r), word) != 0)
		return false;
	r->i++;
	return true;
}

static bool expect(struct reading *r, const char *word)
{
	if (accept(r, word))
		return true;
	key_error(r->line, here(r), "\"%s\" in place of \"%s\" (at most N in TIME)", peek(r), word);
	r->failed = true;
	return false;
}

static void bounds(struct reading *r)
{
	struct table_service *row = &r->line->script->row;
	const char *text = peek(r);
	const char *dots = strstr(text, "..");

	if (!dots || r->failed)
		return;
	if (!value_duration(heap_copy(text, (size_t)(dots - text)), &row->restart_min_ms) ||
	    !value_duration(dots + 2, &row->restart_max_ms) || row->restart_max_ms == 0 ||
	    row->restart_min_ms > row->restart_max_ms) {
		key_error(r->line, here(r), "\"%s\" is not two rising durations (1s..60s)", text);
		r->failed = true;
	}
	r->i++;
}

static void limit(struct reading *r)
{
	struct table_service *row = &r->line->script->row;
	uint64_t n;

	if (r->failed || !accept(r, "at") || !expect(r, "most"))
		return;
	if (!value_number(peek(r), 1000000, &n) || n == 0) {
		key_error(r->line, here(r), "\"%s\" is not a number of starts", peek(r));
		r->failed = true;
		return;
	}
	row->restart_limit = (uint32_t)n;
	r->i++;
	if (!expect(r, "in"))
		return;
	if (!value_duration(peek(r), &row->restart_window_ms) || !row->restart_window_ms) {
		key_error(r->line, here(r), "\"%s\" is not a duration (500ms, 10s, 2m, 1h)",
			  peek(r));
		r->failed = true;
	}
	r->i++;
}

static void then(struct reading *r)
{
	static const char *const known[] = { "slow", "fail", "reboot", "rescue", NULL };

	if (r->failed || !accept(r, "then"))
		return;
	for (uint8_t i = 0; known[i]; i++)
		if (accept(r, known[i])) {
			r->line->script->row.then = i; /* as enum table_then counts */
			return;
		}
	key_unknown(r->line, here(r), "consequence", peek(r), known);
	r->failed = true;
}

_Static_assert(TABLE_THEN_SLOW == 0 && TABLE_THEN_RESCUE == 3, "the order of words in then()");

void life_restart(struct line *line)
{
	static const char *const known[] = { "no", "on-failure", "always", NULL };
	struct line plain = *line;
	struct reading r = { .line = line };
	char *copy = heap_copy(line->value, strlen(line->value));
	uint8_t policy = 0;

	for (char *c = copy; *c; c++)
		if (*c == ',')
			*c = ' ';
	plain.value = copy;
	key_words(&plain, &r.words);
	while (known[policy] && !accept(&r, known[policy]))
		policy++;
	if (!known[policy]) {
		key_unknown(line, here(&r), "policy of restarts", peek(&r), known);
		return;
	}
	line->script->row.restart = policy;
	if (policy != TABLE_RESTART_NO) {
		bounds(&r);
		limit(&r);
		then(&r);
	}
	if (!r.failed && r.i < r.words.n)
		key_error(line, here(&r),
			  policy ? "\"%s\" has no place here (MIN..MAX, at most N in TIME, then "
				   "slow|fail|reboot|rescue)"
				 : "\"%s\" after \"no\"",
			  peek(&r));
}
