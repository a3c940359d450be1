/*
 * service: one service of the table, and its state table.
 *
 *   DOWN -> WAITING -> OUTSIDE -> SPAWNING -> STARTING -> UP
 *             ^  (its wait command)              |         |
 *             |                                  v         v
 *           BACKOFF <-- restart policy --- its process ends, a time-out
 *                                                |
 *                                                v
 *                                          FAILED (or DOWN: no failure)
 *
 *   OUTSIDE, STARTING, UP -stop-> STOPPING -> DOWN (or as above, after a time-out)
 *
 * STOPPING goes through stages, each with a deadline: ABORT what only helps or
 * has not finished starting, the stop COMMAND, the signal (TERM), KILL of the
 * group.  BAD is a service whose file is wrong; it has no other state.
 *
 * Every pair of state and event has its cell in service.c: an effect, "ignored"
 * (with a meaning), or "impossible", which is counted and changes nothing.  When
 * a service may start and when it has to stop is not decided here (graph.h).
 */
#ifndef TINYINIT_SERVICE_H
#define TINYINIT_SERVICE_H

#include "action.h"
#include "event.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

enum service_state {
	SERVICE_DOWN,
	SERVICE_WAITING, /* for others (graph_may_start) */
	SERVICE_OUTSIDE, /* for what is outside: its wait command runs */
	SERVICE_SPAWNING,
	SERVICE_STARTING,
	SERVICE_UP,
	SERVICE_BACKOFF,
	SERVICE_STOPPING,
	SERVICE_FAILED,
	SERVICE_BAD,
	N_SERVICE_STATES,
};

enum service_event {
	SERVICE_EV_START, /* all that it waits for is there */
	SERVICE_EV_STOP,
	SERVICE_EV_SPAWNED,
	SERVICE_EV_SPAWN_FAILED,
	SERVICE_EV_EXITED,
	SERVICE_EV_CONTROL_SPAWNED,
	SERVICE_EV_CONTROL_FAILED, /* could not be spawned */
	SERVICE_EV_CONTROL_EXITED,
	SERVICE_EV_READY,
	SERVICE_EV_DUE,
	N_SERVICE_EVENTS,
};

enum service_stage {
	STAGE_ABORT,
	STAGE_COMMAND,
	STAGE_TERM,
	STAGE_KILL,
};

struct service {
	uint8_t state;
	uint8_t stage;        /* of STOPPING */
	uint8_t tries;        /* failures in a row, for the back-off */
	uint8_t verb;         /* of the control process (enum verb) */
	uint16_t blocker;     /* the service that it waits for; TABLE_NONE */
	uint16_t starts;      /* since window_ms */
	bool asked : 1;       /* by the goal, by hand, or by one that needs it */
	bool want : 1;        /* asked, and nothing that it requires is missing */
	bool seen : 1;        /* of one walk of graph_ask */
	bool queued : 1;      /* in the engine's queue */
	bool throttled : 1;   /* waits for its turn among the one-shots */
	bool overdue : 1;     /* what comes after it no longer waits for it */
	bool told : 1;        /* the trouble that goes on has been reported */
	bool ran : 1;         /* its start became a process: it gets a stop */
	bool exited : 1;      /* its starter ended with 0 */
	bool ready : 1;       /* it said so, or its probe did */
	bool failing : 1;     /* STOPPING because of a failure */
	bool left : 1;        /* does not end even when killed */
	bool controlling : 1; /* a control process is asked for, and not there yet */
	bool blocked_told : 1;
	bool slowed : 1; /* over its limit of restarts */
	bool again : 1;  /* stopped in order to start again */
	int32_t main;    /* pid of a child not yet reaped; 0: none */
	int32_t control;
	uint32_t watchdog_ms; /* its own wish; 0: the table's */
	struct ending last;   /* how it ended when it did last */
	uint64_t since_ms;    /* when the state, or the start or stop under way, began */
	uint64_t due_ms;      /* when SERVICE_EV_DUE is wanted; 0: never */
	uint64_t window_ms;
};

/* Times, all in ms of one monotonic clock or lengths on it. */
struct service_times {
	uint32_t patience_ms;
	uint32_t start_timeout_ms; /* of those that have none of their own */
	uint32_t stop_timeout_ms;  /* the same */
	uint32_t stop_most_ms;     /* no stop may take longer: the board goes down; 0: up */
	uint32_t kill_after_ms;    /* from ABORT to KILL, and for KILL to do its work */
};

/* What a cell of the table does; 0 is "nobody wrote this cell". */
enum service_cell {
	CELL_UNWRITTEN,
	CELL_IMPOSSIBLE,
	CELL_IGNORE,
	CELL_GO,     /* START in WAITING */
	CELL_FORGET, /* STOP where nothing runs */
	CELL_STOP,
	CELL_SPAWNED,
	CELL_SPAWN_FAILED,
	CELL_START_EXITED,
	CELL_ENDED, /* its process is gone, unasked */
	CELL_CONTROL_SPAWNED,
	CELL_CONTROL_FAILED,
	CELL_OUTSIDE_EXITED,
	CELL_PROBE_EXITED,
	CELL_RELOAD_EXITED,
	CELL_READY,
	CELL_WAITS,
	CELL_WAITS_OUTSIDE,
	CELL_START_DUE,
	CELL_PING_MISSED,
	CELL_RETRY,
	CELL_GONE, /* a process of one that stops */
	CELL_CONTROL_GONE,
	CELL_STOP_DUE,
	N_SERVICE_CELLS,
};

/* What a step works on. */
struct service_turn {
	struct service *s;
	const struct table_service *t;
	uint32_t index;
	const struct service_times *times;
	uint64_t now_ms;
	struct actions *actions;
	struct ending ending; /* of the event, where it has one */
	int32_t pid;          /* the same */
	uint8_t then;         /* out: enum table_then of a limit just passed; N_TABLE_THEN */
};

enum service_cell service_cell(enum service_state state, enum service_event event);

/*
 * Apply one event; adds at most ACTIONS_PER_STEP/2 actions.  False: the event
 * was impossible in this state; nothing has changed.
 */
bool service_step(struct service_turn *turn, enum service_event event);

/* A notice that came from one of its processes. */
void service_notice(struct service_turn *turn, const struct notice *notice);

/* Tell a service that is up to read its configuration again. */
void service_reload(struct service_turn *turn);

/* Enter WAITING, from a state in which nothing of it runs. */
void service_wait(struct service_turn *turn);

/* Is anything of it running, or about to? */
bool service_active(const struct service *s);

/* Has its start come to an end, good or bad, at least once? */
bool service_settled(const struct service *s);

/* May SERVICE_EV_STOP be sent to it now? */
bool service_stoppable(const struct service *s);

#endif
