/*
 * engine: the whole judgement of PID 1.
 *
 * A fact goes in as an event, what is to be done comes out as actions; the
 * result of an action comes back as another event.  No OS, no clock, no memory
 * but the flat struct below, which holds no pointer.
 *
 *   RESCUE -> BOOT -> RUN            up
 *        \      |      /
 *         STOP -> TERM -> KILL -> FINISH -> OVER     down, once asked for
 *                                    \-> LAST -^     if the helper gets stuck
 *
 * RESCUE  a shell on the console, if one was asked for
 * BOOT    scripts start one after the other; none waits longer than the patience
 * RUN     logins on the consoles
 * STOP    scripts stop in reverse order
 * TERM    every process is told to end;  KILL: made to
 * FINISH  a helper process leaves the file systems clean and calls reboot(2)
 * LAST    another one just calls it; at the very end PID 1 does so itself
 *
 * Every phase of the way down has a deadline, and the deadlines add up to
 * shutdown_timeout_ms.  A request is never lost: while one is under way a
 * stronger one replaces it (power off > halt > reboot) until FINISH has begun.
 */
#ifndef TINYINIT_ENGINE_H
#define TINYINIT_ENGINE_H

#include "action.h"
#include "consoles.h"
#include "event.h"
#include "names.h"
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ENGINE_UNITS = NAMES_CAP + CONSOLES_CAP + 1,
	ENGINE_HELPER = ENGINE_UNITS, /* the process that does the slow, last things */
	ENGINE_NONE = ENGINE_UNITS + 1,
};

enum phase {
	PHASE_NEW,
	PHASE_RESCUE,
	PHASE_BOOT,
	PHASE_RUN,
	PHASE_STOP,
	PHASE_TERM,
	PHASE_KILL,
	PHASE_FINISH,
	PHASE_LAST,
	PHASE_OVER,
	N_PHASES,
};

struct engine {
	enum phase phase;
	enum power power;
	uint32_t n_scripts;  /* units [0, n_scripts), in the order of starting */
	uint32_t n_consoles; /* then the consoles, then the rescue shell */
	uint32_t n_units;
	uint32_t cursor;     /* BOOT: the next script; STOP: one past the next */
	uint32_t impossible; /* events that cannot be; a test fails above 0 */
	int32_t helper_pid;
	bool rescue;
	bool kept_told; /* that a weaker or late request changes nothing */
	bool stale;     /* soonest_ms may be too early: scan again */
	struct unit_times times;
	uint32_t shutdown_timeout_ms;
	uint64_t begun_ms;
	uint64_t phase_due_ms;  /* 0: none */
	uint64_t helper_due_ms; /* the helper could not be made: try again; 0: none */
	uint64_t soonest_ms;    /* of the units; 0: none */
	struct unit units[ENGINE_UNITS];
};

struct engine_times {
	uint32_t patience_ms;         /* how long one script holds up the next */
	uint32_t start_timeout_ms;    /* how long a script's start may take */
	uint32_t shutdown_timeout_ms; /* the whole way down */
};

/* n_scripts <= NAMES_CAP, n_consoles <= CONSOLES_CAP. */
void engine_init(struct engine *engine, uint32_t n_scripts, uint32_t n_consoles,
		 const struct engine_times *times);

/* What one event leads to.  The list is emptied first. */
void engine_step(struct engine *engine, const struct event *event, uint64_t now_ms,
		 struct actions *actions);

/*
 * When the next EVENT_TIME is wanted; 0: never.  It may lie in the past: more
 * was due than one list of actions could hold.
 */
uint64_t engine_due(struct engine *engine);

/* Whose child is pid?  A unit's index, ENGINE_HELPER, or ENGINE_NONE (an orphan). */
uint32_t engine_find(const struct engine *engine, int32_t pid);

/* The index of the rescue shell's unit. */
uint32_t engine_rescue(const struct engine *engine);

/* Is the way down under way, and does it wait for the last child to go? */
bool engine_wants_childless(const struct engine *engine);

#endif
