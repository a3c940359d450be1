#include "service_step.h"

enum {
	RETRY_FIRST_MS = 100, /* a fork that may come off later */
	RETRY_LAST_MS = 5000,
};

void service_wait(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->since_ms = turn->now_ms;
	s->blocker = TABLE_NONE;
	s->overdue = false;
	s->again = false;
	step_to(turn, SERVICE_WAITING, turn->now_ms + turn->times->patience_ms);
}

void step_watch(struct service_turn *turn)
{
	uint32_t ms = turn->s->watchdog_ms ? turn->s->watchdog_ms : turn->t->watchdog_ms;

	turn->s->due_ms = step_in(turn, ms);
}

void step_up(struct service_turn *turn)
{
	if (turn->t->type != TABLE_TARGET)
		(void)step_say(turn, MESSAGE_STARTED);
	turn->s->told = false;
	turn->s->since_ms = turn->now_ms;
	step_to(turn, SERVICE_UP, 0);
	step_watch(turn);
}

void step_spawn_main(struct service_turn *turn)
{
	turn->s->exited = false;
	turn->s->ready = false;
	if (turn->t->type == TABLE_TARGET) {
		step_up(turn);
		return;
	}
	turn->s->since_ms = turn->now_ms;
	step_to(turn, SERVICE_SPAWNING, 0);
	step_spawn(turn, VERB_START);
}

void step_go(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->blocker = TABLE_NONE;
	s->throttled = false;
	s->watchdog_ms = 0;
	if (!turn->t->wait) {
		step_spawn_main(turn);
		return;
	}
	s->since_ms = turn->now_ms;
	step_to(turn, SERVICE_OUTSIDE, turn->now_ms + turn->times->patience_ms);
	step_spawn(turn, VERB_WAIT);
}

void step_check_ready(struct service_turn *turn)
{
	const struct service *s = turn->s;
	bool told = s->ready || turn->t->ready == TABLE_READY_EXIT ||
		    (turn->t->ready == TABLE_READY_EXEC && !turn->t->ready_fd);

	if (turn->t->type != TABLE_DAEMON && !s->exited)
		return;
	/* Of a forking one the probe also finds the process that is left. */
	if (turn->t->type == TABLE_FORKING && turn->t->probe && (s->control || s->controlling))
		return;
	if (told)
		step_up(turn);
}

void step_spawned(struct service_turn *turn)
{
	struct service *s = turn->s;
	uint32_t timeout_ms = step_start_timeout(turn);
	uint32_t patience_ms = turn->times->patience_ms;

	s->main = turn->pid;
	s->since_ms = turn->now_ms;
	s->ran = true;
	if (!timeout_ms || (!s->overdue && patience_ms < timeout_ms))
		timeout_ms = s->overdue ? 0 : patience_ms;
	step_to(turn, SERVICE_STARTING, step_in(turn, timeout_ms));
	if (turn->t->ready == TABLE_READY_PROBE && turn->t->type != TABLE_FORKING)
		step_spawn(turn, VERB_PROBE);
	step_check_ready(turn);
}

/* Wait longer after each failure in a row. */
uint32_t step_back_off(struct service *s, uint32_t first_ms, uint32_t last_ms)
{
	uint32_t delay_ms = first_ms;

	for (uint32_t i = 0; i < s->tries && delay_ms < last_ms; i++)
		delay_ms = delay_ms > last_ms / 2 ? last_ms : delay_ms * 2;
	if (s->tries < UINT8_MAX)
		s->tries++;
	return delay_ms > last_ms ? last_ms : delay_ms;
}

bool step_passing(const struct ending *ending)
{
	return ending->fault == FAULT_AGAIN || ending->fault == FAULT_NO_TTY;
}

void step_spawn_failed(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->last = turn->ending;
	if (step_passing(&turn->ending)) {
		step_say_once(turn, MESSAGE_SPAWN_AGAIN);
		step_to(turn, SERVICE_BACKOFF,
			turn->now_ms + step_back_off(s, RETRY_FIRST_MS, RETRY_LAST_MS));
		return;
	}
	(void)step_say(turn, MESSAGE_START_FAILED);
	step_to(turn, SERVICE_FAILED, 0);
}

/* --- the control process ------------------------------------------------- */

void step_control_spawned(struct service_turn *turn)
{
	turn->s->control = turn->pid;
	turn->s->controlling = false;
	/* Told to end while this was on its way, or its time was up before it began. */
	if (turn->s->state == SERVICE_STOPPING && turn->s->stage != STAGE_COMMAND)
		step_send(turn, turn->pid, SIGN_KILL);
}

static void outside_over(struct service_turn *turn)
{
	if (step_fine(&turn->ending)) {
		/* Told to stop meanwhile, or its file went bad: it goes no further. */
		if (turn->s->want && !(turn->t->flags & TABLE_BAD))
			step_spawn_main(turn);
		else
			step_to(turn, SERVICE_DOWN, 0);
		return;
	}
	turn->s->last = turn->ending;
	(void)step_say(turn, MESSAGE_WAIT_FAILED);
	step_policy(turn, true, 0);
}

static void probe_over(struct service_turn *turn)
{
	if (step_fine(&turn->ending)) {
		if (turn->t->ready == TABLE_READY_PROBE)
			turn->s->ready = true;
		step_check_ready(turn);
		return;
	}
	turn->s->last = turn->ending;
	(void)step_say(turn, MESSAGE_NOT_READY);
	step_stop_failing(turn);
}

void step_outside_exited(struct service_turn *turn)
{
	turn->s->control = 0;
	outside_over(turn);
}

void step_probe_exited(struct service_turn *turn)
{
	turn->s->control = 0;
	probe_over(turn);
}

void step_reload_exited(struct service_turn *turn)
{
	turn->s->control = 0;
	if (!step_fine(&turn->ending))
		(void)step_say(turn, MESSAGE_NOT_READY);
}

/* No process could be had for it: as if it had failed at once. */
void step_control_failed(struct service_turn *turn)
{
	struct service *s = turn->s;

	s->controlling = false;
	if (s->state == SERVICE_STOPPING) {
		step_control_gone(turn);
		return;
	}
	if (s->state == SERVICE_OUTSIDE && step_passing(&turn->ending)) {
		step_spawn_failed(turn);
		return;
	}
	if (s->state == SERVICE_OUTSIDE)
		step_outside_exited(turn);
	else if (s->state == SERVICE_STARTING)
		step_probe_exited(turn);
	else
		step_reload_exited(turn);
}

/* --- small ones ---------------------------------------------------------- */

void step_forget(struct service_turn *turn)
{
	turn->s->tries = 0;
	turn->s->told = false;
	step_to(turn, SERVICE_DOWN, 0);
}

void step_said_ready(struct service_turn *turn)
{
	turn->s->ready = true;
	step_check_ready(turn);
}

void step_waits(struct service_turn *turn)
{
	turn->s->due_ms = 0;
	turn->s->overdue = true;
	if (turn->s->blocker != TABLE_NONE)
		step_say(turn, MESSAGE_WAITS)->other = turn->s->blocker;
}

void step_waits_outside(struct service_turn *turn)
{
	turn->s->due_ms = 0;
	turn->s->overdue = true;
	(void)step_say(turn, MESSAGE_WAITS_OUTSIDE);
}

void step_retry(struct service_turn *turn)
{
	bool overdue = turn->s->overdue;

	service_wait(turn);
	turn->s->overdue = overdue;
}

void step_nothing(struct service_turn *turn)
{
	(void)turn;
}
