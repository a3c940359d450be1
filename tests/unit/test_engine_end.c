/* engine: the end of the way down.  Whatever hangs or fails, it comes in time. */
#include "world.h"

static struct world w;

/* Which processes cannot be made, by kind of action. */
static bool refused[ACTION_SAY + 1];

static enum fault fork_refused(struct world *world, const struct action *action)
{
	(void)world;
	return refused[action->kind] ? FAULT_AGAIN : FAULT_NONE;
}

static void init(uint32_t n_scripts, uint32_t n_consoles, uint32_t shutdown_ms)
{
	world_init(&w, n_scripts, n_consoles);
	memset(refused, 0, sizeof(refused));
	w.times.shutdown_timeout_ms = shutdown_ms;
	engine_init(&w.engine, n_scripts, n_consoles, &w.times);
	w.fork = fork_refused;
}

/* A board without scripts that has come to FINISH. */
static void begin_finish(enum power power)
{
	init(0, 0, SHUTDOWN_MS);
	world_begin(&w);
	world_request(&w, power);
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_phase(&w, PHASE_FINISH);
	assert_int_equal(engine_find(&w.engine, w.last_pid), ENGINE_HELPER);
}

static void assert_over(enum power power)
{
	uint32_t n = w.n_log;

	assert_phase(&w, PHASE_OVER);
	assert_int_equal(last_of(&w, ACTION_LAST)->action.power, power);
	assert_int_equal(count_kind(&w, ACTION_LAST), 1);
	assert_int_equal(engine_due(&w.engine), 0);
	world_wait(&w, 3600000);
	world_childless(&w);
	world_request(&w, power);
	world_exit(&w, ENGINE_HELPER, 0);
	assert_int_equal(w.n_log, n);
}

/* --- nothing ever ends -------------------------------------------------------------- */

static void worst_case(uint32_t n_scripts, uint32_t shutdown_ms, bool no_forks)
{
	uint64_t begun_ms;

	init(n_scripts, CONSOLES_CAP, shutdown_ms);
	world_begin(&w);
	for (uint32_t i = 0; i < n_scripts; i++)
		world_exit(&w, i, 0);
	assert_phase(&w, PHASE_RUN);
	memset(refused, no_forks, sizeof(refused));
	begun_ms = w.now_ms;
	world_request(&w, POWER_OFF);
	world_wait(&w, shutdown_ms);
	assert_int_equal(count_kind(&w, ACTION_TERM_ALL), 1);
	assert_int_equal(count_kind(&w, ACTION_KILL_ALL), 1);
	assert_true(count_kind(&w, ACTION_FINISH) > 0);
	assert_true(count_kind(&w, ACTION_REBOOT) > 0);
	assert_true(last_of(&w, ACTION_LAST)->at_ms <= begun_ms + shutdown_ms);
	assert_over(POWER_OFF);
}

static void the_deadlines_add_up(void **state)
{
	static const uint32_t shutdowns_ms[] = { 1000, 7000, 20000, 3600000 };
	static const uint32_t scripts[] = { 0, 1, 20, NAMES_CAP };

	(void)state;
	for (size_t t = 0; t < COUNT_OF(shutdowns_ms); t++)
		for (size_t n = 0; n < COUNT_OF(scripts); n++)
			for (int no_forks = 0; no_forks < 2; no_forks++)
				worst_case(scripts[n], shutdowns_ms[t], no_forks);
}

/* The same with every script in the middle of its start, or of trying to. */
static void also_from_the_middle_of_the_boot(void **state)
{
	uint64_t begun_ms;

	(void)state;
	for (int no_forks = 0; no_forks < 2; no_forks++) {
		init(NAMES_CAP, CONSOLES_CAP, SHUTDOWN_MS);
		w.engine.times.patience_ms = 1;
		w.engine.times.start_timeout_ms = 3600000;
		memset(refused, no_forks, sizeof(refused));
		world_begin(&w);
		world_wait(&w, NAMES_CAP / 2);
		assert_phase(&w, PHASE_BOOT);
		begun_ms = w.now_ms;
		world_request(&w, POWER_REBOOT);
		world_wait(&w, SHUTDOWN_MS);
		assert_true(last_of(&w, ACTION_LAST)->at_ms <= begun_ms + SHUTDOWN_MS);
		assert_over(POWER_REBOOT);
	}
}

static void each_part_says_that_it_is_late(void **state)
{
	static const enum message late[] = {
		MESSAGE_STOP_LATE,
		MESSAGE_TERM_LATE,
		MESSAGE_KILL_LATE,
		MESSAGE_FINISH_LATE,
	};

	(void)state;
	worst_case(1, SHUTDOWN_MS, false);
	for (size_t i = 0; i < COUNT_OF(late); i++)
		assert_int_equal(count_said(&w, late[i]), 1);
	assert_int_equal(count_said(&w, MESSAGE_GOING), 1);
}

/* PID 1 itself was held up: late, but every step is still taken, once. */
static void deadlines_that_are_noticed_late(void **state)
{
	(void)state;
	init(2, 1, SHUTDOWN_MS);
	world_begin(&w);
	world_exit(&w, 0, 0);
	world_exit(&w, 1, 0);
	world_request(&w, POWER_OFF);
	for (int i = 0; i < 20; i++) {
		w.now_ms += SHUTDOWN_MS;
		world_feed(&w, &(struct event){ .kind = EVENT_TIME });
	}
	assert_int_equal(count_kind(&w, ACTION_TERM_ALL), 1);
	assert_int_equal(count_kind(&w, ACTION_KILL_ALL), 1);
	assert_int_equal(count_kind(&w, ACTION_FINISH), 1);
	assert_int_equal(count_kind(&w, ACTION_REBOOT), 1);
	assert_over(POWER_OFF);
}

/* --- the helper ----------------------------------------------------------------------- */

static void childless_is_the_short_way(void **state)
{
	(void)state;
	init(0, 1, SHUTDOWN_MS);
	world_begin(&w);
	world_childless(&w); /* before anybody asked */
	assert_phase(&w, PHASE_RUN);
	world_request(&w, POWER_OFF);
	assert_phase(&w, PHASE_TERM);
	world_wait(&w, SHUTDOWN_MS * 15 / 100);
	assert_phase(&w, PHASE_KILL);
	world_childless(&w); /* the helper is still there, so it cannot be */
	assert_phase(&w, PHASE_KILL);
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_phase(&w, PHASE_FINISH);
	assert_int_equal(count_said(&w, MESSAGE_KILL_LATE), 0);
	world_childless(&w);
	assert_int_equal(count_kind(&w, ACTION_FINISH), 1);
}

/* Without a process for it TERM and KILL are sent by PID 1, and not once more. */
static void term_and_kill_need_no_helper(void **state)
{
	(void)state;
	init(0, 1, SHUTDOWN_MS);
	world_begin(&w);
	refused[ACTION_TERM_ALL] = true;
	refused[ACTION_KILL_ALL] = true;
	world_request(&w, POWER_OFF);
	world_wait(&w, SHUTDOWN_MS * 25 / 100);
	assert_phase(&w, PHASE_FINISH);
	assert_int_equal(count_kind(&w, ACTION_TERM_ALL), 1);
	assert_int_equal(count_kind(&w, ACTION_KILL_ALL), 1);

	init(0, 0, SHUTDOWN_MS);
	world_begin(&w);
	refused[ACTION_TERM_ALL] = true;
	world_request(&w, POWER_OFF);
	world_childless(&w);
	assert_phase(&w, PHASE_FINISH);
}

static void the_finish_is_tried_again(void **state)
{
	(void)state;
	init(0, 0, SHUTDOWN_MS);
	world_begin(&w);
	refused[ACTION_FINISH] = true;
	world_request(&w, POWER_OFF);
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_int_equal(engine_due(&w.engine), w.now_ms + 100);
	world_wait(&w, 300);
	assert_int_equal(count_kind(&w, ACTION_FINISH), 4);
	refused[ACTION_FINISH] = false;
	world_wait(&w, 100);
	assert_int_equal(count_kind(&w, ACTION_FINISH), 5);
	assert_int_equal(engine_find(&w.engine, w.last_pid), ENGINE_HELPER);
	world_wait(&w, 1000);
	assert_int_equal(count_kind(&w, ACTION_FINISH), 5);
	assert_phase(&w, PHASE_FINISH);
}

static void a_halted_board_is_left_alone(void **state)
{
	(void)state;
	begin_finish(POWER_HALT);
	world_exit(&w, ENGINE_HELPER, 0); /* the kernel halts and lets it end */
	assert_phase(&w, PHASE_OVER);
	assert_int_equal(count_kind(&w, ACTION_REBOOT), 0);
	assert_int_equal(count_kind(&w, ACTION_LAST), 0);
	assert_int_equal(engine_due(&w.engine), 0);
	world_wait(&w, 3600000);
	assert_int_equal(count_kind(&w, ACTION_LAST), 0);
}

/* reboot(2) came back, or the helper died: the shorter ways are tried at once. */
static void a_helper_that_ends_without_a_reboot(void **state)
{
	static const struct {
		enum power power;
		struct ending ending;
	} cases[] = {
		{ POWER_OFF, { HOW_EXIT, FAULT_NONE, 0 } },
		{ POWER_OFF, { HOW_EXIT, FAULT_NONE, 1 } },
		{ POWER_REBOOT, { HOW_EXIT, FAULT_NONE, 0 } },
		{ POWER_HALT, { HOW_EXIT, FAULT_NONE, 1 } },
		{ POWER_HALT, { HOW_SIGNAL, FAULT_NONE, 0 } },
		{ POWER_REBOOT, { HOW_SIGNAL, FAULT_NONE, 11 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		begin_finish(cases[i].power);
		world_ends(&w, ENGINE_HELPER, cases[i].ending);
		assert_phase(&w, PHASE_LAST);
		assert_int_equal(last_of(&w, ACTION_REBOOT)->action.power, cases[i].power);
		world_ends(&w, ENGINE_HELPER, cases[i].ending);
		assert_over(cases[i].power);
	}
}

static void a_halt_by_the_shortest_way(void **state)
{
	(void)state;
	begin_finish(POWER_HALT);
	world_killed(&w, ENGINE_HELPER, 9);
	assert_phase(&w, PHASE_LAST);
	world_exit(&w, ENGINE_HELPER, 0);
	assert_phase(&w, PHASE_OVER);
	assert_int_equal(count_kind(&w, ACTION_LAST), 0);
}

/* The helper of an earlier part that ends late is an orphan like any other. */
static void an_old_helper_is_nobody(void **state)
{
	int32_t old;

	(void)state;
	init(0, 0, SHUTDOWN_MS);
	world_begin(&w);
	world_request(&w, POWER_OFF);
	old = w.last_pid;
	assert_int_equal(engine_find(&w.engine, old), ENGINE_HELPER);
	world_wait(&w, SHUTDOWN_MS * 15 / 100);
	assert_int_equal(engine_find(&w.engine, old), ENGINE_NONE);
	assert_int_equal(engine_find(&w.engine, w.last_pid), ENGINE_HELPER);
	assert_int_equal(w.last_pid, old + 1);
}

/* What the engine does not know any more of itself cannot be reached. */
static void time_without_a_deadline_changes_nothing(void **state)
{
	static struct engine before;

	(void)state;
	begin_finish(POWER_OFF);
	memcpy(&before, &w.engine, sizeof(before));
	world_feed(&w, &(struct event){ .kind = EVENT_TIME });
	assert_memory_equal(&before, &w.engine, sizeof(before));
	assert_int_equal(w.actions.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deadlines_add_up),
		cmocka_unit_test(also_from_the_middle_of_the_boot),
		cmocka_unit_test(each_part_says_that_it_is_late),
		cmocka_unit_test(deadlines_that_are_noticed_late),
		cmocka_unit_test(childless_is_the_short_way),
		cmocka_unit_test(term_and_kill_need_no_helper),
		cmocka_unit_test(the_finish_is_tried_again),
		cmocka_unit_test(a_halted_board_is_left_alone),
		cmocka_unit_test(a_helper_that_ends_without_a_reboot),
		cmocka_unit_test(a_halt_by_the_shortest_way),
		cmocka_unit_test(an_old_helper_is_nobody),
		cmocka_unit_test(time_without_a_deadline_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
