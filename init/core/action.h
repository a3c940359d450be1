/*
 * action: what the engine wants done, as data.
 *
 * One step of the engine fills one list; whoever runs the engine performs the
 * entries in order and reports spawns back as events.  The list has a fixed
 * size, and the engine stops early rather than overfill it (see engine_step).
 */
#ifndef TINYINIT_ACTION_H
#define TINYINIT_ACTION_H

#include "event.h"

#include <stdbool.h>
#include <stdint.h>

enum action_kind {
	ACTION_SPAWN, /* unit, verb; answer with EVENT_SPAWNED or _SPAWN_FAILED */
	ACTION_KILL,  /* unit, pid, signal: to the process group that pid leads */
	ACTION_SWEEP, /* unit: KILL to whatever is left of the service; pid: one that has just
			 ended, and may have led a process group; 0: none */
	ACTION_LOAD,  /* fetch the new table; answer with EVENT_TABLE or _NO_TABLE */
	ACTION_SWAP,  /* from now on the new table is the table */
	/*
	 * The next four are done by a helper process, which is unit ENGINE_HELPER:
	 * they may hang.  Where it cannot be made the first two are done in place.
	 */
	ACTION_TERM_ALL, /* TERM to every process */
	ACTION_KILL_ALL, /* KILL to every process */
	ACTION_FINISH,   /* power: swap, mounts, sync, reboot(2) */
	ACTION_REBOOT,   /* power: reboot(2) by the shortest way */
	ACTION_LAST,     /* power: reboot(2) from PID 1 itself: nothing is left to lose */
	ACTION_SAY,      /* message, with the fields that message.h names */
};

enum verb {
	VERB_START,   /* ROLE_MAIN; all others of a service are ROLE_CONTROL */
	VERB_WAIT,    /* for what has to be there outside */
	VERB_PROBE,   /* whether it is ready */
	VERB_STOP,    /* its stop command */
	VERB_RELOAD,  /* its reload command */
	VERB_LOGIN,   /* a login on a console */
	VERB_SHELL,   /* the rescue shell */
	VERB_COMPILE, /* rcc: scripts to table */
};

/* Linux's signals, for the engine knows no <signal.h> (signal(7)). */
enum {
	SIGN_HUP = 1, /* to a login: hang up its session, so that CONT follows */
	SIGN_ABRT = 6,
	SIGN_KILL = 9,
	SIGN_TERM = 15,
};

enum message {
	MESSAGE_STARTED,        /* unit, ms */
	MESSAGE_START_FAILED,   /* unit, ms, ending */
	MESSAGE_START_TIMEOUT,  /* unit, ms */
	MESSAGE_START_OVERDUE,  /* unit, ms */
	MESSAGE_START_STOPPED,  /* unit: told to stop during its start */
	MESSAGE_NOT_READY,      /* unit, ms, ending: of the probe */
	MESSAGE_WAIT_FAILED,    /* unit, ms, ending: of the wait command */
	MESSAGE_WAITS,          /* unit, other: for which it waits */
	MESSAGE_WAITS_OUTSIDE,  /* unit: its wait command goes on */
	MESSAGE_BAD,            /* unit: its file is wrong, and why */
	MESSAGE_BLOCKED,        /* unit, other: needs one that is not to be had */
	MESSAGE_ENDED,          /* unit, ending, ms: stays down */
	MESSAGE_RESTARTS,       /* unit, ending, ms: until it is started again */
	MESSAGE_SLOWED,         /* unit, count in ms: over its limit of restarts */
	MESSAGE_LIMIT,          /* unit, count in ms: over its limit, and given up */
	MESSAGE_WATCHDOG,       /* unit: missed its ping */
	MESSAGE_UNKILLABLE,     /* unit */
	MESSAGE_STOPPED,        /* unit, ms */
	MESSAGE_STOP_FAILED,    /* unit, ms, ending */
	MESSAGE_STOP_OVERDUE,   /* unit, ms */
	MESSAGE_SPAWN_AGAIN,    /* unit, ending: will be tried again */
	MESSAGE_CONSOLE_AWAY,   /* unit, ending: will be tried again */
	MESSAGE_CONSOLE_QUICK,  /* unit: logins end at once, slowing down */
	MESSAGE_CONSOLE_FAILED, /* unit, ending */
	MESSAGE_RESCUE,         /* the rescue shell starts */
	MESSAGE_RESCUE_FAILED,  /* ending */
	MESSAGE_COMPILE_FAILED, /* ending: of rcc */
	MESSAGE_NO_TABLE,       /* nothing to start services from */
	MESSAGE_NO_GOAL,        /* no service has the name that was asked for */
	MESSAGE_RELOADED,       /* count services, failed: changed or gone */
	MESSAGE_READY,          /* count services, failed of them, ms */
	MESSAGE_REQUEST,        /* power, pid, uid, ending.number: the signal */
	MESSAGE_REQUEST_SELF,   /* power, unit: which service's failure asks for it */
	MESSAGE_REQUEST_KEPT,   /* power: that one is on its way and stays */
	MESSAGE_STOP_LATE,      /* services still stopping at their deadline */
	MESSAGE_TERM_LATE,      /* processes are left: KILL */
	MESSAGE_KILL_LATE,      /* processes are left even so */
	MESSAGE_GOING,          /* power: all is done but reboot(2) */
	MESSAGE_FINISH_LATE,    /* the helper did not come to an end */
	MESSAGE_IMPOSSIBLE,     /* unit, count: an event that cannot be */
};

struct action {
	enum action_kind kind;
	uint32_t unit;
	uint32_t other;
	enum verb verb;
	int32_t signal;
	int32_t pid;
	uint32_t uid;
	enum message message;
	struct ending ending;
	enum power power;
	uint32_t count;
	uint32_t failed;
	uint64_t ms;
};

enum {
	ACTIONS_CAP = 64,
	ACTIONS_PER_STEP = 16, /* the most that one unit and one phase can add */
};

struct actions {
	uint32_t n;
	struct action at[ACTIONS_CAP];
};

/* A zeroed new entry; the last one again if the list is full. */
struct action *action_add(struct actions *actions, enum action_kind kind, uint32_t unit);

/* The same for an ACTION_SAY. */
struct action *action_say(struct actions *actions, enum message message, uint32_t unit);

/* Is there room for one more step's worth? */
bool actions_roomy(const struct actions *actions);

#endif
