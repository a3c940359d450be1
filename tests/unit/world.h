/*
 * world: the engine and what performs its actions, for tests on the host.
 *
 * It does what the runtime does, without a kernel: every spawn is answered at
 * once, in order, by an event (a new pid, or the fault that the test wants), and
 * all actions are kept in a log.  After each step it checks what must hold at any
 * time: no event was impossible, the list of actions has not run full, and
 * engine_due() is what a look at all deadlines gives.
 */
#ifndef TINYINIT_TEST_WORLD_H
#define TINYINIT_TEST_WORLD_H

#include "check.h"
#include "engine.h"

enum {
	WORLD_LOG = 16384,
	WORLD_SPINS = 2 * ENGINE_UNITS, /* more events at one moment are a busy loop */
	PATIENCE_MS = 5000,
	START_TIMEOUT_MS = 30000,
	SHUTDOWN_MS = 20000,
};

struct world_entry {
	uint64_t at_ms;
	struct action action;
};

struct world {
	struct engine engine;
	struct actions actions;
	struct engine_times times;
	uint64_t now_ms;
	int32_t last_pid;
	uint32_t expected_impossible;
	/* What a fork comes to; NULL, and FAULT_NONE: it comes off. */
	enum fault (*fork)(struct world *w, const struct action *action);
	/* Told of each process that was made, and of all else that was done. */
	void (*made)(struct world *w, const struct action *action, int32_t pid);
	void (*done)(struct world *w, const struct action *action);
	void *model; /* belongs to those three */
	uint64_t n_steps;
	uint32_t n_queue;
	struct event queue[2 * ACTIONS_CAP];
	uint32_t n_log;
	struct world_entry log[WORLD_LOG];
};

static inline void world_init(struct world *w, uint32_t n_scripts, uint32_t n_consoles)
{
	memset(w, 0, offsetof(struct world, log));
	w->times.patience_ms = PATIENCE_MS;
	w->times.start_timeout_ms = START_TIMEOUT_MS;
	w->times.shutdown_timeout_ms = SHUTDOWN_MS;
	w->now_ms = 1000;
	w->last_pid = 1;
	engine_init(&w->engine, n_scripts, n_consoles, &w->times);
}

/* --- what must hold at any time -------------------------------------------- */

static inline uint64_t world_soonest(const struct engine *e)
{
	uint64_t soonest_ms = UINT64_MAX;

	for (uint32_t i = 0; e->phase <= PHASE_STOP && i < e->n_units; i++)
		if (e->units[i].due_ms && e->units[i].due_ms < soonest_ms)
			soonest_ms = e->units[i].due_ms;
	if (e->phase_due_ms && e->phase_due_ms < soonest_ms)
		soonest_ms = e->phase_due_ms;
	if (e->helper_due_ms && e->helper_due_ms < soonest_ms)
		soonest_ms = e->helper_due_ms;
	return soonest_ms == UINT64_MAX ? 0 : soonest_ms;
}

static inline void world_check(struct world *w)
{
	assert_int_equal(w->engine.impossible, w->expected_impossible);
	assert_true(w->actions.n < ACTIONS_CAP);
	assert_int_equal(engine_due(&w->engine), world_soonest(&w->engine));
}

/* --- events and actions ----------------------------------------------------- */

static inline bool world_makes_process(const struct action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
	case ACTION_TERM_ALL:
	case ACTION_KILL_ALL:
	case ACTION_FINISH:
	case ACTION_REBOOT:
		return true;
	default:
		return false;
	}
}

static inline void world_answer(struct world *w, const struct action *action)
{
	enum fault fault = w->fork ? w->fork(w, action) : FAULT_NONE;
	struct event *event = &w->queue[w->n_queue++];

	assert_true(w->n_queue <= COUNT_OF(w->queue));
	memset(event, 0, sizeof(*event));
	event->unit = action->unit;
	if (fault) {
		event->kind = EVENT_SPAWN_FAILED;
		event->ending = (struct ending){ HOW_FAULT, fault, 11 };
		return;
	}
	event->kind = EVENT_SPAWNED;
	event->pid = ++w->last_pid;
	if (w->made)
		w->made(w, action, event->pid);
}

static inline void world_perform(struct world *w)
{
	for (uint32_t i = 0; i < w->actions.n; i++) {
		const struct action *action = &w->actions.at[i];

		assert_true(w->n_log < WORLD_LOG);
		w->log[w->n_log].at_ms = w->now_ms;
		w->log[w->n_log++].action = *action;
		if (world_makes_process(action))
			world_answer(w, action);
		else if (w->done)
			w->done(w, action);
	}
}

/* One event, and all that follow from it. */
static inline void world_feed(struct world *w, const struct event *event)
{
	struct event next = *event;

	for (;;) {
		w->n_steps++;
		engine_step(&w->engine, &next, w->now_ms, &w->actions);
		world_check(w);
		world_perform(w);
		if (!w->n_queue)
			return;
		next = w->queue[0];
		w->n_queue--;
		memmove(w->queue, w->queue + 1, w->n_queue * sizeof(w->queue[0]));
	}
}

static inline void world_begin(struct world *w)
{
	world_feed(w, &(struct event){ .kind = EVENT_BEGIN });
}

static inline void world_ends(struct world *w, uint32_t unit, struct ending ending)
{
	world_feed(w, &(struct event){ .kind = EVENT_EXITED, .unit = unit, .ending = ending });
}

static inline void world_exit(struct world *w, uint32_t unit, int code)
{
	world_ends(w, unit, (struct ending){ HOW_EXIT, FAULT_NONE, code });
}

static inline void world_killed(struct world *w, uint32_t unit, int signal)
{
	world_ends(w, unit, (struct ending){ HOW_SIGNAL, FAULT_NONE, signal });
}

static inline void world_fault(struct world *w, uint32_t unit, enum fault fault)
{
	world_ends(w, unit, (struct ending){ HOW_FAULT, fault, 11 });
}

static inline void world_request(struct world *w, enum power power)
{
	const struct event event = {
		.kind = EVENT_REQUEST,
		.power = power,
		.pid = 57,
		.ending = { HOW_SIGNAL, FAULT_NONE, 12 },
	};

	world_feed(w, &event);
}

static inline void world_childless(struct world *w)
{
	world_feed(w, &(struct event){ .kind = EVENT_CHILDLESS });
}

/* Let time go on to at_ms, with every deadline on the way kept to the ms. */
static inline void world_until(struct world *w, uint64_t at_ms)
{
	uint32_t spins = 0;
	uint64_t due_ms;

	while ((due_ms = engine_due(&w->engine)) && due_ms <= at_ms) {
		spins = due_ms > w->now_ms ? 0 : spins + 1;
		assert_true(spins < WORLD_SPINS);
		if (due_ms > w->now_ms)
			w->now_ms = due_ms;
		world_feed(w, &(struct event){ .kind = EVENT_TIME });
	}
	w->now_ms = at_ms;
}

static inline void world_wait(struct world *w, uint64_t ms)
{
	world_until(w, w->now_ms + ms);
}

/* --- the log ------------------------------------------------------------------ */

static inline uint32_t count_spawns(const struct world *w, uint32_t unit, enum verb verb)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_log; i++)
		n += w->log[i].action.kind == ACTION_SPAWN && w->log[i].action.unit == unit &&
		     w->log[i].action.verb == verb;
	return n;
}

static inline uint32_t count_kind(const struct world *w, enum action_kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_log; i++)
		n += w->log[i].action.kind == kind;
	return n;
}

static inline uint32_t count_said(const struct world *w, enum message message)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_log; i++)
		n += w->log[i].action.kind == ACTION_SAY && w->log[i].action.message == message;
	return n;
}

/* The last entry of that kind; there must be one. */
static inline const struct world_entry *last_of(const struct world *w, enum action_kind kind)
{
	for (uint32_t i = w->n_log; i > 0; i--)
		if (w->log[i - 1].action.kind == kind)
			return &w->log[i - 1];
	fail_msg("no action of kind %d", (int)kind);
	return NULL;
}

static inline const struct action *last_said(const struct world *w, enum message message)
{
	for (uint32_t i = w->n_log; i > 0; i--)
		if (w->log[i - 1].action.kind == ACTION_SAY &&
		    w->log[i - 1].action.message == message)
			return &w->log[i - 1].action;
	fail_msg("message %d was not said", (int)message);
	return NULL;
}

static inline enum unit_state state_of(const struct world *w, uint32_t unit)
{
	return (enum unit_state)w->engine.units[unit].state;
}

static inline void assert_phase(const struct world *w, enum phase phase)
{
	assert_int_equal(w->engine.phase, phase);
}

#endif
