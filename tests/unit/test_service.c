/* service: its state table cell by cell, and every way to start. */
#include "tale.h"

/*
 * What every pair of state and event has to be, written down once more: '.'
 * cannot be, 'i' is ignored, '*' has an effect.  In the order of the two enums.
 */
static const char *const expected[N_SERVICE_STATES] = {
	[SERVICE_DOWN] = ".i......i.",     [SERVICE_WAITING] = "**......i*",
	[SERVICE_OUTSIDE] = ".*...***i*",  [SERVICE_SPAWNING] = "..**....i.",
	[SERVICE_STARTING] = ".*..******", [SERVICE_UP] = ".*..****i*",
	[SERVICE_BACKOFF] = ".*......i*",  [SERVICE_STOPPING] = ".i..****i*",
	[SERVICE_FAILED] = ".*......i.",   [SERVICE_BAD] = ".i......i.",
};

static const enum table_type types[] = { TABLE_ONESHOT, TABLE_DAEMON, TABLE_FORKING, TABLE_TARGET };

/* A service of some type in some state, with the processes that it can have there. */
static void place(struct tale *t, enum table_type type, enum service_state state)
{
	tale_begin(t, type);
	t->s.state = (uint8_t)state;
	if (state == SERVICE_STARTING || state == SERVICE_UP || state == SERVICE_STOPPING)
		t->s.main = 11;
	t->s.control = t->s.main || state == SERVICE_OUTSIDE ? 12 : 0;
	t->s.due_ms = t->now_ms;
}

static void every_cell_is_written(void **state)
{
	(void)state;
	for (int s = 0; s < N_SERVICE_STATES; s++) {
		assert_int_equal(strlen(expected[s]), N_SERVICE_EVENTS);
		for (int e = 0; e < N_SERVICE_EVENTS; e++) {
			enum service_cell cell = service_cell((enum service_state)s,
							      (enum service_event)e);
			char kind = cell == CELL_IMPOSSIBLE ? '.' : cell == CELL_IGNORE ? 'i' : '*';

			assert_true(cell > CELL_UNWRITTEN && cell < N_SERVICE_CELLS);
			if (kind != expected[s][e])
				fail_msg("state %d, event %d: '%c', not '%c'", s, e, kind,
					 expected[s][e]);
		}
	}
}

/* The impossible changes nothing, not one bit, and the ignored nothing either. */
static void a_cell_without_effect_has_none(void **state)
{
	struct tale t;
	struct service before;
	uint32_t n_seen = 0;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(types) * N_SERVICE_STATES * N_SERVICE_EVENTS; k++) {
		enum service_event event = (enum service_event)(k % N_SERVICE_EVENTS);
		enum service_state from = (enum service_state)(k / N_SERVICE_EVENTS %
							       N_SERVICE_STATES);

		place(&t, types[k / N_SERVICE_EVENTS / N_SERVICE_STATES], from);
		if (expected[from][event] == '*')
			continue;
		before = t.s;
		assert_int_equal(tale_try(&t, event, (struct ending){ .how = HOW_EXIT }),
				 expected[from][event] == 'i');
		assert_quiet(&t);
		assert_memory_equal(&before, &t.s, sizeof(before));
		n_seen++;
	}
	assert_true(n_seen > 4 * 50);
}

/* The others do something, of any type, after any ending, within their room. */
static void a_cell_with_an_effect_has_one(void **state)
{
	static const struct ending endings[] = { { HOW_EXIT, FAULT_NONE, 0 },
						 { HOW_EXIT, FAULT_NONE, 1 },
						 { HOW_SIGNAL, FAULT_NONE, 9 },
						 { HOW_FAULT, FAULT_AGAIN, 11 },
						 { HOW_FAULT, FAULT_NOT_FOUND, 2 } };
	struct tale t;
	struct service before;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(types) * N_SERVICE_STATES * N_SERVICE_EVENTS; k++) {
		enum service_event event = (enum service_event)(k % N_SERVICE_EVENTS);
		enum service_state from = (enum service_state)(k / N_SERVICE_EVENTS %
							       N_SERVICE_STATES);

		if (expected[from][event] != '*')
			continue;
		for (size_t i = 0; i < COUNT_OF(endings); i++) {
			place(&t, types[k / N_SERVICE_EVENTS / N_SERVICE_STATES], from);
			before = t.s;
			assert_true(tale_try(&t, event, endings[i]));
			if (!t.actions.n && !memcmp(&before, &t.s, sizeof(before)))
				fail_msg("state %d, event %d: nothing", from, event);
			assert_true(t.s.state < N_SERVICE_STATES);
		}
	}
}

/* --- starting ----------------------------------------------------------------- */

static void a_oneshot_is_up_when_its_start_has_ended(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_ONESHOT);
	assert_int_equal(t.s.due_ms, t.now_ms + TALE_PATIENCE_MS);
	tale_wait(&t, 100);
	tale_spawn(&t);
	assert_quiet(&t);
	assert_state(&t, SERVICE_STARTING);
	assert_true(service_active(&t.s));
	assert_false(service_settled(&t.s));
	tale_wait(&t, 30);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STARTED)->ms, 30);
	assert_rest(&t, SERVICE_UP);
	assert_true(service_settled(&t.s));
}

static void a_start_that_fails(void **state)
{
	static const enum table_type with_end[] = { TABLE_ONESHOT, TABLE_FORKING };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(with_end); i++) {
		tale_begin(&t, with_end[i]);
		tale_spawn(&t);
		tale_wait(&t, 30);
		tell_exit(&t, 3);
		assert_int_equal(assert_said(&t, 0, 2, MESSAGE_START_FAILED)->ending.number, 3);
		assert_int_equal(t.actions.at[0].ms, 30);
		assert_sweep(&t, 1, 2);
		assert_rest(&t, SERVICE_FAILED);
		assert_int_equal(t.s.last.number, 3);
		assert_false(t.s.want);
		assert_true(service_settled(&t.s));
		assert_false(t.s.ran); /* nothing to undo */
	}
	/* A plain script may have begun something: its stop comes on the way down. */
	tale_begin(&t, TABLE_ONESHOT);
	t.t.flags = TABLE_PLAIN;
	tale_spawn(&t);
	tell_killed(&t, 11);
	assert_rest(&t, SERVICE_FAILED);
	assert_true(t.s.ran);
}

static void a_daemon_is_up_as_soon_as_it_runs(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	tale_spawn(&t);
	(void)assert_said(&t, 0, 1, MESSAGE_STARTED);
	assert_state(&t, SERVICE_UP);
	assert_int_equal(t.s.main, t.last_pid);
	assert_int_equal(t.s.due_ms, 0);
}

static void a_target_needs_no_process(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_TARGET);
	tell(&t, SERVICE_EV_START);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_UP);
	tell(&t, SERVICE_EV_STOP);
	assert_quiet(&t);
	assert_rest(&t, SERVICE_DOWN);
}

/* notify and fd: the process runs, and is not up before it says so. */
static void it_is_up_when_it_says_so(void **state)
{
	static const enum table_ready kinds[] = { TABLE_READY_NOTIFY, TABLE_READY_FD };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		tale_begin(&t, TABLE_DAEMON);
		t.t.ready = (uint8_t)kinds[i];
		tale_spawn(&t);
		assert_quiet(&t);
		assert_state(&t, SERVICE_STARTING);
		if (kinds[i] == TABLE_READY_NOTIFY)
			tell_notice(&t, (struct notice){ .ready = true });
		else
			tell(&t, SERVICE_EV_READY);
		(void)assert_said(&t, 0, 1, MESSAGE_STARTED);
		assert_state(&t, SERVICE_UP);
		tell(&t, SERVICE_EV_READY); /* once more is no news */
		assert_quiet(&t);

		/* One that ends before it is ready has failed, even with 0. */
		tale_begin(&t, TABLE_DAEMON);
		t.t.ready = (uint8_t)kinds[i];
		tale_spawn(&t);
		tell_exit(&t, 0);
		(void)assert_said(&t, 0, 2, MESSAGE_START_FAILED);
		assert_rest(&t, SERVICE_FAILED);
	}
}

/* A one-shot may say it early: up is when both have come. */
static void a_starter_has_to_end_as_well(void **state)
{
	static const enum table_type with_end[] = { TABLE_ONESHOT, TABLE_FORKING };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(with_end) * 2; i++) {
		tale_begin(&t, with_end[i / 2]);
		t.t.ready = TABLE_READY_NOTIFY;
		tale_spawn(&t);
		if (i % 2)
			tell(&t, SERVICE_EV_READY);
		else
			tell_exit(&t, 0);
		assert_quiet(&t);
		assert_state(&t, SERVICE_STARTING);
		if (i % 2)
			tell_exit(&t, 0);
		else
			tell(&t, SERVICE_EV_READY);
		(void)assert_said(&t, 0, 1, MESSAGE_STARTED);
		assert_state(&t, SERVICE_UP);
	}
}

/* What an earlier life said does not count for the next. */
static void readiness_does_not_outlive_the_process(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.ready = TABLE_READY_FD;
	t.t.restart = TABLE_RESTART_ALWAYS;
	tale_up(&t);
	tell_exit(&t, 0);
	assert_state(&t, SERVICE_BACKOFF);
	tale_due_in(&t, 1000);
	tale_spawn(&t);
	assert_quiet(&t);
	assert_state(&t, SERVICE_STARTING);
}

/* --- probes ----------------------------------------------------------------------- */

static void begin_probe(struct tale *t, enum table_type type)
{
	tale_begin(t, type);
	t->t.ready = TABLE_READY_PROBE;
	t->t.probe = ROWS_COMMAND;
	tale_spawn(t);
	if (type == TABLE_FORKING) {
		assert_quiet(t);
		tell_exit(t, 0);
	}
	assert_spawn(t, 0, 1, VERB_PROBE);
	assert_state(t, SERVICE_STARTING);
	assert_false(service_stoppable(&t->s)); /* until that is answered */
}

static void a_probe_that_ends_well_makes_it_ready(void **state)
{
	static const enum table_type probed[] = { TABLE_DAEMON, TABLE_FORKING };
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(probed); i++) {
		begin_probe(&t, probed[i]);
		tell_control_spawned(&t);
		assert_quiet(&t);
		assert_true(service_stoppable(&t.s));
		tell_control_exit(&t, 0);
		(void)assert_said(&t, 0, 1, MESSAGE_STARTED);
		assert_state(&t, SERVICE_UP);
		assert_int_equal(t.s.control, 0);
	}
	begin_probe(&t, TABLE_ONESHOT);
	tell_control_spawned(&t);
	tell_control_exit(&t, 0);
	assert_quiet(&t); /* it has to end as well */
	tell_exit(&t, 0);
	assert_state(&t, SERVICE_UP);
}

static void a_probe_that_fails_fails_the_start(void **state)
{
	struct tale t;

	(void)state;
	begin_probe(&t, TABLE_DAEMON);
	tell_control_spawned(&t);
	tell_control_exit(&t, 4);
	assert_int_equal(assert_said(&t, 0, 2, MESSAGE_NOT_READY)->ending.number, 4);
	assert_kill(&t, 1, 2, t.s.main, 15);
	assert_state(&t, SERVICE_STOPPING);
	tell_killed(&t, 15);
	assert_sweep(&t, 0, 1);
	assert_rest(&t, SERVICE_FAILED);
	assert_int_equal(t.s.last.number, 4); /* that is why, not our TERM */

	begin_probe(&t, TABLE_FORKING);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_NOT_FOUND);
	(void)assert_said(&t, 0, 2, MESSAGE_NOT_READY);
	assert_rest(&t, SERVICE_FAILED);
}

/* RELIABILITY: a fork that fails for want of memory is not the service's fault. */
static void a_probe_without_memory_is_not_the_end(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_DAEMON);
	t.t.ready = TABLE_READY_PROBE;
	t.t.probe = ROWS_COMMAND;
	t.t.restart = TABLE_RESTART_FAILURE;
	tale_spawn(&t);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	assert_state(&t, SERVICE_STOPPING);
	tell_killed(&t, 15);
	assert_state(&t, SERVICE_BACKOFF);
}

/* The probe of a forking one names the process that is left. */
static void a_forking_one_is_its_main_pid(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, TABLE_FORKING);
	t.t.probe = ROWS_COMMAND;
	tale_spawn(&t);
	tell_notice(&t, (struct notice){ .main_pid = 500 }); /* too early: the starter runs */
	assert_int_equal(t.s.main, t.last_pid);
	tell_exit(&t, 0);
	assert_spawn(&t, 0, 1, VERB_PROBE);
	assert_int_equal(t.s.main, 0);
	tell_control_spawned(&t);
	tell_notice(&t, (struct notice){ .main_pid = t.s.control }); /* not itself */
	assert_int_equal(t.s.main, 0);
	tell_notice(&t, (struct notice){ .main_pid = 501 });
	assert_int_equal(t.s.main, 501);
	assert_state(&t, SERVICE_STARTING);
	tell_control_exit(&t, 0);
	assert_state(&t, SERVICE_UP);

	/* And with it, the service ends. */
	tell_killed(&t, 11);
	assert_sweep(&t, 0, 2);
	assert_int_equal(assert_said(&t, 1, 2, MESSAGE_ENDED)->ending.number, 11);
	assert_rest(&t, SERVICE_FAILED);
}

/* --- what is outside ------------------------------------------------------------ */

static void begin_outside(struct tale *t)
{
	tale_begin(t, TABLE_DAEMON);
	t->t.wait = ROWS_COMMAND;
	tell(t, SERVICE_EV_START);
	assert_spawn(t, 0, 1, VERB_WAIT);
	assert_state(t, SERVICE_OUTSIDE);
}

static void it_waits_for_what_is_outside(void **state)
{
	struct tale t;

	(void)state;
	begin_outside(&t);
	tell_control_spawned(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_WAITS_OUTSIDE);
	assert_int_equal(t.s.due_ms, 0); /* however long it takes */
	assert_true(service_settled(&t.s));
	tale_wait(&t, 3600000);
	tell_control_exit(&t, 0);
	assert_spawn(&t, 0, 1, VERB_START);
	tell_spawned(&t);
	assert_int_equal(t.actions.at[0].ms, 0); /* the start itself took no time */
	assert_state(&t, SERVICE_UP);
}

static void what_is_outside_does_not_come(void **state)
{
	struct tale t;

	(void)state;
	begin_outside(&t);
	tell_control_spawned(&t);
	tell_control_exit(&t, 1);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_WAIT_FAILED)->ending.number, 1);
	assert_rest(&t, SERVICE_FAILED);

	begin_outside(&t);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_NOT_FOUND);
	(void)assert_said(&t, 0, 1, MESSAGE_WAIT_FAILED);
	assert_rest(&t, SERVICE_FAILED);

	begin_outside(&t);
	tell_fault(&t, SERVICE_EV_CONTROL_FAILED, FAULT_AGAIN);
	(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
	assert_state(&t, SERVICE_BACKOFF);
	assert_false(t.s.controlling);
	tale_due_in(&t, 100);
	assert_state(&t, SERVICE_WAITING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_written),
		cmocka_unit_test(a_cell_without_effect_has_none),
		cmocka_unit_test(a_cell_with_an_effect_has_one),
		cmocka_unit_test(a_oneshot_is_up_when_its_start_has_ended),
		cmocka_unit_test(a_start_that_fails),
		cmocka_unit_test(a_daemon_is_up_as_soon_as_it_runs),
		cmocka_unit_test(a_target_needs_no_process),
		cmocka_unit_test(it_is_up_when_it_says_so),
		cmocka_unit_test(a_starter_has_to_end_as_well),
		cmocka_unit_test(readiness_does_not_outlive_the_process),
		cmocka_unit_test(a_probe_that_ends_well_makes_it_ready),
		cmocka_unit_test(a_probe_that_fails_fails_the_start),
		cmocka_unit_test(a_probe_without_memory_is_not_the_end),
		cmocka_unit_test(a_forking_one_is_its_main_pid),
		cmocka_unit_test(it_waits_for_what_is_outside),
		cmocka_unit_test(what_is_outside_does_not_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
