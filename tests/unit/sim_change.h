/*
 * sim_change: whether what one step did to each service was allowed, seen from
 * the states before and after it.  A step that swapped tables is not judged here.
 */
#ifndef TINYINIT_TEST_SIM_CHANGE_H
#define TINYINIT_TEST_SIM_CHANGE_H

#include "sim_check.h"

/* --- starts -------------------------------------------------------------- */

static inline bool running_or_stops(const struct service *s)
{
	return running(s) || s->state == SERVICE_STOPPING;
}

/* It was let go: nobody may hold it up, before the step or after it. */
static inline void check_go(uint32_t i, const bool *wants)
{
	bool forth;

	/* One that was still to be looked at may be let go before what it needs is told. */
	sim_expect(wants[i] || (sim.busy && at(i)->asked), sim_id(i), "started, and not wanted");
	for (uint32_t k = 0; k < n_neighbours(i); k++) {
		struct table_edge e = neighbour(i, k, &forth);
		const struct service *now = at(e.service);
		const struct service *then = &sim.before[e.service];

		if (!forth && e.kind != TABLE_CONFLICT)
			continue;
		/* Its turn went by during the step: it was down for a moment, or overdue. */
		if (e.kind != TABLE_REQUIRE && e.kind != TABLE_CONFLICT && running_or_stops(then) &&
		    now->state != then->state && now->state != SERVICE_STARTING)
			continue;
		sim_expect(!keeps_from_starting(now, wants[e.service], e.kind) ||
				   (!keeps_from_starting(then, then->want, e.kind) &&
				    e.kind != TABLE_CONFLICT),
			   sim_id(i), "started too early");
	}
}

static inline void check_spawn(const struct action *action, const bool *wants)
{
	uint32_t id = sim_id(action->unit);

	if (action->verb != VERB_START && action->verb != VERB_WAIT)
		return;
	sim_expect(!(sim_now()->services[action->unit].flags & TABLE_BAD), id, "started, and bad");
	for (uint32_t k = 0; k < sim.n_processes; k++)
		sim_expect(sim.processes[k].id != id || sim.processes[k].stray, id,
			   "started while a process of it lives");
	if (sim.before[action->unit].state == SERVICE_OUTSIDE)
		sim_expect(wants[action->unit] || (sim.busy && sim.before[action->unit].want), id,
			   "started, and not wanted any more");
	else
		check_go(action->unit, wants);
}

static inline void check_actions(const bool *wants)
{
	sim_expect(sim.actions.n < ACTIONS_CAP, SIM_NONE, "the list of actions is full");
	for (uint32_t k = 0; k < sim.actions.n; k++) {
		const struct action *action = &sim.actions.at[k];

		if (action->kind != ACTION_SPAWN)
			continue;
		if (action->unit < ENGINE_LOGIN)
			check_spawn(action, wants);
		else if (sim.engine.phase >= PHASE_STOP && sim.asked_ms)
			sim_fail("something new on the way down", SIM_NONE);
	}
}

/* --- stops --------------------------------------------------------------- */

static inline void check_stop(uint32_t i, const bool *wants, const struct event *event)
{
	bool forth;
	const struct service *then = &sim.before[i];
	const struct service *now = at(i);
	bool self = event->unit == i && event->kind != EVENT_COMMAND && event->kind != EVENT_TIME;
	bool stopped = now->state == SERVICE_STOPPING ? !now->failing : now->state == SERVICE_DOWN;

	if (!running(then) || then->state == SERVICE_STOPPING || !stopped || self)
		return;
	sim_expect(!wants[i], sim_id(i), "stopped, and wanted");
	for (uint32_t k = 0; k < n_neighbours(i); k++) {
		struct table_edge e = neighbour(i, k, &forth);
		/* One that only comes after it may not have been looked at yet. */
		bool known = e.kind == TABLE_REQUIRE || !sim.before[e.service].want ||
			     sim.engine.phase >= PHASE_STOP;

		sim_expect(forth || e.kind == TABLE_CONFLICT || wants[e.service] || !known ||
				   !running(at(e.service)),
			   sim_id(i), "stopped before one that needs it");
	}
}

/* --- restarts ------------------------------------------------------------ */

static inline uint64_t delay_of(uint32_t failures, uint32_t first_ms, uint32_t last_ms)
{
	uint64_t ms = first_ms;

	for (uint32_t k = 0; k < failures && ms < last_ms; k++)
		ms *= 2;
	return ms < last_ms ? ms : last_ms;
}

static inline bool delay_good(uint32_t i, bool spawn_failed)
{
	const struct service *now = at(i);
	const struct table_service *t = &sim_now()->services[i];
	uint64_t ms = now->due_ms - sim.now_ms;
	uint32_t failures = now->tries ? now->tries - 1u : 0;

	if (spawn_failed)
		return ms == delay_of(failures, 100, 5000);
	if (now->slowed)
		return ms == t->restart_max_ms;
	if (t->restart_min_ms)
		return ms == delay_of(failures, t->restart_min_ms, t->restart_max_ms);
	return ms == 0 ||
	       ms == delay_of(failures, 1000, t->restart_max_ms ? t->restart_max_ms : 1000);
}

static inline void check_backoff(uint32_t i, const struct event *event)
{
	const struct service *then = &sim.before[i];
	const struct service *now = at(i);
	bool passing = event->ending.fault == FAULT_AGAIN || event->ending.fault == FAULT_NO_TTY;
	bool again = event->kind == EVENT_SPAWN_FAILED && passing &&
		     (then->state == SERVICE_SPAWNING || then->state == SERVICE_OUTSIDE);

	if (sim.engine.phase >= PHASE_STOP)
		return;
	if (then->state == SERVICE_BACKOFF && now->state != SERVICE_BACKOFF && now->want &&
	    then->want && now->tries) /* 0: stopped in between, and started afresh */
		sim_expect(sim.now_ms >= then->due_ms, sim_id(i), "restarted too early");
	if (then->state == SERVICE_BACKOFF || now->state != SERVICE_BACKOFF)
		return;
	sim_expect(now->tries || now->slowed || now->due_ms == sim.now_ms, sim_id(i),
		   "a failure was not counted");
	sim_expect(now->tries == then->tries || now->tries == 1 || now->tries == then->tries + 1 ||
			   now->tries == 0,
		   sim_id(i), "failures in a row are counted wrongly");
	sim_expect(delay_good(i, again), sim_id(i),
		   "comes back at another time than its policy says");
}

/* A restart by hand is a start in the end, also of one that ends by itself meanwhile. */
static inline void check_again(uint32_t i, const struct event *event)
{
	const struct service *then = &sim.before[i];

	if (then->again && then->asked && !at(i)->again && sim.engine.phase < PHASE_STOP &&
	    event->kind != EVENT_COMMAND)
		sim_expect(at(i)->asked, sim_id(i), "a restart has become a stop");
	if (then->again && then->asked && event->kind != EVENT_COMMAND &&
	    event->kind != EVENT_SPAWN_FAILED && sim.engine.phase < PHASE_STOP)
		sim_expect(at(i)->state != SERVICE_FAILED || then->state == SERVICE_FAILED,
			   sim_id(i), "a restart was forgotten");
}

/* --- by hand ------------------------------------------------------------- */

static inline void check_asked(uint32_t i, bool *seen)
{
	bool forth;

	if (at(i)->state == SERVICE_BAD || seen[i])
		return;
	seen[i] = true;
	sim_expect(at(i)->asked, sim_id(i), "needed by what is asked for, and not asked for");
	for (uint32_t k = 0; k < sim_now()->services[i].n_edges; k++) {
		struct table_edge e = neighbour(i, k, &forth);

		if (e.kind == TABLE_REQUIRE || e.kind == TABLE_WANT)
			check_asked(e.service, seen);
	}
}

static inline void check_command(const struct event *event)
{
	bool seen[SIM_IDS] = { false };

	if (sim.engine.phase >= PHASE_STOP || event->unit >= sim.engine.n)
		return;
	if (event->command == COMMAND_STOP)
		sim_expect(!at(event->unit)->asked, sim_id(event->unit), "still asked for");
	else if (event->command != COMMAND_RELOAD && sim.plan->shape == SHAPE_RANDOM)
		check_asked(event->unit, seen);
}

/* --- coverage ------------------------------------------------------------ */

static inline void hit(uint32_t state, enum service_event event)
{
	cells_hit[state][event]++;
}

static inline void note_cells(uint32_t i, const struct event *event)
{
	static const uint8_t facts[][2] = {
		[EVENT_SPAWNED] = { SERVICE_EV_SPAWNED, SERVICE_EV_CONTROL_SPAWNED },
		[EVENT_SPAWN_FAILED] = { SERVICE_EV_SPAWN_FAILED, SERVICE_EV_CONTROL_FAILED },
		[EVENT_EXITED] = { SERVICE_EV_EXITED, SERVICE_EV_CONTROL_EXITED },
	};
	const struct service *then = &sim.before[i];
	const struct service *now = at(i);
	bool mine = event->unit == i;

	if (mine && event->kind >= EVENT_SPAWNED && event->kind <= EVENT_EXITED)
		hit(then->state, (enum service_event)facts[event->kind][event->role]);
	if (mine && event->kind == EVENT_READY)
		hit(then->state, SERVICE_EV_READY);
	if (event->kind == EVENT_TIME && then->due_ms && then->due_ms <= sim.now_ms &&
	    now->due_ms != then->due_ms)
		hit(then->state, SERVICE_EV_DUE);
	if (then->state == SERVICE_WAITING &&
	    (now->state == SERVICE_OUTSIDE || now->state == SERVICE_SPAWNING ||
	     now->state == SERVICE_UP))
		hit(SERVICE_WAITING, SERVICE_EV_START);
	if (then->state != now->state && !mine &&
	    (now->state == SERVICE_DOWN || (now->state == SERVICE_STOPPING && !now->failing)))
		hit(then->state, SERVICE_EV_STOP);
	if (mine && event->kind == EVENT_COMMAND && then->state == SERVICE_FAILED &&
	    now->state != SERVICE_FAILED)
		hit(SERVICE_FAILED, SERVICE_EV_STOP);
}

/* --- one step ------------------------------------------------------------ */

static inline bool swapped(void)
{
	for (uint32_t k = 0; k < sim.actions.n; k++)
		if (sim.actions.at[k].kind == ACTION_SWAP)
			return true;
	return false;
}

/* Before the actions are performed. */
static inline void check_change(const struct event *event)
{
	bool wants[SIM_IDS];

	sim_expect(sim.engine.impossible == 0, SIM_NONE, "an event that cannot be");
	if (swapped() || sim.engine.phase >= PHASE_TERM)
		return;
	find_wants(wants);
	check_actions(wants);
	for (uint32_t i = 0; i < sim.engine.n && sim.n_before == sim.engine.n; i++) {
		note_cells(i, event);
		if (sim.engine.phase < PHASE_STOP && sim_now()->services[i].type == TABLE_TARGET &&
		    at(i)->state == SERVICE_UP && sim.before[i].state != SERVICE_UP &&
		    sim.before[i].state != SERVICE_FAILED)
			check_go(i, wants);
		check_stop(i, wants, event);
		check_backoff(i, event);
		check_again(i, event);
	}
	if (event->kind == EVENT_COMMAND)
		check_command(event);
}

#endif
