#include "service.h"

#include "service_step.h"

#define X CELL_IMPOSSIBLE
#define I CELL_IGNORE

/* clang-format off */
static const uint8_t cells[N_SERVICE_STATES][N_SERVICE_EVENTS] = {
	/* start, stop, spawned, spawn failed, exited */
	/*        control spawned, control failed, control exited, ready, due */
	[SERVICE_DOWN] = { X, I, X, X, X,
			   X, X, X, I, X },
	[SERVICE_WAITING] = { CELL_GO, CELL_FORGET, X, X, X,
			      X, X, X, I, CELL_WAITS },
	[SERVICE_OUTSIDE] = { X, CELL_STOP, X, X, X,
			      CELL_CONTROL_SPAWNED, CELL_CONTROL_FAILED, CELL_OUTSIDE_EXITED,
			      I, CELL_WAITS_OUTSIDE },
	[SERVICE_SPAWNING] = { X, X, CELL_SPAWNED, CELL_SPAWN_FAILED, X,
			       X, X, X, I, X },
	[SERVICE_STARTING] = { X, CELL_STOP, X, X, CELL_START_EXITED,
			       CELL_CONTROL_SPAWNED, CELL_CONTROL_FAILED, CELL_PROBE_EXITED,
			       CELL_READY, CELL_START_DUE },
	[SERVICE_UP] = { X, CELL_STOP, X, X, CELL_ENDED,
			 CELL_CONTROL_SPAWNED, CELL_CONTROL_FAILED, CELL_RELOAD_EXITED,
			 I, CELL_PING_MISSED },
	[SERVICE_BACKOFF] = { X, CELL_FORGET, X, X, X,
			      X, X, X, I, CELL_RETRY },
	[SERVICE_STOPPING] = { X, I, X, X, CELL_GONE,
			       CELL_CONTROL_SPAWNED, CELL_CONTROL_FAILED, CELL_CONTROL_GONE,
			       I, CELL_STOP_DUE },
	[SERVICE_FAILED] = { X, CELL_FORGET, X, X, X,
			     X, X, X, I, X },
	[SERVICE_BAD] = { X, I, X, X, X,
			  X, X, X, I, X },
};
/* clang-format on */

enum service_cell service_cell(enum service_state state, enum service_event event)
{
	return (enum service_cell)cells[state][event];
}

bool service_active(const struct service *s)
{
	return s->state == SERVICE_OUTSIDE || s->state == SERVICE_SPAWNING ||
	       s->state == SERVICE_STARTING || s->state == SERVICE_UP ||
	       (s->state == SERVICE_STOPPING && !s->left);
}

bool service_settled(const struct service *s)
{
	return s->overdue || s->left || s->failing || !s->want || s->state == SERVICE_UP ||
	       s->state == SERVICE_BACKOFF || s->state == SERVICE_FAILED || s->state == SERVICE_BAD;
}

bool service_stoppable(const struct service *s)
{
	return s->state != SERVICE_SPAWNING && s->state != SERVICE_STOPPING && !s->controlling;
}

static void (*const effects[N_SERVICE_CELLS])(struct service_turn *) = {
	[CELL_IGNORE] = step_nothing,
	[CELL_GO] = step_go,
	[CELL_FORGET] = step_forget,
	[CELL_STOP] = step_stop,
	[CELL_SPAWNED] = step_spawned,
	[CELL_SPAWN_FAILED] = step_spawn_failed,
	[CELL_START_EXITED] = step_start_exited,
	[CELL_ENDED] = step_ended,
	[CELL_CONTROL_SPAWNED] = step_control_spawned,
	[CELL_CONTROL_FAILED] = step_control_failed,
	[CELL_OUTSIDE_EXITED] = step_outside_exited,
	[CELL_PROBE_EXITED] = step_probe_exited,
	[CELL_RELOAD_EXITED] = step_reload_exited,
	[CELL_READY] = step_said_ready,
	[CELL_WAITS] = step_waits,
	[CELL_WAITS_OUTSIDE] = step_waits_outside,
	[CELL_START_DUE] = step_start_due,
	[CELL_PING_MISSED] = step_ping_missed,
	[CELL_RETRY] = step_retry,
	[CELL_GONE] = step_main_gone,
	[CELL_CONTROL_GONE] = step_control_gone,
	[CELL_STOP_DUE] = step_stop_due,
};

bool service_step(struct service_turn *turn, enum service_event event)
{
	enum service_cell cell = service_cell((enum service_state)turn->s->state, event);

	turn->then = N_TABLE_THEN;
	if (cell == CELL_IMPOSSIBLE || cell == CELL_UNWRITTEN)
		return false;
	effects[cell](turn);
	return true;
}

void service_notice(struct service_turn *turn, const struct notice *notice)
{
	struct service *s = turn->s;

	turn->then = N_TABLE_THEN;
	if (s->state != SERVICE_STARTING && s->state != SERVICE_UP)
		return;
	if (notice->main_pid && notice->main_pid != s->control &&
	    (turn->t->type == TABLE_DAEMON || s->exited))
		s->main = notice->main_pid;
	if (notice->watchdog_ms)
		s->watchdog_ms = notice->watchdog_ms;
	if (s->state == SERVICE_STARTING && s->due_ms &&
	    s->due_ms < turn->now_ms + notice->extend_ms)
		s->due_ms = turn->now_ms + notice->extend_ms;
	if (s->state == SERVICE_UP && notice->trouble)
		step_ping_missed(turn);
	else if (s->state == SERVICE_UP && (notice->alive || notice->watchdog_ms))
		step_watch(turn);
	if (notice->ready && s->state == SERVICE_STARTING)
		(void)service_step(turn, SERVICE_EV_READY);
}

void service_reload(struct service_turn *turn)
{
	struct service *s = turn->s;

	if (s->state != SERVICE_UP || s->control || s->controlling)
		return;
	if (turn->t->reload)
		step_spawn(turn, VERB_RELOAD);
	else if (turn->t->reload_signal)
		step_send(turn, s->main, turn->t->reload_signal);
}
