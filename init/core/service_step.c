#include "service_step.h"

struct action *step_say(struct service_turn *turn, enum message message)
{
	struct action *action = action_say(turn->actions, message, turn->index);

	action->ending = turn->ending;
	action->ms = turn->now_ms - turn->s->since_ms;
	return action;
}

void step_say_once(struct service_turn *turn, enum message message)
{
	if (!turn->s->told)
		(void)step_say(turn, message);
	turn->s->told = true;
}

void step_to(struct service_turn *turn, enum service_state state, uint64_t due_ms)
{
	turn->s->state = (uint8_t)state;
	turn->s->due_ms = due_ms;
}

void step_send(struct service_turn *turn, int32_t pid, int32_t signal)
{
	struct action *action;

	if (!pid)
		return;
	action = action_add(turn->actions, ACTION_KILL, turn->index);
	action->pid = pid;
	action->signal = signal;
}

/* turn->pid: of the process that has just ended, if one has. */
void step_sweep(struct service_turn *turn)
{
	if (turn->t->type != TABLE_TARGET)
		action_add(turn->actions, ACTION_SWEEP, turn->index)->pid = turn->pid;
}

void step_spawn(struct service_turn *turn, enum verb verb)
{
	action_add(turn->actions, ACTION_SPAWN, turn->index)->verb = verb;
	if (verb == VERB_START)
		return;
	turn->s->controlling = true;
	turn->s->verb = (uint8_t)verb;
}

static uint32_t or_default(uint32_t ms, uint32_t default_ms)
{
	return ms == UINT32_MAX ? default_ms : ms;
}

uint32_t step_start_timeout(const struct service_turn *turn)
{
	return or_default(turn->t->start_timeout_ms, turn->times->start_timeout_ms);
}

uint32_t step_stop_timeout(const struct service_turn *turn)
{
	uint32_t ms = or_default(turn->t->stop_timeout_ms, turn->times->stop_timeout_ms);
	uint32_t most_ms = turn->times->stop_most_ms;

	return most_ms && (!ms || ms > most_ms) ? most_ms : ms;
}

uint64_t step_in(const struct service_turn *turn, uint32_t ms)
{
	return ms ? turn->now_ms + ms : 0;
}
