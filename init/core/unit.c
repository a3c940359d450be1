#include "unit.h"

enum {
	RETRY_FIRST_MS = 100, /* a fork or exec that may come off later */
	RETRY_LAST_MS = 5000,
	LOGIN_FIRST_MS = 1000, /* a terminal that is away, a login that ends at once */
	LOGIN_LAST_MS = 60000,
	LOGIN_STEADY_MS = 2000, /* a login that lasted this long was a real one */
};

#define X CELL_IMPOSSIBLE

/*
 * Columns: start, spawned, again, never, exited, due, stop.  A kind
 * that is never in a state has X in all of its row: 0 still means "forgotten".
 */
static const uint8_t script_cells[N_UNIT_STATES][N_UNIT_EVENTS] = {
	[UNIT_IDLE] = { CELL_SPAWN, X, X, X, X, X, CELL_DOWN },
	[UNIT_SPAWNING] = { X, CELL_STARTING, CELL_RETRY, CELL_START_FAILED, X, X, CELL_NOTE_STOP },
	[UNIT_BACKOFF] = { X, X, X, X, X, CELL_RESPAWN, CELL_DOWN },
	[UNIT_STARTING] = { X, X, CELL_RETRY, CELL_START_FAILED, CELL_STARTED, CELL_START_DUE,
			    CELL_ABORT },
	[UNIT_ABORTING] = { X, X, CELL_ABORTED, CELL_ABORTED, CELL_ABORTED, CELL_KILL,
			    CELL_NOTE_STOP },
	[UNIT_UP] = { X, X, X, X, X, X, CELL_STOP },
	[UNIT_FAILED] = { X, X, X, X, X, X, CELL_STOP },
	[UNIT_STOP_SPAWNING] = { X, CELL_STOPPING, CELL_STOP_RETRY, CELL_STOPPED, X, X,
				 CELL_IGNORE },
	[UNIT_STOP_BACKOFF] = { X, X, X, X, X, CELL_STOP_AGAIN, CELL_IGNORE },
	[UNIT_STOPPING] = { X, X, CELL_STOP_RETRY, CELL_STOPPED, CELL_STOPPED, CELL_STOP_DUE,
			    CELL_IGNORE },
	[UNIT_DOWN] = { X, X, X, X, X, X, CELL_IGNORE },
};

static const uint8_t console_cells[N_UNIT_STATES][N_UNIT_EVENTS] = {
	[UNIT_IDLE] = { CELL_SPAWN, X, X, X, X, X, CELL_DOWN },
	[UNIT_SPAWNING] = { X, CELL_LOGIN_UP, CELL_LOGIN_AWAY, CELL_LOGIN_FAILED, X, X,
			    CELL_NOTE_STOP },
	[UNIT_BACKOFF] = { X, X, X, X, X, CELL_RESPAWN, CELL_DOWN },
	[UNIT_STARTING] = { X, X, X, X, X, X, X },
	[UNIT_ABORTING] = { X, X, X, X, X, X, X },
	[UNIT_UP] = { X, X, CELL_LOGIN_AWAY, CELL_LOGIN_FAILED, CELL_LOGIN_ENDED, X, CELL_HANG_UP },
	[UNIT_FAILED] = { X, X, X, X, X, X, CELL_DOWN },
	[UNIT_STOP_SPAWNING] = { X, X, X, X, X, X, X },
	[UNIT_STOP_BACKOFF] = { X, X, X, X, X, X, X },
	[UNIT_STOPPING] = { X, X, CELL_DOWN, CELL_DOWN, CELL_DOWN, X, CELL_IGNORE },
	[UNIT_DOWN] = { X, X, X, X, X, X, CELL_IGNORE },
};

enum unit_cell unit_cell(enum unit_kind kind, enum unit_state state, enum unit_event event)
{
	if (kind == UNIT_SCRIPT)
		return script_cells[state][event];
	if (kind == UNIT_RESCUE && state == UNIT_UP && event == UNIT_EV_EXITED)
		return CELL_DOWN;
	return console_cells[state][event];
}

/* What the functions below work on: one unit, one input, one list. */
struct step {
	struct unit *u;
	uint32_t index;
	const struct unit_times *times;
	const struct unit_input *in;
	struct actions *actions;
};

static void say(const struct step *s, enum message message)
{
	struct action *action = action_add(s->actions, ACTION_SAY, s->index);

	action->message = message;
	action->ending = s->in->ending;
	action->ms = s->in->now_ms - s->u->since_ms;
}

static void kill_group(const struct step *s, enum sign sign)
{
	struct action *action = action_add(s->actions, ACTION_KILL, s->index);

	action->sign = sign;
	action->pid = s->u->pid;
}

static void spawn(const struct step *s, enum unit_state state, enum verb verb)
{
	struct action *action = action_add(s->actions, ACTION_SPAWN, s->index);

	action->verb = verb;
	s->u->state = (uint8_t)state;
	s->u->due_ms = 0;
}

static void spawn_start(const struct step *s)
{
	static const enum verb verbs[N_UNIT_KINDS] = {
		[UNIT_SCRIPT] = VERB_START,
		[UNIT_CONSOLE] = VERB_LOGIN,
		[UNIT_RESCUE] = VERB_SHELL,
	};

	spawn(s, UNIT_SPAWNING, verbs[s->u->kind]);
}

/* Told to stop, or part of a board that goes down: it is not to start again. */
static bool leaving(const struct step *s)
{
	return s->u->stop_asked || s->in->no_start;
}

static void settle(const struct step *s, enum unit_state state)
{
	s->u->state = (uint8_t)state;
	s->u->due_ms = 0;
	s->u->pid = 0;
	s->u->tries = 0;
	s->u->told = false;
}

/* Wait longer after each failure in a row, up to last_ms. */
static void back_off(const struct step *s, enum unit_state state, uint32_t first_ms,
		     uint32_t last_ms)
{
	uint32_t delay_ms = first_ms;

	for (uint32_t i = 0; i < s->u->tries && delay_ms < last_ms; i++)
		delay_ms *= 2;
	if (delay_ms > last_ms)
		delay_ms = last_ms;
	if (s->u->tries < UINT8_MAX)
		s->u->tries++;
	s->u->state = (uint8_t)state;
	s->u->pid = 0;
	s->u->due_ms = s->in->now_ms + delay_ms;
}

static void say_once(const struct step *s, enum message message)
{
	if (!s->u->told)
		say(s, message);
	s->u->told = true;
}

static void stop(const struct step *s)
{
	s->u->overdue = false;
	s->u->tries = 0;
	s->u->told = false;
	s->u->since_ms = s->in->now_ms;
	if (!s->u->ran || s->in->no_stop) {
		settle(s, UNIT_DOWN);
		return;
	}
	spawn(s, UNIT_STOP_SPAWNING, VERB_STOP);
}

static void abort_start(const struct step *s)
{
	s->u->state = UNIT_ABORTING;
	s->u->tries = 0;
	s->u->told = false;
	s->u->due_ms = s->in->now_ms + s->times->kill_after_ms;
	kill_group(s, SIGN_TERM);
}

static void started(const struct step *s)
{
	const struct ending *ending = &s->in->ending;

	if (ending->how == HOW_EXIT && ending->number == 0) {
		say(s, MESSAGE_STARTED);
		settle(s, UNIT_UP);
		return;
	}
	say(s, MESSAGE_START_FAILED);
	settle(s, UNIT_FAILED);
}

/* The earlier of due_ms and the moment from which the next no longer waits. */
static uint64_t within_patience(const struct step *s, uint64_t due_ms)
{
	uint64_t end_ms = s->u->wanted_ms + s->times->patience_ms;

	if (s->u->overdue || end_ms >= due_ms)
		return due_ms;
	return end_ms > s->in->now_ms ? end_ms : s->in->now_ms;
}

static void starting(const struct step *s)
{
	struct unit *u = s->u;

	u->state = UNIT_STARTING;
	u->pid = s->in->pid;
	u->ran = true;
	u->since_ms = s->in->now_ms;
	u->due_ms = within_patience(s, s->in->now_ms + s->times->start_timeout_ms);
	if (u->stop_asked)
		abort_start(s);
}

static void start_due(const struct step *s)
{
	struct unit *u = s->u;
	uint64_t timeout_ms = u->since_ms + s->times->start_timeout_ms;

	if (s->in->now_ms < timeout_ms) {
		u->overdue = true;
		u->due_ms = timeout_ms;
		say(s, MESSAGE_START_OVERDUE);
		return;
	}
	u->timed_out = true;
	say(s, MESSAGE_START_TIMEOUT);
	abort_start(s);
}

static void start_failed(const struct step *s)
{
	s->u->ran = false;
	say(s, MESSAGE_START_FAILED);
	settle(s, s->u->stop_asked ? UNIT_DOWN : UNIT_FAILED);
}

static void retry(const struct step *s)
{
	s->u->ran = false;
	if (leaving(s)) {
		settle(s, UNIT_DOWN);
		return;
	}
	say_once(s, MESSAGE_SPAWN_AGAIN);
	back_off(s, UNIT_BACKOFF, RETRY_FIRST_MS, RETRY_LAST_MS);
	s->u->due_ms = within_patience(s, s->u->due_ms);
}

static void respawn(const struct step *s)
{
	if (s->u->kind == UNIT_SCRIPT && s->in->now_ms - s->u->wanted_ms >= s->times->patience_ms)
		s->u->overdue = true;
	spawn_start(s);
}

static void kill_due(const struct step *s)
{
	if (s->u->tries++ == 0) {
		kill_group(s, SIGN_KILL);
		s->u->due_ms = s->in->now_ms + s->times->kill_after_ms;
		return;
	}
	s->u->overdue = true;
	s->u->due_ms = 0;
	say_once(s, MESSAGE_UNKILLABLE);
}

static void stop_retry(const struct step *s)
{
	say_once(s, MESSAGE_SPAWN_AGAIN);
	back_off(s, UNIT_STOP_BACKOFF, RETRY_FIRST_MS, RETRY_LAST_MS);
}

static void stop_again(const struct step *s)
{
	if (s->in->now_ms - s->u->since_ms >= s->times->stop_patience_ms)
		s->u->overdue = true;
	spawn(s, UNIT_STOP_SPAWNING, VERB_STOP);
}

static void stopped(const struct step *s)
{
	const struct ending *ending = &s->in->ending;
	bool fine = ending->how == HOW_EXIT && ending->number == 0;

	say(s, fine ? MESSAGE_STOPPED : MESSAGE_STOP_FAILED);
	settle(s, UNIT_DOWN);
}

static void hang_up(const struct step *s)
{
	s->u->state = UNIT_STOPPING;
	s->u->due_ms = 0;
	kill_group(s, SIGN_HUP);
}

static void login_up(const struct step *s)
{
	s->u->state = UNIT_UP;
	s->u->pid = s->in->pid;
	s->u->since_ms = s->in->now_ms;
	if (s->u->stop_asked)
		hang_up(s);
}

static void login_failed(const struct step *s)
{
	if (s->u->kind == UNIT_RESCUE) {
		say(s, MESSAGE_RESCUE_FAILED);
		settle(s, UNIT_DOWN);
		return;
	}
	say(s, MESSAGE_CONSOLE_FAILED);
	settle(s, leaving(s) ? UNIT_DOWN : UNIT_FAILED);
}

static void login_away(const struct step *s)
{
	bool no_tty = s->in->ending.fault == FAULT_NO_TTY;

	if (s->u->kind == UNIT_RESCUE && no_tty) {
		login_failed(s);
		return;
	}
	if (leaving(s)) {
		settle(s, UNIT_DOWN);
		return;
	}
	say_once(s, no_tty ? MESSAGE_CONSOLE_AWAY : MESSAGE_SPAWN_AGAIN);
	back_off(s, UNIT_BACKOFF, LOGIN_FIRST_MS, LOGIN_LAST_MS);
}

/* A real login ended: prompt again at once.  Quick ones in a row: slow down. */
static void login_ended(const struct step *s)
{
	if (leaving(s)) {
		settle(s, UNIT_DOWN);
		return;
	}
	if (s->in->now_ms - s->u->since_ms >= LOGIN_STEADY_MS) {
		s->u->tries = 0;
		s->u->told = false;
		s->u->pid = 0;
		spawn_start(s);
		return;
	}
	if (s->u->tries >= 3)
		say_once(s, MESSAGE_CONSOLE_QUICK);
	back_off(s, UNIT_BACKOFF, LOGIN_FIRST_MS, LOGIN_LAST_MS);
}

static void aborted(const struct step *s)
{
	settle(s, UNIT_FAILED);
	if (s->u->stop_asked)
		stop(s);
}

/* One that does not end even when killed is not waited for again. */
static void note_stop(const struct step *s)
{
	if (s->u->state != UNIT_ABORTING || s->u->due_ms)
		s->u->overdue = false;
}

static void abort_for_stop(const struct step *s)
{
	say(s, MESSAGE_START_STOPPED);
	note_stop(s);
	abort_start(s);
}

static void spawn_first(const struct step *s)
{
	s->u->wanted_ms = s->in->now_ms;
	s->u->since_ms = s->in->now_ms;
	spawn_start(s);
}

static void stopping(const struct step *s)
{
	s->u->state = UNIT_STOPPING;
	s->u->pid = s->in->pid;
	s->u->due_ms = s->in->now_ms + s->times->stop_patience_ms;
}

static void stop_due(const struct step *s)
{
	s->u->overdue = true;
	s->u->due_ms = 0;
	say(s, MESSAGE_STOP_OVERDUE);
}

static void down(const struct step *s)
{
	settle(s, UNIT_DOWN);
}

static void nothing(const struct step *s)
{
	(void)s;
}

static void (*const effects[N_UNIT_CELLS])(const struct step *) = {
	[CELL_IGNORE] = nothing,
	[CELL_SPAWN] = spawn_first,
	[CELL_RESPAWN] = respawn,
	[CELL_STARTING] = starting,
	[CELL_RETRY] = retry,
	[CELL_START_FAILED] = start_failed,
	[CELL_STARTED] = started,
	[CELL_START_DUE] = start_due,
	[CELL_ABORT] = abort_for_stop,
	[CELL_ABORTED] = aborted,
	[CELL_KILL] = kill_due,
	[CELL_NOTE_STOP] = note_stop,
	[CELL_STOP] = stop,
	[CELL_STOP_AGAIN] = stop_again,
	[CELL_STOPPING] = stopping,
	[CELL_STOP_RETRY] = stop_retry,
	[CELL_STOPPED] = stopped,
	[CELL_STOP_DUE] = stop_due,
	[CELL_DOWN] = down,
	[CELL_LOGIN_UP] = login_up,
	[CELL_LOGIN_ENDED] = login_ended,
	[CELL_LOGIN_AWAY] = login_away,
	[CELL_LOGIN_FAILED] = login_failed,
	[CELL_HANG_UP] = hang_up,
};

bool unit_step(struct unit *u, uint32_t index, const struct unit_times *times,
	       const struct unit_input *in, struct actions *actions)
{
	const struct step s = { u, index, times, in, actions };
	enum unit_cell cell = unit_cell((enum unit_kind)u->kind, (enum unit_state)u->state,
					in->event);

	if (cell == CELL_IMPOSSIBLE || cell == CELL_UNWRITTEN)
		return false;
	if (in->event == UNIT_EV_STOP)
		u->stop_asked = true;
	effects[cell](&s);
	return true;
}

bool unit_start_passed(const struct unit *u)
{
	return u->overdue || u->state > UNIT_STARTING;
}

bool unit_stop_passed(const struct unit *u)
{
	return u->state == UNIT_DOWN || u->overdue;
}
