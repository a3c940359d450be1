/* service: time-outs, restarts, the watchdog, and what a service says of itself. */
#include "tale.h"

static void begin_daemon(struct tale *t, enum table_restart restart)
{
	tale_begin(t, TABLE_DAEMON);
	t->t.restart = (uint8_t)restart;
	tale_up(t);
}

/* --- time-outs of the start --------------------------------------------------- */

static void a_long_start_is_told_and_then_ended(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	tale_spawn(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_START_OVERDUE)->ms, TALE_PATIENCE_MS);
	assert_state(&t, SERVICE_STARTING);
	assert_true(t.s.overdue);
	assert_true(service_settled(&t.s));
	tale_due_in(&t, TALE_TIMEOUT_MS - TALE_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 2, MESSAGE_START_TIMEOUT)->ms, TALE_TIMEOUT_MS);
	assert_kill(&t, 1, 2, t.s.main, SIGN_TERM);
	assert_state(&t, SERVICE_STOPPING);
	tell_killed(&t, 15);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_FAILED);
	assert_int_equal(t.s.last.how, HOW_SIGNAL);
}

/* It comes after all, late but well. */
static void an_overdue_start_may_still_end_well(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	tale_spawn(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	tale_wait(&t, 1000);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STARTED)->ms, TALE_PATIENCE_MS + 1000);
	assert_rest(&t, SERVICE_UP);
}

static void a_start_has_its_own_time_out(void **state)
{
	static const enum table_ready kinds[] = { TABLE_READY_NOTIFY, TABLE_READY_FD };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		tale_begin(&t, TABLE_DAEMON);
		t.t.ready = (uint8_t)kinds[i];
		t.t.start_timeout_ms = 300;
		tale_spawn(&t);
		tale_due_in(&t, 300); /* before anybody became impatient */
		(void)assert_said(&t, 0, 2, MESSAGE_START_TIMEOUT);
		assert_kill(&t, 1, 2, t.s.main, 15);
		assert_state(&t, SERVICE_STOPPING);
	}
	tale_begin(&t, TABLE_ONESHOT);
	t.t.start_timeout_ms = 0; /* never */
	tale_spawn(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_START_OVERDUE);
	assert_int_equal(t.s.due_ms, 0);
	assert_state(&t, SERVICE_STARTING);
}

/* EXTEND_TIMEOUT_USEC gives more time, and never takes any away. */
static void a_start_may_ask_for_more_time(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.ready = TABLE_READY_NOTIFY;
	tale_spawn(&t);
	tell_notice(&t, (struct notice){ .extend_ms = 10 });
	tale_due_in(&t, TALE_PATIENCE_MS);
	assert_true(t.s.overdue);
	tale_wait(&t, 20000);
	tell_notice(&t, (struct notice){ .extend_ms = 8000 });
	assert_quiet(&t);
	tale_wait(&t, 7999); /* far beyond the 30 s that it had */
	tell_notice(&t, (struct notice){ .extend_ms = 8000 });
	tale_due_in(&t, 8000);
	(void)assert_said(&t, 0, 2, MESSAGE_START_TIMEOUT);
	assert_state(&t, SERVICE_STOPPING);
}

static void one_that_waits_for_others_says_so_once(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	t.s.blocker = 3;
	tale_due_in(&t, TALE_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_WAITS)->other, 3);
	assert_true(t.s.overdue);
	assert_int_equal(t.s.due_ms, 0);
	tale_begin(&t, TABLE_ONESHOT); /* for its turn only */
	tale_due_in(&t, TALE_PATIENCE_MS);
	assert_quiet(&t);
	assert_int_equal(t.s.due_ms, 0);
}

/* --- forks that fail ------------------------------------------------------------- */

static void a_fork_that_may_come_off_later(void **state)
{
	static const enum fault faults[] = { FAULT_AGAIN, FAULT_NO_TTY };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		uint64_t wait_ms = 100;

		tale_begin(&t, TABLE_DAEMON);
		for (int k = 0; k < 300; k++) {
			tell(&t, SERVICE_EV_START);
			tell_fault(&t, SERVICE_EV_SPAWN_FAILED, faults[i]);
			if (k)
				assert_quiet(&t);
			else
				(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
			assert_state(&t, SERVICE_BACKOFF);
			tale_due_in(&t, wait_ms);
			assert_state(&t, SERVICE_WAITING);
			wait_ms = wait_ms * 2 > 5000 ? 5000 : wait_ms * 2;
		}
		tale_up(&t);
		assert_false(t.s.told); /* the next shortage is news again */
	}
}

static void a_fork_that_never_comes_off(void **state)
{
	static const enum fault faults[] = { FAULT_NOT_FOUND, FAULT_DENIED, FAULT_NO_PROGRAM,
					     FAULT_OTHER };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		tale_begin(&t, TABLE_DAEMON);
		t.t.restart = TABLE_RESTART_ALWAYS;
		tell(&t, SERVICE_EV_START);
		tell_fault(&t, SERVICE_EV_SPAWN_FAILED, faults[i]);
		assert_int_equal(assert_said(&t, 0, 1, MESSAGE_START_FAILED)->ending.fault,
				 faults[i]);
		assert_rest(&t, SERVICE_FAILED);
		assert_int_equal(t.s.last.fault, faults[i]);
	}
}

/* --- whether it is started again ------------------------------------------------- */

static void each_policy(void **state)
{
	static const struct {
		enum table_restart restart;
		int code;
		enum service_state state;
	} cases[] = {
		{ TABLE_RESTART_NO, 0, SERVICE_DOWN },
		{ TABLE_RESTART_NO, 1, SERVICE_FAILED },
		{ TABLE_RESTART_FAILURE, 0, SERVICE_DOWN },
		{ TABLE_RESTART_FAILURE, 1, SERVICE_BACKOFF },
		{ TABLE_RESTART_ALWAYS, 0, SERVICE_BACKOFF },
		{ TABLE_RESTART_ALWAYS, 1, SERVICE_BACKOFF },
	};
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		begin_daemon(&t, cases[i].restart);
		tale_wait(&t, 5000);
		tell_exit(&t, cases[i].code);
		assert_sweep(&t, 0, 2);
		assert_state(&t, cases[i].state);
		if (cases[i].state == SERVICE_BACKOFF) {
			assert_int_equal(assert_said(&t, 1, 2, MESSAGE_RESTARTS)->ms, 1000);
			assert_true(t.s.want && t.s.asked);
			continue;
		}
		assert_int_equal(assert_said(&t, 1, 2, MESSAGE_ENDED)->ms, 5000);
		assert_int_equal(t.actions.at[1].ending.number, cases[i].code);
		assert_rest(&t, cases[i].state);
		assert_false(t.s.want);
		assert_int_equal(t.s.asked, cases[i].state == SERVICE_FAILED);
	}
}

static void one_that_is_not_wanted_stays_down(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	t.s.want = false;
	tell_exit(&t, 1);
	assert_rest(&t, SERVICE_FAILED);
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	t.s.want = false;
	tell_exit(&t, 0);
	assert_rest(&t, SERVICE_DOWN);
}

/* rcexec's own exit codes say that no other try will do better. */
static void what_cannot_be_set_up_is_not_tried_again(void **state)
{
	struct tale t;

	(void)state;
	for (int code = 199; code <= 244; code++) {
		bool setup = code >= TABLE_EXIT_FIRST && code <= TABLE_EXIT_LAST;

		begin_daemon(&t, TABLE_RESTART_ALWAYS);
		t.t.flags = TABLE_WRAPPED;
		tell_exit(&t, code);
		assert_state(&t, setup ? SERVICE_FAILED : SERVICE_BACKOFF);
		begin_daemon(&t, TABLE_RESTART_ALWAYS);
		tell_exit(&t, code);
		assert_state(&t, SERVICE_BACKOFF);
	}
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	t.t.flags = TABLE_WRAPPED;
	tell_killed(&t, TABLE_EXIT_EXEC); /* a signal of that number is none of them */
	assert_state(&t, SERVICE_BACKOFF);
}

static void a_failed_start_is_started_again_too(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	t.t.restart = TABLE_RESTART_FAILURE;
	tale_spawn(&t);
	tell_exit(&t, 1);
	(void)assert_said(&t, 0, 3, MESSAGE_START_FAILED);
	assert_sweep(&t, 1, 3);
	assert_int_equal(assert_said(&t, 2, 3, MESSAGE_RESTARTS)->ms, 1000);
	assert_state(&t, SERVICE_BACKOFF);
	tale_due_in(&t, 1000);
	tale_up(&t);
}

/* The delay doubles between its bounds, and one that lasted starts afresh. */
static void the_delay_stays_within_its_bounds(void **state)
{
	static const struct {
		uint32_t min_ms, max_ms;
	} bounds[] = { { 1000, 60000 },
		       { 1, 7 },
		       { 500, 500 },
		       { 3000, 3600000 },
		       { 3000000000u, 4000000000u } };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		uint64_t wait_ms = bounds[i].min_ms;

		begin_daemon(&t, TABLE_RESTART_ALWAYS);
		t.t.restart_min_ms = bounds[i].min_ms;
		t.t.restart_max_ms = bounds[i].max_ms;
		for (int k = 0; k < 300; k++) {
			tell_exit(&t, 0);
			tale_due_in(&t, wait_ms);
			tale_up(&t);
			wait_ms = wait_ms * 2 > bounds[i].max_ms ? bounds[i].max_ms : wait_ms * 2;
		}
		tale_wait(&t, 10000);
		tell_exit(&t, 0);
		tale_due_in(&t, bounds[i].min_ms);
	}
}

/* "0s..": at once after a real life, but not in a tight loop. */
static void at_once_is_no_tight_loop(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	t.t.restart_min_ms = 0;
	tale_wait(&t, 1000);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 1, 2, MESSAGE_RESTARTS)->ms, 0);
	tale_due_in(&t, 0);
	tale_up(&t);
	tell_exit(&t, 0);
	tale_due_in(&t, 1000);
	tale_up(&t);
	tell_exit(&t, 0);
	tale_due_in(&t, 2000);
}

/* --- the limit -------------------------------------------------------------------- */

static void begin_limit(struct tale *t, enum table_then then)
{
	begin_daemon(t, TABLE_RESTART_ALWAYS);
	t->t.restart_limit = 3;
	t->t.restart_window_ms = 60000;
	t->t.restart_max_ms = 2000;
	t->t.then = (uint8_t)then;
	for (int i = 0; i < 3; i++) {
		tell_exit(t, 1);
		(void)assert_said(t, 1, 2, MESSAGE_RESTARTS);
		assert_int_equal(t->then, N_TABLE_THEN);
		tale_due_in(t, i ? 2000 : 1000);
		tale_up(t);
	}
	tell_exit(t, 1);
	assert_int_equal(t->then, then);
}

static void past_the_limit_it_goes_on_slowly(void **state)
{
	struct tale t;

	(void)state;
	begin_limit(&t, TABLE_THEN_SLOW);
	assert_int_equal(assert_said(&t, 1, 2, MESSAGE_SLOWED)->count, 2000);
	for (int i = 0; i < 10; i++) {
		assert_true(t.s.slowed);
		tale_due_in(&t, 2000);
		tale_up(&t);
		tell_exit(&t, 1);
		assert_sweep(&t, 0, 1); /* nothing new to tell */
	}
	tale_due_in(&t, 2000);
	tale_up(&t);
	tale_wait(&t, 60000); /* another window */
	tell_exit(&t, 1);
	(void)assert_said(&t, 1, 2, MESSAGE_RESTARTS);
	assert_false(t.s.slowed);
}

static void or_it_is_given_up(void **state)
{
	static const enum table_then thens[] = { TABLE_THEN_FAIL, TABLE_THEN_REBOOT,
						 TABLE_THEN_RESCUE };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(thens); i++) {
		begin_limit(&t, thens[i]);
		assert_sweep(&t, 0, 3);
		(void)assert_said(&t, 1, 3, MESSAGE_LIMIT);
		(void)assert_said(&t, 2, 3, MESSAGE_ENDED);
		assert_rest(&t, SERVICE_FAILED);
	}
}

static void few_failures_in_a_window_are_no_limit(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	t.t.restart_limit = 2;
	t.t.restart_window_ms = 60000;
	t.t.then = TABLE_THEN_REBOOT;
	for (int i = 0; i < 100; i++) {
		tale_wait(&t, 30001);
		tell_exit(&t, 1);
		assert_int_equal(t.then, N_TABLE_THEN);
		tale_due_in(&t, 1000);
		tale_up(&t);
	}
}

/* --- what it says of itself --------------------------------------------------------- */

static void a_ping_that_does_not_come(void **state)
{
	struct tale t;

	(void)state;
	for (int trouble = 0; trouble < 2; trouble++) {
		tale_begin(&t, TABLE_DAEMON);
		t.t.watchdog_ms = 2000;
		t.t.restart = TABLE_RESTART_FAILURE;
		t.t.stop = ROWS_COMMAND; /* not for one that hangs */
		tale_up(&t);
		for (int i = 0; i < 10; i++) {
			tale_wait(&t, 1999);
			tell_notice(&t, (struct notice){ .alive = true });
			assert_quiet(&t);
		}
		if (trouble)
			tell_notice(&t, (struct notice){ .trouble = true });
		else
			tale_due_in(&t, 2000);
		(void)assert_said(&t, 0, 3, MESSAGE_WATCHDOG);
		assert_kill(&t, 1, 3, t.s.main, SIGN_ABRT);
		assert_kill(&t, 2, 3, t.s.main, 15);
		assert_state(&t, SERVICE_STOPPING);
		tell_killed(&t, 6);
		assert_sweep(&t, 0, 2);
		(void)assert_said(&t, 1, 2, MESSAGE_RESTARTS);
		assert_state(&t, SERVICE_BACKOFF);
	}
}

/* A long life counts, however it ended: the delay starts afresh. */
static void one_that_lasted_starts_afresh_after_a_miss(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.watchdog_ms = 20000;
	t.t.restart = TABLE_RESTART_FAILURE;
	for (int i = 0; i < 5; i++) {
		tale_up(&t);
		tale_due_in(&t, 20000);
		tell_killed(&t, 6);
		tale_due_in(&t, 1000);
	}
}

static void a_watchdog_of_its_own(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_ALWAYS);
	assert_int_equal(t.s.due_ms, 0);
	tell_notice(&t, (struct notice){ .alive = true }); /* nobody asked */
	assert_int_equal(t.s.due_ms, 0);
	tell_notice(&t, (struct notice){ .watchdog_ms = 500 });
	tale_wait(&t, 400);
	tell_notice(&t, (struct notice){ .alive = true });
	assert_int_equal(t.s.due_ms, t.now_ms + 500);
	tell_exit(&t, 1);
	tale_due_in(&t, 1000);
	tale_up(&t);
	assert_int_equal(t.s.due_ms, 0); /* that wish ended with it */
}

static void a_daemon_may_name_another_main_pid(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_NO);
	tell_notice(&t, (struct notice){ .main_pid = 700 });
	assert_int_equal(t.s.main, 700);
	tell(&t, SERVICE_EV_STOP);
	assert_kill(&t, 0, 1, 700, 15);
	tell_notice(&t, (struct notice){ .main_pid = 800, .ready = true, .trouble = true });
	assert_quiet(&t); /* too late for all of that */
	assert_int_equal(t.s.main, 700);
}

static void it_reads_its_configuration_again(void **state)
{
	struct tale t;

	(void)state;
	begin_daemon(&t, TABLE_RESTART_NO);
	tell_reload(&t);
	assert_quiet(&t); /* it has no way to */
	t.t.reload_signal = 1;
	tell_reload(&t);
	assert_kill(&t, 0, 1, t.s.main, 1);
	t.t.reload = ROWS_COMMAND;
	tell_reload(&t);
	assert_spawn(&t, 0, 1, VERB_RELOAD);
	tell_reload(&t);
	assert_quiet(&t); /* one at a time */
	tell_control_spawned(&t);
	tell_reload(&t);
	assert_quiet(&t);
	tell_control_exit(&t, 0);
	assert_quiet(&t);
	tell_reload(&t);
	tell_control_spawned(&t);
	tell_control_exit(&t, 2);
	assert_int_equal(action_of(&t, 0, 1)->kind, ACTION_SAY);
	assert_int_equal(t.actions.at[0].ending.number, 2);
	assert_state(&t, SERVICE_UP); /* it goes on as it was */
	tell_reload(&t);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	assert_int_equal(action_of(&t, 0, 1)->kind, ACTION_SAY);
	assert_state(&t, SERVICE_UP);

	tale_begin(&t, TABLE_DAEMON);
	t.t.reload = ROWS_COMMAND;
	tell_reload(&t);
	assert_quiet(&t); /* it will read it when it starts */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_start_is_told_and_then_ended),
		cmocka_unit_test(an_overdue_start_may_still_end_well),
		cmocka_unit_test(a_start_has_its_own_time_out),
		cmocka_unit_test(a_start_may_ask_for_more_time),
		cmocka_unit_test(one_that_waits_for_others_says_so_once),
		cmocka_unit_test(a_fork_that_may_come_off_later),
		cmocka_unit_test(a_fork_that_never_comes_off),
		cmocka_unit_test(each_policy),
		cmocka_unit_test(one_that_is_not_wanted_stays_down),
		cmocka_unit_test(what_cannot_be_set_up_is_not_tried_again),
		cmocka_unit_test(a_failed_start_is_started_again_too),
		cmocka_unit_test(the_delay_stays_within_its_bounds),
		cmocka_unit_test(at_once_is_no_tight_loop),
		cmocka_unit_test(past_the_limit_it_goes_on_slowly),
		cmocka_unit_test(or_it_is_given_up),
		cmocka_unit_test(few_failures_in_a_window_are_no_limit),
		cmocka_unit_test(a_ping_that_does_not_come),
		cmocka_unit_test(one_that_lasted_starts_afresh_after_a_miss),
		cmocka_unit_test(a_watchdog_of_its_own),
		cmocka_unit_test(a_daemon_may_name_another_main_pid),
		cmocka_unit_test(it_reads_its_configuration_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
