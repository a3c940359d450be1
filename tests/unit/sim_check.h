/*
 * sim_check: what must hold after every step of the engine, whatever happened.
 *
 * The oracle below knows nothing of queues, blockers and counts: it looks at the
 * states that anybody can see, at the relations, and at the processes that live,
 * and works everything out anew, the slow and obvious way.
 */
#ifndef TINYINIT_TEST_SIM_CHECK_H
#define TINYINIT_TEST_SIM_CHECK_H

#include "outside.h"

static inline const struct service *at(uint32_t i)
{
	return &sim.engine.services[i];
}

static inline bool running(const struct service *s)
{
	return s->state == SERVICE_OUTSIDE || s->state == SERVICE_SPAWNING ||
	       s->state == SERVICE_STARTING || s->state == SERVICE_UP ||
	       (s->state == SERVICE_STOPPING && !s->left);
}

/* The k-th neighbour of i, those that it needs first; and whether it is such a one. */
static inline struct table_edge neighbour(uint32_t i, uint32_t k, bool *forth)
{
	const struct table_service *t = &sim_now()->services[i];

	*forth = k < t->n_edges;
	return *forth ? sim_now()->edges[t->edges + k] : sim_now()->back[t->back + k - t->n_edges];
}

static inline uint32_t n_neighbours(uint32_t i)
{
	return sim_now()->services[i].n_edges + sim_now()->services[i].n_back;
}

/* --- the oracle: who is wanted ------------------------------------------- */

static inline bool withdrawn(uint32_t i)
{
	const struct sim_table *next = &sim.built[!sim.now];
	uint32_t j = next->indices[sim_id(i)];

	if (sim.engine.compile != COMPILE_STOPPING)
		return false;
	return j == SIM_NONE || (!(next->services[j].flags & TABLE_BAD) &&
				 next->services[j].hash != sim_now()->services[i].hash);
}

static inline bool requires_unwanted(uint32_t i, const bool *wants)
{
	bool forth;

	for (uint32_t k = 0; k < sim_now()->services[i].n_edges; k++) {
		struct table_edge e = neighbour(i, k, &forth);

		if (e.kind == TABLE_REQUIRE && !wants[e.service])
			return true;
	}
	return false;
}

static inline void find_wants(bool *wants)
{
	bool more = true;

	for (uint32_t i = 0; i < sim.engine.n; i++)
		wants[i] = at(i)->asked && !at(i)->again && sim.engine.phase < PHASE_STOP &&
			   at(i)->state != SERVICE_FAILED && at(i)->state != SERVICE_BAD &&
			   !withdrawn(i);
	while (more) {
		more = false;
		for (uint32_t i = 0; i < sim.engine.n; i++)
			if (wants[i] && requires_unwanted(i, wants)) {
				wants[i] = false;
				more = true;
			}
	}
}

/* --- the oracle: who has to wait ----------------------------------------- */

/* It was told to stop, whatever is wanted of it by now. */
static inline bool stops(const struct service *s)
{
	return s->state == SERVICE_STOPPING && !s->failing;
}

/* Has its turn come and gone, for one that only comes after it? */
static inline bool has_passed(const struct service *s, bool wanted, bool follow)
{
	if (s->state == SERVICE_UP || s->state == SERVICE_FAILED || s->state == SERVICE_BAD)
		return true;
	if (s->state == SERVICE_DOWN && !wanted)
		return true;
	return (wanted && s->tries && !stops(s)) || s->left ||
	       (s->overdue && (follow || s->state == SERVICE_OUTSIDE));
}

static inline bool keeps_from_starting(const struct service *s, bool wanted, uint32_t kind)
{
	if (kind == TABLE_CONFLICT)
		return running(s);
	if (kind == TABLE_REQUIRE)
		return s->state != SERVICE_UP;
	return !has_passed(s, wanted, kind == TABLE_FOLLOW);
}

static inline bool holds(uint32_t i, uint32_t other, const bool *wants)
{
	bool forth;

	for (uint32_t k = 0; k < n_neighbours(i); k++) {
		struct table_edge e = neighbour(i, k, &forth);

		if (e.service == other && (forth || e.kind == TABLE_CONFLICT) &&
		    keeps_from_starting(at(other), wants[other], e.kind))
			return true;
	}
	return false;
}

static inline bool held(uint32_t i, const bool *wants)
{
	bool forth;

	for (uint32_t k = 0; k < n_neighbours(i); k++)
		if (holds(i, neighbour(i, k, &forth).service, wants))
			return true;
	return false;
}

/* Does one that needs i, and is to stop as well, still run? */
static inline bool stop_held(uint32_t i, const bool *wants)
{
	bool forth;

	for (uint32_t k = 0; k < n_neighbours(i); k++) {
		struct table_edge e = neighbour(i, k, &forth);

		if (!forth && e.kind != TABLE_CONFLICT && running(at(e.service)) &&
		    (!wants[e.service] || stops(at(e.service))))
			return true;
	}
	return false;
}

/* --- processes ----------------------------------------------------------- */

static inline bool answer_waits(uint32_t id, enum role role)
{
	for (uint32_t k = 0; k < sim.n_answers; k++) {
		const struct sim_answer *a = &sim.answers[(sim.first_answer + k) % SIM_ANSWERS];

		if (a->id == id && a->event.role == role)
			return true;
	}
	return false;
}

static inline void note_process(uint32_t at_index)
{
	const struct process *p = &sim.processes[at_index];
	uint16_t *slot;

	if (p->id == SIM_NONE || (p->stray && !p->adopted))
		return;
	slot = p->verb == VERB_START ? &sim.main_of[p->id] : &sim.control_of[p->id];
	sim_expect(*slot == 0, p->id, "two live processes in one role");
	*slot = (uint16_t)(at_index + 1);
	if (sim.engine.phase < PHASE_TERM)
		sim_expect(sim_index(p->id) != SIM_NONE, p->id, "a process of no service");
}

static inline void check_role(uint32_t i, enum role role, uint32_t slot, int32_t pid, bool coming)
{
	const struct process *p = slot ? &sim.processes[slot - 1] : NULL;
	uint32_t id = sim_id(i);
	enum role found;

	if (p && p->answered) {
		sim_expect(pid == p->pid, id, "a live process that the engine does not know");
		sim_expect(engine_find(&sim.engine, pid, &found) == i && found == role, id,
			   "engine_find finds another one");
	} else {
		sim_expect(pid == 0, id, "the engine believes in a process that is gone");
	}
	sim_expect(coming == answer_waits(id, role), id, "a spawn and its answer do not match");
}

static inline void check_processes(void)
{
	memset(sim.main_of, 0, sizeof(sim.main_of[0]) * sim.plan->n_ids);
	memset(sim.control_of, 0, sizeof(sim.control_of[0]) * sim.plan->n_ids);
	for (uint32_t k = 0; k < sim.n_processes; k++)
		note_process(k);
	for (uint32_t i = 0; i < sim.engine.n && sim.engine.phase < PHASE_TERM; i++) {
		const struct service *s = at(i);

		check_role(i, ROLE_MAIN, sim.main_of[sim_id(i)], s->main,
			   s->state == SERVICE_SPAWNING);
		check_role(i, ROLE_CONTROL, sim.control_of[sim_id(i)], s->control, s->controlling);
	}
}

/* Of one that has come to its end nothing may be left, where there are cgroups. */
static inline void check_remains(void)
{
	for (uint32_t k = 0; k < sim.n_processes && sim.plan->groups; k++) {
		const struct process *p = &sim.processes[k];
		uint32_t i = sim_index(p->id);

		if (!p->stray || p->killed || i == SIM_NONE || sim.engine.phase >= PHASE_TERM)
			continue;
		sim_expect(running(at(i)) || at(i)->state == SERVICE_STOPPING, p->id,
			   "ended, and not all of it was killed");
	}
}

/* --- what the engine keeps beside the states ----------------------------- */

static inline void check_queue(void)
{
	const struct engine *e = &sim.engine;
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->n; i++)
		n += e->services[i].queued;
	sim_expect(n == e->queue_n, SIM_NONE, "the queue has another length than its marks");
	for (uint32_t k = 0; k < e->queue_n; k++)
		sim_expect(at(e->queue[(e->queue_first + k) % TABLE_SERVICES])->queued, SIM_NONE,
			   "one in the queue without a mark");
}

static inline void check_counts(void)
{
	const struct engine *e = &sim.engine;
	uint64_t soonest_ms = 0;
	uint32_t n = 0;
	uint64_t due_ms = engine_due(&sim.engine);

	for (uint32_t i = 0; i < e->n; i++) {
		const struct service *s = at(i);

		n += sim_now()->services[i].type == TABLE_ONESHOT &&
		     (s->state == SERVICE_SPAWNING || s->state == SERVICE_STARTING);
		if (s->due_ms && (!soonest_ms || s->due_ms < soonest_ms))
			soonest_ms = s->due_ms;
	}
	for (uint32_t i = 0; i <= CONSOLES_CAP; i++) {
		uint64_t ms = e->logins[i].due_ms;

		if (ms && (!soonest_ms || ms < soonest_ms))
			soonest_ms = ms;
	}
	if (e->phase >= PHASE_TERM)
		return;
	sim_expect(n == e->n_starting, SIM_NONE, "another number of one-shots than counted");
	if (soonest_ms)
		sim_expect(due_ms && due_ms <= soonest_ms, SIM_NONE, "a due time was forgotten");
}

static inline void check_compiler(void)
{
	const struct engine *e = &sim.engine;
	bool runs = e->compile == COMPILE_SPAWNING || e->compile == COMPILE_RUNNING;

	sim_expect(!e->compile_due_ms || runs, SIM_NONE, "a deadline, and no compiler");
	sim_expect(e->compile != COMPILE_IDLE || !e->reload_asked || e->phase >= PHASE_STOP,
		   SIM_NONE, "a reload was forgotten");
}

/* --- nothing that could be done is left undone --------------------------- */

static inline bool may_last(const struct service *s, const struct table_service *t)
{
	if (s->state == SERVICE_STARTING)
		return (s->overdue && !t->start_timeout_ms) || s->due_ms;
	if (s->state == SERVICE_STOPPING)
		return s->due_ms || s->left || !t->stop_timeout_ms;
	return true;
}

static inline void check_one_at_rest(uint32_t i, const bool *wants)
{
	const struct service *s = at(i);
	const struct table_service *t = &sim_now()->services[i];
	uint32_t id = sim_id(i);
	bool can_stop = s->state != SERVICE_SPAWNING && s->state != SERVICE_STOPPING &&
			!s->controlling;

	sim_expect(s->want == wants[i], id,
		   wants[i] ? "wanted, and the engine does not want it"
			    : "not wanted, and the engine wants it");
	sim_expect(may_last(s, t), id, "no deadline");
	if (s->state == SERVICE_DOWN)
		sim_expect(!wants[i], id, "wanted, and left down");
	if (s->state == SERVICE_BACKOFF)
		sim_expect(wants[i] && s->due_ms, id, "waits for no restart");
	if (s->state == SERVICE_STOPPING)
		sim_expect(s->main || s->control || s->controlling, id, "nothing left to stop");
	if (s->state == SERVICE_OUTSIDE)
		sim_expect(s->control || s->controlling, id, "waits for no process");
	if (running(s) && !wants[i] && can_stop)
		sim_expect(stop_held(i, wants), id, "should have been stopped by now");
	if (s->state != SERVICE_WAITING)
		return;
	sim_expect(wants[i], id, "not wanted, and waits");
	/* Its turn comes when one ends, and it will be looked at then. */
	if (s->throttled && t->type == TABLE_ONESHOT && sim.engine.parallel &&
	    sim.engine.n_starting >= sim.engine.parallel)
		return;
	sim_expect(held(i, wants), id, "should have been started by now");
	sim_expect(s->blocker < sim.engine.n && holds(i, s->blocker, wants), id,
		   "waits for one that does not hold it up");
}

static inline void check_conflicts(uint32_t i)
{
	bool forth;

	for (uint32_t k = 0; running(at(i)) && k < sim_now()->services[i].n_edges; k++) {
		struct table_edge e = neighbour(i, k, &forth);

		/* A conflict that a reload brings concerns the next start of either. */
		if (e.kind == TABLE_CONFLICT &&
		    !(sim.kept[sim_id(i)] && sim.kept[sim_id(e.service)]))
			sim_expect(!running(at(e.service)), sim_id(i), "conflict, and both run");
	}
}

static inline void check_rest(void)
{
	bool wants[SIM_IDS];
	bool settled = true;

	/* On the way down each one counts as up until its turn to stop. */
	for (uint32_t i = 0; i < sim.engine.n; i++)
		sim.kept[sim_id(i)] &= running(at(i));
	for (uint32_t i = 0; i < sim.engine.n && sim.engine.phase < PHASE_STOP; i++)
		check_conflicts(i);
	if (sim.engine.queue_n || sim.engine.phase < PHASE_BOOT || sim.engine.phase > PHASE_STOP)
		return;
	find_wants(wants);
	for (uint32_t i = 0; i < sim.engine.n; i++) {
		check_one_at_rest(i, wants);
		settled &= service_settled(at(i));
	}
	if (sim.engine.phase == PHASE_BOOT)
		sim_expect(!settled, SIM_NONE, "all settled, and still booting");
}

/* --- time ---------------------------------------------------------------- */

static inline void check_deadline(void)
{
	uint64_t most_ms = sim.plan->options.shutdown_timeout_ms + sim.late_ms + 10;

	if (sim.engine.phase >= PHASE_STOP && !sim.asked_ms)
		sim.asked_ms = sim.now_ms;
	if (sim.asked_ms && !sim.over && sim.engine.phase != PHASE_OVER)
		sim_expect(sim.now_ms <= sim.asked_ms + most_ms, SIM_NONE,
			   "the way down takes longer than it may");
}

/* --- at the end, when nothing has gone wrong for long -------------------- */

/* Whoever waits does so for one that does not wait itself, in the end. */
static inline void check_hold_ends(uint32_t i, const bool *wants)
{
	uint32_t steps = 0;
	uint32_t here = i;

	(void)wants;
	while (at(here)->state == SERVICE_WAITING && at(here)->blocker < sim.engine.n) {
		sim_expect(steps++ <= sim.engine.n, sim_id(i), "waits for itself, round about");
		here = at(here)->blocker;
	}
}

static inline void check_end(void)
{
	bool wants[SIM_IDS];

	sim_expect(sim.engine.phase == PHASE_RUN, SIM_NONE, "never came to run");
	find_wants(wants);
	for (uint32_t i = 0; i < sim.engine.n; i++)
		if (wants[i])
			check_hold_ends(i, wants);
}

#endif
