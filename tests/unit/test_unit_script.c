/* unit: the life of an rc script, told as short stories. */
#include "tale.h"

#include <signal.h>

/* --- where the stories begin ---------------------------------------------- */

static void begin_starting(struct tale *t)
{
	tale_begin(t, UNIT_SCRIPT);
	tell_start(t);
	assert_spawn(t, 0, 1, VERB_START);
	assert_state(t, UNIT_SPAWNING);
	tell_spawned(t);
	assert_quiet(t);
	assert_state(t, UNIT_STARTING);
	assert_int_equal(t->u.pid, t->last_pid);
}

static void begin_up(struct tale *t)
{
	begin_starting(t);
	tell_exit(t, 0);
	assert_rest(t, UNIT_UP);
}

static void begin_stopping(struct tale *t)
{
	begin_up(t);
	tell_stop(t);
	assert_spawn(t, 0, 1, VERB_STOP);
	assert_state(t, UNIT_STOP_SPAWNING);
	tell_spawned(t);
	assert_quiet(t);
	assert_state(t, UNIT_STOPPING);
}

/* --- start ---------------------------------------------------------------- */

static void starts(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	assert_false(unit_start_passed(&t.u));
	tale_wait(&t, 12);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STARTED)->ms, 12);
	assert_rest(&t, UNIT_UP);
	assert_true(unit_start_passed(&t.u));
}

static void start_fails(void **state)
{
	struct tale t;
	const struct action *said;

	(void)state;
	begin_starting(&t);
	tale_wait(&t, 7);
	tell_exit(&t, 3);
	said = assert_said(&t, 0, 1, MESSAGE_START_FAILED);
	assert_int_equal(said->ms, 7);
	assert_int_equal(said->ending.how, HOW_EXIT);
	assert_int_equal(said->ending.number, 3);
	assert_rest(&t, UNIT_FAILED);
	assert_true(unit_start_passed(&t.u));

	begin_starting(&t);
	tell_killed(&t, SIGSEGV);
	said = assert_said(&t, 0, 1, MESSAGE_START_FAILED);
	assert_int_equal(said->ending.how, HOW_SIGNAL);
	assert_int_equal(said->ending.number, SIGSEGV);
	assert_rest(&t, UNIT_FAILED);
}

/* Killed by signal 0 there is not; exit 0 by signal is no success. */
static void only_exit_0_is_a_success(void **state)
{
	struct tale t;

	(void)state;
	for (int code = 0; code < 256; code++) {
		begin_starting(&t);
		tell_exit(&t, code);
		assert_state(&t, code ? UNIT_FAILED : UNIT_UP);
	}
	begin_starting(&t);
	tell_killed(&t, 0);
	assert_state(&t, UNIT_FAILED);
}

static void is_no_program(void **state)
{
	static const enum fault faults[] = {
		FAULT_NOT_FOUND,
		FAULT_DENIED,
		FAULT_NO_PROGRAM,
		FAULT_OTHER,
	};
	struct tale t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		/* exec failed in the child ... */
		begin_starting(&t);
		tell_fault(&t, faults[i]);
		assert_int_equal(assert_said(&t, 0, 1, MESSAGE_START_FAILED)->ending.fault,
				 faults[i]);
		assert_rest(&t, UNIT_FAILED);
		/* ... so it never ran, and needs no stop. */
		tell_stop(&t);
		assert_quiet(&t);
		assert_rest(&t, UNIT_DOWN);

		/* The same of the fork. */
		tale_begin(&t, UNIT_SCRIPT);
		tell_start(&t);
		tell_fault(&t, faults[i]);
		(void)assert_said(&t, 0, 1, MESSAGE_START_FAILED);
		assert_rest(&t, UNIT_FAILED);
	}
}

/* Patience first, then the time-out: TERM, KILL, and what no KILL ends. */
static void start_hangs(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_START_OVERDUE)->ms, TALE_PATIENCE_MS);
	assert_state(&t, UNIT_STARTING);
	assert_true(unit_start_passed(&t.u));

	tale_due_in(&t, TALE_TIMEOUT_MS - TALE_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 2, MESSAGE_START_TIMEOUT)->ms, TALE_TIMEOUT_MS);
	assert_kill(&t, 1, 2, SIGN_TERM);
	assert_state(&t, UNIT_ABORTING);

	tale_due_in(&t, TALE_KILL_AFTER_MS);
	assert_kill(&t, 0, 1, SIGN_KILL);

	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_UNKILLABLE);
	assert_int_equal(t.u.due_ms, 0);
	assert_true(unit_start_passed(&t.u));

	tell_killed(&t, SIGKILL);
	assert_quiet(&t);
	assert_rest(&t, UNIT_FAILED);
}

static void hanging_start_obeys_term(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	tale_due_in(&t, TALE_TIMEOUT_MS - TALE_PATIENCE_MS);
	tell_killed(&t, SIGTERM);
	assert_quiet(&t); /* the time-out has been told already */
	assert_rest(&t, UNIT_FAILED);
	tell_stop(&t); /* it ran, for a while */
	assert_spawn(&t, 0, 1, VERB_STOP);
}

/* A script that ends after its patience is as good as any other. */
static void start_is_late(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	tale_wait(&t, 1000);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STARTED)->ms, TALE_PATIENCE_MS + 1000);
	assert_rest(&t, UNIT_UP);
}

static void patience_longer_than_the_timeout(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	t.times.patience_ms = TALE_TIMEOUT_MS + 1;
	tell_start(&t);
	tell_spawned(&t);
	tale_due_in(&t, TALE_TIMEOUT_MS);
	(void)assert_said(&t, 0, 2, MESSAGE_START_TIMEOUT);
	assert_kill(&t, 1, 2, SIGN_TERM);
	assert_true(unit_start_passed(&t.u));
}

/* --- a fork or exec that may come off later ------------------------------- */

static void tries_again_ever_more_slowly(void **state)
{
	static const uint64_t waits_ms[] = { 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000 };
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	t.times.patience_ms = 3600000; /* so that nothing cuts a wait short */
	tell_start(&t);
	for (uint32_t i = 0; i < 300; i++) {
		uint64_t wait_ms = waits_ms[i < COUNT_OF(waits_ms) ? i : COUNT_OF(waits_ms) - 1];

		tell_fault(&t, FAULT_AGAIN);
		if (i == 0) /* said once a change, not once a try */
			(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
		else
			assert_quiet(&t);
		assert_state(&t, UNIT_BACKOFF);
		assert_int_equal(t.u.pid, 0);
		tale_due_in(&t, wait_ms);
		assert_spawn(&t, 0, 1, VERB_START);
	}
	tell_spawned(&t);
	tell_exit(&t, 0);
	assert_rest(&t, UNIT_UP);
	assert_int_equal(t.u.tries, 0);
}

/* Let it try and fail, in the fork or in the exec, until it is passed. */
static uint64_t held_up_ms(struct tale *t, bool in_exec, uint32_t *said)
{
	uint64_t begun_ms = t->now_ms;

	*said = 0;
	tell_start(t);
	while (!unit_start_passed(&t->u)) {
		assert_true(t->now_ms - begun_ms < 10 * 3600000);
		if (in_exec)
			tell_spawned(t);
		tell_fault(t, FAULT_AGAIN);
		*said += t->actions.n;
		t->now_ms = t->u.due_ms;
		tell(t, UNIT_EV_DUE);
	}
	return t->now_ms - begun_ms;
}

/* "How long one script holds up the next", whatever keeps it from starting. */
static void no_fault_holds_up_the_next_beyond_the_patience(void **state)
{
	static const uint32_t patiences_ms[] = { 1000, 5000, 6000, 60000, 3600000 };
	struct tale t;
	uint32_t said;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(patiences_ms); i++) {
		for (int in_exec = 0; in_exec < 2; in_exec++) {
			tale_begin(&t, UNIT_SCRIPT);
			t.times.patience_ms = patiences_ms[i];
			assert_true(held_up_ms(&t, in_exec, &said) <= patiences_ms[i]);
			assert_true(said <= 2); /* that it is tried again, and "going on" */
		}
	}
}

static void a_stop_ends_the_tries(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	tell_start(&t);
	tell_fault(&t, FAULT_AGAIN);
	tell_stop(&t);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
	assert_true(unit_stop_passed(&t.u));

	/* Also when the stop comes between the spawn and its failure. */
	tale_begin(&t, UNIT_SCRIPT);
	tell_start(&t);
	tell_stop(&t);
	assert_quiet(&t);
	assert_false(unit_stop_passed(&t.u));
	tell_fault(&t, FAULT_AGAIN);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	tale_begin(&t, UNIT_SCRIPT);
	tell_start(&t);
	tell_stop(&t);
	tell_fault(&t, FAULT_NOT_FOUND);
	assert_rest(&t, UNIT_DOWN);
}

/* --- stop ------------------------------------------------------------------ */

static void stops(void **state)
{
	struct tale t;

	(void)state;
	begin_stopping(&t);
	assert_false(unit_stop_passed(&t.u));
	tale_wait(&t, 3);
	tell_exit(&t, 0);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STOPPED)->ms, 3);
	assert_rest(&t, UNIT_DOWN);
	assert_true(unit_stop_passed(&t.u));
	tell_stop(&t); /* asked again: it is down */
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

static void stop_fails(void **state)
{
	struct tale t;

	(void)state;
	begin_stopping(&t);
	tell_exit(&t, 1);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STOP_FAILED)->ending.number, 1);
	assert_rest(&t, UNIT_DOWN);

	begin_stopping(&t);
	tell_fault(&t, FAULT_DENIED); /* somebody took the x away meanwhile */
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STOP_FAILED)->ending.fault, FAULT_DENIED);
	assert_rest(&t, UNIT_DOWN);

	begin_up(&t);
	tell_stop(&t);
	tell_fault(&t, FAULT_OTHER);
	(void)assert_said(&t, 0, 1, MESSAGE_STOP_FAILED);
	assert_rest(&t, UNIT_DOWN);
}

static void stop_hangs(void **state)
{
	struct tale t;

	(void)state;
	begin_stopping(&t);
	tale_due_in(&t, TALE_STOP_PATIENCE_MS);
	assert_int_equal(assert_said(&t, 0, 1, MESSAGE_STOP_OVERDUE)->ms, TALE_STOP_PATIENCE_MS);
	assert_state(&t, UNIT_STOPPING);
	assert_int_equal(t.u.due_ms, 0);
	assert_true(unit_stop_passed(&t.u)); /* nobody waits for it any more */
	tell_exit(&t, 0);
	(void)assert_said(&t, 0, 1, MESSAGE_STOPPED);
	assert_rest(&t, UNIT_DOWN);
}

static void stop_is_tried_again(void **state)
{
	static const uint64_t waits_ms[] = { 100, 200, 400, 800, 1600, 3200, 5000 };
	struct tale t;

	(void)state;
	begin_up(&t);
	t.times.stop_patience_ms = 3600000;
	tell_stop(&t);
	for (size_t i = 0; i < COUNT_OF(waits_ms); i++) {
		if (i % 2) /* now the exec, now the fork */
			tell_spawned(&t);
		tell_fault(&t, FAULT_AGAIN);
		if (i == 0)
			(void)assert_said(&t, 0, 1, MESSAGE_SPAWN_AGAIN);
		else
			assert_quiet(&t);
		assert_state(&t, UNIT_STOP_BACKOFF);
		tell_stop(&t);
		assert_quiet(&t);
		tale_due_in(&t, waits_ms[i]);
		assert_spawn(&t, 0, 1, VERB_STOP);
		tell_stop(&t);
		assert_quiet(&t);
	}
	tell_spawned(&t);
	tell_stop(&t);
	assert_quiet(&t);
	tell_exit(&t, 0);
	assert_rest(&t, UNIT_DOWN);
}

/* --- stop during each state of the start ---------------------------------- */

static void stop_before_the_start(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	tell_stop(&t);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

static void stop_while_being_spawned(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	tell_start(&t);
	tell_stop(&t);
	tell_spawned(&t);
	assert_kill(&t, 0, 1, SIGN_TERM);
	assert_state(&t, UNIT_ABORTING);
	assert_false(unit_stop_passed(&t.u));
	tell_killed(&t, SIGTERM);
	assert_spawn(&t, 0, 1, VERB_STOP);
	tell_spawned(&t);
	tell_exit(&t, 0);
	assert_rest(&t, UNIT_DOWN);
}

static void stop_while_starting(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tell_stop(&t);
	(void)assert_said(&t, 0, 2, MESSAGE_START_STOPPED);
	assert_kill(&t, 1, 2, SIGN_TERM);
	assert_state(&t, UNIT_ABORTING);
	tell_stop(&t);
	assert_quiet(&t);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	assert_kill(&t, 0, 1, SIGN_KILL);
	tell_killed(&t, SIGKILL);
	assert_spawn(&t, 0, 1, VERB_STOP); /* what it has begun is taken back */
}

/* Overdue at its start, it is waited for again on the way down. */
static void stop_of_an_overdue_start_is_waited_for(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	tell_stop(&t);
	assert_false(unit_stop_passed(&t.u));
	tell_exit(&t, 0); /* it was about to be ready */
	assert_spawn(&t, 0, 1, VERB_STOP);
	assert_false(unit_stop_passed(&t.u));
}

static void stop_of_what_cannot_be_killed_holds_up_nobody(void **state)
{
	struct tale t;

	(void)state;
	/* Cut short by the stop. */
	begin_starting(&t);
	tell_stop(&t);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	assert_false(unit_stop_passed(&t.u));
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	(void)assert_said(&t, 0, 1, MESSAGE_UNKILLABLE);
	assert_true(unit_stop_passed(&t.u));

	/* Known since the boot. */
	begin_starting(&t);
	tale_due_in(&t, TALE_PATIENCE_MS);
	tale_due_in(&t, TALE_TIMEOUT_MS - TALE_PATIENCE_MS);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	tale_due_in(&t, TALE_KILL_AFTER_MS);
	tell_stop(&t);
	assert_true(unit_stop_passed(&t.u) || t.u.due_ms);
}

static void a_failed_start_gets_its_stop(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tell_exit(&t, 1);
	tell_stop(&t);
	assert_spawn(&t, 0, 1, VERB_STOP);
	tell_spawned(&t);
	tell_exit(&t, 0);
	assert_rest(&t, UNIT_DOWN);
}

/* --- on the way down, before its own stop is asked for --------------------- */

static void a_board_going_down_starts_nothing(void **state)
{
	struct tale t;

	(void)state;
	tale_begin(&t, UNIT_SCRIPT);
	tell_start(&t);
	t.no_start = true;
	tell_fault(&t, FAULT_AGAIN);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);

	/* What runs already may come to its end, and gets its stop in its turn. */
	begin_starting(&t);
	t.no_start = true;
	tell_exit(&t, 0);
	(void)assert_said(&t, 0, 1, MESSAGE_STARTED);
	tell_stop(&t);
	assert_spawn(&t, 0, 1, VERB_STOP);
}

static void no_stop_is_called_once_all_are_being_ended(void **state)
{
	struct tale t;

	(void)state;
	begin_starting(&t);
	tell_stop(&t);
	t.no_start = true;
	t.no_stop = true;
	tell_killed(&t, SIGKILL);
	assert_quiet(&t);
	assert_rest(&t, UNIT_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(start_fails),
		cmocka_unit_test(only_exit_0_is_a_success),
		cmocka_unit_test(is_no_program),
		cmocka_unit_test(start_hangs),
		cmocka_unit_test(hanging_start_obeys_term),
		cmocka_unit_test(start_is_late),
		cmocka_unit_test(patience_longer_than_the_timeout),
		cmocka_unit_test(tries_again_ever_more_slowly),
		cmocka_unit_test(no_fault_holds_up_the_next_beyond_the_patience),
		cmocka_unit_test(a_stop_ends_the_tries),
		cmocka_unit_test(stops),
		cmocka_unit_test(stop_fails),
		cmocka_unit_test(stop_hangs),
		cmocka_unit_test(stop_is_tried_again),
		cmocka_unit_test(stop_before_the_start),
		cmocka_unit_test(stop_while_being_spawned),
		cmocka_unit_test(stop_while_starting),
		cmocka_unit_test(stop_of_an_overdue_start_is_waited_for),
		cmocka_unit_test(stop_of_what_cannot_be_killed_holds_up_nobody),
		cmocka_unit_test(a_failed_start_gets_its_stop),
		cmocka_unit_test(a_board_going_down_starts_nothing),
		cmocka_unit_test(no_stop_is_called_once_all_are_being_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
