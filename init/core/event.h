/*
 * event: the facts that the engine is told.
 *
 * Plain values, no pointers, no clock.  Whatever happened outside (a fork that
 * failed, a child that died, a signal that asked for a reboot) arrives as one of
 * these; nothing else can change the engine's mind.
 */
#ifndef TINYINIT_EVENT_H
#define TINYINIT_EVENT_H

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
	enum how how;
	enum fault fault;
	int32_t number;
};

enum event_kind {
	EVENT_BEGIN,        /* the early phase is over */
	EVENT_SPAWNED,      /* unit, pid: an ACTION_SPAWN came off */
	EVENT_SPAWN_FAILED, /* unit, ending: it did not (no process was made) */
	EVENT_EXITED,       /* unit, ending: its process was reaped */
	EVENT_REQUEST,      /* power, pid, uid, ending.number: by which signal */
	EVENT_CHILDLESS,    /* PID 1 has no child left: no process but it */
	EVENT_TIME,         /* engine_due() has come */
};

struct event {
	enum event_kind kind;
	uint32_t unit; /* an index, or ENGINE_HELPER */
	int32_t pid;   /* of a request: 0 the kernel, -1 a process that has none here */
	uint32_t uid;
	struct ending ending;
	enum power power;
};

#endif
