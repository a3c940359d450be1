/*
 * login: a login on one console, or the rescue shell, and its state table.
 *
 *   IDLE -start-> SPAWNING -spawned-> UP -exit-> BACKOFF -due-> SPAWNING
 *                    |   \-no such login program-> FAILED
 *                    \-again-> BACKOFF     UP -stop-> STOPPING -exit-> DOWN
 *
 * The rescue shell ends in DOWN, from where it may be started again.
 *
 * Every pair of state and event has its cell in login.c: an effect, "ignored"
 * (with a meaning), or "impossible", which is counted and changes nothing.
 */
#ifndef TINYINIT_LOGIN_H
#define TINYINIT_LOGIN_H

#include "action.h"
#include "event.h"

#include <stdbool.h>
#include <stdint.h>

enum login_state {
	LOGIN_IDLE,
	LOGIN_SPAWNING,
	LOGIN_BACKOFF,
	LOGIN_UP,
	LOGIN_FAILED,
	LOGIN_STOPPING,
	LOGIN_DOWN,
	N_LOGIN_STATES,
};

enum login_event {
	LOGIN_EV_START,
	LOGIN_EV_SPAWNED,
	LOGIN_EV_AGAIN, /* the spawn failed, for now */
	LOGIN_EV_NEVER, /* the spawn failed, for good */
	LOGIN_EV_EXITED,
	LOGIN_EV_DUE,
	LOGIN_EV_STOP,
	N_LOGIN_EVENTS,
};

struct login {
	uint8_t state;
	uint8_t tries;   /* failures in a row, for the back-off */
	bool rescue : 1; /* the rescue shell */
	bool stop_asked : 1;
	bool told : 1;     /* the trouble that goes on has been reported */
	int32_t pid;       /* of a child not yet reaped; 0: none */
	uint64_t since_ms; /* when it was spawned; 0: it has not come up */
	uint64_t due_ms;   /* when LOGIN_EV_DUE is wanted; 0: never */
};

/* What a cell of the table does; 0 is "nobody wrote this cell". */
enum login_cell {
	LOGIN_CELL_UNWRITTEN,
	LOGIN_CELL_IMPOSSIBLE,
	LOGIN_CELL_IGNORE,
	LOGIN_CELL_SPAWN,
	LOGIN_CELL_UP,
	LOGIN_CELL_AWAY,
	LOGIN_CELL_FAILED,
	LOGIN_CELL_ENDED,
	LOGIN_CELL_HANG_UP,
	LOGIN_CELL_NOTE_STOP,
	LOGIN_CELL_DOWN,
	N_LOGIN_CELLS,
};

/* What a step works on. */
struct login_turn {
	struct login *login;
	uint32_t unit;
	uint64_t now_ms;
	struct actions *actions;
	struct ending ending; /* for AGAIN, NEVER, EXITED */
	int32_t pid;          /* for SPAWNED */
};

enum login_cell login_cell(bool rescue, enum login_state state, enum login_event event);

/*
 * Apply one event; adds at most ACTIONS_PER_STEP/2 actions.  False: the event
 * was impossible in this state; nothing has changed.
 */
bool login_step(struct login_turn *turn, enum login_event event);

#endif
