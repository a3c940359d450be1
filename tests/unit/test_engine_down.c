/* engine: requests and the services' stop, told as short stories. */
#include "board.h"

static struct board b;
static struct rows rows;

static void plain(uint32_t n)
{
	static const char *const names[] = { "a", "b", "c", "d" };

	rows_init(&rows);
	for (uint32_t i = 0; i < n; i++) {
		(void)rows_plain(&rows, names[i]);
		if (i)
			rows_edge(&rows, (uint16_t)i, TABLE_FOLLOW, (uint16_t)(i - 1));
	}
}

/* A board that has come up with all its plain scripts. */
static void up(uint32_t n, uint32_t n_consoles)
{
	plain(n);
	board_init(&b, &rows, n_consoles);
	board_begin(&b);
	for (uint32_t i = 0; i < n; i++)
		board_exit(&b, i, 0);
	assert_phase(&b, PHASE_RUN);
	board_wait(&b, 100000);
}

static void assert_states(const char *states)
{
	assert_string_equal(board_states(&b), states);
}

static void plain_scripts_stop_in_reverse_order(void **state)
{
	(void)state;
	up(4, 1);
	board_request(&b, POWER_OFF);
	assert_phase(&b, PHASE_STOP);
	assert_int_equal(last_said(&b, MESSAGE_REQUEST)->power, POWER_OFF);
	assert_int_equal(last_said(&b, MESSAGE_REQUEST)->pid, 57);
	assert_int_equal(last_said(&b, MESSAGE_REQUEST)->uid, 7);
	assert_int_equal(last_said(&b, MESSAGE_REQUEST)->ending.number, 12);
	for (uint32_t i = 4; i > 0; i--) {
		assert_int_equal(last_of(&b, ACTION_SPAWN)->action.unit, i - 1);
		assert_int_equal(last_of(&b, ACTION_SPAWN)->action.verb, VERB_STOP);
		assert_int_equal(count_kind(&b, ACTION_TERM_ALL), 0);
		board_control_exit(&b, i - 1, 0);
	}
	assert_int_equal(count_said(&b, MESSAGE_STOPPED), 4);
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 0);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_kind(&b, ACTION_TERM_ALL), 1);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_HUP); /* the login */
}

static void others_stop_in_parallel(void **state)
{
	(void)state;
	rows_init(&rows);
	for (char name[] = "a"; *name < 'e'; (*name)++)
		(void)rows_add(&rows, name, TABLE_DAEMON);
	rows_edge(&rows, 1, TABLE_REQUIRE, 0);
	rows_edge(&rows, 2, TABLE_AFTER, 0);
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_states("UUUU");
	board_request(&b, POWER_REBOOT);
	assert_states("UKKK");
	board_exit(&b, 3, 0);
	board_exit(&b, 2, 0);
	assert_states("UK..");
	board_exit(&b, 1, 0);
	assert_states("K...");
	board_exit(&b, 0, 0);
	assert_states("....");
	assert_phase(&b, PHASE_TERM);
}

/* The way of a board on which all is well takes no time of its own. */
static void a_well_behaved_board_goes_at_once(void **state)
{
	static const enum power powers[] = { POWER_OFF, POWER_HALT, POWER_REBOOT };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(powers); k++) {
		uint64_t begun_ms;

		up(3, 2);
		begun_ms = b.now_ms;
		board_request(&b, powers[k]);
		for (uint32_t i = 3; i > 0; i--)
			board_control_exit(&b, i - 1, 0);
		for (uint32_t i = 0; i < 2; i++)
			board_killed(&b, ENGINE_LOGIN + i, 1);
		assert_true(engine_wants_childless(&b.engine));
		board_exit(&b, ENGINE_HELPER, 0);
		board_childless(&b);
		assert_phase(&b, PHASE_FINISH);
		assert_int_equal(last_of(&b, ACTION_FINISH)->action.power, powers[k]);
		assert_int_equal(last_of(&b, ACTION_FINISH)->at_ms, begun_ms);
		assert_int_equal(last_said(&b, MESSAGE_GOING)->power, powers[k]);
		assert_int_equal(count_kind(&b, ACTION_KILL_ALL), 0);
		assert_int_equal(count_said(&b, MESSAGE_TERM_LATE), 0);
		assert_int_equal(count_said(&b, MESSAGE_STOP_LATE), 0);
	}
}

/* --- requests in every phase --------------------------------------------------------- */

static void a_request_before_anything(void **state)
{
	(void)state;
	plain(2);
	board_init(&b, &rows, 1);
	board_request(&b, POWER_OFF);
	assert_phase(&b, PHASE_TERM);
	board_begin(&b);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_kind(&b, ACTION_SPAWN), 0);
}

static void a_request_in_the_rescue_shell(void **state)
{
	(void)state;
	plain(2);
	board_init(&b, &rows, 1);
	b.engine.rescue = true;
	board_begin(&b);
	board_request(&b, POWER_REBOOT);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.unit, ENGINE_RESCUE);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_HUP);
	board_killed(&b, ENGINE_RESCUE, 1);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_spawns(&b, 0, VERB_START), 0);
}

static void a_request_while_the_table_is_made(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	board_begin(&b);
	board_request(&b, POWER_REBOOT);
	assert_phase(&b, PHASE_TERM);
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_kind(&b, ACTION_LOAD), 0);
	assert_int_equal(engine_due(&b.engine), b.engine.phase_due_ms);
}

/* Shutdown wins over a start that is under way. */
static void a_request_cuts_a_start_short(void **state)
{
	(void)state;
	plain(3);
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_exit(&b, 0, 0);
	assert_states("Usw");
	board_request(&b, POWER_OFF);
	assert_states("UK.");
	assert_int_equal(count_said(&b, MESSAGE_START_STOPPED), 1);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_TERM);
	board_killed(&b, 1, 15);
	assert_int_equal(count_spawns(&b, 1, VERB_STOP), 1); /* what it began is undone */
	assert_int_equal(count_spawns(&b, 0, VERB_STOP), 0);
	board_control_exit(&b, 1, 0);
	assert_int_equal(count_spawns(&b, 2, VERB_START), 0);
	assert_int_equal(count_spawns(&b, 2, VERB_STOP), 0);
	board_control_exit(&b, 0, 0);
	assert_phase(&b, PHASE_TERM);
}

static void what_waits_is_not_started_any_more(void **state)
{
	(void)state;
	rows_init(&rows);
	(void)rows_add(&rows, "a", TABLE_DAEMON);
	(void)rows_add(&rows, "b", TABLE_DAEMON);
	(void)rows_add(&rows, "c", TABLE_DAEMON);
	rows.at[0].wait = ROWS_COMMAND;
	rows.at[1].restart = TABLE_RESTART_ALWAYS;
	rows_edge(&rows, 2, TABLE_REQUIRE, 0);
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_exit(&b, 1, 1);
	assert_states("oRw");
	board_request(&b, POWER_OFF);
	assert_states("K..");
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_KILL);
	board_wait(&b, 500);
	board_end(&b, 0, ROLE_CONTROL, HOW_SIGNAL, 9);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_spawns(&b, 1, VERB_START), 1);
}

/* What a plain script left half done is undone; of others there is nothing. */
static void a_failed_plain_script_gets_its_stop(void **state)
{
	(void)state;
	plain(2);
	(void)rows_add(&rows, "x", TABLE_ONESHOT);
	rows.at[2].stop = ROWS_COMMAND;
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_exit(&b, 0, 1);
	board_exit(&b, 1, 0);
	board_exit(&b, 2, 1);
	assert_states("FUF");
	board_request(&b, POWER_OFF);
	assert_int_equal(count_spawns(&b, 0, VERB_STOP), 0); /* in its turn */
	board_control_exit(&b, 1, 0);
	assert_int_equal(count_spawns(&b, 0, VERB_STOP), 1);
	assert_int_equal(count_spawns(&b, 2, VERB_STOP), 0);
	board_control_exit(&b, 0, 0);
	assert_phase(&b, PHASE_TERM);
}

/* power off > halt > reboot, until FINISH has begun. */
static void a_stronger_request_replaces_a_weaker(void **state)
{
	(void)state;
	up(1, 1);
	board_request(&b, POWER_REBOOT);
	board_request(&b, POWER_REBOOT); /* the same: nothing to tell */
	assert_int_equal(count_said(&b, MESSAGE_REQUEST_KEPT), 0);
	board_request(&b, POWER_HALT);
	assert_int_equal(b.engine.power, POWER_HALT);
	board_request(&b, POWER_REBOOT);
	board_request(&b, POWER_REBOOT);
	assert_int_equal(count_said(&b, MESSAGE_REQUEST_KEPT), 1);
	assert_int_equal(b.engine.power, POWER_HALT);
	board_control_exit(&b, 0, 0);
	assert_phase(&b, PHASE_TERM);
	board_request(&b, POWER_OFF);
	assert_int_equal(b.engine.power, POWER_OFF);
	assert_int_equal(count_said(&b, MESSAGE_REQUEST), 3);
	board_exit(&b, ENGINE_HELPER, 0);
	board_childless(&b);
	assert_phase(&b, PHASE_FINISH);
	assert_int_equal(last_of(&b, ACTION_FINISH)->action.power, POWER_OFF);
	assert_int_equal(count_spawns(&b, 0, VERB_STOP), 1);

	up(0, 1);
	board_request(&b, POWER_REBOOT);
	board_exit(&b, ENGINE_HELPER, 0);
	board_childless(&b);
	assert_phase(&b, PHASE_FINISH);
	board_request(&b, POWER_OFF); /* too late: the helper has its orders */
	assert_int_equal(b.engine.power, POWER_REBOOT);
	assert_int_equal(count_said(&b, MESSAGE_REQUEST_KEPT), 1);
}

/* A signal that means nothing, and memory that was wiped, ask for nothing. */
static void what_is_no_request(void **state)
{
	static const uint32_t wild[] = { POWER_NONE, 1, 2, 3, 0xff, UINT32_MAX, 0x55555555 };

	(void)state;
	up(1, 1);
	for (size_t i = 0; i < COUNT_OF(wild); i++)
		board_request(&b, (enum power)wild[i]);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_said(&b, MESSAGE_REQUEST), 0);
	assert_int_equal(b.engine.power, POWER_NONE);
}

static void commands_change_nothing_any_more(void **state)
{
	(void)state;
	up(2, 1);
	board_request(&b, POWER_OFF);
	for (int c = COMMAND_START; c <= COMMAND_RELOAD; c++)
		for (uint32_t i = 0; i < 2; i++)
			board_command(&b, i, (enum command)c);
	assert_states("UK");
	board_control_exit(&b, 1, 0);
	assert_states("K.");
	board_command(&b, 1, COMMAND_START);
	board_control_exit(&b, 0, 0);
	assert_phase(&b, PHASE_TERM);
	board_command(&b, 1, COMMAND_START);
	assert_int_equal(count_spawns(&b, 1, VERB_START), 1);
}

/* No new login on a board that goes down; the one at work may go on. */
static void no_login_follows_on_the_way_down(void **state)
{
	(void)state;
	up(1, 2);
	board_request(&b, POWER_OFF);
	assert_phase(&b, PHASE_STOP);
	assert_int_equal(login_of(&b, ENGINE_LOGIN)->state, LOGIN_UP);
	board_exit(&b, ENGINE_LOGIN, 0); /* after a long session */
	assert_int_equal(count_spawns(&b, ENGINE_LOGIN, VERB_LOGIN), 1);
	assert_int_equal(login_of(&b, ENGINE_LOGIN)->state, LOGIN_DOWN);
	assert_int_equal(login_of(&b, ENGINE_LOGIN + 1)->state, LOGIN_UP);

	/* One that ended quickly before is not followed either. */
	up(1, 1);
	board_exit(&b, ENGINE_LOGIN, 0);
	board_exit(&b, ENGINE_LOGIN, 0);
	assert_int_equal(login_of(&b, ENGINE_LOGIN)->state, LOGIN_BACKOFF);
	board_request(&b, POWER_OFF);
	assert_int_equal(login_of(&b, ENGINE_LOGIN)->state, LOGIN_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scripts_stop_in_reverse_order),
		cmocka_unit_test(others_stop_in_parallel),
		cmocka_unit_test(a_well_behaved_board_goes_at_once),
		cmocka_unit_test(a_request_before_anything),
		cmocka_unit_test(a_request_in_the_rescue_shell),
		cmocka_unit_test(a_request_while_the_table_is_made),
		cmocka_unit_test(a_request_cuts_a_start_short),
		cmocka_unit_test(what_waits_is_not_started_any_more),
		cmocka_unit_test(a_failed_plain_script_gets_its_stop),
		cmocka_unit_test(a_stronger_request_replaces_a_weaker),
		cmocka_unit_test(what_is_no_request),
		cmocka_unit_test(commands_change_nothing_any_more),
		cmocka_unit_test(no_login_follows_on_the_way_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
