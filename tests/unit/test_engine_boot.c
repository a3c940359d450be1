/* engine: the way up, told as short stories. */
#include "board.h"

static struct board b;
static struct rows rows;

static void plain(uint32_t n)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };

	rows_init(&rows);
	for (uint32_t i = 0; i < n; i++) {
		(void)rows_plain(&rows, names[i]);
		if (i)
			rows_edge(&rows, (uint16_t)i, TABLE_FOLLOW, (uint16_t)(i - 1));
	}
}

static void boot(uint32_t n_consoles)
{
	board_init(&b, &rows, n_consoles);
	board_begin(&b);
}

static void n_oneshots(uint32_t n)
{
	char name[16];

	rows_init(&rows);
	for (uint32_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%04u", i);
		(void)rows_add(&rows, name, TABLE_ONESHOT);
	}
}

/* --- plain scripts ---------------------------------------------------------------- */

static void plain_scripts_start_one_after_the_other(void **state)
{
	(void)state;
	plain(3);
	boot(1);
	for (uint32_t i = 0; i < 3; i++) {
		assert_phase(&b, PHASE_BOOT);
		assert_int_equal(count_spawns(&b, i, VERB_START), 1);
		assert_int_equal(count_kind(&b, ACTION_SPAWN), i + 1);
		board_wait(&b, 10);
		board_exit(&b, i, 0);
	}
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_said(&b, MESSAGE_STARTED), 3);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 3);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 0);
	assert_int_equal(last_said(&b, MESSAGE_READY)->ms, 30);
	assert_int_equal(count_spawns(&b, ENGINE_LOGIN, VERB_LOGIN), 1);
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 0);
	assert_int_equal(count_spawns(&b, ENGINE_RESCUE, VERB_SHELL), 0);
	assert_int_equal(engine_due(&b.engine), 0); /* a board at rest does not wake up */
}

static void a_failing_script_costs_only_itself(void **state)
{
	(void)state;
	plain(3);
	boot(1);
	board_exit(&b, 0, 1);
	board_killed(&b, 1, 11);
	board_exit(&b, 2, 0);
	assert_phase(&b, PHASE_RUN);
	assert_string_equal(board_states(&b), "FFU");
	assert_int_equal(count_said(&b, MESSAGE_START_FAILED), 2);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 2);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 3);
}

static void a_hanging_script_costs_only_itself(void **state)
{
	(void)state;
	plain(3);
	boot(1);
	board_wait(&b, PATIENCE_MS - 1);
	assert_string_equal(board_states(&b), "sww");
	board_wait(&b, 1);
	assert_int_equal(count_said(&b, MESSAGE_START_OVERDUE), 1);
	assert_int_equal(count_said(&b, MESSAGE_WAITS), 0); /* that says it all */
	assert_string_equal(board_states(&b), "ssw");
	board_exit(&b, 1, 0);
	board_exit(&b, 2, 0);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 0); /* not yet */
	board_wait(&b, START_TIMEOUT_MS - PATIENCE_MS);
	assert_int_equal(count_said(&b, MESSAGE_START_TIMEOUT), 1);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_TERM);
	assert_int_equal(last_of(&b, ACTION_KILL)->at_ms, 1000 + START_TIMEOUT_MS);
	board_killed(&b, 0, 15);
	assert_string_equal(board_states(&b), "FUU");
	assert_int_equal(engine_due(&b.engine), 0);
}

/* However many hang, each holds up the next for its patience and no longer. */
static void all_scripts_hang(void **state)
{
	(void)state;
	plain(6);
	boot(1);
	board_wait(&b, 6 * PATIENCE_MS - 1);
	assert_phase(&b, PHASE_BOOT);
	board_wait(&b, 1);
	assert_phase(&b, PHASE_RUN);
	board_wait(&b, 10 * START_TIMEOUT_MS);
	assert_int_equal(count_said(&b, MESSAGE_START_TIMEOUT), 6);
	assert_int_equal(count_said(&b, MESSAGE_UNKILLABLE), 6);
	assert_int_equal(engine_due(&b.engine), 0);
}

/* --- spawns that fail --------------------------------------------------------------- */

static uint32_t failing; /* forks that fail before one comes off */
static enum fault failing_with;

static enum fault fail_some(const struct action *action)
{
	if (!failing || action->unit >= ENGINE_LOGIN)
		return FAULT_NONE;
	failing--;
	return failing_with;
}

static void a_passing_shortage_delays_the_boot(void **state)
{
	(void)state;
	plain(1);
	board_init(&b, &rows, 1);
	b.fork = fail_some;
	failing = 4;
	failing_with = FAULT_AGAIN;
	board_begin(&b);
	board_wait(&b, 100 + 200 + 400 + 800);
	assert_int_equal(count_spawns(&b, 0, VERB_START), 5);
	assert_int_equal(count_said(&b, MESSAGE_SPAWN_AGAIN), 1);
	board_exit(&b, 0, 0);
	assert_phase(&b, PHASE_RUN);
	assert_string_equal(board_states(&b), "U");
	assert_int_equal(engine_due(&b.engine), 0);
}

static void every_script_fails_for_good(void **state)
{
	(void)state;
	n_oneshots(TABLE_SERVICES);
	board_init(&b, &rows, CONSOLES_CAP);
	b.fork = fail_some;
	failing = TABLE_SERVICES;
	failing_with = FAULT_NOT_FOUND;
	board_begin(&b);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_said(&b, MESSAGE_START_FAILED), TABLE_SERVICES);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, TABLE_SERVICES);
	for (uint32_t i = 0; i < CONSOLES_CAP; i++)
		assert_int_equal(login_of(&b, ENGINE_LOGIN + i)->state, LOGIN_UP);
	assert_int_equal(engine_due(&b.engine), 0);
}

/* --- in parallel --------------------------------------------------------------------- */

static void what_needs_nobody_starts_at_once(void **state)
{
	(void)state;
	n_oneshots(200);
	boot(1);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(count_spawns(&b, i, VERB_START), 1);
	for (uint32_t i = 200; i > 0; i--)
		board_exit(&b, i - 1, 0);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(engine_due(&b.engine), 0);
}

static void only_so_many_one_shots_at_a_time(void **state)
{
	uint32_t done = 0;

	(void)state;
	n_oneshots(20);
	(void)rows_add(&rows, "x", TABLE_DAEMON); /* does not count */
	board_init(&b, &rows, 1);
	b.engine.parallel = 3;
	board_begin(&b);
	assert_service(&b, 20, SERVICE_UP);
	while (done < 20) {
		assert_int_equal(b.engine.n_starting, done > 17 ? 20 - done : 3);
		for (uint32_t i = 0; i < 20; i++) {
			if (service_of(&b, i)->main) {
				/* A failure makes room as well. */
				board_exit(&b, i, i % 2);
				done++;
				break;
			}
		}
	}
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(b.engine.n_starting, 0);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 10);
}

/* Those that hang use up every place: the others wait, but the board comes up. */
static void hanging_ones_do_not_hold_up_the_boot(void **state)
{
	(void)state;
	n_oneshots(4);
	board_init(&b, &rows, 1);
	b.engine.parallel = 2;
	board_begin(&b);
	assert_string_equal(board_states(&b), "ssww");
	board_wait(&b, PATIENCE_MS);
	assert_phase(&b, PHASE_RUN);
	board_wait(&b, START_TIMEOUT_MS - PATIENCE_MS);
	board_killed(&b, 0, 15);
	board_killed(&b, 1, 15);
	assert_string_equal(board_states(&b), "FFss");
	board_exit(&b, 2, 0);
	board_exit(&b, 3, 0);
	assert_string_equal(board_states(&b), "FFUU");
	assert_int_equal(engine_due(&b.engine), 0);
}

/* --- what starts ---------------------------------------------------------------------- */

static void not_by_itself(void **state)
{
	(void)state;
	n_oneshots(0);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	rows.at[rows_add(&rows, "b", TABLE_DAEMON)].flags = TABLE_NOSTART;
	rows.at[rows_add(&rows, "c", TABLE_DAEMON)].flags = TABLE_DISABLED;
	rows.at[rows_add(&rows, "d", TABLE_DAEMON)].flags = TABLE_NOSTART;
	rows_edge(&rows, 0, TABLE_WANT, 3);
	boot(1);
	assert_string_equal(board_states(&b), "U..U");
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 2);
	board_command(&b, 1, COMMAND_START);
	board_command(&b, 2, COMMAND_START);
	assert_string_equal(board_states(&b), "UUUU");
}

static void a_goal_starts_its_closure(void **state)
{
	(void)state;
	n_oneshots(0);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	(void)rows_add(&rows, "c", TABLE_DAEMON);
	(void)rows_add(&rows, "d", TABLE_TARGET);
	rows_edge(&rows, 3, TABLE_REQUIRE, 0);
	rows_edge(&rows, 0, TABLE_WANT, 2);
	rows_edge(&rows, 0, TABLE_AFTER, 1);
	board_init(&b, &rows, 1);
	b.tables.goal = "d";
	board_begin(&b);
	assert_string_equal(board_states(&b), "U.UU");
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 3);

	/* One that there is not: a board that comes up is better than none. */
	board_init(&b, &rows, 1);
	b.tables.goal = "nosuch";
	board_begin(&b);
	assert_int_equal(count_said(&b, MESSAGE_NO_GOAL), 1);
	assert_string_equal(board_states(&b), "UUUU");
}

static void a_bad_file_is_told_once(void **state)
{
	(void)state;
	n_oneshots(0);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	(void)rows_add(&rows, "c", TABLE_DAEMON);
	(void)rows_add(&rows, "d", TABLE_DAEMON);
	rows.at[1].flags = TABLE_BAD;
	rows.at[1].line = 7;
	rows_edge(&rows, 2, TABLE_REQUIRE, 1);
	rows_edge(&rows, 3, TABLE_WANT, 1);
	boot(1);
	assert_phase(&b, PHASE_RUN);
	assert_string_equal(board_states(&b), "UB.U");
	assert_int_equal(count_said(&b, MESSAGE_BAD), 1);
	assert_int_equal(last_said(&b, MESSAGE_BAD)->count, 7);
	assert_int_equal(last_said(&b, MESSAGE_BAD)->unit, 1);
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 1);
	assert_int_equal(last_said(&b, MESSAGE_BLOCKED)->unit, 2);
	assert_int_equal(last_said(&b, MESSAGE_BLOCKED)->other, 1);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 4);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 2);
	board_command(&b, 1, COMMAND_START);
	board_command(&b, 2, COMMAND_START);
	assert_string_equal(board_states(&b), "UB.U");
	assert_int_equal(count_said(&b, MESSAGE_BAD), 1);
}

static void one_that_waits_is_shown_and_holds_up_nobody(void **state)
{
	(void)state;
	n_oneshots(0);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	rows.at[0].wait = ROWS_COMMAND;
	rows_edge(&rows, 1, TABLE_REQUIRE, 0);
	boot(1);
	assert_string_equal(board_states(&b), "ow");
	board_wait(&b, PATIENCE_MS - 1);
	assert_phase(&b, PHASE_BOOT);
	board_wait(&b, 1);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_said(&b, MESSAGE_WAITS_OUTSIDE), 1);
	assert_int_equal(last_said(&b, MESSAGE_WAITS)->unit, 1);
	assert_int_equal(last_said(&b, MESSAGE_WAITS)->other, 0);
	assert_int_equal(engine_due(&b.engine), 0);
	board_wait(&b, 3600000);
	board_control_exit(&b, 0, 0);
	assert_string_equal(board_states(&b), "UU");
}

/* --- the longest and the largest ------------------------------------------------------ */

static void a_chain_of_all_services(void **state)
{
	(void)state;
	n_oneshots(TABLE_SERVICES);
	for (uint16_t i = 1; i < TABLE_SERVICES; i++)
		rows_edge(&rows, (uint16_t)(i - 1), TABLE_REQUIRE, i);
	boot(CONSOLES_CAP);
	for (uint32_t i = TABLE_SERVICES; i > 0; i--) {
		enum role role = ROLE_CONTROL;

		assert_int_equal(engine_find(&b.engine, b.last_pid, &role), i - 1);
		assert_int_equal(role, ROLE_MAIN);
		b.now_ms++;
		board_exit(&b, i - 1, 0);
	}
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, TABLE_SERVICES);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 0);
}

/*
 * PID 1 was kept from running for so long (a suspended machine, an emulator
 * that was stopped) that more is due at once than a list of actions holds.
 */
static void more_is_due_at_once_than_fits(void **state)
{
	(void)state;
	n_oneshots(1000);
	boot(1);
	b.now_ms += 7200000; /* nobody told the engine */
	board_wait(&b, 0);
	assert_int_equal(count_said(&b, MESSAGE_START_TIMEOUT), 1000);
	assert_int_equal(count_kind(&b, ACTION_KILL), 1000);
	assert_true(engine_due(&b.engine) > b.now_ms);
}

/* --- facts that concern nobody --------------------------------------------------------- */

static void it_begins_once(void **state)
{
	(void)state;
	plain(2);
	boot(1);
	board_begin(&b);
	assert_int_equal(count_kind(&b, ACTION_SPAWN), 1);
	assert_string_equal(board_states(&b), "sw");
}

static void orphans_change_nothing(void **state)
{
	static struct engine before;

	(void)state;
	plain(2);
	boot(1);
	memcpy(&before, &b.engine, sizeof(before));
	for (int i = 0; i < 1000; i++)
		board_exit(&b, ENGINE_NONE, i % 256);
	board_childless(&b);
	before.turns = b.engine.turns;
	assert_memory_equal(&before, &b.engine, sizeof(before));
	assert_false(engine_wants_childless(&b.engine));
}

/* Counted and told; nothing else happens. */
static void impossible_events_are_counted(void **state)
{
	static const enum event_kind kinds[] = { EVENT_SPAWNED, EVENT_SPAWN_FAILED, EVENT_EXITED };
	struct service before;

	(void)state;
	plain(2);
	boot(1);
	for (size_t i = 0; i < 2 * COUNT_OF(kinds); i++) {
		before = *service_of(&b, 1);
		b.expected_impossible++;
		board_feed(&b, (struct event){ .kind = kinds[i / 2],
					       .role = i % 2 ? ROLE_CONTROL : ROLE_MAIN,
					       .unit = 1,
					       .pid = 99 });
		assert_int_equal(last_said(&b, MESSAGE_IMPOSSIBLE)->count, i + 1);
		assert_int_equal(last_said(&b, MESSAGE_IMPOSSIBLE)->unit, 1);
		assert_memory_equal(&before, service_of(&b, 1), sizeof(before));
	}
	/* A service that there is not: one behind the last, and the last of all. */
	b.expected_impossible++;
	board_feed(&b, (struct event){ .kind = EVENT_EXITED, .unit = 2 });
	b.expected_impossible++;
	board_feed(&b, (struct event){ .kind = EVENT_EXITED, .unit = TABLE_SERVICES - 1 });
	assert_int_equal(last_said(&b, MESSAGE_IMPOSSIBLE)->unit, ENGINE_NONE);
	/* Words from a service that there is not are no event at all. */
	board_feed(&b, (struct event){ .kind = EVENT_READY, .unit = 2 });
	board_feed(&b, (struct event){ .kind = EVENT_NOTIFIED, .unit = ENGINE_NONE });
	board_feed(&b, (struct event){ .kind = EVENT_COMMAND, .unit = 4000 });
	board_exit(&b, 0, 0); /* and the boot goes on */
	assert_int_equal(count_spawns(&b, 1, VERB_START), 1);
}

static void finds_whose_child_it_was(void **state)
{
	enum role role;

	(void)state;
	rows_init(&rows);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	rows.at[1].reload = ROWS_COMMAND;
	boot(2);
	board_command(&b, 1, COMMAND_RELOAD);
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	assert_int_equal(engine_find(&b.engine, service_of(&b, 0)->main, &role), 0);
	assert_int_equal(role, ROLE_MAIN);
	assert_int_equal(engine_find(&b.engine, service_of(&b, 1)->control, &role), 1);
	assert_int_equal(role, ROLE_CONTROL);
	assert_int_equal(engine_find(&b.engine, login_of(&b, ENGINE_LOGIN + 1)->pid, &role),
			 ENGINE_LOGIN + 1);
	assert_int_equal(role, ROLE_MAIN);
	assert_int_equal(engine_find(&b.engine, b.last_pid, &role), ENGINE_COMPILER);
	assert_int_equal(engine_find(&b.engine, b.last_pid + 1, &role), ENGINE_NONE);
	assert_int_equal(engine_find(&b.engine, 0, &role), ENGINE_NONE);
	assert_int_equal(engine_find(&b.engine, -1, &role), ENGINE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scripts_start_one_after_the_other),
		cmocka_unit_test(a_failing_script_costs_only_itself),
		cmocka_unit_test(a_hanging_script_costs_only_itself),
		cmocka_unit_test(all_scripts_hang),
		cmocka_unit_test(a_passing_shortage_delays_the_boot),
		cmocka_unit_test(every_script_fails_for_good),
		cmocka_unit_test(what_needs_nobody_starts_at_once),
		cmocka_unit_test(only_so_many_one_shots_at_a_time),
		cmocka_unit_test(hanging_ones_do_not_hold_up_the_boot),
		cmocka_unit_test(not_by_itself),
		cmocka_unit_test(a_goal_starts_its_closure),
		cmocka_unit_test(a_bad_file_is_told_once),
		cmocka_unit_test(one_that_waits_is_shown_and_holds_up_nobody),
		cmocka_unit_test(a_chain_of_all_services),
		cmocka_unit_test(more_is_due_at_once_than_fits),
		cmocka_unit_test(it_begins_once),
		cmocka_unit_test(orphans_change_nothing),
		cmocka_unit_test(impossible_events_are_counted),
		cmocka_unit_test(finds_whose_child_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
