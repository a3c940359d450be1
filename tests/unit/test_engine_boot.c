/* engine: the way up, told as short stories. */
#include "world.h"

static struct world w;

static void boot(uint32_t n_scripts, uint32_t n_consoles)
{
	world_init(&w, n_scripts, n_consoles);
	world_begin(&w);
}

static void scripts_start_one_after_the_other(void **state)
{
	(void)state;
	boot(3, 1);
	for (uint32_t i = 0; i < 3; i++) {
		assert_phase(&w, PHASE_BOOT);
		assert_int_equal(count_spawns(&w, i, VERB_START), 1);
		assert_int_equal(count_kind(&w, ACTION_SPAWN), i + 1);
		world_wait(&w, 10);
		world_exit(&w, i, 0);
	}
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_said(&w, MESSAGE_STARTED), 3);
	assert_int_equal(last_said(&w, MESSAGE_READY)->count, 3);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, 0);
	assert_int_equal(last_said(&w, MESSAGE_READY)->ms, 30);
	assert_int_equal(count_spawns(&w, 3, VERB_LOGIN), 1);
	assert_int_equal(count_spawns(&w, engine_rescue(&w.engine), VERB_SHELL), 0);
	assert_int_equal(engine_due(&w.engine), 0); /* a board at rest does not wake up */
}

static void no_scripts_at_all(void **state)
{
	(void)state;
	boot(0, CONSOLES_CAP);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->count, 0);
	assert_int_equal(last_said(&w, MESSAGE_READY)->ms, 0);
	for (uint32_t i = 0; i < CONSOLES_CAP; i++)
		assert_int_equal(count_spawns(&w, i, VERB_LOGIN), 1);
	assert_int_equal(engine_due(&w.engine), 0);
}

static void a_failing_script_costs_only_itself(void **state)
{
	(void)state;
	boot(3, 1);
	world_exit(&w, 0, 1);
	world_killed(&w, 1, 11);
	world_exit(&w, 2, 0);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_said(&w, MESSAGE_START_FAILED), 2);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, 2);
	assert_int_equal(count_spawns(&w, 3, VERB_LOGIN), 1);
}

static void a_hanging_script_costs_only_itself(void **state)
{
	(void)state;
	boot(3, 1);
	world_wait(&w, PATIENCE_MS - 1);
	assert_int_equal(count_spawns(&w, 1, VERB_START), 0);
	world_wait(&w, 1);
	assert_int_equal(count_said(&w, MESSAGE_START_OVERDUE), 1);
	assert_int_equal(count_spawns(&w, 1, VERB_START), 1);
	world_exit(&w, 1, 0);
	world_exit(&w, 2, 0);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, 0); /* not yet */
	world_wait(&w, START_TIMEOUT_MS - PATIENCE_MS);
	assert_int_equal(count_said(&w, MESSAGE_START_TIMEOUT), 1);
	assert_int_equal(last_of(&w, ACTION_KILL)->action.sign, SIGN_TERM);
	assert_int_equal(last_of(&w, ACTION_KILL)->at_ms, 1000 + START_TIMEOUT_MS);
	world_killed(&w, 0, 15);
	assert_int_equal(state_of(&w, 0), UNIT_FAILED);
	assert_int_equal(engine_due(&w.engine), 0);
}

/* However many hang, each holds up the next for its patience and no longer. */
static void all_scripts_hang(void **state)
{
	(void)state;
	boot(20, 1);
	world_wait(&w, 20 * PATIENCE_MS - 1);
	assert_phase(&w, PHASE_BOOT);
	world_wait(&w, 1);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, 15); /* timed out so far */
	world_wait(&w, START_TIMEOUT_MS + SHUTDOWN_MS);
	assert_int_equal(count_said(&w, MESSAGE_START_TIMEOUT), 20);
	assert_int_equal(count_said(&w, MESSAGE_UNKILLABLE), 20);
	assert_int_equal(engine_due(&w.engine), 0);
}

/* --- spawns that fail --------------------------------------------------------- */

static uint32_t failing; /* forks that fail before one comes off */
static enum fault failing_with;

static enum fault fail_some(struct world *world, const struct action *action)
{
	(void)world;
	(void)action;
	if (!failing)
		return FAULT_NONE;
	failing--;
	return failing_with;
}

static void a_passing_shortage_delays_the_boot(void **state)
{
	(void)state;
	world_init(&w, 2, 1);
	w.fork = fail_some;
	failing = 4;
	failing_with = FAULT_AGAIN;
	world_begin(&w);
	world_wait(&w, 100 + 200 + 400 + 800);
	assert_int_equal(count_spawns(&w, 0, VERB_START), 5);
	assert_int_equal(count_said(&w, MESSAGE_SPAWN_AGAIN), 1);
	world_exit(&w, 0, 0);
	world_exit(&w, 1, 0);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, 0);
	assert_int_equal(engine_due(&w.engine), 0);
}

/* The fork that fails for ever, too, holds up nobody beyond the patience. */
static void a_lasting_shortage_delays_it_by_the_patience(void **state)
{
	(void)state;
	world_init(&w, 2, 1);
	w.fork = fail_some;
	failing = UINT32_MAX;
	failing_with = FAULT_AGAIN;
	world_begin(&w);
	world_wait(&w, PATIENCE_MS);
	assert_true(count_spawns(&w, 1, VERB_START) > 0);
	world_wait(&w, PATIENCE_MS);
	assert_phase(&w, PHASE_RUN);
	failing = 0;
	world_wait(&w, 10000);
	world_exit(&w, 0, 0);
	world_exit(&w, 1, 0);
	assert_int_equal(state_of(&w, 0), UNIT_UP);
	assert_int_equal(state_of(&w, 2), UNIT_UP);
	assert_int_equal(engine_due(&w.engine), 0);
}

static void every_script_fails_for_good(void **state)
{
	(void)state;
	world_init(&w, NAMES_CAP, CONSOLES_CAP);
	w.fork = fail_some;
	failing = NAMES_CAP;
	failing_with = FAULT_OTHER;
	world_begin(&w);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_said(&w, MESSAGE_START_FAILED), NAMES_CAP);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, NAMES_CAP);
	for (uint32_t i = 0; i < CONSOLES_CAP; i++)
		assert_int_equal(state_of(&w, NAMES_CAP + i), UNIT_UP);
	assert_int_equal(engine_due(&w.engine), 0);
}

static void every_exec_fails_for_good(void **state)
{
	(void)state;
	boot(NAMES_CAP, CONSOLES_CAP);
	for (uint32_t i = 0; i < NAMES_CAP; i++)
		world_fault(&w, i, FAULT_NOT_FOUND);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->failed, NAMES_CAP);
}

/* --- the largest ---------------------------------------------------------------- */

static void the_largest_board(void **state)
{
	(void)state;
	boot(NAMES_CAP, CONSOLES_CAP);
	for (uint32_t i = 0; i < NAMES_CAP; i++) {
		assert_int_equal(engine_find(&w.engine, w.last_pid), i);
		world_wait(&w, 1);
		world_exit(&w, i, 0);
	}
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(last_said(&w, MESSAGE_READY)->count, NAMES_CAP);
	assert_int_equal(last_said(&w, MESSAGE_READY)->ms, NAMES_CAP);
}

/*
 * PID 1 was kept from running for so long (a suspended machine, an emulator
 * that was stopped) that more is due at once than a list of actions holds.
 */
static void more_is_due_at_once_than_fits(void **state)
{
	(void)state;
	world_init(&w, NAMES_CAP, CONSOLES_CAP);
	w.engine.times.patience_ms = 1;
	w.engine.times.start_timeout_ms = 3600000;
	world_begin(&w);
	world_wait(&w, NAMES_CAP);
	assert_phase(&w, PHASE_RUN);
	w.now_ms += 7200000; /* nobody told the engine */
	world_wait(&w, 0);
	assert_int_equal(count_said(&w, MESSAGE_START_TIMEOUT), NAMES_CAP);
	assert_int_equal(count_kind(&w, ACTION_KILL), NAMES_CAP);
	assert_true(engine_due(&w.engine) > w.now_ms);
}

/* --- rescue ------------------------------------------------------------------------ */

static void rescue_then_boot(void **state)
{
	uint32_t shell;

	(void)state;
	world_init(&w, 1, 1);
	w.engine.rescue = true;
	shell = engine_rescue(&w.engine);
	world_begin(&w);
	assert_phase(&w, PHASE_RESCUE);
	assert_int_equal(count_said(&w, MESSAGE_RESCUE), 1);
	assert_int_equal(count_spawns(&w, shell, VERB_SHELL), 1);
	assert_int_equal(engine_due(&w.engine), 0);
	world_wait(&w, 3600000); /* somebody is at work */
	assert_int_equal(count_spawns(&w, 0, VERB_START), 0);
	world_exit(&w, shell, 3);
	assert_phase(&w, PHASE_BOOT);
	assert_int_equal(count_spawns(&w, 0, VERB_START), 1);
	world_exit(&w, 0, 0);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_spawns(&w, shell, VERB_SHELL), 1);
}

static void rescue_is_not_to_be_had(void **state)
{
	static const enum fault faults[] = { FAULT_NO_TTY, FAULT_NOT_FOUND };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		world_init(&w, 1, 1);
		w.engine.rescue = true;
		world_begin(&w);
		world_fault(&w, engine_rescue(&w.engine), faults[i]);
		assert_int_equal(count_said(&w, MESSAGE_RESCUE_FAILED), 1);
		assert_int_equal(count_spawns(&w, 0, VERB_START), 1);
	}
}

static void rescue_waits_for_memory(void **state)
{
	(void)state;
	world_init(&w, 0, 1);
	w.engine.rescue = true;
	w.fork = fail_some;
	failing = 2;
	failing_with = FAULT_AGAIN;
	world_begin(&w);
	world_wait(&w, 3000);
	assert_int_equal(count_spawns(&w, engine_rescue(&w.engine), VERB_SHELL), 3);
	assert_phase(&w, PHASE_RESCUE);
	world_exit(&w, engine_rescue(&w.engine), 0);
	assert_phase(&w, PHASE_RUN);
}

/* --- the rest ------------------------------------------------------------------------ */

static void logins_come_again(void **state)
{
	(void)state;
	boot(0, 2);
	world_wait(&w, 5000);
	world_exit(&w, 0, 0);
	assert_int_equal(count_spawns(&w, 0, VERB_LOGIN), 2);
	world_exit(&w, 0, 0); /* at once */
	assert_int_equal(count_spawns(&w, 0, VERB_LOGIN), 2);
	assert_int_equal(engine_due(&w.engine), w.now_ms + 1000);
	world_wait(&w, 1000);
	assert_int_equal(count_spawns(&w, 0, VERB_LOGIN), 3);
	assert_int_equal(count_spawns(&w, 1, VERB_LOGIN), 1);
	assert_int_equal(engine_due(&w.engine), 0);
}

static void it_begins_once(void **state)
{
	(void)state;
	world_init(&w, 1, 1);
	world_feed(&w, &(struct event){ .kind = EVENT_TIME });
	assert_int_equal(w.n_log, 0);
	assert_phase(&w, PHASE_NEW);
	world_begin(&w);
	world_begin(&w);
	assert_int_equal(count_spawns(&w, 0, VERB_START), 1);
	world_exit(&w, 0, 0);
	world_begin(&w);
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_said(&w, MESSAGE_READY), 1);
}

static void finds_whose_child_it_was(void **state)
{
	(void)state;
	boot(2, 1);
	assert_int_equal(engine_find(&w.engine, w.last_pid), 0);
	assert_int_equal(engine_find(&w.engine, 0), ENGINE_NONE);
	assert_int_equal(engine_find(&w.engine, -1), ENGINE_NONE);
	assert_int_equal(engine_find(&w.engine, 9999), ENGINE_NONE);
	world_exit(&w, 0, 0);
	assert_int_equal(engine_find(&w.engine, w.last_pid - 1), ENGINE_NONE);
	assert_int_equal(engine_find(&w.engine, w.last_pid), 1);
}

/* An orphan's end, and childlessness while up, are no news. */
static void orphans_change_nothing(void **state)
{
	static struct engine before;

	(void)state;
	boot(2, 1);
	memcpy(&before, &w.engine, sizeof(before));
	for (int i = 0; i < 1000; i++)
		world_exit(&w, ENGINE_NONE, i % 256);
	world_childless(&w);
	assert_memory_equal(&before, &w.engine, sizeof(before));
	assert_false(engine_wants_childless(&w.engine));
}

/* Counted and told; nothing else happens, whatever the state. */
static void impossible_events_are_counted(void **state)
{
	static const enum event_kind kinds[] = { EVENT_SPAWNED, EVENT_EXITED };
	static struct unit before;

	(void)state;
	boot(2, 1);
	memcpy(&before, &w.engine.units[1], sizeof(before));
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		w.expected_impossible++;
		world_feed(&w, &(struct event){ .kind = kinds[i], .unit = 1, .pid = 99 });
		assert_int_equal(last_said(&w, MESSAGE_IMPOSSIBLE)->count, i + 1);
		assert_int_equal(last_said(&w, MESSAGE_IMPOSSIBLE)->unit, 1);
	}
	assert_memory_equal(&before, &w.engine.units[1], sizeof(before));
	/* A unit that there is not: one behind the last, and the last of the table. */
	w.expected_impossible++;
	world_feed(&w, &(struct event){ .kind = EVENT_EXITED, .unit = w.engine.n_units });
	w.expected_impossible++;
	world_feed(&w, &(struct event){ .kind = EVENT_EXITED, .unit = ENGINE_UNITS - 1 });
	assert_int_equal(last_said(&w, MESSAGE_IMPOSSIBLE)->unit, ENGINE_NONE);
	world_exit(&w, 0, 0); /* and the boot goes on */
	assert_int_equal(count_spawns(&w, 1, VERB_START), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_start_one_after_the_other),
		cmocka_unit_test(no_scripts_at_all),
		cmocka_unit_test(a_failing_script_costs_only_itself),
		cmocka_unit_test(a_hanging_script_costs_only_itself),
		cmocka_unit_test(all_scripts_hang),
		cmocka_unit_test(a_passing_shortage_delays_the_boot),
		cmocka_unit_test(a_lasting_shortage_delays_it_by_the_patience),
		cmocka_unit_test(every_script_fails_for_good),
		cmocka_unit_test(every_exec_fails_for_good),
		cmocka_unit_test(the_largest_board),
		cmocka_unit_test(more_is_due_at_once_than_fits),
		cmocka_unit_test(rescue_then_boot),
		cmocka_unit_test(rescue_is_not_to_be_had),
		cmocka_unit_test(rescue_waits_for_memory),
		cmocka_unit_test(logins_come_again),
		cmocka_unit_test(it_begins_once),
		cmocka_unit_test(finds_whose_child_it_was),
		cmocka_unit_test(orphans_change_nothing),
		cmocka_unit_test(impossible_events_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
