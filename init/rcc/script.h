/*
 * script: one service on its way from a file to a row of the table.
 *
 * header.c fills in what the file says, command.c makes the commands of it,
 * graph.c its edges, image.c the row.  A script with a fault keeps its name and
 * file, and that is all that the table gets of it.  Memory is the heap's.
 */
#ifndef TINYINIT_RCC_SCRIPT_H
#define TINYINIT_RCC_SCRIPT_H

#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time-out that PID 1's own words decide. */
#define SCRIPT_DEFAULT_MS UINT32_MAX

enum {
	SCRIPT_BYTES = 1024 * 1024, /* what is read of a file */
	SCRIPT_LINE = 4096,         /* the longest header line */
};

/* A word of a header, and where it stands. */
struct word {
	const char *text;
	uint32_t line;
	uint32_t column;
};

struct words {
	struct word *at;
	uint32_t n;
};

struct script;

struct edge {
	uint32_t to;
	uint32_t kind;
	uint32_t line;              /* where it was asked for; 0: nowhere, it is implied */
	const struct script *asker; /* whose header has that line */
};

/* How the process is set up; NULL: as it comes. */
struct process {
	const char *uid;
	const char *gid;
	const char *groups; /* numbers with commas between; "": none */
	const char *umask;
	const char *chdir;
	const char *chroot;
	const char *nice;
	const char *sched;
	const char *ionice;
	const char *oom_score;
	const char *caps; /* hexadecimal mask of those kept */
	bool no_new_privs;
	struct words env;      /* NAME=VALUE */
	struct words env_file; /* PATH or -PATH */
	struct words limit;    /* NUMBER=SOFT[:HARD] */
	struct words cgroup;   /* FILE=VALUE */
};

struct script {
	const char *name;
	const char *brief;    /* the name without a number in front; NULL: none */
	const char *path;     /* on the device */
	const char *shown;    /* in messages */
	const char *host;     /* where it was read */
	const char *instance; /* of a template, or NULL */
	const char *data;     /* the file's text, or as much as was read */
	size_t size;

	const char *fault; /* why it is BAD, or NULL */
	uint32_t fault_line;
	bool cyclic;       /* in a cycle, or needs one that is */
	const char *cycle; /* its whole path, for the fault */
	uint32_t cycle_line;
	bool kept; /* the row is that of the old table */
	bool scan; /* a template: only its `instance` lines are read */

	struct table_service row; /* its numbers; what is text or a list is below */
	const char *describe;
	const char *tty;
	const char *pidfile;
	const char *condition; /* of readiness, for rcwait: "tcp=80" */
	struct process process;
	struct words provide;
	struct words need[N_TABLE_EDGES];
	struct words before;
	struct words instances;
	struct words run;
	struct words reload_command;
	struct words wait_for;
	uint32_t line_of[64]; /* of each key, see key.h; 0: not given */

	struct words start;
	struct words stop;
	struct words reload;
	struct words wait;
	struct words probe;
	struct edge *edges;
	uint32_t n_edges;
};

/* All scripts of a run, in byte order of names. */
struct scripts {
	struct script **at;
	uint32_t n;
};

void words_add(struct words *words, const char *text, uint32_t line, uint32_t column);
void scripts_add(struct scripts *scripts, struct script *script);
void scripts_sort(struct scripts *scripts);

/* Values of a script that says nothing. */
struct script *script_new(const char *name, const char *path, const char *shown, const char *host);

/* An error of this script: printed, and the first one is its fault. */
__attribute__((format(printf, 4, 5))) void script_error(struct script *script, uint32_t line,
							uint32_t column, const char *format, ...);
__attribute__((format(printf, 4, 0))) void script_verror(struct script *script, uint32_t line,
							 uint32_t column, const char *format,
							 va_list args);

/* The same with a finished text of any length (a cycle's path), not printed. */
void script_fail(struct script *script, uint32_t line, const char *text);

__attribute__((format(printf, 4, 5))) void script_warn(const struct script *script, uint32_t line,
						       uint32_t column, const char *format, ...);

/* Is it a row that could be started? */
static inline bool script_sound(const struct script *script)
{
	return !script->fault || script->kept;
}

#endif
