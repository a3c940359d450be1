/*
 * sim_run: one run, from a plan: what happens next, and in which order.
 *
 * As in the runtime, spawns are answered in order, and before that only messages
 * and wishes come in between; no process is reaped before its spawn was answered.
 */
#ifndef TINYINIT_TEST_SIM_RUN_H
#define TINYINIT_TEST_SIM_RUN_H

#include "sim_change.h"
#include "sim_story.h"

enum {
	SPINS = 64,           /* so many TIME events that change nothing are a busy loop */
	CALM_MS = 400 * 1000, /* after that nothing is under way any more */
	CALM_STEPS = 40000,
};

/* --- one step ------------------------------------------------------------ */

static inline void run_step(const struct event *event)
{
	story_event(event);
	sim.n_before = sim.engine.n;
	sim.busy = sim.engine.queue_n;
	memcpy(sim.before, sim.engine.services, sim.n_before * sizeof(sim.before[0]));
	engine_step(&sim.engine, &sim.tables, event, sim.now_ms, &sim.actions);
	sim.steps++;
	story_step();
	check_change(event);
	for (uint32_t i = 0; i < sim.actions.n; i++)
		outside_perform(&sim.actions.at[i]);
	if (swapped())
		story_table();
	check_processes();
	check_remains();
	check_queue();
	check_counts();
	check_compiler();
	check_rest();
	check_deadline();
}

static inline void run_service(enum event_kind kind, uint32_t id, const struct event *event)
{
	struct event e = *event;

	e.kind = kind;
	e.unit = sim_index(id);
	if (e.unit != SIM_NONE)
		run_step(&e);
}

/* --- what happens of itself ---------------------------------------------- */

static inline void run_answer(void)
{
	struct sim_answer a = sim.answers[sim.first_answer];
	struct process *p = a.event.pid ? outside_pid(a.event.pid) : NULL;

	sim.first_answer = (sim.first_answer + 1) % SIM_ANSWERS;
	sim.n_answers--;
	if (p)
		p->answered = true;
	if (a.id != SIM_NONE) {
		uint32_t index = sim_index(a.id);

		sim_expect(index == a.event.unit, a.id, "the answer to a spawn is another's now");
	}
	run_step(&a.event);
}

/* The end of the board, if that was the helper that ends it. */
static inline bool run_ends_board(const struct process *p)
{
	bool last = p->kind == ACTION_FINISH || p->kind == ACTION_REBOOT;

	if (!last || p->ending.how != HOW_EXIT || p->ending.number != 0)
		return false;
	sim.over = true;
	return true;
}

static inline void run_end(uint32_t k)
{
	struct process p = sim.processes[k];
	struct event event = { .kind = EVENT_EXITED, .pid = p.pid, .ending = p.ending };
	struct random r;

	random_seed(&r, sim_mix(sim.plan->seed, (uint64_t)p.id, (uint64_t)p.verb,
				(uint64_t)sim.times[p.id < SIM_IDS ? p.id : SIM_IDS][0]));
	sim.processes[k] = sim.processes[--sim.n_processes];
	if (run_ends_board(&p))
		return;
	if (p.id != SIM_NONE)
		outside_leaves(&r, &p);
	/* The probe of a forking one tells what it has found, and then ends. */
	if (p.verb == VERB_PROBE && p.ending.how == HOW_EXIT && p.ending.number == 0 &&
	    p.kind == ACTION_SPAWN && p.id != SIM_NONE && sim_index(p.id) != SIM_NONE &&
	    sim_now()->services[sim_index(p.id)].type == TABLE_FORKING) {
		struct process *child = outside_stray(p.id);
		const struct service *s = at(sim_index(p.id));

		if (child && !s->main && s->exited && s->state == SERVICE_STARTING) {
			child->adopted = true;
			sim.processes[sim.n_processes++] = p;
			run_service(EVENT_NOTIFIED, p.id,
				    &(struct event){ .notice = { .main_pid = child->pid } });
			sim.n_processes--;
		}
	}
	event.unit = engine_find(&sim.engine, p.pid, &event.role);
	if (event.unit != ENGINE_NONE)
		run_step(&event);
}

static inline void run_time(void)
{
	uint64_t due_ms;

	run_step(&(struct event){ .kind = EVENT_TIME });
	due_ms = engine_due(&sim.engine);
	sim.spins = due_ms && due_ms <= sim.now_ms ? sim.spins + 1 : 0;
	sim_expect(sim.spins < SPINS + sim.engine.n, SIM_NONE, "time goes by, and nothing else");
}

static inline uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return !a_ms || (b_ms && b_ms < a_ms) ? b_ms : a_ms;
}

static inline uint64_t process_next(const struct process *p)
{
	return p->answered ? earlier(earlier(p->end_ms, p->ready_ms), p->ping_ms) : 0;
}

static inline void run_process(uint32_t k)
{
	struct process *p = &sim.processes[k];
	uint64_t next_ms = process_next(p);
	uint32_t index = sim_index(p->id);

	if (next_ms == p->ready_ms && p->ready_ms) {
		bool line = index != SIM_NONE && sim_now()->services[index].ready == TABLE_READY_FD;

		p->ready_ms = 0;
		run_service(line ? EVENT_READY : EVENT_NOTIFIED, p->id,
			    &(struct event){ .notice = { .ready = true } });
	} else if (next_ms == p->ping_ms && p->ping_ms) {
		p->ping_ms = sim.now_ms + p->watchdog_ms;
		run_service(EVENT_NOTIFIED, p->id, &(struct event){ .notice = { .alive = true } });
	} else {
		run_end(k);
	}
}

/* The process to which something happens first; n_processes: none. */
static inline uint32_t run_next(uint64_t *next_ms)
{
	uint32_t next = sim.n_processes;

	*next_ms = 0;
	for (uint32_t k = 0; k < sim.n_processes; k++) {
		uint64_t ms = process_next(&sim.processes[k]);

		if (ms && (!*next_ms || ms < *next_ms)) {
			*next_ms = ms;
			next = k;
		}
	}
	return next;
}

static inline void run_later(uint64_t at_ms, struct random *r)
{
	if (at_ms > sim.now_ms) {
		sim.now_ms = at_ms;
		sim.spins = 0;
	}
	if (random_chance(r, 15)) {
		uint32_t ms = random_below(r, SIM_LATE_MS);

		sim.now_ms += ms;
		sim.late_ms += ms;
	}
}

/* One thing that is due happens; false: nothing will ever. */
static inline bool run_advance(struct random *r)
{
	uint64_t process_ms;
	uint64_t due_ms = engine_due(&sim.engine);
	uint32_t k = run_next(&process_ms);

	if (sim.n_answers) {
		run_answer();
		return true;
	}
	if (!sim.n_processes && engine_wants_childless(&sim.engine)) {
		run_step(&(struct event){ .kind = EVENT_CHILDLESS });
		return true;
	}
	if (!due_ms && !process_ms)
		return false;
	run_later(earlier(due_ms, process_ms), r);
	if (process_ms && process_ms <= sim.now_ms &&
	    (!due_ms || due_ms > sim.now_ms || random_chance(r, 60)))
		run_process(k);
	else
		run_time();
	return true;
}

/* --- moves --------------------------------------------------------------- */

/* What a service may say of itself, when there is anybody to say it. */
static inline void run_notice(struct random *r)
{
	uint32_t id = random_below(r, sim.plan->n_ids);
	struct event event = { .kind = EVENT_NOTIFIED };

	event.notice.ready = random_chance(r, 30);
	event.notice.reloading = random_chance(r, 10);
	event.notice.stopping = random_chance(r, 10);
	event.notice.alive = random_chance(r, 30);
	event.notice.trouble = random_chance(r, 15);
	event.notice.watchdog_ms = random_chance(r, 15) ? 300 + random_below(r, 5000) : 0;
	event.notice.extend_ms = random_chance(r, 15) ? random_below(r, 60000) : 0;
	for (uint32_t k = 0; k < sim.n_processes; k++)
		if (sim.processes[k].id == id) {
			run_service(EVENT_NOTIFIED, id, &event);
			break;
		}
}

static inline void run_power(struct random *r)
{
	const struct event event = {
		.kind = EVENT_REQUEST,
		.power = SIM_PICK(r, POWER_REBOOT, POWER_HALT, POWER_OFF),
		.pid = 57,
		.ending = { .how = HOW_SIGNAL, .number = 12 },
	};

	run_step(&event);
}

static inline void run_move(const struct sim_move *move)
{
	struct event event = { .kind = EVENT_COMMAND };
	struct random r;
	uint32_t id;

	random_seed(&r, move->random);
	id = random_below(&r, sim.plan->n_ids);
	switch ((enum sim_op)move->op) {
	case OP_ADVANCE:
		(void)run_advance(&r);
		break;
	case OP_COMMAND:
		event.command = SIM_PICK(&r, COMMAND_START, COMMAND_STOP, COMMAND_RESTART,
					 COMMAND_RELOAD);
		run_service(EVENT_COMMAND, id, &event);
		break;
	case OP_NOTICE:
		run_notice(&r);
		break;
	case OP_READY:
		run_service(EVENT_READY, id, &event);
		break;
	case OP_RELOAD:
		sim_rows_edit(sim.plan, &sim.rows, &r);
		run_step(&(struct event){ .kind = EVENT_RELOAD });
		break;
	case OP_POWER:
		run_power(&r);
		break;
	case OP_JUMP:
		sim.late_ms += id = random_below(&r, SIM_PICK(&r, 1000, 60000, 4000000));
		sim.now_ms += id;
		break;
	case OP_EARLY:
		run_step(&(struct event){ .kind = EVENT_TIME });
		break;
	}
}

/* --- from beginning to end ----------------------------------------------- */

static inline void run_begin(const struct sim_plan *plan, bool loud)
{
	static char goal[SIM_NAME];

	memset(&sim, 0, offsetof(struct sim, failed));
	sim.plan = plan;
	sim.steps = 0;
	sim.loud = loud;
	sim.now_ms = 1 + plan->seed % 5000;
	sim.last_pid = 100;
	sim.culprit = SIM_NONE;
	engine_init(&sim.engine, &plan->options);
	sim_rows_init(plan, &sim.rows);
	if (plan->goal != SIM_NONE) {
		snprintf(goal, sizeof(goal), "s%04u", plan->goal % 10000);
		sim.tables.goal = goal;
	}
	if (plan->compiled) {
		sim.now_rows = sim.rows;
		sim_build(plan, &sim.rows, &sim.built[0]);
		sim.tables.table = sim.built[0].table;
		story_table();
	}
	run_step(&(struct event){ .kind = EVENT_BEGIN });
}

static inline void run_calm(struct random *r)
{
	uint64_t end_ms = sim.now_ms + CALM_MS;

	outside_calm();
	for (uint32_t k = 0; k < CALM_STEPS && sim.now_ms < end_ms && !sim.over; k++)
		if (!run_advance(r))
			break;
}

/* Returns whether all went well; else sim.what says what did not. */
static inline bool run_plan(const struct sim_plan *plan, bool loud)
{
	struct random r;

	random_seed(&r, plan->seed);
	if (setjmp(sim.failed))
		return false;
	run_begin(plan, loud);
	for (uint32_t k = 0; k < plan->n_moves && !sim.over; k++)
		if (!plan->moves[k].left_out)
			run_move(&plan->moves[k]);
	if (plan->goes_down && !sim.over)
		run_power(&r);
	for (uint32_t k = 0; sim.asked_ms && !sim.over && k < CALM_STEPS; k++)
		if (!run_advance(&r))
			break;
	if (sim.asked_ms) {
		sim_expect(sim.over || sim.engine.phase == PHASE_OVER, SIM_NONE,
			   "never came to the end of the way down");
		return true;
	}
	run_calm(&r);
	if (!sim.asked_ms)
		check_end();
	return true;
}

#endif
