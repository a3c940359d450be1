/*
 * outside: a model of everything that PID 1 has to do with, for the simulation.
 *
 * Processes that start, exit, crash, hang, ignore TERM or cannot be killed (for a
 * while, or for ever), forks that fail, terminals that are not there, daemons that
 * scripts leave behind, helpers that hang.  How much of that there is depends on
 * `trouble`, in percent.  All of it comes from one seed.
 */
#ifndef TINYINIT_TEST_OUTSIDE_H
#define TINYINIT_TEST_OUTSIDE_H

#include "random.h"
#include "world.h"

enum {
	OUTSIDE_PROCESSES = 2 * ENGINE_UNITS,
	NEVER_MS = -1,
};

struct process {
	int32_t pid;
	uint32_t unit; /* ENGINE_NONE: a daemon that a script left behind */
	enum action_kind kind;
	enum verb verb;
	enum power power;
	uint64_t end_ms; /* 0: not of itself */
	struct ending ending;
	bool ignores_term;
	bool unkillable;
	bool signalled;
};

struct outside {
	struct random random;
	uint32_t trouble;
	uint32_t n;
	struct process at[OUTSIDE_PROCESSES];
	bool over; /* the board has been reset, halted or powered off */
	enum power end_power;
};

static inline bool troubled(struct outside *o, uint32_t percent)
{
	return random_below(&o->random, 100 * 100) < percent * o->trouble;
}

static inline struct outside *outside_of(struct world *w)
{
	return w->model;
}

/* --- signals ------------------------------------------------------------------------ */

static inline void outside_signal(struct world *w, struct process *p, enum sign sign)
{
	static const int numbers[] = { [SIGN_TERM] = 15, [SIGN_KILL] = 9, [SIGN_HUP] = 1 };
	struct outside *o = outside_of(w);
	uint64_t end_ms = w->now_ms + random_below(&o->random, 50);

	p->signalled = true;
	if (sign != SIGN_KILL && p->ignores_term)
		return;
	if (p->unkillable) {
		/* Some hang for ever in the kernel, some until a server answers. */
		if (random_chance(&o->random, 50))
			return;
		end_ms += random_below(&o->random, 30000);
	}
	if (p->end_ms && p->end_ms <= end_ms)
		return;
	p->end_ms = end_ms;
	p->ending = (struct ending){ HOW_SIGNAL, FAULT_NONE, numbers[sign] };
}

static inline void outside_signal_all(struct world *w, enum sign sign)
{
	struct outside *o = outside_of(w);

	for (uint32_t i = 0; i < o->n; i++)
		if (o->at[i].unit != ENGINE_HELPER)
			outside_signal(w, &o->at[i], sign);
}

/* --- what a new process will do ------------------------------------------------------- */

static inline void outside_lives(struct world *w, struct process *p, int64_t ms, enum how how,
				 enum fault fault, int number)
{
	p->end_ms = ms == NEVER_MS ? 0 : w->now_ms + (uint64_t)ms;
	p->ending = (struct ending){ how, fault, number };
}

static inline int64_t up_to(struct outside *o, uint32_t ms)
{
	return random_below(&o->random, ms);
}

static inline void outside_bad_exec(struct world *w, struct process *p)
{
	static const enum fault faults[] = { FAULT_AGAIN,     FAULT_AGAIN,  FAULT_NO_TTY,
					     FAULT_NOT_FOUND, FAULT_DENIED, FAULT_NO_PROGRAM,
					     FAULT_OTHER };
	struct outside *o = outside_of(w);

	outside_lives(w, p, up_to(o, 3), HOW_FAULT,
		      faults[random_below(&o->random, COUNT_OF(faults))], 11);
}

static inline void outside_script(struct world *w, struct process *p)
{
	struct outside *o = outside_of(w);

	outside_lives(w, p, up_to(o, 200), HOW_EXIT, FAULT_NONE, 0);
	if (troubled(o, 15))
		outside_bad_exec(w, p);
	else if (troubled(o, 15))
		outside_lives(w, p, up_to(o, 2000), HOW_EXIT, FAULT_NONE,
			      (int)random_below(&o->random, 256));
	else if (troubled(o, 10))
		outside_lives(w, p, up_to(o, 2000), HOW_SIGNAL, FAULT_NONE, 11);
	else if (troubled(o, 20))
		outside_lives(w, p, up_to(o, 60000), HOW_EXIT, FAULT_NONE, 0);
	else if (troubled(o, 30))
		outside_lives(w, p, NEVER_MS, HOW_EXIT, FAULT_NONE, 0);
}

static inline void outside_login(struct world *w, struct process *p)
{
	struct outside *o = outside_of(w);

	outside_lives(w, p, NEVER_MS, HOW_EXIT, FAULT_NONE, 0);
	if (troubled(o, 20))
		outside_bad_exec(w, p);
	else if (troubled(o, 30))
		outside_lives(w, p, up_to(o, 100), HOW_EXIT, FAULT_NONE, 1);
	else if (random_chance(&o->random, 50) || p->verb == VERB_SHELL)
		outside_lives(w, p, up_to(o, 100000), HOW_EXIT, FAULT_NONE, 0);
}

static inline void outside_helper(struct world *w, struct process *p)
{
	struct outside *o = outside_of(w);
	bool slow = p->kind == ACTION_FINISH;

	if (p->kind == ACTION_TERM_ALL)
		outside_signal_all(w, SIGN_TERM);
	else if (p->kind == ACTION_KILL_ALL)
		outside_signal_all(w, SIGN_KILL);
	outside_lives(w, p, up_to(o, slow ? 3000 : 20), HOW_EXIT, FAULT_NONE, 0);
	if (troubled(o, 15))
		outside_lives(w, p, up_to(o, 100), HOW_SIGNAL, FAULT_NONE, 9);
	else if (troubled(o, 15))
		outside_lives(w, p, up_to(o, 100), HOW_EXIT, FAULT_NONE, 5);
	else if (troubled(o, 25))
		outside_lives(w, p, NEVER_MS, HOW_EXIT, FAULT_NONE, 0);
}

static inline struct process *outside_add(struct world *w, int32_t pid, uint32_t unit)
{
	struct outside *o = outside_of(w);
	struct process *p = &o->at[o->n++];

	assert_true(o->n <= OUTSIDE_PROCESSES);
	memset(p, 0, sizeof(*p));
	p->pid = pid;
	p->unit = unit;
	p->ignores_term = troubled(o, 30);
	p->unkillable = troubled(o, 10);
	return p;
}

static inline void outside_made(struct world *w, const struct action *action, int32_t pid)
{
	struct outside *o = outside_of(w);
	struct process *p = outside_add(w, pid, action->unit);

	p->kind = action->kind;
	p->verb = action->verb;
	p->power = action->power;
	if (action->unit == ENGINE_HELPER)
		outside_helper(w, p);
	else if (action->verb == VERB_LOGIN || action->verb == VERB_SHELL)
		outside_login(w, p);
	else
		outside_script(w, p);
	if (action->verb == VERB_START && action->kind == ACTION_SPAWN &&
	    random_chance(&o->random, 20))
		(void)outside_add(w, ++w->last_pid, ENGINE_NONE);
}

static inline enum fault outside_fork(struct world *w, const struct action *action)
{
	struct outside *o = outside_of(w);

	if (!troubled(o, 15))
		return FAULT_NONE;
	/* The runtime then does these two in place. */
	if (action->kind == ACTION_TERM_ALL)
		outside_signal_all(w, SIGN_TERM);
	else if (action->kind == ACTION_KILL_ALL)
		outside_signal_all(w, SIGN_KILL);
	return random_chance(&o->random, 80) ? FAULT_AGAIN : FAULT_OTHER;
}

/* --- ends ------------------------------------------------------------------------------- */

static inline struct process *outside_next(struct outside *o)
{
	struct process *next = NULL;

	for (uint32_t i = 0; i < o->n; i++)
		if (o->at[i].end_ms && (!next || o->at[i].end_ms < next->end_ms))
			next = &o->at[i];
	return next;
}

static inline void outside_end_board(struct outside *o, enum power power)
{
	o->over = true;
	o->end_power = power;
}

/* The process ends; true if the board is no more, and nothing is told any more. */
static inline bool outside_ends(struct outside *o, struct process *p, struct process *copy)
{
	bool reboots = p->kind == ACTION_FINISH || p->kind == ACTION_REBOOT;
	bool fine = p->ending.how == HOW_EXIT && p->ending.number == 0;

	*copy = *p;
	*p = o->at[--o->n];
	if (reboots && fine)
		outside_end_board(o, copy->power);
	return o->over && copy->power != POWER_HALT; /* after a halt the helper ends */
}

static inline struct process *outside_find(struct outside *o, uint32_t unit)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->at[i].unit == unit)
			return &o->at[i];
	return NULL;
}

static inline struct process *outside_pid(struct outside *o, int32_t pid)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->at[i].pid == pid)
			return &o->at[i];
	return NULL;
}

#endif
