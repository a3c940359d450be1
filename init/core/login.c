#include "login.h"

enum {
	FIRST_MS = 1000, /* a terminal that is away, a login that ends at once */
	LAST_MS = 60000,
	STEADY_MS = 2000, /* a login that lasted this long was a real one */
	QUICK = 3,        /* so many quick ones in a row are told */
};

#define X LOGIN_CELL_IMPOSSIBLE

/* Columns: start, spawned, again, never, exited, due, stop. */
static const uint8_t cells[N_LOGIN_STATES][N_LOGIN_EVENTS] = {
	[LOGIN_IDLE] = { LOGIN_CELL_SPAWN, X, X, X, X, X, LOGIN_CELL_DOWN },
	[LOGIN_SPAWNING] = { X, LOGIN_CELL_UP, LOGIN_CELL_AWAY, LOGIN_CELL_FAILED, X, X,
			     LOGIN_CELL_NOTE_STOP },
	[LOGIN_BACKOFF] = { X, X, X, X, X, LOGIN_CELL_SPAWN, LOGIN_CELL_DOWN },
	[LOGIN_UP] = { X, X, X, X, LOGIN_CELL_ENDED, X, LOGIN_CELL_HANG_UP },
	[LOGIN_FAILED] = { X, X, X, X, X, X, LOGIN_CELL_DOWN },
	[LOGIN_STOPPING] = { X, X, X, X, LOGIN_CELL_DOWN, X, LOGIN_CELL_IGNORE },
	[LOGIN_DOWN] = { X, X, X, X, X, X, LOGIN_CELL_IGNORE },
};

enum login_cell login_cell(bool rescue, enum login_state state, enum login_event event)
{
	if (rescue && state == LOGIN_UP && event == LOGIN_EV_EXITED)
		return LOGIN_CELL_DOWN;
	if (rescue && state == LOGIN_DOWN && event == LOGIN_EV_START)
		return LOGIN_CELL_SPAWN;
	return (enum login_cell)cells[state][event];
}

static void say(const struct login_turn *turn, enum message message)
{
	action_say(turn->actions, message, turn->unit)->ending = turn->ending;
}

static void say_once(const struct login_turn *turn, enum message message)
{
	if (!turn->login->told)
		say(turn, message);
	turn->login->told = true;
}

static void spawn(const struct login_turn *turn)
{
	struct action *action = action_add(turn->actions, ACTION_SPAWN, turn->unit);

	action->verb = turn->login->rescue ? VERB_SHELL : VERB_LOGIN;
	turn->login->state = LOGIN_SPAWNING;
	turn->login->since_ms = 0;
	turn->login->due_ms = 0;
}

static void settle(const struct login_turn *turn, enum login_state state)
{
	turn->login->state = (uint8_t)state;
	turn->login->due_ms = 0;
	turn->login->pid = 0;
	turn->login->tries = 0;
	turn->login->told = false;
}

/* Wait longer after each failure in a row. */
static void back_off(const struct login_turn *turn)
{
	struct login *login = turn->login;
	uint32_t delay_ms = FIRST_MS;

	for (uint32_t i = 0; i < login->tries && delay_ms < LAST_MS; i++)
		delay_ms *= 2;
	if (delay_ms > LAST_MS)
		delay_ms = LAST_MS;
	if (login->tries < UINT8_MAX)
		login->tries++;
	login->state = LOGIN_BACKOFF;
	login->pid = 0;
	login->due_ms = turn->now_ms + delay_ms;
}

static void hang_up(const struct login_turn *turn)
{
	struct action *action = action_add(turn->actions, ACTION_KILL, turn->unit);

	action->signal = SIGN_HUP;
	action->pid = turn->login->pid;
	turn->login->state = LOGIN_STOPPING;
	turn->login->due_ms = 0;
}

static void up(const struct login_turn *turn)
{
	turn->login->state = LOGIN_UP;
	turn->login->pid = turn->pid;
	turn->login->since_ms = turn->now_ms;
	if (turn->login->stop_asked)
		hang_up(turn);
}

static void failed(const struct login_turn *turn)
{
	say(turn, turn->login->rescue ? MESSAGE_RESCUE_FAILED : MESSAGE_CONSOLE_FAILED);
	settle(turn, turn->login->rescue || turn->login->stop_asked ? LOGIN_DOWN : LOGIN_FAILED);
}

static void away(const struct login_turn *turn)
{
	bool no_tty = turn->ending.fault == FAULT_NO_TTY;

	if (turn->login->rescue && no_tty) {
		failed(turn);
		return;
	}
	if (turn->login->stop_asked) {
		settle(turn, LOGIN_DOWN);
		return;
	}
	say_once(turn, no_tty ? MESSAGE_CONSOLE_AWAY : MESSAGE_SPAWN_AGAIN);
	back_off(turn);
}

/* A real login ended: prompt again at once.  Quick ones in a row: slow down. */
static void ended(const struct login_turn *turn)
{
	struct login *login = turn->login;

	if (login->stop_asked) {
		settle(turn, LOGIN_DOWN);
		return;
	}
	if (turn->now_ms - login->since_ms >= STEADY_MS) {
		settle(turn, LOGIN_IDLE);
		spawn(turn);
		return;
	}
	if (login->tries >= QUICK)
		say_once(turn, MESSAGE_CONSOLE_QUICK);
	back_off(turn);
}

static void down(const struct login_turn *turn)
{
	settle(turn, LOGIN_DOWN);
}

bool login_step(struct login_turn *turn, enum login_event event)
{
	enum login_cell cell = login_cell(turn->login->rescue, (enum login_state)turn->login->state,
					  event);

	if (event == LOGIN_EV_STOP)
		turn->login->stop_asked = true;
	switch (cell) {
	case LOGIN_CELL_SPAWN:
		spawn(turn);
		break;
	case LOGIN_CELL_UP:
		up(turn);
		break;
	case LOGIN_CELL_AWAY:
		away(turn);
		break;
	case LOGIN_CELL_FAILED:
		failed(turn);
		break;
	case LOGIN_CELL_ENDED:
		ended(turn);
		break;
	case LOGIN_CELL_HANG_UP:
		hang_up(turn);
		break;
	case LOGIN_CELL_DOWN:
		down(turn);
		break;
	case LOGIN_CELL_NOTE_STOP:
	case LOGIN_CELL_IGNORE:
		break;
	case LOGIN_CELL_UNWRITTEN:
	case LOGIN_CELL_IMPOSSIBLE:
	case N_LOGIN_CELLS:
		return false;
	}
	return true;
}
