#include "engine.h"

#include <stddef.h>
#include <string.h>

/* How the time of the way down is divided, in percent of the whole. */
enum {
	STOP_FOR = 50,
	STOP_PATIENCE = 15, /* of one script, at most */
	KILL_AFTER = 5,     /* from TERM to KILL of one script */
	TERM_FOR = 15,
	KILL_FOR = 10,
	FINISH_FOR = 20,
	LAST_FOR = 5,
	HELPER_RETRY_MS = 100,
};

void engine_init(struct engine *engine, uint32_t n_scripts, uint32_t n_consoles,
		 const struct engine_times *times)
{
	memset(engine, 0, sizeof(*engine));
	engine->n_scripts = n_scripts;
	engine->n_consoles = n_consoles;
	engine->n_units = n_scripts + n_consoles + 1;
	engine->shutdown_timeout_ms = times->shutdown_timeout_ms;
	engine->times.patience_ms = times->patience_ms;
	engine->times.start_timeout_ms = times->start_timeout_ms;
	engine->times.kill_after_ms = times->shutdown_timeout_ms / 100 * KILL_AFTER;
	for (uint32_t i = 0; i < engine->n_units; i++) {
		enum unit_kind kind = i < n_scripts                ? UNIT_SCRIPT
				      : i < n_scripts + n_consoles ? UNIT_CONSOLE
								   : UNIT_RESCUE;

		engine->units[i].kind = (uint8_t)kind;
	}
}

uint32_t engine_rescue(const struct engine *engine)
{
	return engine->n_units - 1;
}

uint32_t engine_find(const struct engine *engine, int32_t pid)
{
	if (pid <= 0)
		return ENGINE_NONE;
	if (pid == engine->helper_pid)
		return ENGINE_HELPER;
	for (uint32_t i = 0; i < engine->n_units; i++)
		if (engine->units[i].pid == pid)
			return i;
	return ENGINE_NONE;
}

bool engine_wants_childless(const struct engine *engine)
{
	return engine->phase == PHASE_TERM || engine->phase == PHASE_KILL;
}

static void say(const struct engine *engine, struct actions *actions, enum message message)
{
	struct action *action = action_add(actions, ACTION_SAY, ENGINE_NONE);

	action->message = message;
	action->power = engine->power;
}

static void impossible(struct engine *engine, uint32_t unit, struct actions *actions)
{
	struct action *action = action_add(actions, ACTION_SAY, unit);

	engine->impossible++;
	action->message = MESSAGE_IMPOSSIBLE;
	action->count = engine->impossible;
}

static void step_unit(struct engine *engine, uint32_t index, struct unit_input *in,
		      struct actions *actions)
{
	struct unit *u = &engine->units[index];
	uint64_t due_ms = u->due_ms;

	in->no_start = engine->phase >= PHASE_STOP;
	in->no_stop = engine->phase >= PHASE_TERM;
	if (!unit_step(u, index, &engine->times, in, actions))
		impossible(engine, index, actions);
	if (due_ms && due_ms == engine->soonest_ms && u->due_ms != due_ms)
		engine->stale = true;
	if (u->due_ms && (!engine->soonest_ms || u->due_ms < engine->soonest_ms))
		engine->soonest_ms = u->due_ms;
}

static void tell(struct engine *engine, uint32_t index, enum unit_event event, uint64_t now_ms,
		 struct actions *actions)
{
	struct unit_input in = { .event = event, .now_ms = now_ms };

	step_unit(engine, index, &in, actions);
}

static uint64_t percent_ms(const struct engine *engine, uint32_t percent)
{
	return (uint64_t)engine->shutdown_timeout_ms * percent / 100;
}

static void enter(struct engine *engine, enum phase phase, uint64_t due_ms)
{
	engine->phase = phase;
	engine->phase_due_ms = due_ms;
	engine->helper_due_ms = 0;
}

static void helper(struct engine *engine, struct actions *actions)
{
	static const enum action_kind kinds[N_PHASES] = {
		[PHASE_TERM] = ACTION_TERM_ALL,
		[PHASE_KILL] = ACTION_KILL_ALL,
		[PHASE_FINISH] = ACTION_FINISH,
		[PHASE_LAST] = ACTION_REBOOT,
	};
	struct action *action = action_add(actions, kinds[engine->phase], ENGINE_HELPER);

	engine->helper_pid = 0;
	engine->helper_due_ms = 0;
	action->power = engine->power;
}

/* --- up ------------------------------------------------------------------ */

static void enter_run(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	struct action *action = action_add(actions, ACTION_SAY, ENGINE_NONE);

	action->message = MESSAGE_READY;
	action->count = engine->n_scripts;
	action->ms = now_ms - engine->begun_ms;
	for (uint32_t i = 0; i < engine->n_scripts; i++)
		if (engine->units[i].state == UNIT_FAILED ||
		    engine->units[i].state == UNIT_ABORTING)
			action->failed++;
	enter(engine, PHASE_RUN, 0);
	engine->cursor = engine->n_scripts;
}

static void go_up(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	if (engine->phase == PHASE_RESCUE) {
		if (engine->units[engine_rescue(engine)].state != UNIT_DOWN)
			return;
		enter(engine, PHASE_BOOT, 0);
	}
	while (engine->phase == PHASE_BOOT && engine->cursor < engine->n_scripts) {
		const struct unit *u = &engine->units[engine->cursor];

		if (u->state == UNIT_IDLE)
			tell(engine, engine->cursor, UNIT_EV_START, now_ms, actions);
		if (!unit_start_passed(u))
			return;
		engine->cursor++;
	}
	if (engine->phase == PHASE_BOOT)
		enter_run(engine, now_ms, actions);
	while (engine->cursor < engine->n_scripts + engine->n_consoles &&
	       engine->phase == PHASE_RUN)
		tell(engine, engine->cursor++, UNIT_EV_START, now_ms, actions);
}

static void begin(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	engine->begun_ms = now_ms;
	engine->cursor = 0;
	if (!engine->rescue) {
		enter(engine, PHASE_BOOT, 0);
		return;
	}
	enter(engine, PHASE_RESCUE, 0);
	say(engine, actions, MESSAGE_RESCUE);
	tell(engine, engine_rescue(engine), UNIT_EV_START, now_ms, actions);
}

/* --- down ---------------------------------------------------------------- */

static void enter_term(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	enter(engine, PHASE_TERM, now_ms + percent_ms(engine, TERM_FOR));
	helper(engine, actions);
	for (uint32_t i = engine->n_scripts; i < engine->n_units; i++)
		tell(engine, i, UNIT_EV_STOP, now_ms, actions);
}

static void enter_kill(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	say(engine, actions, MESSAGE_TERM_LATE);
	enter(engine, PHASE_KILL, now_ms + percent_ms(engine, KILL_FOR));
	helper(engine, actions);
}

static void enter_finish(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	enter(engine, PHASE_FINISH, now_ms + percent_ms(engine, FINISH_FOR));
	say(engine, actions, MESSAGE_GOING);
	helper(engine, actions);
}

static void enter_last(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	say(engine, actions, MESSAGE_FINISH_LATE);
	enter(engine, PHASE_LAST, now_ms + percent_ms(engine, LAST_FOR));
	helper(engine, actions);
}

/* However many hang, half of the time that is left is left for the others. */
static void ask_stop(struct engine *engine, uint32_t i, uint64_t now_ms, struct actions *actions)
{
	uint64_t patience_ms = percent_ms(engine, STOP_PATIENCE);
	uint64_t left_ms = engine->phase_due_ms > now_ms ? engine->phase_due_ms - now_ms : 0;

	if (patience_ms > left_ms / 2)
		patience_ms = left_ms / 2;
	engine->times.stop_patience_ms = (uint32_t)patience_ms;
	tell(engine, i, UNIT_EV_STOP, now_ms, actions);
}

/* Stop scripts from the last to the first; none holds up the next for long. */
static void go_down(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	while (engine->cursor > 0) {
		uint32_t i = engine->cursor - 1;

		if (!engine->units[i].stop_asked)
			ask_stop(engine, i, now_ms, actions);
		if (!unit_stop_passed(&engine->units[i]))
			return;
		engine->cursor--;
	}
	for (uint32_t i = 0; i < engine->n_scripts; i++)
		if (engine->units[i].state != UNIT_DOWN)
			return;
	enter_term(engine, now_ms, actions);
}

static uint32_t strength(enum power power)
{
	if (power == POWER_REBOOT)
		return 1;
	if (power == POWER_HALT)
		return 2;
	return power == POWER_OFF ? 3 : 0;
}

static void request(struct engine *engine, const struct event *event, uint64_t now_ms,
		    struct actions *actions)
{
	bool stronger = strength(event->power) > strength(engine->power);
	struct action *action;

	if (!strength(event->power) || event->power == engine->power)
		return;
	if (engine->phase >= PHASE_FINISH || !stronger) {
		if (!engine->kept_told)
			say(engine, actions, MESSAGE_REQUEST_KEPT);
		engine->kept_told = true;
		return;
	}
	engine->power = event->power;
	action = action_add(actions, ACTION_SAY, ENGINE_NONE);
	action->message = MESSAGE_REQUEST;
	action->power = event->power;
	action->pid = event->pid;
	action->uid = event->uid;
	action->ending = event->ending;
	if (engine->phase >= PHASE_STOP)
		return;
	engine->cursor = engine->n_scripts;
	enter(engine, PHASE_STOP, now_ms + percent_ms(engine, STOP_FOR));
	/* What was about to be tried again is not. */
	for (uint32_t i = 0; i < engine->n_units; i++)
		if (engine->units[i].state == UNIT_BACKOFF)
			tell(engine, i, UNIT_EV_STOP, now_ms, actions);
}

static void phase_due(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	engine->phase_due_ms = 0;
	switch (engine->phase) {
	case PHASE_STOP:
		say(engine, actions, MESSAGE_STOP_LATE);
		enter_term(engine, now_ms, actions);
		break;
	case PHASE_TERM:
		enter_kill(engine, now_ms, actions);
		break;
	case PHASE_KILL:
		say(engine, actions, MESSAGE_KILL_LATE);
		enter_finish(engine, now_ms, actions);
		break;
	case PHASE_FINISH:
		enter_last(engine, now_ms, actions);
		break;
	case PHASE_LAST:
		enter(engine, PHASE_OVER, 0);
		action_add(actions, ACTION_LAST, ENGINE_HELPER)->power = engine->power;
		break;
	case PHASE_NEW:
	case PHASE_RESCUE:
	case PHASE_BOOT:
	case PHASE_RUN:
	case PHASE_OVER:
	case N_PHASES:
		break;
	}
}

/*
 * The helper has ended.  After TERM_ALL and KILL_ALL that is as it should be.
 * FINISH and REBOOT end only when reboot(2) returned: after a halt it does
 * (kernel/reboot.c), else it failed.
 */
static void helper_ended(struct engine *engine, const struct ending *ending, uint64_t now_ms,
			 struct actions *actions)
{
	engine->helper_pid = 0;
	if (engine->phase != PHASE_FINISH && engine->phase != PHASE_LAST)
		return;
	if (engine->power == POWER_HALT && ending->how == HOW_EXIT && ending->number == 0)
		enter(engine, PHASE_OVER, 0);
	else
		phase_due(engine, now_ms, actions);
}

/* --- events -------------------------------------------------------------- */

static bool passing(enum fault fault)
{
	return fault == FAULT_AGAIN || fault == FAULT_NO_TTY;
}

static void unit_fact(struct engine *engine, const struct event *event, uint64_t now_ms,
		      struct actions *actions)
{
	struct unit_input in = { .ending = event->ending, .pid = event->pid, .now_ms = now_ms };

	if (event->unit >= engine->n_units) {
		impossible(engine, ENGINE_NONE, actions);
		return;
	}
	if (event->kind == EVENT_SPAWNED)
		in.event = UNIT_EV_SPAWNED;
	else if (event->ending.how != HOW_FAULT)
		in.event = UNIT_EV_EXITED;
	else
		in.event = passing(event->ending.fault) ? UNIT_EV_AGAIN : UNIT_EV_NEVER;
	step_unit(engine, event->unit, &in, actions);
}

/*
 * A helper that could not be made: TERM_ALL and KILL_ALL are then done without
 * one (action.h), and free processes; for the others fork is tried again.
 */
static void helper_fact(struct engine *engine, const struct event *event, uint64_t now_ms,
			struct actions *actions)
{
	if (event->kind == EVENT_SPAWNED)
		engine->helper_pid = event->pid;
	else if (event->kind == EVENT_EXITED)
		helper_ended(engine, &event->ending, now_ms, actions);
	else if (engine->phase == PHASE_FINISH || engine->phase == PHASE_LAST)
		engine->helper_due_ms = now_ms + HELPER_RETRY_MS;
}

/* From TERM on nothing is started any more, so no unit has anything due. */
static bool units_live(const struct engine *engine)
{
	return engine->phase <= PHASE_STOP;
}

static void units_due(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	for (uint32_t i = 0; i < engine->n_units && actions_roomy(actions); i++)
		if (engine->units[i].due_ms && engine->units[i].due_ms <= now_ms)
			tell(engine, i, UNIT_EV_DUE, now_ms, actions);
}

static uint64_t sooner(uint64_t a_ms, uint64_t b_ms)
{
	if (!a_ms || !b_ms)
		return a_ms + b_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

static uint64_t soonest_unit(struct engine *engine)
{
	if (!engine->stale)
		return engine->soonest_ms;
	engine->stale = false;
	engine->soonest_ms = 0;
	for (uint32_t i = 0; i < engine->n_units; i++)
		engine->soonest_ms = sooner(engine->soonest_ms, engine->units[i].due_ms);
	return engine->soonest_ms;
}

uint64_t engine_due(struct engine *engine)
{
	uint64_t due_ms = sooner(engine->phase_due_ms, engine->helper_due_ms);

	return units_live(engine) ? sooner(due_ms, soonest_unit(engine)) : due_ms;
}

static void time_passed(struct engine *engine, uint64_t now_ms, struct actions *actions)
{
	if (units_live(engine))
		units_due(engine, now_ms, actions);
	if (engine->helper_due_ms && engine->helper_due_ms <= now_ms)
		helper(engine, actions);
	if (engine->phase_due_ms && engine->phase_due_ms <= now_ms)
		phase_due(engine, now_ms, actions);
}

void engine_step(struct engine *engine, const struct event *event, uint64_t now_ms,
		 struct actions *actions)
{
	actions->n = 0;
	switch (event->kind) {
	case EVENT_BEGIN:
		if (engine->phase == PHASE_NEW)
			begin(engine, now_ms, actions);
		break;
	case EVENT_SPAWNED:
	case EVENT_SPAWN_FAILED:
	case EVENT_EXITED:
		if (event->unit == ENGINE_HELPER)
			helper_fact(engine, event, now_ms, actions);
		else if (event->unit != ENGINE_NONE)
			unit_fact(engine, event, now_ms, actions);
		break;
	case EVENT_REQUEST:
		request(engine, event, now_ms, actions);
		break;
	case EVENT_CHILDLESS:
		if (engine_wants_childless(engine) && !engine->helper_pid)
			enter_finish(engine, now_ms, actions);
		break;
	case EVENT_TIME:
		time_passed(engine, now_ms, actions);
		break;
	}
	if (engine->phase != PHASE_NEW && engine->phase <= PHASE_RUN)
		go_up(engine, now_ms, actions);
	else if (engine->phase == PHASE_STOP)
		go_down(engine, now_ms, actions);
}
