#include "service_step.h"

static void settle(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (s->ran)
		step_sweep(turn);
	s->left = false;
	/* What a plain script began is undone on the way down, as rcK does. */
	s->ran = s->failing && (turn->t->flags & TABLE_PLAIN);
	s->told = false;
	s->overdue = false;
	if (s->failing) {
		step_policy(turn, true, 0);
		return;
	}
	s->tries = 0;
	step_to(turn, SERVICE_DOWN, 0);
}

static bool gone(const struct service *s)
{
	return !s->main && !s->control && !s->controlling;
}

static void stage_abort(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->due_ms = step_in(turn, turn->times->kill_after_ms);
	step_send(turn, s->control, SIGN_KILL);
	if (turn->t->type != TABLE_DAEMON && !s->exited)
		step_send(turn, s->main, SIGN_TERM);
}

static bool abort_over(const struct service_turn *turn)
{
	const struct service *s = turn->s;

	return !s->control && !s->controlling &&
	       (!s->main || turn->t->type == TABLE_DAEMON || s->exited);
}

static void stage_term(struct service_turn *turn)
{
	turn->s->due_ms = step_in(turn, step_stop_timeout(turn));
	step_send(turn, turn->s->main, turn->t->stop_signal);
}

static void stage_kill(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->due_ms = step_in(turn, turn->times->kill_after_ms);
	step_send(turn, s->main, SIGN_KILL);
	step_send(turn, s->control, SIGN_KILL);
	step_sweep(turn);
}

/* Go on with what is still to be done, stage by stage. */
void step_stop_on(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (s->stage == STAGE_ABORT && abort_over(turn)) {
		s->stage = STAGE_COMMAND;
		if (turn->t->stop && s->ran && !s->failing) {
			s->due_ms = step_in(turn, step_stop_timeout(turn));
			step_spawn(turn, VERB_STOP);
			return;
		}
	}
	if (s->stage == STAGE_COMMAND && !s->control && !s->controlling) {
		s->stage = STAGE_TERM;
		stage_term(turn);
	}
	if (s->stage != STAGE_ABORT && gone(s))
		settle(turn);
}

void step_stop(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (!s->failing && s->state == SERVICE_STARTING)
		(void)step_say(turn, MESSAGE_START_STOPPED);
	if (s->state == SERVICE_UP && turn->t->type == TABLE_TARGET) {
		step_to(turn, SERVICE_DOWN, 0);
		return;
	}
	s->since_ms = turn->now_ms;
	s->told = false;
	s->stage = STAGE_ABORT;
	step_to(turn, SERVICE_STOPPING, 0);
	if (!abort_over(turn))
		stage_abort(turn);
	step_stop_on(turn);
}

void step_main_gone(struct service_turn *turn)
{
	turn->s->main = 0;
	step_stop_on(turn);
}

void step_control_gone(struct service_turn *turn)
{
	struct service *s = turn->s;
	bool failed = !step_fine(&turn->ending);

	s->control = 0;
	if (s->verb == VERB_STOP && s->stage == STAGE_COMMAND)
		(void)step_say(turn, failed ? MESSAGE_STOP_FAILED : MESSAGE_STOPPED);
	step_stop_on(turn);
}

void step_stop_due(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (s->stage == STAGE_KILL) {
		s->left = true;
		s->due_ms = 0;
		step_say_once(turn, MESSAGE_UNKILLABLE);
		return;
	}
	if (s->stage == STAGE_COMMAND || s->stage == STAGE_TERM)
		(void)step_say(turn, MESSAGE_STOP_OVERDUE);
	if (s->stage == STAGE_COMMAND && s->control) {
		/* Its own time is up; the service still gets its signal. */
		s->due_ms = step_in(turn, turn->times->kill_after_ms);
		step_send(turn, s->control, SIGN_KILL);
		s->stage = STAGE_TERM;
		step_send(turn, s->main, turn->t->stop_signal);
		return;
	}
	if (s->stage == STAGE_ABORT && !s->told) {
		s->told = true;
		s->due_ms = step_in(turn, turn->times->kill_after_ms);
		step_send(turn, s->main, SIGN_KILL);
		step_sweep(turn);
		return;
	}
	s->stage = STAGE_KILL;
	s->told = false;
	stage_kill(turn);
}
