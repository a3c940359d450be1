/*
 * runtime: the place where judgement (core) and system (sys) meet.
 *
 * It turns signals, ends of children and the passing of time into events, feeds
 * the engine, and performs the actions that come back.  It decides nothing.
 * From runtime_run on PID 1 is in the running phase: nothing in here may exit,
 * wait for a process, or block on a descriptor.
 */
#ifndef TINYINIT_RUNTIME_H
#define TINYINIT_RUNTIME_H

#include "action.h"
#include "console.h"
#include "consoles.h"
#include "engine.h"
#include "names.h"
#include "spawn.h"
#include "text.h"
#include "words.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* More than the spawns that one step of the engine can ask for. */
	RUNTIME_EVENTS = 2 * ACTIONS_CAP,
	RUNTIME_LINE = 400, /* the longest name, and what is said of it */
	RUNTIME_TERM = 32,
};

struct runtime {
	struct engine engine;
	struct names names;       /* of the scripts: units from 0 */
	struct consoles consoles; /* the units behind them */
	struct words words;
	struct console console;
	struct actions actions;
	struct spawn_fault *faults; /* one a unit; NULL: none could be had */
	bool machine;               /* not a container */
	char term[RUNTIME_TERM];    /* what the kernel passed as TERM */
	uint32_t n_events;          /* events that wait, oldest first */
	struct event events[RUNTIME_EVENTS];
};

/* Print one line; trouble shows even when all is quiet. */
void runtime_say(struct runtime *rt, bool trouble, struct text *line);

/* The names and consoles are known: from here to the end of the world. */
_Noreturn void runtime_run(struct runtime *rt);

#endif
