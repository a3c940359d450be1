/* engine: services that need each other, and what is asked by hand. */
#include "board.h"

enum {
	A,
	B,
	C,
};

static struct board b;
static struct rows rows;

/* a <- b <- c, daemons, by one kind of edge. */
static void chain(enum table_edge_kind kind)
{
	rows_init(&rows);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	(void)rows_add(&rows, "c", TABLE_DAEMON);
	rows_edge(&rows, B, kind, A);
	rows_edge(&rows, C, kind, B);
}

static void boot(void)
{
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_phase(&b, PHASE_RUN);
	board_wait(&b, 100000);
}

static void assert_states(const char *states)
{
	assert_string_equal(board_states(&b), states);
}

/* --- requirements that fail ------------------------------------------------------------ */

static void a_failed_requirement_blocks_and_may_be_mended(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	rows.at[A].type = TABLE_ONESHOT;
	rows.at[A].ready = TABLE_READY_EXIT;
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("sww");
	board_exit(&b, A, 1);
	assert_states("F..");
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 2);
	assert_int_equal(last_said(&b, MESSAGE_READY)->failed, 3);
	board_wait(&b, 3600000);
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 2); /* once is enough */
	board_command(&b, A, COMMAND_START);
	assert_states("sww");
	board_exit(&b, A, 0);
	assert_states("UUU"); /* those that wait for it come up of themselves */
	assert_int_equal(engine_due(&b.engine), 0);
}

static void what_is_only_wanted_blocks_nobody(void **state)
{
	(void)state;
	chain(TABLE_WANT);
	rows.at[A].type = TABLE_ONESHOT;
	rows.at[A].ready = TABLE_READY_EXIT;
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("sww");
	board_exit(&b, A, 1);
	assert_states("FUU");
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 0);
}

static void one_that_ends_takes_down_what_requires_it(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	boot();
	assert_states("UUU");
	board_killed(&b, A, 11);
	assert_states("FUK"); /* dependants first */
	board_exit(&b, C, 0);
	assert_states("FK.");
	board_exit(&b, B, 0);
	assert_states("F..");
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 2);
	board_command(&b, A, COMMAND_START);
	assert_states("UUU");
	assert_int_equal(engine_due(&b.engine), 0);
}

/* One of the lower ones has died and is started by asking for the upper one. */
static void a_start_reaches_all_that_is_needed(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	boot();
	board_command(&b, A, COMMAND_STOP);
	board_exit(&b, C, 0);
	board_exit(&b, B, 0);
	board_exit(&b, A, 0);
	assert_states("...");
	board_command(&b, C, COMMAND_START);
	assert_states("UUU");
}

static void one_that_is_started_again_keeps_its_board(void **state)
{
	(void)state;
	chain(TABLE_WANT);
	rows.at[A].restart = TABLE_RESTART_ALWAYS;
	boot();
	board_killed(&b, A, 11);
	assert_states("RUU");
	board_wait(&b, 1000);
	assert_states("UUU");
	assert_int_equal(count_spawns(&b, A, VERB_START), 2);
	assert_int_equal(count_spawns(&b, B, VERB_START), 1);
	assert_int_equal(engine_due(&b.engine), 0);
}

/* --- start, stop, restart ------------------------------------------------------------ */

static void a_stop_takes_dependants_first(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	boot();
	board_command(&b, A, COMMAND_STOP);
	assert_states("UUK");
	board_exit(&b, C, 0);
	assert_states("UK.");
	board_command(&b, A, COMMAND_STOP);
	assert_states("UK.");
	board_exit(&b, B, 0);
	assert_states("K..");
	board_exit(&b, A, 0);
	assert_states("...");
	board_wait(&b, 3600000);
	assert_states("...");
	board_command(&b, A, COMMAND_START);
	assert_states("UUU"); /* those were never told to stay down */
}

static void a_restart_comes_back_with_its_dependants(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	boot();
	board_command(&b, A, COMMAND_RESTART);
	assert_states("UUK");
	board_exit(&b, C, 0);
	board_exit(&b, B, 0);
	assert_states("K..");
	board_exit(&b, A, 0);
	assert_states("UUU");
	for (uint32_t i = A; i <= C; i++)
		assert_int_equal(count_spawns(&b, i, VERB_START), 2);
	board_command(&b, C, COMMAND_RESTART);
	assert_states("UUK");
	board_exit(&b, C, 0);
	assert_states("UUU");
	assert_int_equal(count_spawns(&b, B, VERB_START), 2);
	assert_int_equal(engine_due(&b.engine), 0);
}

/* What only makes room for a restart is no failure, and is not told as one. */
static void a_restart_blocks_nobody(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	boot();
	board_command(&b, A, COMMAND_RESTART);
	board_exit(&b, C, 0);
	board_exit(&b, B, 0);
	board_exit(&b, A, 0);
	assert_states("UUU");
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 0);
}

/* Told to restart while it stops because of a failure: it comes back as well. */
static void a_restart_of_one_that_fails(void **state)
{
	(void)state;
	chain(TABLE_WANT);
	rows.at[A].watchdog_ms = 1000;
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_wait(&b, 1000);
	assert_states("KUU");
	board_command(&b, A, COMMAND_RESTART);
	board_killed(&b, A, 6);
	assert_states("UUU");
}

static void commands_in_other_states(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	rows.at[C].flags = TABLE_NOSTART;
	rows.at[A].wait = ROWS_COMMAND;
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("ow.");
	board_command(&b, B, COMMAND_START); /* it is on its way */
	assert_states("ow.");
	board_command(&b, C, COMMAND_RESTART); /* as good as a start */
	assert_states("oww");
	board_command(&b, C, COMMAND_STOP);
	assert_states("ow.");
	board_command(&b, A, COMMAND_RELOAD);
	assert_states("ow.");
	board_control_exit(&b, A, 0);
	assert_states("UU.");
	board_command(&b, A, COMMAND_START);
	assert_states("UU.");
	assert_int_equal(count_spawns(&b, A, VERB_START), 1);
}

/* A stop while the fork has not been answered yet is not lost. */
static void a_stop_during_a_spawn(void **state)
{
	(void)state;
	rows_init(&rows);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	rows.at[A].flags = TABLE_NOSTART;
	boot();
	b.stuck = true;
	board_command(&b, A, COMMAND_START);
	assert_states("p");
	board_command(&b, A, COMMAND_STOP);
	assert_states("p");
	board_answer(&b);
	assert_states("K");
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, 15);
	board_command(&b, A, COMMAND_START); /* and a start while it stops neither */
	assert_states("K");
	board_killed(&b, A, 15);
	assert_states("U");
	assert_int_equal(count_spawns(&b, A, VERB_START), 2);
}

static void it_reads_its_configuration_again(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	rows.at[A].reload = ROWS_COMMAND;
	rows.at[B].reload_signal = 1;
	boot();
	board_command(&b, A, COMMAND_RELOAD);
	assert_int_equal(count_spawns(&b, A, VERB_RELOAD), 1);
	board_command(&b, B, COMMAND_RELOAD);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.unit, B);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, 1);
	board_control_exit(&b, A, 0);
	assert_states("UUU");
}

/* --- conflicts ----------------------------------------------------------------------- */

static void a_conflict_is_never_both(void **state)
{
	(void)state;
	rows_init(&rows);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	rows_edge(&rows, B, TABLE_CONFLICT, A);
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("Uw");
	board_wait(&b, PATIENCE_MS);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(last_said(&b, MESSAGE_WAITS)->unit, B);
	assert_int_equal(last_said(&b, MESSAGE_WAITS)->other, A);
	/* By hand: the other one makes room, whichever way the edge goes. */
	for (int i = 0; i < 3; i++) {
		board_command(&b, B, COMMAND_START);
		assert_states("Kw");
		board_exit(&b, A, 0);
		assert_states(".U");
		board_command(&b, A, COMMAND_START);
		assert_states("wK");
		board_exit(&b, B, 0);
		assert_states("U.");
	}
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 0);
}

/* --- what services say, and what becomes of the board -------------------------------- */

static void words_reach_their_service(void **state)
{
	(void)state;
	chain(TABLE_REQUIRE);
	rows.at[A].ready = TABLE_READY_FD;
	rows.at[A].ready_fd = 3;
	rows.at[B].ready = TABLE_READY_NOTIFY;
	rows.at[B].watchdog_ms = 1000;
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("sww");
	board_feed(&b, (struct event){ .kind = EVENT_READY, .unit = A });
	assert_states("Usw");
	board_feed(&b, (struct event){
			       .kind = EVENT_NOTIFIED, .unit = B, .notice = { .ready = true } });
	assert_states("UUU");
	for (int i = 0; i < 5; i++) {
		board_wait(&b, 999);
		board_feed(&b, (struct event){ .kind = EVENT_NOTIFIED,
					       .unit = B,
					       .notice = { .alive = true } });
	}
	assert_int_equal(count_said(&b, MESSAGE_WATCHDOG), 0);
	board_wait(&b, 1000);
	assert_int_equal(count_said(&b, MESSAGE_WATCHDOG), 1);
}

static void a_limit_may_ask_for_more(void **state)
{
	(void)state;
	for (int rescue = 0; rescue < 2; rescue++) {
		chain(TABLE_WANT);
		rows.at[B].restart = TABLE_RESTART_ALWAYS;
		rows.at[B].restart_limit = 1;
		rows.at[B].restart_window_ms = 60000;
		rows.at[B].then = rescue ? TABLE_THEN_RESCUE : TABLE_THEN_REBOOT;
		boot();
		board_killed(&b, B, 11);
		board_wait(&b, 1000);
		assert_states("UUU");
		board_killed(&b, B, 11);
		assert_int_equal(count_said(&b, MESSAGE_LIMIT), 1);
		assert_int_equal(count_spawns(&b, ENGINE_RESCUE, VERB_SHELL), rescue);
		assert_phase(&b, rescue ? PHASE_RUN : PHASE_STOP);
		if (!rescue) {
			assert_int_equal(last_said(&b, MESSAGE_REQUEST_SELF)->power, POWER_REBOOT);
			assert_int_equal(last_said(&b, MESSAGE_REQUEST_SELF)->unit, B);
			continue;
		}
		assert_states("UFU");
		board_exit(&b, ENGINE_RESCUE, 0);
		board_command(&b, B, COMMAND_START);
		assert_states("UUU");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_requirement_blocks_and_may_be_mended),
		cmocka_unit_test(what_is_only_wanted_blocks_nobody),
		cmocka_unit_test(one_that_ends_takes_down_what_requires_it),
		cmocka_unit_test(a_start_reaches_all_that_is_needed),
		cmocka_unit_test(one_that_is_started_again_keeps_its_board),
		cmocka_unit_test(a_stop_takes_dependants_first),
		cmocka_unit_test(a_restart_comes_back_with_its_dependants),
		cmocka_unit_test(a_restart_blocks_nobody),
		cmocka_unit_test(a_restart_of_one_that_fails),
		cmocka_unit_test(commands_in_other_states),
		cmocka_unit_test(a_stop_during_a_spawn),
		cmocka_unit_test(it_reads_its_configuration_again),
		cmocka_unit_test(a_conflict_is_never_both),
		cmocka_unit_test(words_reach_their_service),
		cmocka_unit_test(a_limit_may_ask_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
