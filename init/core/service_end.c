#include "service_step.h"

enum {
	RESTART_LEAST_MS = 1000, /* where none is given, after one that did not last */
	STEADY_MS = 10000,       /* one that lasted this long starts afresh */
};

/* One more start within its window: too many? */
static bool over_limit(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (!turn->t->restart_limit)
		return false;
	if (!s->window_ms || turn->now_ms - s->window_ms > turn->t->restart_window_ms) {
		s->window_ms = turn->now_ms;
		s->starts = 0;
		s->slowed = false;
	}
	if (s->starts < UINT16_MAX)
		s->starts++;
	return s->starts > turn->t->restart_limit;
}

/* A life that was long enough starts the back-off afresh. */
static void lasted(struct service_turn *turn, uint64_t lived_ms)
{
	uint32_t last_ms = turn->t->restart_max_ms;

	if (lived_ms >= STEADY_MS || (last_ms && lived_ms >= last_ms))
		turn->s->tries = 0;
}

static uint32_t restart_delay(struct service_turn *turn, uint64_t lived_ms)
{
	struct service *s = turn->s;
	uint32_t first_ms = turn->t->restart_min_ms;
	uint32_t last_ms = turn->t->restart_max_ms;

	lasted(turn, lived_ms);
	if (first_ms)
		return step_back_off(s, first_ms, last_ms);
	/* No least delay is asked for: at once, if it was not only just started. */
	if (lived_ms >= RESTART_LEAST_MS)
		return 0;
	return step_back_off(s, RESTART_LEAST_MS, last_ms ? last_ms : RESTART_LEAST_MS);
}

static void fail(struct service_turn *turn)
{
	turn->s->want = false;
	step_to(turn, SERVICE_FAILED, 0);
}

static void restart(struct service_turn *turn, uint64_t lived_ms)
{
	struct service *s = turn->s;
	uint32_t delay_ms = restart_delay(turn, lived_ms);

	if (over_limit(turn)) {
		turn->then = turn->t->then;
		if (turn->t->then == TABLE_THEN_SLOW)
			delay_ms = turn->t->restart_max_ms;
		if (!s->slowed || turn->t->then != TABLE_THEN_SLOW)
			step_say(turn,
				 turn->t->then == TABLE_THEN_SLOW ? MESSAGE_SLOWED : MESSAGE_LIMIT)
				->count = delay_ms;
		s->slowed = true;
		if (turn->t->then != TABLE_THEN_SLOW) {
			fail(turn);
			return;
		}
	} else {
		step_say(turn, MESSAGE_RESTARTS)->ms = delay_ms;
	}
	step_to(turn, SERVICE_BACKOFF, turn->now_ms + delay_ms);
}

/* rcexec could not set it up, or found no program: no other try will do better. */
static bool final(const struct service_turn *turn)
{
	const struct ending *e = &turn->s->last;

	if (e->how == HOW_FAULT)
		return !step_passing(e);
	return (turn->t->flags & TABLE_WRAPPED) && e->how == HOW_EXIT &&
	       e->number >= TABLE_EXIT_FIRST && e->number <= TABLE_EXIT_LAST;
}

/* All of it is gone; s->last says how.  What does its policy say? */
void step_policy(struct service_turn *turn, bool failed, uint64_t lived_ms)
{
	uint8_t wish = turn->t->restart;

	turn->s->failing = false;
	turn->ending = turn->s->last;
	if (turn->s->want && !final(turn) &&
	    (wish == TABLE_RESTART_ALWAYS || (wish == TABLE_RESTART_FAILURE && failed))) {
		restart(turn, lived_ms);
		return;
	}
	turn->s->tries = 0;
	/* It was to be started again by hand: that it ended badly changes nothing. */
	if (turn->s->again) {
		step_to(turn, SERVICE_DOWN, 0);
		return;
	}
	if (failed) {
		fail(turn);
		return;
	}
	turn->s->asked = false;
	turn->s->want = false;
	step_to(turn, SERVICE_DOWN, 0);
}

bool step_fine(const struct ending *ending)
{
	return ending->how == HOW_EXIT && ending->number == 0;
}

void step_stop_failing(struct service_turn *turn)
{
	if (turn->s->state == SERVICE_UP)
		lasted(turn, turn->now_ms - turn->s->since_ms);
	turn->s->failing = true;
	step_stop(turn);
}

void step_start_exited(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->main = 0;
	s->last = turn->ending;
	if (turn->t->type != TABLE_DAEMON && !s->exited && step_fine(&turn->ending)) {
		s->exited = true;
		if (turn->t->type == TABLE_FORKING && turn->t->probe)
			step_spawn(turn, VERB_PROBE);
		step_check_ready(turn);
		return;
	}
	(void)step_say(turn, MESSAGE_START_FAILED);
	step_stop_failing(turn);
}

void step_ended(struct service_turn *turn)
{
	struct service *s = turn->s;
	bool failed = !step_fine(&turn->ending);
	uint64_t lived_ms = turn->now_ms - s->since_ms;

	s->main = 0;
	s->last = turn->ending;
	if (s->control || s->controlling) {
		step_stop_failing(turn);
		return;
	}
	s->ran = false;
	step_sweep(turn);
	step_policy(turn, failed, lived_ms);
	if (s->state != SERVICE_BACKOFF)
		step_say(turn, MESSAGE_ENDED)->ms = lived_ms;
}

void step_ping_missed(struct service_turn *turn)
{
	(void)step_say(turn, MESSAGE_WATCHDOG);
	turn->s->last = (struct ending){ .how = HOW_SIGNAL, .number = SIGN_ABRT };
	step_send(turn, turn->s->main, SIGN_ABRT);
	step_stop_failing(turn);
}

void step_start_due(struct service_turn *turn)
{
	struct service *s = turn->s;
	uint32_t timeout_ms = step_start_timeout(turn);
	uint64_t end_ms = s->since_ms + timeout_ms;

	if (!timeout_ms || turn->now_ms < end_ms) {
		s->overdue = true;
		s->due_ms = timeout_ms ? end_ms : 0;
		(void)step_say(turn, MESSAGE_START_OVERDUE);
		return;
	}
	(void)step_say(turn, MESSAGE_START_TIMEOUT);
	s->last = (struct ending){ .how = HOW_SIGNAL, .number = SIGN_TERM };
	step_stop_failing(turn);
}
