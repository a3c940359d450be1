/*
 * engine: the whole judgement of PID 1.
 *
 * A fact goes in as an event, what is to be done comes out as actions; the
 * result of an action comes back as another event.  No OS, no clock, no memory
 * but the flat struct below, which holds no pointer.
 *
 *   RESCUE -> COMPILE -> BOOT -> RUN            up
 *        \       |        |      /
 *         STOP -> TERM -> KILL -> FINISH -> OVER     down, once asked for
 *                                    \-> LAST -^     if the helper gets stuck
 *
 * RESCUE  a shell on the console, if one was asked for or nothing else is left
 * COMPILE rcc makes the service table, where there is none that is up to date
 * BOOT    services start, each as early as its relations allow
 * RUN     logins on the consoles; services go on starting, ending, restarting
 * STOP    services stop, those first that need others
 * TERM    every process is told to end;  KILL: made to
 * FINISH  a helper process leaves the file systems clean and calls reboot(2)
 * LAST    another one just calls it; at the very end PID 1 does so itself
 *
 * Every phase of the way down has a deadline, and the deadlines add up to
 * shutdown_timeout_ms.  A request is never lost: while one is under way a
 * stronger one replaces it (power off > halt > reboot) until FINISH has begun.
 *
 * A reload compiles a second table.  What is gone or has changed is stopped
 * first; when all of that is down the tables are swapped, and what stayed the
 * same has kept its process.
 */
#ifndef TINYINIT_ENGINE_H
#define TINYINIT_ENGINE_H

#include "action.h"
#include "consoles.h"
#include "event.h"
#include "login.h"
#include "service.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ENGINE_MAGIC = 0x31456974, /* "tiE1" */
	ENGINE_VERSION = 1,
	/* Units: services from 0, and then: */
	ENGINE_LOGIN = TABLE_SERVICES,
	ENGINE_RESCUE = ENGINE_LOGIN + CONSOLES_CAP,
	ENGINE_COMPILER,
	ENGINE_HELPER, /* the process that does the slow, last things */
	ENGINE_NONE,
};

enum phase {
	PHASE_NEW,
	PHASE_RESCUE,
	PHASE_COMPILE,
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

enum compile_state {
	COMPILE_IDLE,
	COMPILE_SPAWNING,
	COMPILE_RUNNING,
	COMPILE_LOADING,  /* ACTION_LOAD is on its way */
	COMPILE_STOPPING, /* a new table is there; what changed stops first */
};

struct engine {
	uint32_t magic; /* ENGINE_MAGIC, and the version of this layout */
	uint32_t version;
	uint32_t turns; /* of engine_step; odd while one runs */
	enum phase phase;
	enum power power;
	uint32_t n;         /* services */
	uint32_t table_sum; /* checksum of the table that they are from */
	uint32_t n_consoles;
	uint32_t cursor;     /* BOOT: services before it are settled; STOP: stopped */
	uint32_t impossible; /* events that cannot be; a test fails above 0 */
	uint32_t n_starting; /* one-shots */
	uint32_t parallel;   /* the most of them at a time; 0: no limit */
	uint32_t goal;       /* text of a kernel word was given: only its closure starts */
	uint32_t compile;    /* enum compile_state */
	int32_t compiler_pid;
	int32_t helper_pid;
	uint16_t queue_first; /* of a ring: services that have to be looked at */
	uint16_t queue_n;
	bool rescue;       /* asked for */
	bool tableless;    /* no table could be had, and that was told */
	bool reload_asked; /* while another is under way */
	bool kept_told;    /* that a weaker or late request changes nothing */
	bool stale;        /* soonest_ms may be too early: scan again */
	struct service_times times;
	uint32_t shutdown_timeout_ms;
	uint64_t begun_ms;
	uint64_t phase_due_ms;   /* 0: none */
	uint64_t compile_due_ms; /* the compiler's deadline; 0: none */
	uint64_t helper_due_ms;  /* the helper could not be made: try again; 0: none */
	uint64_t soonest_ms;     /* of services and logins; 0: none */
	struct login logins[CONSOLES_CAP + 1];
	uint16_t queue[TABLE_SERVICES];
	uint16_t scratch[TABLE_SERVICES];
	struct service services[TABLE_SERVICES];
	struct service other[TABLE_SERVICES]; /* touched by a reload only */
};

struct engine_options {
	uint32_t patience_ms;         /* how long one script holds up the next */
	uint32_t start_timeout_ms;    /* of a service without one of its own */
	uint32_t shutdown_timeout_ms; /* the whole way down */
	uint32_t parallel;            /* one-shots at a time; 0: no limit */
	uint32_t n_consoles;          /* <= CONSOLES_CAP */
	bool rescue;
};

/* What a step may look at: whoever runs the engine owns both. */
struct engine_tables {
	struct table table; /* header NULL: none yet */
	struct table next;  /* after ACTION_LOAD; taken over by ACTION_SWAP */
	const char *goal;   /* a service's name, or NULL: everything enabled */
};

/* The struct is all 0 before. */
void engine_init(struct engine *engine, const struct engine_options *options);

/*
 * What one event leads to.  The list is emptied first.  When more is to be done,
 * engine_due() lies in the past: feed EVENT_TIME when no other event waits.
 */
void engine_step(struct engine *engine, const struct engine_tables *tables,
		 const struct event *event, uint64_t now_ms, struct actions *actions);

/* When the next EVENT_TIME is wanted; 0: never. */
uint64_t engine_due(struct engine *engine);

/*
 * Whose child is pid?  A unit, and which process of it in *role; ENGINE_NONE:
 * an orphan.
 */
uint32_t engine_find(const struct engine *engine, int32_t pid, enum role *role);

/* Is the way down under way, and does it wait for the last child to go? */
bool engine_wants_childless(const struct engine *engine);

#endif
