/*
 * runtime: the place where judgement (core) and system (sys) meet.
 *
 * It turns signals, ends of children, notifications and the passing of time into
 * events, feeds the engine, and performs the actions that come back.  It decides
 * nothing.  From runtime_run on PID 1 is in the running phase: nothing in here may
 * exit, wait for a process, or block on a descriptor.
 *
 * runtime.c is the loop, runtime_spawn.c makes the processes, runtime_notice.c
 * hears what services say of themselves, runtime_table.c fetches their table.
 */
#ifndef TINYINIT_RUNTIME_H
#define TINYINIT_RUNTIME_H

#include "action.h"
#include "console.h"
#include "consoles.h"
#include "engine.h"
#include "spawn.h"
#include "text.h"
#include "words.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* More than the spawns that one step of the engine can ask for. */
	RUNTIME_EVENTS = 2 * ACTIONS_CAP,
	RUNTIME_LINE = 640, /* two of the longest names, and what is said of them */
	RUNTIME_TERM = 32,
	RUNTIME_MESSAGE = 4096, /* of sd_notify; longer ones are dropped */
};

/* The bytes of a table. */
struct runtime_file {
	const void *data; /* NULL: none */
	size_t size;
};

struct runtime {
	struct engine *engine; /* shared: tinyctl reads it */
	struct engine_tables tables;
	struct runtime_file file; /* of tables.table */
	struct runtime_file next; /* of tables.next */
	const char *path;         /* where tables.table came from, or would have */
	const char *next_path;
	struct consoles consoles; /* units from ENGINE_LOGIN on */
	struct words words;
	struct console console;
	struct actions actions;
	bool machine;            /* not a container */
	bool groups;             /* there are cgroups */
	int loop;                /* -1: none */
	int notify;              /* the sd_notify socket; -1: none */
	int ready;               /* where the next child's readiness is read; -1: nowhere */
	char term[RUNTIME_TERM]; /* what the kernel passed as TERM */
	char message[RUNTIME_MESSAGE];
	uint32_t first_event;
	uint32_t n_events; /* events that wait, oldest first */
	struct event events[RUNTIME_EVENTS];
};

/* Print one line; trouble shows even when all is quiet. */
void runtime_say(struct runtime *rt, bool trouble, struct text *line);

/* Begin a line with "tinyinit: ". */
void runtime_line(struct text *line, char *buf, size_t cap);

/* Have an event fed to the engine after those that wait already. */
void runtime_queue(struct runtime *rt, const struct event *event);

/* The words and consoles are known: from here to the end of the world. */
_Noreturn void runtime_run(struct runtime *rt);

/* --- runtime_spawn.c: perform an action, and queue what came of it */
void runtime_spawn(struct runtime *rt, const struct action *action);
void runtime_help(struct runtime *rt, const struct action *action);
void runtime_kill(struct runtime *rt, const struct action *action);
void runtime_sweep(struct runtime *rt, const struct action *action);
void runtime_last_resort(struct runtime *rt, const struct action *action);

/* --- runtime_notice.c */
void runtime_notices_init(struct runtime *rt);
/* A pipe on which the next child tells that it is ready: the end to hand on, or -1. */
int runtime_ready_pipe(struct runtime *rt);
/* That child has this pid; below 0: it could not be made. */
void runtime_ready_watch(struct runtime *rt, int32_t pid);
/* Queue what one notice comes to; false: there is none. */
bool runtime_take_notice(struct runtime *rt);

/* --- runtime_table.c */
/* At boot: the image's table, if it is sound and up to date. */
void runtime_table_init(struct runtime *rt);
void runtime_load(struct runtime *rt, bool old);
void runtime_swap(struct runtime *rt);

#endif
