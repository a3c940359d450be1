/*
 * event: the facts that the engine is told.
 *
 * Plain values, no pointers, no clock.  Whatever happened outside (a fork that
 * failed, a child that died, a signal that asked for a reboot) arrives as one of
 * these; nothing else can change the engine's mind.
 */
#ifndef TINYINIT_EVENT_H
#define TINYINIT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the board is asked to become.  Not 0 and 1: memory that was wiped or
 * overrun must not read as a wish to take the board down.
 */
enum power {
	POWER_NONE = 0,
	POWER_REBOOT = 0x7265626f,
	POWER_HALT = 0x68616c74,
	POWER_OFF = 0x706f6666,
};

/* Why a process did not become the program that was wanted. */
enum fault {
	FAULT_NONE,
	FAULT_AGAIN,      /* short of memory, processes, files: it may pass */
	FAULT_NO_TTY,     /* the terminal is not there, or not now */
	FAULT_NOT_FOUND,  /* no such file, or no such interpreter */
	FAULT_DENIED,     /* not executable */
	FAULT_NO_PROGRAM, /* neither a program nor a script with "#!" */
	FAULT_OTHER,
};

enum how {
	HOW_EXIT,   /* number is the exit code */
	HOW_SIGNAL, /* number is the signal */
	HOW_FAULT,  /* never became the program; number is the errno */
};

/* The end of a process. */
struct ending {
	uint8_t how;   /* enum how */
	uint8_t fault; /* enum fault */
	int32_t number;
};

/* Which process of a unit: the one that it is, or one that sees to it. */
enum role {
	ROLE_MAIN,
	ROLE_CONTROL, /* waits, probes, stops or reloads */
};

enum event_kind {
	EVENT_BEGIN,        /* the early phase is over */
	EVENT_SPAWNED,      /* unit, role, pid: an ACTION_SPAWN came off */
	EVENT_SPAWN_FAILED, /* unit, role, ending: it did not (no process is left of it) */
	EVENT_EXITED,       /* unit, role, ending: its process was reaped */
	EVENT_NOTIFIED,     /* unit, notice: sd_notify, from a process of that service */
	EVENT_READY,        /* unit: a line on its readiness pipe */
	EVENT_TABLE,        /* ACTION_LOAD: another table is there (engine_step's next) */
	EVENT_NO_TABLE,     /* ACTION_LOAD: there is none that is sound */
	EVENT_COMMAND,      /* unit, command: somebody wants something of a service */
	EVENT_RELOAD,       /* the scripts are to be read again */
	EVENT_REQUEST,      /* power, pid, uid, ending.number: by which signal */
	EVENT_CHILDLESS,    /* PID 1 has no child left: no process but it */
	EVENT_TIME,         /* engine_due() has come */
};

enum command {
	COMMAND_START,
	COMMAND_STOP,
	COMMAND_RESTART,
	COMMAND_RELOAD,
};

/* What a service said of itself; 0 is "not said" everywhere. */
struct notice {
	bool ready : 1;
	bool reloading : 1;
	bool stopping : 1;
	bool alive : 1;   /* a ping of its watchdog */
	bool trouble : 1; /* it asks to be treated as if a ping had been missed */
	int32_t main_pid; /* a process that is known to be one of the service's */
	uint32_t watchdog_ms;
	uint32_t extend_ms;
};

struct event {
	enum event_kind kind;
	uint32_t unit; /* a service's index, or ENGINE_LOGIN and after */
	enum role role;
	enum command command;
	int32_t pid; /* of a request: 0 the kernel, -1 a process that has none here */
	uint32_t uid;
	struct ending ending;
	struct notice notice;
	enum power power;
};

#endif
