/* login: logins on consoles and the rescue shell, told as short stories. */
#include "check.h"
#include "login.h"

enum {
	UNIT = 4097,      /* whichever; every action must carry it */
	STEADY_MS = 2000, /* a login that lasts as long was a real one */
};

/* '.' cannot be, 'i' is ignored, '*' has an effect; in the order of the enums. */
static const char *const expected[N_LOGIN_STATES] = {
	[LOGIN_IDLE] = "*.....*", [LOGIN_SPAWNING] = ".***..*", [LOGIN_BACKOFF] = ".....**",
	[LOGIN_UP] = "....*.*",   [LOGIN_FAILED] = "......*",   [LOGIN_STOPPING] = "....*.i",
	[LOGIN_DOWN] = "......i",
};

struct tale {
	struct login l;
	struct actions actions;
	uint64_t now_ms;
	int32_t last_pid;
};

static bool try(struct tale *t, enum login_event event, struct ending ending)
{
	struct login_turn turn = {
		.login = &t->l,
		.unit = UNIT,
		.now_ms = t->now_ms,
		.actions = &t->actions,
		.ending = ending,
		.pid = t->last_pid,
	};
	bool possible;

	t->actions.n = 0;
	possible = login_step(&turn, event);
	assert_true(t->actions.n <= ACTIONS_PER_STEP / 2);
	for (uint32_t i = 0; i < t->actions.n; i++)
		assert_int_equal(t->actions.at[i].unit, UNIT);
	return possible;
}

static void tell(struct tale *t, enum login_event event)
{
	if (event == LOGIN_EV_SPAWNED)
		t->last_pid++;
	assert_true(try(t, event, (struct ending){ .how = HOW_EXIT }));
}

static void tell_fault(struct tale *t, enum fault fault)
{
	bool again = fault == FAULT_AGAIN || fault == FAULT_NO_TTY;

	assert_true(try(t, again ? LOGIN_EV_AGAIN : LOGIN_EV_NEVER,
			(struct ending){ HOW_FAULT, (uint8_t)fault, 11 }));
}

static void tale_due_in(struct tale *t, uint64_t ms)
{
	assert_int_equal(t->l.state, LOGIN_BACKOFF);
	assert_int_equal(t->l.due_ms, t->now_ms + ms);
	t->now_ms += ms;
	tell(t, LOGIN_EV_DUE);
}

static void assert_quiet(const struct tale *t)
{
	assert_int_equal(t->actions.n, 0);
}

static void assert_spawn(const struct tale *t, enum verb verb)
{
	assert_int_equal(t->actions.n, 1);
	assert_int_equal(t->actions.at[0].kind, ACTION_SPAWN);
	assert_int_equal(t->actions.at[0].verb, verb);
	assert_int_equal(t->l.state, LOGIN_SPAWNING);
	assert_int_equal(t->l.due_ms, 0);
}

static void assert_said(const struct tale *t, enum message message)
{
	assert_int_equal(t->actions.n, 1);
	assert_int_equal(t->actions.at[0].kind, ACTION_SAY);
	assert_int_equal(t->actions.at[0].message, message);
}

static void assert_hang_up(const struct tale *t)
{
	assert_int_equal(t->actions.n, 1);
	assert_int_equal(t->actions.at[0].kind, ACTION_KILL);
	assert_int_equal(t->actions.at[0].signal, SIGN_HUP);
	assert_int_equal(t->actions.at[0].pid, t->last_pid);
	assert_int_equal(t->l.state, LOGIN_STOPPING);
}

/* It has come to rest: no process, nothing due. */
static void assert_rest(const struct tale *t, enum login_state state)
{
	assert_int_equal(t->l.state, state);
	assert_int_equal(t->l.pid, 0);
	assert_int_equal(t->l.due_ms, 0);
}

static void begin(struct tale *t, bool rescue)
{
	memset(t, 0, sizeof(*t));
	t->l.rescue = rescue;
	t->now_ms = 1000;
	t->last_pid = 100;
	tell(t, LOGIN_EV_START);
	assert_spawn(t, rescue ? VERB_SHELL : VERB_LOGIN);
}

static void begin_up(struct tale *t, bool rescue)
{
	begin(t, rescue);
	tell(t, LOGIN_EV_SPAWNED);
	assert_quiet(t);
	assert_int_equal(t->l.state, LOGIN_UP);
	assert_int_equal(t->l.pid, t->last_pid);
	assert_int_equal(t->l.due_ms, 0); /* somebody may sit there for ever */
}

/* --- the table ------------------------------------------------------------------- */

static char expect(bool rescue, int state, int event)
{
	if (rescue && state == LOGIN_DOWN && event == LOGIN_EV_START)
		return '*';
	return expected[state][event];
}

static void every_cell(void **state)
{
	(void)state;
	for (int k = 0; k < 2 * N_LOGIN_STATES * N_LOGIN_EVENTS; k++) {
		bool rescue = k % 2;
		int s = k / 2 % N_LOGIN_STATES;
		int e = k / 2 / N_LOGIN_STATES;
		enum login_cell cell = login_cell(rescue, (enum login_state)s, (enum login_event)e);
		char kind = cell == LOGIN_CELL_IMPOSSIBLE ? '.'
			    : cell == LOGIN_CELL_IGNORE   ? 'i'
							  : '*';
		struct tale t = { .l = { .state = (uint8_t)s, .rescue = rescue, .pid = 9 } };
		struct login before = t.l;

		assert_true(cell > LOGIN_CELL_UNWRITTEN && cell < N_LOGIN_CELLS);
		assert_int_equal(kind, expect(rescue, s, e));
		assert_int_equal(try(&t, (enum login_event)e, (struct ending){ 0 }), kind != '.');
		if (kind == '*') {
			assert_true(t.actions.n || memcmp(&before, &t.l, sizeof(before)));
			continue;
		}
		assert_quiet(&t);
		before.stop_asked = t.l.stop_asked;
		assert_memory_equal(&before, &t.l, sizeof(before));
	}
}

/* --- logins ----------------------------------------------------------------------- */

static void a_real_login_is_followed_at_once(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, false);
	for (int i = 0; i < 1000; i++) {
		t.now_ms += STEADY_MS;
		tell(&t, LOGIN_EV_EXITED);
		assert_spawn(&t, VERB_LOGIN);
		assert_int_equal(t.l.pid, 0);
		tell(&t, LOGIN_EV_SPAWNED);
	}
}

/* A login that ends at once is repeated at 1, 2, 4 ... 60 s, and told once. */
static void quick_ones_slow_down(void **state)
{
	static const uint64_t waits_ms[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000 };
	struct tale t;
	uint32_t said = 0;

	(void)state;
	begin_up(&t, false);
	for (uint32_t i = 0; i < 300; i++) {
		t.now_ms += i % STEADY_MS;
		tell(&t, LOGIN_EV_EXITED);
		said += t.actions.n;
		if (t.actions.n)
			assert_said(&t, MESSAGE_CONSOLE_QUICK);
		tale_due_in(&t, waits_ms[i < COUNT_OF(waits_ms) ? i : COUNT_OF(waits_ms) - 1]);
		assert_spawn(&t, VERB_LOGIN);
		tell(&t, LOGIN_EV_SPAWNED);
	}
	assert_int_equal(said, 1);

	/* One real login, and all is forgotten. */
	t.now_ms += STEADY_MS;
	tell(&t, LOGIN_EV_EXITED);
	assert_spawn(&t, VERB_LOGIN);
	tell(&t, LOGIN_EV_SPAWNED);
	tell(&t, LOGIN_EV_EXITED);
	assert_quiet(&t);
	tale_due_in(&t, 1000);
}

/* Somebody who mistypes a password is not told that logins end at once. */
static void two_quick_ones_are_no_trouble(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, false);
	for (int i = 0; i < 2; i++) {
		tell(&t, LOGIN_EV_EXITED);
		assert_quiet(&t);
		tale_due_in(&t, i ? 2000 : 1000);
		tell(&t, LOGIN_EV_SPAWNED);
	}
}

static void a_terminal_that_is_away_is_told_once(void **state)
{
	struct tale t;
	uint64_t wait_ms = 1000;

	(void)state;
	begin(&t, false);
	for (int i = 0; i < 300; i++) {
		tell_fault(&t, FAULT_NO_TTY);
		if (i == 0)
			assert_said(&t, MESSAGE_CONSOLE_AWAY);
		else
			assert_quiet(&t);
		tale_due_in(&t, wait_ms);
		assert_spawn(&t, VERB_LOGIN);
		wait_ms = wait_ms * 2 > 60000 ? 60000 : wait_ms * 2;
	}
	/* It is plugged in again. */
	tell(&t, LOGIN_EV_SPAWNED);
	t.now_ms += STEADY_MS;
	tell(&t, LOGIN_EV_EXITED);
	assert_spawn(&t, VERB_LOGIN);
	tell_fault(&t, FAULT_NO_TTY);
	assert_said(&t, MESSAGE_CONSOLE_AWAY);
}

static void a_fork_that_fails_is_tried_again(void **state)
{
	struct tale t;

	(void)state;
	for (int rescue = 0; rescue < 2; rescue++) {
		begin(&t, rescue);
		tell_fault(&t, FAULT_AGAIN);
		assert_said(&t, MESSAGE_SPAWN_AGAIN);
		tale_due_in(&t, 1000);
		tell_fault(&t, FAULT_AGAIN);
		assert_quiet(&t);
		tale_due_in(&t, 2000);
		tell(&t, LOGIN_EV_SPAWNED);
		assert_int_equal(t.l.state, LOGIN_UP);
	}
}

static void no_login_program_is_the_end_of_it(void **state)
{
	static const enum fault faults[] = { FAULT_NOT_FOUND, FAULT_DENIED, FAULT_OTHER };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		begin(&t, false);
		tell_fault(&t, faults[i]);
		assert_said(&t, MESSAGE_CONSOLE_FAILED);
		assert_int_equal(t.actions.at[0].ending.fault, faults[i]);
		assert_rest(&t, LOGIN_FAILED);
		tell(&t, LOGIN_EV_STOP);
		assert_quiet(&t);
		assert_rest(&t, LOGIN_DOWN);
	}
}

/* --- stops -------------------------------------------------------------------------- */

static void a_stop_hangs_up(void **state)
{
	struct tale t;

	(void)state;
	for (int rescue = 0; rescue < 2; rescue++) {
		begin_up(&t, rescue);
		tell(&t, LOGIN_EV_STOP);
		assert_hang_up(&t);
		tell(&t, LOGIN_EV_STOP);
		assert_quiet(&t);
		tell(&t, LOGIN_EV_EXITED);
		assert_quiet(&t);
		assert_rest(&t, LOGIN_DOWN);
	}
}

static void a_stop_in_each_other_state(void **state)
{
	static const enum fault faults[] = { FAULT_AGAIN, FAULT_NO_TTY, FAULT_NOT_FOUND };
	struct tale t = { .now_ms = 1000 };

	(void)state;
	tell(&t, LOGIN_EV_STOP); /* IDLE */
	assert_quiet(&t);
	assert_rest(&t, LOGIN_DOWN);

	begin_up(&t, false);
	tell(&t, LOGIN_EV_EXITED);
	tell(&t, LOGIN_EV_STOP); /* BACKOFF */
	assert_quiet(&t);
	assert_rest(&t, LOGIN_DOWN);

	begin(&t, false);
	tell(&t, LOGIN_EV_STOP); /* SPAWNING */
	assert_quiet(&t);
	tell(&t, LOGIN_EV_SPAWNED);
	assert_hang_up(&t);

	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		begin(&t, false);
		tell(&t, LOGIN_EV_STOP);
		tell_fault(&t, faults[i]);
		assert_rest(&t, LOGIN_DOWN);
	}
}

/* --- the rescue shell ------------------------------------------------------------- */

static void rescue_ends_and_may_come_again(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, true);
	for (int i = 0; i < 3; i++) {
		tell(&t, LOGIN_EV_EXITED);
		assert_quiet(&t);
		assert_rest(&t, LOGIN_DOWN);
		tell(&t, LOGIN_EV_START);
		assert_spawn(&t, VERB_SHELL);
		assert_int_equal(t.l.since_ms, 0); /* this one has not come up */
		tell(&t, LOGIN_EV_SPAWNED);
		assert_int_equal(t.l.state, LOGIN_UP);
	}
}

/* Nobody can type on a terminal that is not there: the boot goes on. */
static void rescue_without_terminal_or_shell_goes_on(void **state)
{
	static const enum fault faults[] = { FAULT_NO_TTY, FAULT_NOT_FOUND, FAULT_OTHER };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		begin(&t, true);
		tell_fault(&t, faults[i]);
		assert_said(&t, MESSAGE_RESCUE_FAILED);
		assert_int_equal(t.actions.at[0].ending.fault, faults[i]);
		assert_rest(&t, LOGIN_DOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(a_real_login_is_followed_at_once),
		cmocka_unit_test(quick_ones_slow_down),
		cmocka_unit_test(two_quick_ones_are_no_trouble),
		cmocka_unit_test(a_terminal_that_is_away_is_told_once),
		cmocka_unit_test(a_fork_that_fails_is_tried_again),
		cmocka_unit_test(no_login_program_is_the_end_of_it),
		cmocka_unit_test(a_stop_hangs_up),
		cmocka_unit_test(a_stop_in_each_other_state),
		cmocka_unit_test(rescue_ends_and_may_come_again),
		cmocka_unit_test(rescue_without_terminal_or_shell_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
