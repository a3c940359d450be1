/* unit: logins on consoles and the rescue shell, told as short stories. */
#include "tale.h"

#include <signal.h>

enum {
	STEADY_MS = 2000, /* a login that lasts as long was a real one */
};

static void begin_login(struct tale *t)
{
	tale_begin(t, UNIT_CONSOLE);
	tell_start(t);
	assert_spawn(t, 0, 1, VERB_LOGIN);
	tell_spawned(t);
	assert_quiet(t);
	assert_state(t, UNIT_UP);
	assert_int_equal(t->u.pid, t->last_pid);
	assert_int_equal(t->u.due_ms, 0); /* somebody may sit there for ever */
	assert_true(unit_start_passed(&t->u));
}

static void a_real_login_is_followed_at_once(void **state)
{
	struct tale t;

	(void)state;
	begin_login(&t);
	for (int i = 0; i < 1000; i++) {
		tale_wait(&t, STEADY_MS);
		if (i % 2)
			tell_exit(&t, i % 256);
		else
			tell_killed(&t, SIGHUP);
		assert_spawn(&t, 0, 1, VERB_LOGIN);
		assert_int_equal(t.u.pid, 0);
		tell_spawned(&t);
	}
}

/* A login that ends at once is repeated at 1, 2, 4 ... 60 s, and told once. */
static void quick_ones_slow_down(void **state)
{
	static const uint64_t waits_ms[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct tale t;
	uint32_t said = 0;

	(void)state;
	begin_login(&t);
	for (uint32_t i = 0; i < 300; i++) {
		uint64_t wait_ms = waits_ms[i < COUNT_OF(waits_ms) ? i : COUNT_OF(waits_ms) - 1];

		tale_wait(&t, i % STEADY_MS);
		tell_exit(&t, 1);
		said += t.actions.n;
		if (t.actions.n)
			(void)assert_said(&t, 0, 1, MESSAGE_CONSOLE_QUICK);
		assert_state(&t, UNIT_BACKOFF);
		tale_due_in(&t, wait_ms);
		assert_spawn(&t, 0, 1, VERB_LOGIN);
		tell_spawned(&t);
	}
	assert_int_equal(said, 1);

	/* One real login, and all is forgotten. */
	tale_wait(&t, STEADY_MS);
	tell_exit(&t, 0);
	assert_spawn(&t, 0, 1, VERB_LOGIN);
	tell_spawned(&t);
	tell_exit(&t, 0);
	assert_quiet(&t);
	tale_due_in(&t, 1000);
}

/* Somebody who mistypes a password is not told that logins end at once. */
static void two_quick_ones_are_no_trouble(void **state)
{
	struct tale t;

	(void)state;
	begin_login(&t);
	for (int i = 0; i < 2; i++) {
		tell_exit(&t, 1);
		assert_quiet(&t);
		tale_due_in(&t, i ? 2000 : 1000);
		tell_spawned(&t);
	}
}

static void a_terminal_that_is_away_is_told_once(void **state)
{
	struct tale t;
	uint64_t wait_ms = 1000;

	(void)state;
	begin_login(&t);
	for (int i = 0; i < 300; i++) {
		tell_fault(&t, FAULT_NO_TTY);
		if (i == 0)
			(void)assert_said(&t, 0, 1, MESSAGE_CONSOLE_AWAY);
		else
			assert_quiet(&t);
		assert_state(&t, UNIT_BACKOFF);
		assert_int_equal(t.u.pid, 0);
		tale_due_in(&t, wait_ms);
		assert_spawn(&t, 0, 1, VERB_LOGIN);
		tell_spawned(&t);
		wait_ms = wait_ms * 2 > 60000 ? 60000 : wait_ms * 2;
	}
	/* It is plugged in again. */
	tale_wait(&t, STEADY_MS);
	tell_exit(&t, 0);
	assert_spawn(&t, 0, 1, VERB_LOGIN);
	tell_fault(&t, FAULT_NO_TTY);
	(void)assert_said(&t, 0, 1, MESSAGE_CONSOLE_AWAY);
}

static void a_fork_that_fails_is_tried_again(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_CONSOLE);
	tell_start(&t);
	tell_fault(&t, FAULT_AGAIN);
	(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
	tale_due_in(&t, 1000);
	assert_spawn(&t, 0, 1, VERB_LOGIN);
	tell_fault(&t, FAULT_AGAIN);
	assert_quiet(&t);
	tale_due_in(&t, 2000);
	tell_spawned(&t);
	assert_state(&t, UNIT_UP);
}

static void no_login_program_is_the_end_of_it(void **state)
{
	struct tale t;

	(void)state;
	begin_login(&t);
	tell_fault(&t, FAULT_NOT_FOUND);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_CONSOLE_FAILED)->ending.fault,
			 FAULT_NOT_FOUND);
	assert_rest(&t, UNIT_FAILED);
	tell_stop(&t);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	tale_begin(&t, UNIT_CONSOLE);
	tell_start(&t);
	tell_fault(&t, FAULT_OTHER);
	(void)assert_said(&t, 0, 1, MESSAGE_CONSOLE_FAILED);
	assert_rest(&t, UNIT_FAILED);
}

static void a_stop_hangs_up(void **state)
{
	struct tale t;

	(void)state;
	begin_login(&t);
	tell_stop(&t);
	assert_kill(&t, 0, 1, SIGN_HUP);
	assert_state(&t, UNIT_STOPPING);
	tell_stop(&t);
	assert_quiet(&t);
	tell_killed(&t, SIGHUP);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

static void a_stop_in_each_other_state(void **state)
{
	static const enum fault faults[] = { FAULT_AGAIN, FAULT_NO_TTY, FAULT_NOT_FOUND };
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_CONSOLE);
	tell_stop(&t);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	begin_login(&t);
	tell_exit(&t, 0);
	tell_stop(&t);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	tale_begin(&t, UNIT_CONSOLE);
	tell_start(&t);
	tell_stop(&t);
	assert_quiet(&t);
	tell_spawned(&t);
	assert_kill(&t, 0, 1, SIGN_HUP);

	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		tale_begin(&t, UNIT_CONSOLE);
		tell_start(&t);
		tell_stop(&t);
		tell_fault(&t, faults[i]);
		assert_rest(&t, UNIT_DOWN);

		begin_login(&t);
		tell_stop(&t);
		tell_fault(&t, faults[i]);
		assert_quiet(&t);
		assert_rest(&t, UNIT_DOWN);
	}
}

/* No new login on a board that goes down; the one at work may go on. */
static void no_login_follows_on_the_way_down(void **state)
{
	struct tale t;

	(void)state;
	begin_login(&t);
	t.no_start = true;
	tale_wait(&t, STEADY_MS);
	tell_exit(&t, 0);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	begin_login(&t);
	t.no_start = true;
	tell_fault(&t, FAULT_NO_TTY);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	begin_login(&t);
	t.no_start = true;
	tell_fault(&t, FAULT_NOT_FOUND);
	assert_rest(&t, UNIT_DOWN);
}

/* --- the rescue shell ------------------------------------------------------ */

static void begin_rescue(struct tale *t)
{
	tale_begin(t, UNIT_RESCUE);
	tell_start(t);
	assert_spawn(t, 0, 1, VERB_SHELL);
}

static void rescue_ends_once(void **state)
{
	struct tale t;

	(void)state;
	begin_rescue(&t);
	tell_spawned(&t);
	assert_state(&t, UNIT_UP);
	tell_exit(&t, 7); /* whatever the last command was */
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	begin_rescue(&t);
	tell_spawned(&t);
	tell_killed(&t, SIGKILL);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

/* Nobody can type on a terminal that is not there: the boot goes on. */
static void rescue_without_terminal_or_shell_goes_on(void **state)
{
	static const enum fault faults[] = { FAULT_NO_TTY, FAULT_NOT_FOUND, FAULT_OTHER };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		begin_rescue(&t);
		tell_spawned(&t);
		tell_fault(&t, faults[i]);
		assert_int_equal(assert_said(&t, 0, 1, MESSAGE_RESCUE_FAILED)->ending.fault,
				 faults[i]);
		assert_rest(&t, UNIT_DOWN);

		begin_rescue(&t);
		tell_fault(&t, faults[i]);
		(void)assert_said(&t, 0, 1, MESSAGE_RESCUE_FAILED);
		assert_rest(&t, UNIT_DOWN);
	}
}

static void rescue_waits_for_memory(void **state)
{
	struct tale t;

	(void)state;
	begin_rescue(&t);
	tell_fault(&t, FAULT_AGAIN);
	(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
	tale_due_in(&t, 1000);
	assert_spawn(&t, 0, 1, VERB_SHELL);
	tell_spawned(&t);
	tell_exit(&t, 0);
	assert_rest(&t, UNIT_DOWN);
}

static void rescue_is_hung_up_on_the_way_down(void **state)
{
	struct tale t;

	(void)state;
	begin_rescue(&t);
	tell_spawned(&t);
	tell_stop(&t);
	assert_kill(&t, 0, 1, SIGN_HUP);
	tell_killed(&t, SIGHUP);
	assert_rest(&t, UNIT_DOWN);

	begin_rescue(&t);
	tell_stop(&t);
	tell_fault(&t, FAULT_AGAIN);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_login_is_followed_at_once),
		cmocka_unit_test(quick_ones_slow_down),
		cmocka_unit_test(two_quick_ones_are_no_trouble),
		cmocka_unit_test(a_terminal_that_is_away_is_told_once),
		cmocka_unit_test(a_fork_that_fails_is_tried_again),
		cmocka_unit_test(no_login_program_is_the_end_of_it),
		cmocka_unit_test(a_stop_hangs_up),
		cmocka_unit_test(a_stop_in_each_other_state),
		cmocka_unit_test(no_login_follows_on_the_way_down),
		cmocka_unit_test(rescue_ends_once),
		cmocka_unit_test(rescue_without_terminal_or_shell_goes_on),
		cmocka_unit_test(rescue_waits_for_memory),
		cmocka_unit_test(rescue_is_hung_up_on_the_way_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
