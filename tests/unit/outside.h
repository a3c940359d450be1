/*
 * outside: a model of everything that PID 1 has to do with, for the simulation.
 *
 * Processes that start, exit, crash, hang, ignore TERM or cannot be killed, forks
 * that fail, daemons that leave their starter behind, helpers that hang.  What
 * becomes of a process comes from the seed, whose it is, and how many of its kind
 * there were before, so that it is the same in a shorter run.
 */
#ifndef TINYINIT_TEST_OUTSIDE_H
#define TINYINIT_TEST_OUTSIDE_H

#include "sim_table.h"

/* Does something go wrong that would in so many of 100 cases of a troubled world? */
static inline bool troubled(struct random *r, uint32_t percent)
{
	uint32_t roll = random_below(r, 100 * 100);

	return !sim.calm && roll < percent * sim.plan->trouble;
}

/* --- signals ------------------------------------------------------------- */

static inline void outside_signal(struct process *p, int32_t number)
{
	uint64_t end_ms = sim.now_ms + sim_mix(sim.plan->seed, (uint64_t)p->pid, 0, 4) % 50;

	if (number == SIGN_HUP && p->unit < ENGINE_LOGIN)
		return;
	p->killed |= number == SIGN_KILL;
	if (p->stuck || (number != SIGN_KILL && p->ignores_term))
		return;
	if (p->end_ms && p->end_ms <= end_ms)
		return;
	p->end_ms = end_ms;
	p->ending = (struct ending){ .how = HOW_SIGNAL, .number = number };
}

static inline void outside_signal_all(int32_t number)
{
	for (uint32_t i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].unit != ENGINE_HELPER)
			outside_signal(&sim.processes[i], number);
}

static inline void outside_sweep(uint32_t id)
{
	for (uint32_t i = 0; i < sim.n_processes && sim.plan->groups; i++)
		if (sim.processes[i].id == id)
			outside_signal(&sim.processes[i], SIGN_KILL);
}

static inline struct process *outside_pid(int32_t pid)
{
	for (uint32_t i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].pid == pid)
			return &sim.processes[i];
	return NULL;
}

/* --- what a new process will do ------------------------------------------ */

static inline void outside_exits(struct process *p, uint64_t in_ms, int32_t code)
{
	p->end_ms = sim.now_ms + in_ms;
	p->ending = (struct ending){ .how = HOW_EXIT, .number = code };
}

/* One that should end with 0 after a while. */
static inline void outside_runs(struct random *r, struct process *p, uint32_t ms)
{
	outside_exits(p, random_below(r, ms), 0);
	if (troubled(r, 15)) {
		outside_exits(p, random_below(r, ms), (int32_t)random_below(r, 256));
	} else if (troubled(r, 10)) {
		p->ending.how = HOW_SIGNAL;
		p->ending.number = 11;
	} else if (troubled(r, 20)) {
		outside_exits(p, random_below(r, 60000), 0);
	} else if (troubled(r, 15)) {
		p->end_ms = 0;
	}
}

static inline void outside_daemon(struct random *r, struct process *p,
				  const struct table_service *t)
{
	p->end_ms = 0;
	if (troubled(r, 25))
		outside_exits(p, random_below(r, SIM_PICK(r, 20, 2000, 40000)),
			      (int32_t)SIM_PICK(r, 0, 0, 1, 2, TABLE_EXIT_EXEC));
	if (!troubled(r, 10) && t->watchdog_ms)
		p->watchdog_ms = t->watchdog_ms / 2;
	if (p->watchdog_ms)
		p->ping_ms = sim.now_ms + p->watchdog_ms;
}

static inline void outside_start(struct random *r, struct process *p, const struct table_service *t)
{
	bool says = t->ready == TABLE_READY_NOTIFY || t->ready == TABLE_READY_FD;

	if (t->type == TABLE_DAEMON)
		outside_daemon(r, p, t);
	else
		outside_runs(r, p, 1000);
	if (says && !troubled(r, 10))
		p->ready_ms = sim.now_ms + random_below(r, t->type == TABLE_DAEMON ? 2000 : 100);
	/* A starter that is to say so does it before it ends. */
	if (p->ready_ms && p->end_ms && p->end_ms < p->ready_ms && t->type != TABLE_DAEMON)
		p->end_ms = p->ready_ms;
}

static inline void outside_helper(struct random *r, struct process *p)
{
	bool slow = p->kind == ACTION_FINISH;

	outside_exits(p, random_below(r, slow ? 150 : 20), 0);
	if (troubled(r, 15))
		outside_exits(p, random_below(r, 100), 5);
	else if (troubled(r, 25))
		p->end_ms = 0;
	p->ignores_term = true;
}

static inline void outside_login(struct random *r, struct process *p)
{
	p->end_ms = 0;
	if (random_chance(r, 50) && !sim.calm)
		outside_exits(p, random_below(r, SIM_PICK(r, 50, 5000, 100000)), 1);
	if (p->unit == ENGINE_RESCUE)
		outside_exits(p, random_below(r, 3000), 0);
}

static inline struct process *outside_add(struct random *r, uint32_t id, uint32_t unit)
{
	struct process *p = &sim.processes[sim.n_processes++];

	sim_expect(sim.n_processes < SIM_PROCESSES, id, "no room for more processes");
	memset(p, 0, sizeof(*p));
	p->pid = ++sim.last_pid;
	p->id = (uint16_t)id;
	p->unit = unit;
	p->ignores_term = troubled(r, 30);
	p->stuck = troubled(r, 6);
	return p;
}

static inline void outside_made(struct random *r, const struct action *action, uint32_t id)
{
	const struct table_service *t = id < SIM_IDS ? &sim_now()->services[action->unit] : NULL;
	struct process *p = outside_add(r, id, t ? 0 : action->unit);

	p->kind = (uint8_t)action->kind;
	p->verb = (uint8_t)action->verb;
	p->power = action->power;
	if (action->unit == ENGINE_HELPER)
		outside_helper(r, p);
	else if (action->verb == VERB_LOGIN || action->verb == VERB_SHELL)
		outside_login(r, p);
	else if (action->verb == VERB_START)
		outside_start(r, p, t);
	else
		outside_runs(r, p, action->verb == VERB_WAIT ? 8000 : 500);
}

/* --- actions ------------------------------------------------------------- */

static inline void outside_answer(const struct event *event, uint32_t id)
{
	uint32_t at = (sim.first_answer + sim.n_answers) % SIM_ANSWERS;

	sim_expect(sim.n_answers < SIM_ANSWERS, id, "no room for more answers");
	sim.answers[at] = (struct sim_answer){ *event, (uint16_t)id };
	sim.n_answers++;
}

static inline struct random outside_luck(const struct action *action, uint32_t id)
{
	uint32_t who = id < SIM_IDS ? id : SIM_IDS + action->unit % 8;
	uint32_t verb = action->kind == ACTION_SPAWN ? action->verb : 0;
	struct random r;

	random_seed(&r,
		    sim_mix(sim.plan->seed, who, verb * 8 + action->kind, sim.times[who][verb]++));
	return r;
}

static inline void outside_spawn(const struct action *action)
{
	uint32_t id = action->unit < ENGINE_LOGIN ? sim_id(action->unit) : SIM_NONE;
	struct random r = outside_luck(action, id);
	struct event answer = { .kind = EVENT_SPAWNED, .unit = action->unit };

	if (id < SIM_IDS && action->verb != VERB_START)
		answer.role = ROLE_CONTROL;
	if (action->kind == ACTION_TERM_ALL)
		outside_signal_all(SIGN_TERM);
	else if (action->kind == ACTION_KILL_ALL)
		outside_signal_all(SIGN_KILL);
	if (troubled(&r, 15)) {
		answer.kind = EVENT_SPAWN_FAILED;
		answer.ending = (struct ending){
			.how = HOW_FAULT,
			.fault = (uint8_t)SIM_PICK(&r, FAULT_AGAIN, FAULT_AGAIN, FAULT_AGAIN,
						   FAULT_NO_TTY, FAULT_NOT_FOUND, FAULT_OTHER),
			.number = 11,
		};
	} else {
		outside_made(&r, action, id);
		answer.pid = sim.last_pid;
	}
	outside_answer(&answer, id);
}

static inline void outside_kill(const struct action *action)
{
	uint32_t id = action->unit < ENGINE_LOGIN ? sim_id(action->unit) : SIM_NONE;
	struct process *p = outside_pid(action->pid);

	sim_expect(p != NULL, id, "a signal to a pid that has been reaped");
	sim_expect(id < SIM_IDS ? p->id == id : p->unit == action->unit, id,
		   "a signal to a process of another");
	outside_signal(p, action->signal);
}

static inline void outside_load(const struct action *action)
{
	struct sim_table *b = &sim.built[!sim.now];
	struct event event = { .kind = EVENT_TABLE };
	struct random r = outside_luck(action, SIM_NONE);

	sim.tables.next.header = NULL;
	/* The image's own one, or what rcc has made of the files as they are. */
	if (action->failed ? !sim.plan->compiled : troubled(&r, 20)) {
		event.kind = EVENT_NO_TABLE;
	} else {
		sim.next_rows = sim.rows;
		sim_build(sim.plan, &sim.next_rows, b);
		sim.tables.next = b->table;
	}
	outside_answer(&event, SIM_NONE);
}

static inline void outside_swap(void)
{
	sim_expect(sim.tables.next.header != NULL, SIM_NONE, "a swap with no table there");
	memset(sim.kept, true, sizeof(sim.kept));
	sim.now = !sim.now;
	sim.now_rows = sim.next_rows;
	sim.tables.table = sim.tables.next;
	memset(&sim.tables.next, 0, sizeof(sim.tables.next));
}

static inline void outside_perform(const struct action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
	case ACTION_TERM_ALL:
	case ACTION_KILL_ALL:
	case ACTION_FINISH:
	case ACTION_REBOOT:
		outside_spawn(action);
		break;
	case ACTION_KILL:
		outside_kill(action);
		break;
	case ACTION_SWEEP:
		outside_sweep(sim_id(action->unit));
		break;
	case ACTION_LOAD:
		outside_load(action);
		break;
	case ACTION_SWAP:
		outside_swap();
		break;
	case ACTION_LAST:
		sim.over = true;
		break;
	case ACTION_SAY:
		break;
	}
}

/* --- ends ---------------------------------------------------------------- */

/* What a process leaves behind when it ends well. */
static inline void outside_leaves(struct random *r, const struct process *p)
{
	uint32_t index = sim_index(p->id);
	const struct table_service *t;

	if (p->ending.how != HOW_EXIT || p->ending.number != 0 || index == SIM_NONE || p->stray)
		return;
	t = &sim_now()->services[index];
	if (p->verb == VERB_START && t->type == TABLE_FORKING) {
		struct process *child = outside_add(r, p->id, 0);

		child->stray = true;
		child->answered = true;
		child->verb = VERB_START;
		outside_daemon(r, child, t);
	} else if (p->verb == VERB_STOP) {
		for (uint32_t i = 0; i < sim.n_processes; i++)
			if (sim.processes[i].id == p->id)
				outside_signal(&sim.processes[i], SIGN_TERM);
	}
}

/* The daemon that was left behind, for the probe to find. */
static inline struct process *outside_stray(uint32_t id)
{
	for (uint32_t i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].id == id && sim.processes[i].stray)
			return &sim.processes[i];
	return NULL;
}

static inline void outside_calm(void)
{
	sim.calm = true;
	for (uint32_t i = 0; i < sim.n_processes; i++) {
		struct process *p = &sim.processes[i];

		if (p->stuck && p->killed && !p->end_ms)
			outside_exits(p, 100, 0);
		p->stuck = false;
	}
}

#endif
