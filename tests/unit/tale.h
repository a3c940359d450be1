/*
 * tale: one service and what happens to it, for tests that read as short stories.
 *
 * Each tell_* is one event; what it led to is asserted right after it.  A tale's
 * clock only moves by tale_wait() and tale_due_in().
 */
#ifndef TINYINIT_TEST_TALE_H
#define TINYINIT_TEST_TALE_H

#include "check.h"
#include "rows.h"
#include "service.h"

enum {
	TALE_INDEX = 7, /* of the service; every action must carry it */
	TALE_PATIENCE_MS = 5000,
	TALE_TIMEOUT_MS = 30000,
	TALE_STOP_TIMEOUT_MS = 10000,
	TALE_KILL_AFTER_MS = 2000,
};

struct tale {
	struct service s;
	struct table_service t;
	struct service_times times;
	struct actions actions;
	uint64_t now_ms;
	int32_t last_pid;
	uint8_t then; /* of the last event */
};

/* A service that is wanted, and waits for its turn. */
static inline struct service_turn tale_turn(struct tale *t)
{
	t->actions.n = 0;
	return (struct service_turn){
		.s = &t->s,
		.t = &t->t,
		.index = TALE_INDEX,
		.times = &t->times,
		.now_ms = t->now_ms,
		.actions = &t->actions,
		.then = N_TABLE_THEN,
	};
}

static inline void tale_check(const struct tale *t)
{
	assert_true(t->actions.n <= ACTIONS_PER_STEP / 2);
	for (uint32_t i = 0; i < t->actions.n; i++)
		assert_int_equal(t->actions.at[i].unit, TALE_INDEX);
}

static inline void tell_wait(struct tale *t)
{
	struct service_turn turn = tale_turn(t);

	service_wait(&turn);
	tale_check(t);
	assert_int_equal(t->s.state, SERVICE_WAITING);
}

static inline void tale_begin(struct tale *t, enum table_type type)
{
	memset(t, 0, sizeof(*t));
	rows_fill(&t->t, type);
	t->times.patience_ms = TALE_PATIENCE_MS;
	t->times.start_timeout_ms = TALE_TIMEOUT_MS;
	t->times.stop_timeout_ms = TALE_STOP_TIMEOUT_MS;
	t->times.kill_after_ms = TALE_KILL_AFTER_MS;
	t->now_ms = 1000;
	t->last_pid = 100;
	t->s.blocker = TABLE_NONE;
	t->s.asked = true;
	t->s.want = true;
	tell_wait(t);
}

static inline bool tale_try(struct tale *t, enum service_event event, struct ending ending)
{
	struct service_turn turn = tale_turn(t);
	bool possible;

	turn.ending = ending;
	turn.pid = t->last_pid;
	possible = service_step(&turn, event);
	t->then = turn.then;
	tale_check(t);
	return possible;
}

static inline void tell(struct tale *t, enum service_event event)
{
	assert_true(tale_try(t, event, (struct ending){ .how = HOW_EXIT }));
}

static inline void tell_end(struct tale *t, enum service_event event, enum how how, int number)
{
	assert_true(tale_try(t, event, (struct ending){ (uint8_t)how, FAULT_NONE, number }));
}

/* A new process, with a pid that no earlier one had. */
static inline void tell_spawned(struct tale *t)
{
	t->last_pid++;
	tell(t, SERVICE_EV_SPAWNED);
	if (t->s.state != SERVICE_STOPPING)
		assert_int_equal(t->s.main, t->last_pid);
}

static inline void tell_control_spawned(struct tale *t)
{
	assert_true(t->s.controlling);
	t->last_pid++;
	tell(t, SERVICE_EV_CONTROL_SPAWNED);
	assert_int_equal(t->s.control, t->last_pid);
	assert_false(t->s.controlling);
}

static inline void tell_exit(struct tale *t, int code)
{
	tell_end(t, SERVICE_EV_EXITED, HOW_EXIT, code);
}

static inline void tell_killed(struct tale *t, int signal)
{
	tell_end(t, SERVICE_EV_EXITED, HOW_SIGNAL, signal);
}

static inline void tell_control_exit(struct tale *t, int code)
{
	tell_end(t, SERVICE_EV_CONTROL_EXITED, HOW_EXIT, code);
}

/* The fork, or the exec of the process, failed. */
static inline void tell_fault(struct tale *t, enum service_event event, enum fault fault)
{
	assert_true(tale_try(t, event, (struct ending){ HOW_FAULT, (uint8_t)fault, 11 }));
}

static inline void tell_notice(struct tale *t, struct notice notice)
{
	struct service_turn turn = tale_turn(t);

	service_notice(&turn, &notice);
	t->then = turn.then;
	tale_check(t);
}

static inline void tell_reload(struct tale *t)
{
	struct service_turn turn = tale_turn(t);

	service_reload(&turn);
	tale_check(t);
}

static inline void tale_wait(struct tale *t, uint64_t ms)
{
	t->now_ms += ms;
	if (t->s.due_ms)
		assert_true(t->now_ms <= t->s.due_ms); /* an event was forgotten */
}

/* Wait for what is due, which must be in ms from now. */
static inline void tale_due_in(struct tale *t, uint64_t ms)
{
	assert_int_equal(t->s.due_ms, t->now_ms + ms);
	t->now_ms += ms;
	tell(t, SERVICE_EV_DUE);
}

/* --- what came of it ------------------------------------------------------ */

static inline void assert_state(const struct tale *t, enum service_state state)
{
	assert_int_equal(t->s.state, state);
}

static inline void assert_quiet(const struct tale *t)
{
	assert_int_equal(t->actions.n, 0);
}

/* The i-th of n actions. */
static inline const struct action *action_of(const struct tale *t, uint32_t i, uint32_t n)
{
	assert_int_equal(t->actions.n, n);
	return &t->actions.at[i];
}

static inline void assert_spawn(const struct tale *t, uint32_t i, uint32_t n, enum verb verb)
{
	const struct action *action = action_of(t, i, n);

	assert_int_equal(action->kind, ACTION_SPAWN);
	assert_int_equal(action->verb, verb);
}

static inline void assert_kill(const struct tale *t, uint32_t i, uint32_t n, int32_t pid,
			       int signal)
{
	const struct action *action = action_of(t, i, n);

	assert_int_equal(action->kind, ACTION_KILL);
	assert_int_equal(action->signal, signal);
	assert_int_equal(action->pid, pid);
	assert_true(pid > 0);
}

static inline void assert_sweep(const struct tale *t, uint32_t i, uint32_t n)
{
	assert_int_equal(action_of(t, i, n)->kind, ACTION_SWEEP);
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
static inline void assert_rest(const struct tale *t, enum service_state state)
{
	assert_state(t, state);
	assert_int_equal(t->s.main, 0);
	assert_int_equal(t->s.control, 0);
	assert_false(t->s.controlling);
	assert_false(t->s.failing);
	assert_int_equal(t->s.due_ms, 0);
}

/* --- how far a tale has come ------------------------------------------------ */

static inline void tale_spawn(struct tale *t)
{
	tell(t, SERVICE_EV_START);
	assert_spawn(t, 0, 1, VERB_START);
	assert_state(t, SERVICE_SPAWNING);
	tell_spawned(t);
}

/* Up, by way of whatever its type asks for. */
static inline void tale_up(struct tale *t)
{
	if (t->t.type == TABLE_TARGET) {
		tell(t, SERVICE_EV_START);
		assert_quiet(t);
	} else {
		tale_spawn(t);
	}
	if (t->t.type == TABLE_ONESHOT || t->t.type == TABLE_FORKING)
		tell_exit(t, 0);
	if (t->t.ready == TABLE_READY_FD || t->t.ready == TABLE_READY_NOTIFY)
		tell(t, SERVICE_EV_READY);
	assert_state(t, SERVICE_UP);
}

#endif
