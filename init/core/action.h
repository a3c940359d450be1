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
	ACTION_KILL,  /* pid, sign: to the process group that pid leads */
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
	VERB_START, /* a script's start */
	VERB_STOP,  /* a script's stop */
	VERB_LOGIN, /* a login on a console */
	VERB_SHELL, /* the rescue shell */
};

/* The engine's own signals, for it knows no <signal.h>. */
enum sign {
	SIGN_TERM,
	SIGN_KILL,
	SIGN_HUP, /* hang up a session: HUP, then CONT */
};

enum message {
	MESSAGE_STARTED,        /* unit, ms */
	MESSAGE_START_FAILED,   /* unit, ms, ending */
	MESSAGE_START_TIMEOUT,  /* unit, ms */
	MESSAGE_START_OVERDUE,  /* unit, ms */
	MESSAGE_START_STOPPED,  /* unit: the way down began during its start */
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
	MESSAGE_READY,          /* count scripts, failed of them, ms */
	MESSAGE_REQUEST,        /* power, pid, uid, ending.number: the signal */
	MESSAGE_REQUEST_KEPT,   /* power: that one is on its way and stays */
	MESSAGE_STOP_LATE,      /* scripts still stopping at their deadline */
	MESSAGE_TERM_LATE,      /* processes are left: KILL */
	MESSAGE_KILL_LATE,      /* processes are left even so */
	MESSAGE_GOING,          /* power: all is done but reboot(2) */
	MESSAGE_FINISH_LATE,    /* the helper did not come to an end */
	MESSAGE_IMPOSSIBLE,     /* unit, count: an event that cannot be */
};

struct action {
	enum action_kind kind;
	uint32_t unit;
	enum verb verb;
	enum sign sign;
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

/* Is there room for one more step's worth? */
bool actions_roomy(const struct actions *actions);

#endif
