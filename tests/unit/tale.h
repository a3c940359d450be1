/*
 * tale: one unit and what happens to it, for tests that read as short stories.
 *
 * Each tell_* is one event; what it led to is asserted right after it.  A tale's
 * clock only moves by tale_wait() and tale_due().
 */
#ifndef TINYINIT_TEST_TALE_H
#define TINYINIT_TEST_TALE_H

#include "check.h"
#include "unit.h"

enum {
	TALE_INDEX = 7, /* of the unit; every action must carry it */
	TALE_PATIENCE_MS = 5000,
	TALE_TIMEOUT_MS = 30000,
	TALE_STOP_PATIENCE_MS = 3000,
	TALE_KILL_AFTER_MS = 1000,
};

struct tale {
	struct unit u;
	struct unit_times times;
	struct actions actions;
	uint64_t now_ms;
	int32_t last_pid;
	bool no_start; /* the board goes down */
	bool no_stop;  /* and every process is being ended */
};

static inline void tale_begin(struct tale *t, enum unit_kind kind)
{
	memset(t, 0, sizeof(*t));
	t->u.kind = (uint8_t)kind;
	t->times.patience_ms = TALE_PATIENCE_MS;
	t->times.start_timeout_ms = TALE_TIMEOUT_MS;
	t->times.stop_patience_ms = TALE_STOP_PATIENCE_MS;
	t->times.kill_after_ms = TALE_KILL_AFTER_MS;
	t->now_ms = 1000;
	t->last_pid = 100;
}

static inline bool tale_try(struct tale *t, struct unit_input in)
{
	in.now_ms = t->now_ms;
	in.no_start = t->no_start;
	in.no_stop = t->no_stop;
	t->actions.n = 0;
	return unit_step(&t->u, TALE_INDEX, &t->times, &in, &t->actions);
}

static inline void tell(struct tale *t, enum unit_event event)
{
	assert_true(tale_try(t, (struct unit_input){ .event = event }));
	for (uint32_t i = 0; i < t->actions.n; i++)
		assert_int_equal(t->actions.at[i].unit, TALE_INDEX);
}

static inline void tell_start(struct tale *t)
{
	tell(t, UNIT_EV_START);
}

static inline void tell_stop(struct tale *t)
{
	tell(t, UNIT_EV_STOP);
}

/* A new process, with a pid that no earlier one had. */
static inline void tell_spawned(struct tale *t)
{
	t->last_pid++;
	assert_true(
		tale_try(t, (struct unit_input){ .event = UNIT_EV_SPAWNED, .pid = t->last_pid }));
}

static inline void tell_exit(struct tale *t, int code)
{
	const struct ending ending = { HOW_EXIT, FAULT_NONE, code };

	assert_true(tale_try(t, (struct unit_input){ .event = UNIT_EV_EXITED, .ending = ending }));
}

static inline void tell_killed(struct tale *t, int signal)
{
	const struct ending ending = { HOW_SIGNAL, FAULT_NONE, signal };

	assert_true(tale_try(t, (struct unit_input){ .event = UNIT_EV_EXITED, .ending = ending }));
}

/* The fork, or the exec of the process, failed. */
static inline void tell_fault(struct tale *t, enum fault fault)
{
	bool again = fault == FAULT_AGAIN || fault == FAULT_NO_TTY;
	const struct unit_input in = {
		.event = again ? UNIT_EV_AGAIN : UNIT_EV_NEVER,
		.ending = { HOW_FAULT, fault, 11 },
	};

	assert_true(tale_try(t, in));
}

static inline void tale_wait(struct tale *t, uint64_t ms)
{
	t->now_ms += ms;
	if (t->u.due_ms)
		assert_true(t->now_ms <= t->u.due_ms); /* an event was forgotten */
}

/* Wait for what is due, which must be in ms from now. */
static inline void tale_due_in(struct tale *t, uint64_t ms)
{
	assert_int_equal(t->u.due_ms, t->now_ms + ms);
	t->now_ms += ms;
	tell(t, UNIT_EV_DUE);
}

/* --- what came of it ------------------------------------------------------ */

static inline void assert_state(const struct tale *t, enum unit_state state)
{
	assert_int_equal(t->u.state, state);
}

static inline void assert_quiet(const struct tale *t)
{
	assert_int_equal(t->actions.n, 0);
}

/* The i-th of n actions. */
static inline const struct action *action_of(const struct tale *t, uint32_t i, uint32_t n)
{
	assert_int_equal(t->actions.n, n);
	assert_int_equal(t->actions.at[i].unit, TALE_INDEX);
	return &t->actions.at[i];
}

static inline void assert_spawn(const struct tale *t, uint32_t i, uint32_t n, enum verb verb)
{
	const struct action *action = action_of(t, i, n);

	assert_int_equal(action->kind, ACTION_SPAWN);
	assert_int_equal(action->verb, verb);
}

static inline void assert_kill(const struct tale *t, uint32_t i, uint32_t n, enum sign sign)
{
	const struct action *action = action_of(t, i, n);

	assert_int_equal(action->kind, ACTION_KILL);
	assert_int_equal(action->sign, sign);
	assert_int_equal(action->pid, t->last_pid);
}

static inline const struct action *assert_said(const struct tale *t, uint32_t i, uint32_t n,
					       enum message message)
{
	const struct action *action = action_of(t, i, n);

	assert_int_equal(action->kind, ACTION_SAY);
	assert_int_equal(action->message, message);
	return action;
}

/* It has come to rest: no process, nothing due. */
static inline void assert_rest(const struct tale *t, enum unit_state state)
{
	assert_state(t, state);
	assert_int_equal(t->u.pid, 0);
	assert_int_equal(t->u.due_ms, 0);
}

#endif
