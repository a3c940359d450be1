/*
 * unit: one thing that PID 1 starts and looks after, and its state table.
 *
 * A script:
 *
 *   IDLE -start-> SPAWNING -spawned-> STARTING -exit 0-> UP
 *                   |    ^               |  \-exit, exec failed-> FAILED
 *             again |    | due           | time-out, stop
 *                   v    |               v
 *                  BACKOFF            ABORTING -exit-> FAILED (or on to its stop)
 *
 *   UP, FAILED -stop-> STOP_SPAWNING -spawned-> STOPPING -exit-> DOWN
 *                          |    ^ due
 *                          v    |
 *                       STOP_BACKOFF
 *
 * A login on a console, and the rescue shell (which ends in DOWN):
 *
 *   IDLE -start-> SPAWNING -spawned-> UP -exit-> BACKOFF -due-> SPAWNING
 *                                     |  \-no such login program-> FAILED
 *                                     \-stop-> STOPPING -exit-> DOWN
 *
 * Every pair of state and event has its cell in unit.c: an effect, "ignored"
 * (with a meaning), or "impossible", which is counted and changes nothing.
 */
#ifndef TINYINIT_UNIT_H
#define TINYINIT_UNIT_H

#include "action.h"
#include "event.h"

#include <stdbool.h>
#include <stdint.h>

enum unit_kind {
	UNIT_SCRIPT,
	UNIT_CONSOLE,
	UNIT_RESCUE,
	N_UNIT_KINDS,
};

/* In the order of a script's life: up to STARTING its start is not over. */
enum unit_state {
	UNIT_IDLE,
	UNIT_SPAWNING,
	UNIT_BACKOFF,
	UNIT_STARTING,
	UNIT_ABORTING,
	UNIT_UP,
	UNIT_FAILED,
	UNIT_STOP_SPAWNING,
	UNIT_STOP_BACKOFF,
	UNIT_STOPPING,
	UNIT_DOWN,
	N_UNIT_STATES,
};

enum unit_event {
	UNIT_EV_START,
	UNIT_EV_SPAWNED,
	UNIT_EV_AGAIN, /* spawn or exec failed, for now */
	UNIT_EV_NEVER, /* spawn or exec failed, for good */
	UNIT_EV_EXITED,
	UNIT_EV_DUE,
	UNIT_EV_STOP,
	N_UNIT_EVENTS,
};

struct unit {
	uint8_t kind;
	uint8_t state;
	uint8_t tries;    /* failures in a row, for the back-off */
	bool overdue : 1; /* the next in line no longer waits for it */
	bool timed_out : 1;
	bool ran : 1; /* its start became a process: it gets a stop */
	bool stop_asked : 1;
	bool told : 1;      /* the trouble that goes on has been reported */
	int32_t pid;        /* of a child not yet reaped; 0: none */
	uint64_t wanted_ms; /* when its start was first wanted: patience counts from here */
	uint64_t since_ms;  /* when the start or the stop under way began */
	uint64_t due_ms;    /* when UNIT_EV_DUE is wanted; 0: never */
};

/* Times, all in ms of one monotonic clock or lengths on it. */
struct unit_times {
	uint32_t patience_ms;
	uint32_t start_timeout_ms;
	uint32_t stop_patience_ms;
	uint32_t kill_after_ms; /* from TERM to KILL of one script */
};

/* What a cell of the table does; 0 is "nobody wrote this cell". */
enum unit_cell {
	CELL_UNWRITTEN,
	CELL_IMPOSSIBLE,
	CELL_IGNORE,
	CELL_SPAWN,
	CELL_RESPAWN,
	CELL_STARTING,
	CELL_RETRY,
	CELL_START_FAILED,
	CELL_STARTED,
	CELL_START_DUE,
	CELL_ABORT,
	CELL_ABORTED,
	CELL_KILL,
	CELL_NOTE_STOP,
	CELL_STOP,
	CELL_STOP_AGAIN,
	CELL_STOPPING,
	CELL_STOP_RETRY,
	CELL_STOPPED,
	CELL_STOP_DUE,
	CELL_DOWN,
	CELL_LOGIN_UP,
	CELL_LOGIN_ENDED,
	CELL_LOGIN_AWAY,
	CELL_LOGIN_FAILED,
	CELL_HANG_UP,
	N_UNIT_CELLS,
};

/* One step of what unit_step is told. */
struct unit_input {
	enum unit_event event;
	struct ending ending; /* for AGAIN, NEVER, EXITED */
	int32_t pid;          /* for SPAWNED */
	bool no_start;        /* the board goes down: nothing starts any more */
	bool no_stop;         /* nor is a stop called: every process is being ended */
	uint64_t now_ms;
};

enum unit_cell unit_cell(enum unit_kind kind, enum unit_state state, enum unit_event event);

/*
 * Apply one event to u, whose index is `index`; adds at most ACTIONS_PER_STEP/2
 * actions.  False: the event was impossible in this state; nothing has changed.
 */
bool unit_step(struct unit *u, uint32_t index, const struct unit_times *times,
	       const struct unit_input *in, struct actions *actions);

/* Has its start come to an end, or been waited for long enough? */
bool unit_start_passed(const struct unit *u);
/* The same for its stop. */
bool unit_stop_passed(const struct unit *u);

#endif
