#include "engine_turn.h"

/* How the time of the way down is divided, in percent of the whole. */
enum {
	STOP_FOR = 50,
	STOP_PATIENCE = 15, /* of one stop command, or one signal, at most */
	KILL_AFTER = 5,     /* from there to KILL */
	TERM_FOR = 15,
	KILL_FOR = 10,
	FINISH_FOR = 20,
	LAST_FOR = 5,
	HELPER_RETRY_MS = 100,
};

static uint32_t percent_ms(const struct engine_turn *turn, uint32_t percent)
{
	return (uint32_t)((uint64_t)turn->engine->shutdown_timeout_ms * percent / 100);
}

static void enter(struct engine_turn *turn, enum phase phase, uint32_t percent)
{
	engine_enter(turn, phase, turn->now_ms + percent_ms(turn, percent));
	engine_helper(turn);
}

void engine_helper(struct engine_turn *turn)
{
	static const uint8_t kinds[N_PHASES] = {
		[PHASE_TERM] = ACTION_TERM_ALL,
		[PHASE_KILL] = ACTION_KILL_ALL,
		[PHASE_FINISH] = ACTION_FINISH,
		[PHASE_LAST] = ACTION_REBOOT,
	};
	struct engine *engine = turn->engine;
	struct action *action = action_add(turn->actions, (enum action_kind)kinds[engine->phase],
					   ENGINE_HELPER);

	engine->helper_pid = 0;
	engine->helper_due_ms = 0;
	action->power = engine->power;
}

static void enter_term(struct engine_turn *turn)
{
	enter(turn, PHASE_TERM, TERM_FOR);
	for (uint32_t i = 0; i < turn->engine->n_consoles; i++)
		engine_tell_login(turn, ENGINE_LOGIN + i, LOGIN_EV_STOP);
	engine_tell_login(turn, ENGINE_RESCUE, LOGIN_EV_STOP);
}

static void enter_finish(struct engine_turn *turn)
{
	turn->engine->phase = PHASE_FINISH;
	(void)engine_say(turn, MESSAGE_GOING);
	enter(turn, PHASE_FINISH, FINISH_FOR);
}

void engine_childless(struct engine_turn *turn)
{
	if (engine_wants_childless(turn->engine) && !turn->engine->helper_pid)
		enter_finish(turn);
}

/* Nothing starts any more, so one that has stopped stays so. */
void engine_go_down(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	if (engine->queue_n)
		return;
	while (engine->cursor < engine->n && !service_active(&engine->services[engine->cursor]))
		engine->cursor++;
	if (engine->cursor >= engine->n)
		enter_term(turn);
}

static uint32_t strength(enum power power)
{
	if (power == POWER_REBOOT)
		return 1;
	if (power == POWER_HALT)
		return 2;
	return power == POWER_OFF ? 3 : 0;
}

/*
 * What is not up has its turn on the way down too: those before and after it keep
 * their order, and a plain script that failed half way gets its stop.
 */
static void take_part(struct service *s)
{
	/* Of all at once: who stops first is not to depend on who is looked at first. */
	s->want = false;
	if (service_active(s) || s->state == SERVICE_STOPPING)
		return;
	s->ran = s->ran && s->state == SERVICE_FAILED;
	s->state = SERVICE_UP;
	s->due_ms = 0;
	s->blocker = TABLE_NONE;
}

static void begin_stop(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	if (engine->phase >= PHASE_STOP)
		return;
	engine->cursor = 0;
	engine_enter(turn, PHASE_STOP, turn->now_ms + percent_ms(turn, STOP_FOR));
	engine->times.stop_most_ms = percent_ms(turn, STOP_PATIENCE);
	engine->times.kill_after_ms = percent_ms(turn, KILL_AFTER);
	for (uint32_t i = 0; i < engine->n; i++)
		take_part(&engine->services[i]);
	engine->stale = true;
	engine_touch_all(turn);
	/* Who is logged in may see how it goes down; who leaves does not come back. */
	for (uint32_t i = 0; i < engine->n_consoles; i++) {
		engine->logins[i].stop_asked = true;
		if (engine->logins[i].state == LOGIN_BACKOFF)
			engine_tell_login(turn, ENGINE_LOGIN + i, LOGIN_EV_STOP);
	}
}

void engine_request(struct engine_turn *turn, const struct event *event)
{
	struct engine *engine = turn->engine;
	bool stronger = strength(event->power) > strength(engine->power);
	struct action *action;

	if (!strength(event->power) || event->power == engine->power)
		return;
	if (engine->phase >= PHASE_FINISH || !stronger) {
		if (!engine->kept_told)
			(void)engine_say(turn, MESSAGE_REQUEST_KEPT);
		engine->kept_told = true;
		return;
	}
	engine->power = event->power;
	action = engine_say(turn, MESSAGE_REQUEST);
	action->pid = event->pid;
	action->uid = event->uid;
	action->ending = event->ending;
	begin_stop(turn);
}

void engine_request_self(struct engine_turn *turn, enum power power, uint32_t unit)
{
	if (strength(power) <= strength(turn->engine->power))
		return;
	turn->engine->power = power;
	engine_say(turn, MESSAGE_REQUEST_SELF)->unit = unit;
	begin_stop(turn);
}

void engine_phase_due(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	engine->phase_due_ms = 0;
	switch (engine->phase) {
	case PHASE_STOP:
		(void)engine_say(turn, MESSAGE_STOP_LATE);
		enter_term(turn);
		break;
	case PHASE_TERM:
		(void)engine_say(turn, MESSAGE_TERM_LATE);
		enter(turn, PHASE_KILL, KILL_FOR);
		break;
	case PHASE_KILL:
		(void)engine_say(turn, MESSAGE_KILL_LATE);
		enter_finish(turn);
		break;
	case PHASE_FINISH:
		(void)engine_say(turn, MESSAGE_FINISH_LATE);
		enter(turn, PHASE_LAST, LAST_FOR);
		break;
	case PHASE_LAST:
		engine_enter(turn, PHASE_OVER, 0);
		action_add(turn->actions, ACTION_LAST, ENGINE_HELPER)->power = engine->power;
		break;
	case PHASE_NEW:
	case PHASE_RESCUE:
	case PHASE_COMPILE:
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
static void helper_ended(struct engine_turn *turn, const struct ending *ending)
{
	struct engine *engine = turn->engine;

	engine->helper_pid = 0;
	if (engine->phase != PHASE_FINISH && engine->phase != PHASE_LAST)
		return;
	if (engine->power == POWER_HALT && ending->how == HOW_EXIT && ending->number == 0)
		engine_enter(turn, PHASE_OVER, 0);
	else
		engine_phase_due(turn);
}

/*
 * A helper that could not be made: TERM_ALL and KILL_ALL are then done without
 * one (action.h), and free processes; for the others fork is tried again.
 */
void engine_helper_fact(struct engine_turn *turn, const struct event *event)
{
	struct engine *engine = turn->engine;

	if (event->kind == EVENT_SPAWNED)
		engine->helper_pid = event->pid;
	else if (event->kind == EVENT_EXITED)
		helper_ended(turn, &event->ending);
	else if (engine->phase == PHASE_FINISH || engine->phase == PHASE_LAST)
		engine->helper_due_ms = turn->now_ms + HELPER_RETRY_MS;
}
