/*
 * key: the keys of a header, and what each of them takes.
 *
 * key.c has the table and the keys that say how a service relates to others;
 * life.c has those about its start, readiness and end; process.c those about
 * how its process is set up.  Each takes the value of one line and either puts
 * it into the script or reports an error at its column.
 */
#ifndef TINYINIT_RCC_KEY_H
#define TINYINIT_RCC_KEY_H

#include "account.h"
#include "script.h"

/* A header line that is being read. */
struct line {
	struct script *script;
	const struct accounts *accounts;
	const char *key;
	const char *value;
	uint32_t line;
	uint32_t key_column;
	uint32_t column; /* of the value's first byte */
};

/* Take a line: the key is looked up, its value parsed. */
void key_take(struct line *line);

/*
 * The bytes that an instance may have: it becomes a part of names, paths and
 * commands, so none that means anything there.
 */
extern const char key_instance[];

/* Is this the name of a key? */
bool key_known(const char *name);

/* The line that gave this key, or 0. */
uint32_t key_line(const struct script *script, const char *name);

/*
 * After the last line: what the keys mean together, and the defaults.  What
 * lives on (daemon, forking) is restarted `always 1s..60s, at most 10 in 60s, then
 * slow`; a oneshot is not.
 */
void life_finish(struct script *script);

/* An error at a byte of the value. */
__attribute__((format(printf, 3, 4))) void key_error(struct line *line, const char *at,
						     const char *format, ...);

/* The same for a word that a list does not know, with the nearest that it does. */
void key_unknown(struct line *line, const char *at, const char *what, const char *word,
		 const char *const *known);

/* The blank-separated words of the value, added to a list. */
void key_words(struct line *line, struct words *words);

/*
 * The words of the value as a shell would part them, without expansions: quotes
 * and backslashes are taken away, and what only a shell could do is an error.
 */
void key_quoted(struct line *line, struct words *words);

/* The one word of the value; NULL, and an error, if it is none or more. */
const char *key_word(struct line *line);

/* The absolute path that is the value, or NULL and an error. */
const char *key_path(struct line *line);

/* The value that belongs to a word of it, for key_error's `at`. */
static inline const char *key_at(const struct line *line, const struct word *word)
{
	return line->value + (word->column - line->column);
}

void life_type(struct line *line);
void life_run(struct line *line);
void life_ready(struct line *line);
void life_wait(struct line *line);
void life_pidfile(struct line *line);
void life_start_timeout(struct line *line);
void life_stop_timeout(struct line *line);
void life_stop_signal(struct line *line);
void life_reload_signal(struct line *line);
void life_reload(struct line *line);
void life_restart(struct line *line);
void life_watchdog(struct line *line);
void life_keyword(struct line *line);

void process_user(struct line *line);
void process_groups(struct line *line);
void process_umask(struct line *line);
void process_chdir(struct line *line);
void process_chroot(struct line *line);
void process_env(struct line *line);
void process_env_file(struct line *line);
void process_nice(struct line *line);
void process_sched(struct line *line);
void process_ionice(struct line *line);
void process_oom_score(struct line *line);
void process_limit(struct line *line);
void process_caps(struct line *line);
void process_no_new_privs(struct line *line);
void process_tty(struct line *line);
void process_cgroup(struct line *line);

#endif
