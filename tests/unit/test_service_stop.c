/* service: every way to stop, stage by stage, and what can go wrong in each. */
#include "tale.h"

static void begin_up(struct tale *t, enum table_type type, bool command)
{
	tale_begin(t, type);
	t->t.stop = command ? ROWS_COMMAND : 0;
	tale_up(t);
	tale_wait(t, 100000);
}

/* It stops by its command, which has become a process. */
static void begin_command(struct tale *t, enum table_type type)
{
	begin_up(t, type, true);
	tell(t, SERVICE_EV_STOP);
	assert_spawn(t, 0, 1, VERB_STOP);
	assert_state(t, SERVICE_STOPPING);
	assert_false(service_stoppable(&t->s));
	tell_control_spawned(t);
	assert_quiet(t);
	assert_int_equal(t->s.due_ms, t->now_ms + TALE_STOP_TIMEOUT_MS);
}

static void a_oneshot_is_undone_by_its_command(void **state)
{
	struct tale t;

	(void)state;
	begin_command(&t, TABLE_ONESHOT);
	tell(&t, SERVICE_EV_STOP); /* once is enough */
	assert_quiet(&t);
	tale_wait(&t, 20);
	tell_control_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 2, MESSAGE_STOPPED)->ms, 20);
	assert_sweep(&t, 1, 2);
	assert_rest(&t, SERVICE_DOWN);
	assert_false(t.s.ran);
}

static void a_oneshot_without_one_is_just_down(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, TABLE_ONESHOT, false);
	tell(&t, SERVICE_EV_STOP);
	assert_sweep(&t, 0, 1); /* what it left in the background */
	assert_rest(&t, SERVICE_DOWN);
}

static void a_stop_command_that_fails_is_told(void **state)
{
	struct tale t;

	(void)state;
	begin_command(&t, TABLE_ONESHOT);
	tell_control_exit(&t, 7);
	assert_int_equal(assert_said(&t, 0, 2, MESSAGE_STOP_FAILED)->ending.number, 7);
	assert_rest(&t, SERVICE_DOWN);

	/* Nor could it be made: the signal comes all the same. */
	begin_up(&t, TABLE_DAEMON, true);
	tell(&t, SERVICE_EV_STOP);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	(void)assert_said(&t, 0, 2, MESSAGE_STOP_FAILED);
	assert_kill(&t, 1, 2, t.s.main, 15);
	assert_int_equal(t.s.due_ms, t.now_ms + TALE_STOP_TIMEOUT_MS);
}

static void a_daemon_gets_its_signal(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.stop_signal = 3;
	t.t.stop_timeout_ms = 777;
	tale_up(&t);
	tell(&t, SERVICE_EV_STOP);
	assert_kill(&t, 0, 1, t.s.main, 3);
	assert_state(&t, SERVICE_STOPPING);
	assert_int_equal(t.s.due_ms, t.now_ms + 777);
	assert_true(service_active(&t.s));
	tell_killed(&t, 3);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_DOWN);
	assert_false(service_active(&t.s));
}

/* TERM, KILL, and then the others go on without it. */
static void one_that_does_not_end(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, TABLE_DAEMON, false);
	tell(&t, SERVICE_EV_STOP);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	assert_int_equal(assert_said(&t, 0, 3, MESSAGE_STOP_OVERDUE)->ms, TALE_STOP_TIMEOUT_MS);
	assert_kill(&t, 1, 3, t.s.main, SIGN_KILL);
	assert_sweep(&t, 2, 3);
	assert_true(service_active(&t.s));
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_UNKILLABLE);
	assert_state(&t, SERVICE_STOPPING);
	assert_int_equal(t.s.due_ms, 0);
	assert_true(t.s.left);
	assert_false(service_active(&t.s));
	assert_true(service_settled(&t.s));
	tale_wait(&t, 3600000);
	tell_killed(&t, 9); /* the disk has answered at last */
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_DOWN);
	assert_false(t.s.left);
}

static void a_daemon_with_a_command_gets_both(void **state)
{
	struct tale t;

	(void)state;
	begin_command(&t, TABLE_DAEMON);
	tale_wait(&t, 5000);
	tell_control_exit(&t, 0);
	(void)assert_said(&t, 0, 2, MESSAGE_STOPPED);
	assert_kill(&t, 1, 2, t.s.main, 15);
	assert_int_equal(t.s.due_ms, t.now_ms + TALE_STOP_TIMEOUT_MS);
	tell_exit(&t, 0);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_DOWN);

	/* The command makes it end, and ends itself a little later. */
	begin_command(&t, TABLE_DAEMON);
	tell_exit(&t, 0);
	assert_quiet(&t);
	assert_state(&t, SERVICE_STOPPING);
	tell_control_exit(&t, 0);
	(void)assert_said(&t, 0, 2, MESSAGE_STOPPED);
	assert_sweep(&t, 1, 2);
	assert_rest(&t, SERVICE_DOWN);
}

static void a_stop_command_that_hangs(void **state)
{
	struct tale t;

	(void)state;
	begin_command(&t, TABLE_DAEMON);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	(void)assert_said(&t, 0, 3, MESSAGE_STOP_OVERDUE);
	assert_kill(&t, 1, 3, t.s.control, SIGN_KILL);
	assert_kill(&t, 2, 3, t.s.main, 15);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_quiet(&t); /* that was us */
	tell_killed(&t, 15);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_DOWN);

	/* And neither of them ends. */
	begin_command(&t, TABLE_DAEMON);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 4, MESSAGE_STOP_OVERDUE);
	assert_kill(&t, 1, 4, t.s.main, SIGN_KILL);
	assert_kill(&t, 2, 4, t.s.control, SIGN_KILL);
	assert_sweep(&t, 3, 4);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_UNKILLABLE);
	tell_killed(&t, 9);
	assert_quiet(&t);
	assert_true(t.s.left); /* half of it is not enough */
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_rest(&t, SERVICE_DOWN);

	begin_command(&t, TABLE_ONESHOT);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	assert_kill(&t, 1, 2, t.s.control, SIGN_KILL);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_DOWN);
}

/* The command's process comes when its time is already up: it is not left to run. */
static void a_stop_command_that_comes_too_late(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, TABLE_DAEMON, true);
	tell(&t, SERVICE_EV_STOP);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	(void)assert_said(&t, 0, 3, MESSAGE_STOP_OVERDUE);
	assert_kill(&t, 1, 3, t.s.main, SIGN_KILL);
	tell_control_spawned(&t);
	assert_kill(&t, 0, 1, t.s.control, SIGN_KILL);
	tell_killed(&t, 9);
	assert_state(&t, SERVICE_STOPPING);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_rest(&t, SERVICE_DOWN);

	begin_up(&t, TABLE_DAEMON, true);
	tell(&t, SERVICE_EV_STOP);
	tale_due_in(&t, TALE_STOP_TIMEOUT_MS);
	tell_killed(&t, 9);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	assert_rest(&t, SERVICE_DOWN);
}

/* On the way down no service may take longer than its share, not even "never". */
static void the_way_down_caps_every_time_out(void **state)
{
	static const uint32_t own_ms[] = { 0, 60000, (uint32_t)ROWS_DEFAULT_MS, 500 };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(own_ms); i++) {
		tale_begin(&t, TABLE_DAEMON);
		t.t.stop_timeout_ms = own_ms[i];
		t.times.stop_most_ms = 3000;
		tale_up(&t);
		tell(&t, SERVICE_EV_STOP);
		assert_int_equal(t.s.due_ms, t.now_ms + (own_ms[i] == 500 ? 500 : 3000));
	}
	tale_begin(&t, TABLE_DAEMON);
	t.t.stop_timeout_ms = 0;
	tale_up(&t);
	tell(&t, SERVICE_EV_STOP);
	assert_int_equal(t.s.due_ms, 0); /* else it is taken at its word */
}

/* --- told to stop during the start -------------------------------------------- */

static void a_start_is_cut_short(void **state)
{
	struct tale t;

	(void)state;
	for (int command = 0; command < 2; command++) {
		tale_begin(&t, TABLE_ONESHOT);
		t.t.stop = command ? ROWS_COMMAND : 0;
		tale_spawn(&t);
		tell(&t, SERVICE_EV_STOP);
		(void)assert_said(&t, 0, 2, MESSAGE_START_STOPPED);
		assert_kill(&t, 1, 2, t.s.main, SIGN_TERM);
		assert_int_equal(t.s.stage, STAGE_ABORT);
		assert_int_equal(t.s.due_ms, t.now_ms + TALE_KILL_AFTER_MS);
		tell_killed(&t, 15);
		/* What it began is undone. */
		if (command) {
			assert_spawn(&t, 0, 1, VERB_STOP);
			tell_control_spawned(&t);
			tell_control_exit(&t, 0);
		}
		assert_rest(&t, SERVICE_DOWN);
	}
}

static void a_start_that_cannot_be_cut_short(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	t.t.stop = ROWS_COMMAND;
	tale_spawn(&t);
	tell(&t, SERVICE_EV_STOP);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	assert_kill(&t, 0, 2, t.s.main, SIGN_KILL);
	assert_sweep(&t, 1, 2);
	tell_killed(&t, 9);
	assert_spawn(&t, 0, 1, VERB_STOP);

	tale_begin(&t, TABLE_ONESHOT);
	tale_spawn(&t);
	tell(&t, SERVICE_EV_STOP);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	assert_kill(&t, 0, 2, t.s.main, SIGN_KILL);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_UNKILLABLE);
	assert_true(t.s.left);
	tell_killed(&t, 9);
	assert_rest(&t, SERVICE_DOWN);
}

static void a_daemon_that_was_not_ready_yet(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.ready = TABLE_READY_NOTIFY;
	tale_spawn(&t);
	tell(&t, SERVICE_EV_STOP);
	(void)assert_said(&t, 0, 2, MESSAGE_START_STOPPED);
	assert_kill(&t, 1, 2, t.s.main, 15);
	tell(&t, SERVICE_EV_READY); /* too late */
	assert_quiet(&t);
	assert_state(&t, SERVICE_STOPPING);
	tell_exit(&t, 0);
	assert_rest(&t, SERVICE_DOWN);
}

/* What only helps goes first, and hard. */
static void helpers_are_killed_first(void **state)
{
	struct tale t;

	(void)state;
	/* The wait command: nothing of the service itself has begun. */
	tale_begin(&t, TABLE_DAEMON);
	t.t.wait = ROWS_COMMAND;
	t.t.stop = ROWS_COMMAND;
	tell(&t, SERVICE_EV_START);
	tell_control_spawned(&t);
	tell(&t, SERVICE_EV_STOP);
	assert_kill(&t, 0, 1, t.s.control, SIGN_KILL);
	assert_int_equal(t.s.due_ms, t.now_ms + TALE_KILL_AFTER_MS);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_DOWN);

	/* The probe. */
	tale_begin(&t, TABLE_DAEMON);
	t.t.ready = TABLE_READY_PROBE;
	t.t.probe = ROWS_COMMAND;
	tale_spawn(&t);
	tell_control_spawned(&t);
	tell(&t, SERVICE_EV_STOP);
	(void)assert_said(&t, 0, 2, MESSAGE_START_STOPPED);
	assert_kill(&t, 1, 2, t.s.control, SIGN_KILL);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_kill(&t, 0, 1, t.s.main, 15);
	tell_killed(&t, 15);
	assert_rest(&t, SERVICE_DOWN);

	/* The reload command, on whose account nothing is told. */
	begin_up(&t, TABLE_DAEMON, true);
	t.t.reload = ROWS_COMMAND;
	tell_reload(&t);
	tell_control_spawned(&t);
	tell(&t, SERVICE_EV_STOP);
	assert_kill(&t, 0, 1, t.s.control, SIGN_KILL);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_spawn(&t, 0, 1, VERB_STOP);
}

/* A helper that is still being made when its service ends is killed as it comes. */
static void a_helper_that_comes_late(void **state)
{
	struct tale t;

	(void)state;
	begin_up(&t, TABLE_DAEMON, false);
	t.t.reload = ROWS_COMMAND;
	tell_reload(&t);
	tell_exit(&t, 1); /* the daemon itself, meanwhile */
	assert_state(&t, SERVICE_STOPPING);
	tell_control_spawned(&t);
	assert_kill(&t, 0, 1, t.s.control, SIGN_KILL);
	tell_end(&t, SERVICE_EV_CONTROL_EXITED, HOW_SIGNAL, 9);
	assert_sweep(&t, t.actions.n - 1, t.actions.n);
	assert_rest(&t, SERVICE_FAILED);

	begin_up(&t, TABLE_DAEMON, false);
	t.t.reload = ROWS_COMMAND;
	tell_reload(&t);
	tell_exit(&t, 1);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	assert_rest(&t, SERVICE_FAILED);
	assert_int_equal(t.s.last.number, 1);
}

static void where_nothing_runs_it_is_just_down(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	tell(&t, SERVICE_EV_STOP);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_DOWN);

	tale_begin(&t, TABLE_ONESHOT);
	tell(&t, SERVICE_EV_START);
	tell_fault(&t, SERVICE_EV_SPAWN_FAILED, FAULT_AGAIN);
	assert_state(&t, SERVICE_BACKOFF);
	tell(&t, SERVICE_EV_STOP);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_DOWN);
	assert_int_equal(t.s.tries, 0);

	tale_begin(&t, TABLE_ONESHOT);
	tale_spawn(&t);
	tell_exit(&t, 1);
	assert_rest(&t, SERVICE_FAILED);
	tell(&t, SERVICE_EV_STOP);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_oneshot_is_undone_by_its_command),
		cmocka_unit_test(a_oneshot_without_one_is_just_down),
		cmocka_unit_test(a_stop_command_that_fails_is_told),
		cmocka_unit_test(a_daemon_gets_its_signal),
		cmocka_unit_test(one_that_does_not_end),
		cmocka_unit_test(a_daemon_with_a_command_gets_both),
		cmocka_unit_test(a_stop_command_that_hangs),
		cmocka_unit_test(a_stop_command_that_comes_too_late),
		cmocka_unit_test(the_way_down_caps_every_time_out),
		cmocka_unit_test(a_start_is_cut_short),
		cmocka_unit_test(a_start_that_cannot_be_cut_short),
		cmocka_unit_test(a_daemon_that_was_not_ready_yet),
		cmocka_unit_test(helpers_are_killed_first),
		cmocka_unit_test(a_helper_that_comes_late),
		cmocka_unit_test(where_nothing_runs_it_is_just_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
