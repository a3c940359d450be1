/*
 * sim: what one run of the simulation consists of.
 *
 * A plan is all that was decided beforehand, from one seed: the size of things,
 * the temper of the world, and a list of moves.  Nothing in it depends on what
 * the engine does, so any part of it can be left out and the rest still makes a
 * run: that is how a failing run is made short (test_simulation.c).
 *
 * A service is known by its id, which stays when tables change; the engine's
 * index is where the id stands in the table of the day.
 */
#ifndef TINYINIT_TEST_SIM_H
#define TINYINIT_TEST_SIM_H

#include "check.h"
#include "engine.h"
#include "random.h"

enum {
	SIM_IDS = 1024,
	SIM_NONE = 0xffff,
	SIM_EDGES = 4096,
	SIM_PROCESSES = 4096,
	SIM_ANSWERS = 1024,
	SIM_MOVES = 512,
	SIM_NAME = 8,
	SIM_VERBS = VERB_COMPILE + 1,
	SIM_LATE_MS = 150, /* how late PID 1 may be at each thing */
};

enum sim_shape {
	SHAPE_RANDOM,
	SHAPE_CHAIN,
	SHAPE_BARRIER,
};

enum sim_op {
	OP_ADVANCE, /* whatever comes next comes */
	OP_COMMAND,
	OP_NOTICE,
	OP_READY,
	OP_RELOAD,
	OP_POWER,
	OP_JUMP,  /* PID 1 did not run for long */
	OP_EARLY, /* EVENT_TIME although nothing is due */
};

struct sim_move {
	uint8_t op;
	bool left_out;
	uint64_t random;
};

struct sim_plan {
	uint64_t seed;
	enum sim_shape shape;
	uint32_t n_ids;
	uint32_t trouble; /* percent */
	uint32_t shift;   /* of ranks against ids */
	bool groups;      /* there are cgroups */
	bool compiled;    /* there is a table at boot */
	bool goes_down;   /* at the end */
	uint32_t goal;    /* id, SIM_NONE: everything, SIM_IDS: a name that is not there */
	struct engine_options options;
	bool hidden[SIM_IDS]; /* left out to make it short */
	uint32_t n_moves;
	struct sim_move moves[SIM_MOVES];
};

/* Which services there are, and which edition of each. */
struct sim_rows {
	bool present[SIM_IDS];
	bool bad[SIM_IDS];
	uint8_t edition[SIM_IDS];
	uint8_t relations[SIM_IDS];
};

struct sim_table {
	struct table table;
	struct table_header header;
	struct table_service services[SIM_IDS];
	struct table_edge edges[SIM_EDGES];
	struct table_edge back[SIM_EDGES];
	char text[SIM_IDS * SIM_NAME];
	uint16_t ids[SIM_IDS];     /* of an index */
	uint16_t indices[SIM_IDS]; /* of an id; SIM_NONE */
};

struct process {
	int32_t pid;
	uint16_t id;   /* of the service; SIM_NONE: none's */
	uint32_t unit; /* where there is no service */
	uint8_t kind;  /* enum action_kind: SPAWN, or a helper's */
	uint8_t verb;
	bool stray;    /* of a service, but not one that the engine started */
	bool answered; /* the engine has been told of it */
	bool adopted;  /* told to be the main one */
	bool ignores_term;
	bool stuck; /* cannot be killed */
	bool killed;
	uint32_t watchdog_ms;
	uint64_t ping_ms;  /* 0: does not ping */
	uint64_t ready_ms; /* when it will say so; 0: not */
	uint64_t end_ms;   /* 0: not of itself */
	struct ending ending;
	enum power power;
};

struct sim_answer {
	struct event event;
	uint16_t id;
};

struct sim {
	const struct sim_plan *plan;
	struct engine engine;
	struct engine_tables tables;
	struct actions actions;
	struct sim_rows rows;      /* as they are on the disk */
	struct sim_rows next_rows; /* of the table that was loaded last */
	struct sim_rows now_rows;  /* of the table that counts */
	struct sim_table built[2];
	uint32_t now; /* which of both counts */
	struct service before[SIM_IDS];
	uint32_t n_before;
	bool busy; /* services were still to be looked at then */
	uint64_t now_ms;
	uint64_t late_ms;  /* how late it was in sum */
	uint64_t asked_ms; /* when the way down began; 0: not */
	bool calm;         /* nothing goes wrong any more */
	bool over;         /* the board is off */
	int32_t last_pid;
	uint32_t spins; /* TIME events in a row at one moment */
	uint32_t n_processes;
	struct process processes[SIM_PROCESSES];
	uint32_t first_answer;
	uint32_t n_answers;
	struct sim_answer answers[SIM_ANSWERS];
	uint16_t times[SIM_IDS + 8][SIM_VERBS]; /* how often it was started */
	uint16_t main_of[SIM_IDS];              /* scratch of sim_check.h: index of a process + 1 */
	uint16_t control_of[SIM_IDS];
	bool kept[SIM_IDS]; /* ran when the tables were swapped, and ever since */
	uint32_t loud;      /* tell the story */
	jmp_buf failed;
	const char *what; /* the check that failed */
	uint16_t culprit;
	uint64_t steps;
};

extern struct sim sim;
extern uint64_t cells_hit[N_SERVICE_STATES][N_SERVICE_EVENTS];

/* The check `what` failed, of service `id`. */
_Noreturn static inline void sim_fail(const char *what, uint32_t id)
{
	sim.what = what;
	sim.culprit = (uint16_t)id;
	longjmp(sim.failed, 1);
}

static inline void sim_expect(bool good, uint32_t id, const char *what)
{
	if (!good)
		sim_fail(what, id);
}

static inline const struct table *sim_now(void)
{
	return &sim.tables.table;
}

static inline uint32_t sim_id(uint32_t index)
{
	return sim.built[sim.now].ids[index];
}

/* The index of a service that is in the table; SIM_NONE. */
static inline uint32_t sim_index(uint32_t id)
{
	return sim.engine.n && id < SIM_IDS ? sim.built[sim.now].indices[id] : SIM_NONE;
}

static inline uint64_t sim_mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t x = a * 0x9e3779b97f4a7c15 + b;

	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9 + c;
	x = (x ^ x >> 32) * 0x94d049bb133111eb + d;
	return x ^ x >> 31;
}

static inline uint32_t sim_pick(struct random *r, const uint32_t *from, uint32_t n)
{
	return from[random_below(r, n)];
}
#define SIM_PICK(r, ...)                               \
	sim_pick(r, (const uint32_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

#endif
