#include "key.h"

#include "heap.h"
#include "near.h"

#include <string.h>

enum {
	MANY = 1,    /* may stand on several lines */
	EXPANDS = 2, /* %i is a template's instance */
};

static void describe(struct line *line)
{
	line->script->describe = line->value;
}

static bool name_good(struct line *line, const struct word *word)
{
	size_t n = strlen(word->text);

	if (n > TABLE_NAME)
		key_error(line, key_at(line, word), "a name of %zu bytes, %d are the most", n,
			  TABLE_NAME);
	else if (strchr(word->text, '/') || word->text[0] == '.')
		key_error(line, key_at(line, word), "\"%s\" is not the name of a service",
			  word->text);
	else
		return true;
	return false;
}

static void names(struct line *line, struct words *list)
{
	uint32_t i = list->n;

	key_words(line, list);
	for (; i < list->n; i++)
		if (!name_good(line, &list->at[i]))
			return;
}

static void provide(struct line *line)
{
	names(line, &line->script->provide);
}

static void require(struct line *line)
{
	names(line, &line->script->need[TABLE_REQUIRE]);
}

static void want(struct line *line)
{
	names(line, &line->script->need[TABLE_WANT]);
}

static void after(struct line *line)
{
	names(line, &line->script->need[TABLE_AFTER]);
}

static void before(struct line *line)
{
	names(line, &line->script->before);
}

static void conflict(struct line *line)
{
	names(line, &line->script->need[TABLE_CONFLICT]);
}

const char key_instance[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._:+-";

static void instance(struct line *line)
{
	struct script *script = line->script;
	uint32_t i = script->instances.n;
	size_t end = strcspn(script->name, "@");

	if (script->name[end] != '@') {
		key_error(line, line->value,
			  "instance is for a template, whose name ends in \"@\"");
		return;
	}
	key_words(line, &script->instances);
	for (; i < script->instances.n; i++) {
		const struct word *word = &script->instances.at[i];

		if (word->text[strspn(word->text, key_instance)])
			key_error(line, key_at(line, word),
				  "\"%s\" cannot be an instance: letters, digits and ._:+- only",
				  word->text);
		else if (strlen(word->text) + end + 1 > TABLE_NAME)
			key_error(line, key_at(line, word),
				  "the name of instance \"%.20s...\" is "
				  "longer than %d bytes",
				  word->text, TABLE_NAME);
	}
}

static const struct key {
	const char *name;
	void (*take)(struct line *line);
	int flags;
} keys[] = {
	{ "describe", describe, EXPANDS },
	{ "provide", provide, MANY | EXPANDS },
	{ "require", require, MANY },
	{ "want", want, MANY },
	{ "after", after, MANY },
	{ "before", before, MANY },
	{ "conflict", conflict, MANY },
	{ "type", life_type, 0 },
	{ "run", life_run, EXPANDS },
	{ "ready", life_ready, EXPANDS },
	{ "wait", life_wait, MANY | EXPANDS },
	{ "pidfile", life_pidfile, EXPANDS },
	{ "start-timeout", life_start_timeout, 0 },
	{ "stop-timeout", life_stop_timeout, 0 },
	{ "stop-signal", life_stop_signal, 0 },
	{ "reload-signal", life_reload_signal, 0 },
	{ "reload", life_reload, EXPANDS },
	{ "restart", life_restart, 0 },
	{ "watchdog", life_watchdog, 0 },
	{ "keyword", life_keyword, MANY },
	{ "user", process_user, 0 },
	{ "groups", process_groups, 0 },
	{ "umask", process_umask, 0 },
	{ "chdir", process_chdir, 0 },
	{ "chroot", process_chroot, 0 },
	{ "env", process_env, MANY },
	{ "env-file", process_env_file, MANY },
	{ "nice", process_nice, 0 },
	{ "sched", process_sched, 0 },
	{ "ionice", process_ionice, 0 },
	{ "oom-score", process_oom_score, 0 },
	{ "limit", process_limit, MANY },
	{ "caps", process_caps, 0 },
	{ "no-new-privs", process_no_new_privs, 0 },
	{ "tty", process_tty, EXPANDS },
	{ "cgroup", process_cgroup, MANY },
	{ "instance", instance, MANY },
};

enum {
	N_KEYS = sizeof(keys) / sizeof(keys[0])
};

_Static_assert(N_KEYS <= sizeof(((struct script *)0)->line_of) / sizeof(uint32_t),
	       "struct script has a line for each key");

static const struct key *find(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

bool key_known(const char *name)
{
	return find(name) != NULL;
}

uint32_t key_line(const struct script *script, const char *name)
{
	const struct key *key = find(name);

	return key ? script->line_of[key - keys] : 0;
}

/* %i and %% of a template; the value is replaced.  False: another %. */
static bool expand(struct line *line)
{
	const char *instance = line->script->instance;
	size_t room = strlen(line->value) * (strlen(instance) + 1) + 1;
	char *out = heap_take(room);
	size_t n = 0;

	for (const char *s = line->value; *s; s++) {
		if (*s != '%') {
			out[n++] = *s;
		} else if (s[1] == '%') {
			out[n++] = *s++;
		} else if (s[1] == 'i') {
			memcpy(out + n, instance, strlen(instance));
			n += strlen(instance);
			s++;
		} else {
			key_error(line, s, "\"%.2s\" in a template: only %%i and %%%% are known",
				  s);
			return false;
		}
	}
	line->value = out;
	return true;
}

void key_take(struct line *line)
{
	struct script *script = line->script;
	const struct key *key = find(line->key);
	struct near near;

	if (script->scan && (!key || key->take != instance))
		return;
	if (!key) {
		near_init(&near, line->key);
		for (size_t i = 0; i < N_KEYS; i++)
			near_try(&near, keys[i].name);
		script_error(script, line->line, line->key_column, "unknown key \"%s\"%s",
			     line->key, near_text(&near));
		return;
	}
	if (script->line_of[key - keys] && !(key->flags & MANY)) {
		script_error(script, line->line, line->key_column,
			     "\"%s\" a second time, the first is in line %u", line->key,
			     script->line_of[key - keys]);
		return;
	}
	script->line_of[key - keys] = line->line;
	if (line->value[0] == '\0') {
		script_error(script, line->line, line->key_column, "\"%s\" has no value",
			     line->key);
		return;
	}
	if (script->instance && key->flags & EXPANDS && !expand(line))
		return;
	key->take(line);
}
