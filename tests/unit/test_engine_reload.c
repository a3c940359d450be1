/* engine: the compiler, a board without a table, and reloads, told as short stories. */
#include "board.h"

static struct board b;
static struct rows rows;
static struct rows next;
static struct rows third;

/* Daemons, one a letter; a capital: its hash has changed. */
static void daemons(struct rows *r, const char *names)
{
	rows_init(r);
	for (; *names; names++) {
		char name[2] = { (char)(*names | 0x20), '\0' };
		uint16_t i = rows_add(r, name, TABLE_DAEMON);

		r->at[i].hash = (uint32_t)*names;
	}
}

static void boot(const char *names)
{
	daemons(&rows, names);
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_phase(&b, PHASE_RUN);
}

static void assert_states(const char *states)
{
	assert_string_equal(board_states(&b), states);
}

/* --- a board without a table ------------------------------------------------------ */

static void the_first_table_is_made(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	board_begin(&b);
	assert_phase(&b, PHASE_COMPILE);
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 1);
	board_wait(&b, 10);
	daemons(&next, "ab");
	b.next = &next;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_phase(&b, PHASE_RUN);
	assert_states("UU");
	assert_int_equal(count_kind(&b, ACTION_SWAP), 1);
	assert_int_equal(count_said(&b, MESSAGE_RELOADED), 0);
	assert_int_equal(last_said(&b, MESSAGE_READY)->ms, 10);
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 1);
	assert_int_equal(engine_due(&b.engine), 0);
}

/* A compiler that dies leaves perhaps an old table, which is better than none. */
static void an_old_table_is_better_than_none(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	board_begin(&b);
	daemons(&next, "ab");
	b.next = &next;
	board_killed(&b, ENGINE_COMPILER, 11);
	assert_int_equal(last_said(&b, MESSAGE_COMPILE_FAILED)->ending.number, 11);
	assert_int_equal(last_of(&b, ACTION_LOAD)->action.failed, 1);
	assert_phase(&b, PHASE_RUN);
	assert_states("UU");
}

static void no_table_ends_in_the_rescue_shell(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	board_begin(&b);
	board_exit(&b, ENGINE_COMPILER, 1);
	assert_int_equal(count_said(&b, MESSAGE_COMPILE_FAILED), 1);
	assert_int_equal(count_said(&b, MESSAGE_NO_TABLE), 1);
	assert_int_equal(count_said(&b, MESSAGE_RESCUE), 1);
	assert_phase(&b, PHASE_RESCUE);
	assert_int_equal(count_spawns(&b, ENGINE_RESCUE, VERB_SHELL), 1);
	board_wait(&b, 3600000);
	/* Somebody has mended it, or not yet; each "exit" tries again. */
	board_exit(&b, ENGINE_RESCUE, 0);
	assert_phase(&b, PHASE_COMPILE);
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 2);
	board_exit(&b, ENGINE_COMPILER, 1);
	assert_phase(&b, PHASE_RESCUE);
	board_wait(&b, 3600000);
	board_exit(&b, ENGINE_RESCUE, 0);
	daemons(&next, "a");
	b.next = &next;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_phase(&b, PHASE_RUN);
	assert_states("U");
}

static enum fault fault_of_shell;

static enum fault no_shell(const struct action *action)
{
	return action->unit == ENGINE_RESCUE ? fault_of_shell : FAULT_NONE;
}

static void with_no_shell_there_is_the_login(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	b.fork = no_shell;
	fault_of_shell = FAULT_NO_TTY;
	board_begin(&b);
	board_exit(&b, ENGINE_COMPILER, 1);
	assert_int_equal(count_said(&b, MESSAGE_RESCUE_FAILED), 1);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_spawns(&b, ENGINE_LOGIN, VERB_LOGIN), 1);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 0);
	/* From there a reload may still find something. */
	daemons(&next, "a");
	board_reload(&b, &next);
	assert_states("U");
}

/* The same where a shell was there once, and is not any more: no endless round. */
static void a_shell_that_is_gone_is_none(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	b.fork = no_shell;
	fault_of_shell = FAULT_NONE;
	board_begin(&b);
	board_exit(&b, ENGINE_COMPILER, 1);
	board_wait(&b, 60000);
	fault_of_shell = FAULT_NOT_FOUND;
	board_exit(&b, ENGINE_RESCUE, 0);
	board_exit(&b, ENGINE_COMPILER, 1);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(count_spawns(&b, ENGINE_RESCUE, VERB_SHELL), 2);
}

/* --- a rescue that was asked for ---------------------------------------------------- */

static void rescue_then_boot(void **state)
{
	(void)state;
	daemons(&rows, "ab");
	board_init(&b, &rows, 1);
	b.engine.rescue = true;
	board_begin(&b);
	assert_phase(&b, PHASE_RESCUE);
	assert_int_equal(count_kind(&b, ACTION_SPAWN), 1);
	assert_int_equal(engine_due(&b.engine), 0);
	board_wait(&b, 3600000);
	board_exit(&b, ENGINE_RESCUE, 3);
	assert_phase(&b, PHASE_RUN);
	assert_states("UU");
	assert_int_equal(count_spawns(&b, ENGINE_RESCUE, VERB_SHELL), 1);

	board_init(&b, &rows, 1);
	b.engine.rescue = true;
	b.fork = no_shell;
	fault_of_shell = FAULT_NO_TTY;
	board_begin(&b);
	assert_phase(&b, PHASE_RUN);
	assert_states("UU");
}

/* Whoever mends scripts in the rescue shell reloads there; nothing starts before. */
static void a_reload_in_the_rescue_shell(void **state)
{
	(void)state;
	for (int table = 0; table < 2; table++) {
		daemons(&rows, "ab");
		board_init(&b, table ? &rows : NULL, 1);
		b.engine.rescue = true;
		board_begin(&b);
		daemons(&next, "abc");
		board_reload(&b, &next);
		assert_phase(&b, PHASE_RESCUE);
		assert_int_equal(count_kind(&b, ACTION_SWAP), 1);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(count_spawns(&b, i, VERB_START), 0);
		board_exit(&b, ENGINE_RESCUE, 0);
		assert_phase(&b, PHASE_RUN);
		assert_states("UUU");
	}
}

/* --- the compiler itself ------------------------------------------------------------- */

static uint32_t forks_to_fail;

static enum fault no_compiler(const struct action *action)
{
	if (action->unit != ENGINE_COMPILER || !forks_to_fail)
		return FAULT_NONE;
	forks_to_fail--;
	return FAULT_AGAIN;
}

static void a_compiler_that_cannot_be_forked_yet(void **state)
{
	(void)state;
	board_init(&b, NULL, 1);
	b.fork = no_compiler;
	forks_to_fail = 3;
	board_begin(&b);
	assert_phase(&b, PHASE_COMPILE);
	board_wait(&b, 3 * 500);
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 4);
	assert_int_equal(count_said(&b, MESSAGE_COMPILE_FAILED), 0);
	daemons(&next, "a");
	b.next = &next;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_states("U");
}

static void a_compiler_that_hangs_is_killed(void **state)
{
	(void)state;
	boot("ab");
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	board_wait(&b, 29999);
	assert_int_equal(count_kind(&b, ACTION_KILL), 0);
	board_wait(&b, 1);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.unit, ENGINE_COMPILER);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_KILL);
	board_killed(&b, ENGINE_COMPILER, 9);
	assert_int_equal(count_said(&b, MESSAGE_COMPILE_FAILED), 1);
	assert_states("UU");
	assert_int_equal(engine_due(&b.engine), 0);
}

/* --- reloads ---------------------------------------------------------------------------- */

static void what_did_not_change_keeps_its_process(void **state)
{
	int32_t pids[2];

	(void)state;
	boot("bcd");
	pids[0] = service_of(&b, 0)->main;
	pids[1] = service_of(&b, 2)->main;
	board_clear(&b);
	daemons(&next, "abCde"); /* a and e are new, c has changed */
	board_reload(&b, &next);
	assert_states("UKU"); /* first, what changed goes */
	assert_int_equal(count_kind(&b, ACTION_SWAP), 0);
	board_exit(&b, 1, 0);
	assert_int_equal(count_kind(&b, ACTION_SWAP), 1);
	assert_states("UUUUU");
	assert_int_equal(service_of(&b, 1)->main, pids[0]);
	assert_int_equal(service_of(&b, 3)->main, pids[1]);
	assert_int_equal(count_kind(&b, ACTION_SPAWN), 4); /* with the compiler */
	assert_int_equal(last_said(&b, MESSAGE_RELOADED)->count, 5);
	assert_int_equal(last_said(&b, MESSAGE_RELOADED)->failed, 3);
	assert_int_equal(engine_due(&b.engine), 0);

	daemons(&third, "bd"); /* the others are gone */
	board_reload(&b, &third);
	assert_states("KUKUK");
	board_exit(&b, 0, 0);
	board_exit(&b, 2, 0);
	board_killed(&b, 4, 15);
	assert_states("UU");
	assert_int_equal(service_of(&b, 0)->main, pids[0]);
	assert_int_equal(service_of(&b, 1)->main, pids[1]);
}

/* An end that comes after the swap is that of the service with the new number. */
static void an_exit_finds_its_new_number(void **state)
{
	enum role role;
	int32_t pid;

	(void)state;
	boot("bc");
	pid = service_of(&b, 1)->main;
	daemons(&next, "abc");
	board_reload(&b, &next);
	assert_int_equal(engine_find(&b.engine, pid, &role), 2);
	board_killed(&b, 2, 11);
	assert_states("UUF");
}

static void what_was_stopped_by_hand_stays_down(void **state)
{
	(void)state;
	boot("ab");
	board_command(&b, 0, COMMAND_STOP);
	board_exit(&b, 0, 0);
	assert_states(".U");
	daemons(&next, "ABc");
	board_reload(&b, &next);
	board_exit(&b, 1, 0);
	assert_states(".UU");
}

/* A broken file never harms a running service; it is told, and not started anew. */
static void a_file_that_went_bad(void **state)
{
	int32_t pid;

	(void)state;
	boot("ab");
	pid = service_of(&b, 0)->main;
	daemons(&next, "Abc");
	next.at[0].flags = TABLE_BAD;
	next.at[0].start = 0;
	next.at[0].restart = TABLE_RESTART_ALWAYS;
	next.at[2].flags = TABLE_BAD;
	board_reload(&b, &next);
	assert_states("UUB");
	assert_int_equal(service_of(&b, 0)->main, pid);
	assert_int_equal(last_said(&b, MESSAGE_BAD)->unit, 2);
	board_clear(&b);
	board_exit(&b, 0, 0);
	board_wait(&b, 100000);
	assert_int_equal(count_spawns(&b, 0, VERB_START), 0); /* by what command? */
	board_command(&b, 0, COMMAND_START);
	assert_int_equal(count_spawns(&b, 0, VERB_START), 0);
	/* Mended: both start. */
	daemons(&third, "Abc");
	board_reload(&b, &third);
	assert_states("UUU");
}

static void those_that_need_what_changed(void **state)
{
	(void)state;
	daemons(&rows, "abc");
	rows_edge(&rows, 1, TABLE_REQUIRE, 0);
	board_init(&b, &rows, 1);
	board_begin(&b);
	daemons(&next, "Abc");
	rows_edge(&next, 1, TABLE_REQUIRE, 0);
	board_reload(&b, &next);
	assert_states("UKU");
	board_exit(&b, 1, 0);
	assert_states("K.U");
	board_exit(&b, 0, 0);
	assert_states("UUU");
	assert_int_equal(count_spawns(&b, 1, VERB_START), 2);
	assert_int_equal(count_spawns(&b, 2, VERB_START), 1);
	assert_int_equal(count_said(&b, MESSAGE_BLOCKED), 0); /* it was only for a while */
}

static void a_reload_that_finds_nothing_sound(void **state)
{
	(void)state;
	boot("ab");
	board_reload(&b, NULL);
	assert_int_equal(count_said(&b, MESSAGE_NO_TABLE), 1);
	assert_states("UU");
	assert_phase(&b, PHASE_RUN);
	daemons(&next, "a");
	board_reload(&b, &next); /* the next one does */
	assert_states("UK");
	board_exit(&b, 1, 0);
	assert_states("U");
}

static void a_reload_during_a_reload(void **state)
{
	(void)state;
	/* While the compiler runs, which may have read the old scripts. */
	boot("ab");
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	daemons(&next, "abc");
	b.next = &next;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_states("UUU");
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 2);
	daemons(&third, "abcd");
	b.next = &third;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_states("UUUU");

	/* While services stop for it. */
	daemons(&next, "aBcd"); /* the third is in use, this one no more */
	board_reload(&b, &next);
	assert_states("UKUU");
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	board_exit(&b, 1, 0);
	assert_states("UUUU");
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 4);
}

/* The first one fails: the second is not forgotten over it. */
static void a_reload_asked_for_is_not_lost(void **state)
{
	(void)state;
	for (int sound = 0; sound < 2; sound++) {
		boot("ab");
		board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
		board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
		board_exit(&b, ENGINE_COMPILER, sound ? 0 : 1);
		assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 2);
		daemons(&next, "abc");
		b.next = &next;
		board_exit(&b, ENGINE_COMPILER, 0);
		assert_states("UUU");
		assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 2);
	}
}

static void a_reload_during_the_boot(void **state)
{
	(void)state;
	daemons(&rows, "abcd");
	for (uint16_t i = 0; i < 3; i++) {
		rows.at[i].type = TABLE_ONESHOT;
		rows.at[i].ready = TABLE_READY_EXIT;
		if (i)
			rows_edge(&rows, i, TABLE_AFTER, (uint16_t)(i - 1));
	}
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_exit(&b, 0, 0);
	assert_states("UswU");
	daemons(&next, "bd"); /* fewer than were passed already */
	next.at[0].type = TABLE_ONESHOT;
	next.at[0].ready = TABLE_READY_EXIT;
	board_reload(&b, &next);
	assert_states("sU");
	assert_phase(&b, PHASE_BOOT);
	board_exit(&b, 0, 0);
	assert_phase(&b, PHASE_RUN);
	assert_int_equal(last_said(&b, MESSAGE_READY)->count, 2);
}

/* --- shutdown wins ----------------------------------------------------------------------- */

static void a_shutdown_during_a_reload(void **state)
{
	(void)state;
	/* While the compiler runs. */
	boot("ab");
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	board_request(&b, POWER_OFF);
	assert_states("KK");
	daemons(&next, "abc");
	b.next = &next;
	board_exit(&b, ENGINE_COMPILER, 0);
	assert_int_equal(count_kind(&b, ACTION_LOAD), 0);
	board_exit(&b, 0, 0);
	board_exit(&b, 1, 0);
	assert_phase(&b, PHASE_TERM);

	/* While services stop for it. */
	boot("ab");
	daemons(&next, "A");
	board_reload(&b, &next);
	assert_states("KK");
	board_request(&b, POWER_OFF);
	board_exit(&b, 0, 0);
	board_exit(&b, 1, 0);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_kind(&b, ACTION_SWAP), 0);
	assert_int_equal(count_spawns(&b, 0, VERB_START), 1);

	/* And no reload after it. */
	boot("ab");
	board_request(&b, POWER_OFF);
	board_feed(&b, (struct event){ .kind = EVENT_RELOAD });
	assert_int_equal(count_spawns(&b, ENGINE_COMPILER, VERB_COMPILE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_table_is_made),
		cmocka_unit_test(an_old_table_is_better_than_none),
		cmocka_unit_test(no_table_ends_in_the_rescue_shell),
		cmocka_unit_test(with_no_shell_there_is_the_login),
		cmocka_unit_test(a_shell_that_is_gone_is_none),
		cmocka_unit_test(rescue_then_boot),
		cmocka_unit_test(a_reload_in_the_rescue_shell),
		cmocka_unit_test(a_compiler_that_cannot_be_forked_yet),
		cmocka_unit_test(a_compiler_that_hangs_is_killed),
		cmocka_unit_test(what_did_not_change_keeps_its_process),
		cmocka_unit_test(an_exit_finds_its_new_number),
		cmocka_unit_test(what_was_stopped_by_hand_stays_down),
		cmocka_unit_test(a_file_that_went_bad),
		cmocka_unit_test(those_that_need_what_changed),
		cmocka_unit_test(a_reload_that_finds_nothing_sound),
		cmocka_unit_test(a_reload_during_a_reload),
		cmocka_unit_test(a_reload_asked_for_is_not_lost),
		cmocka_unit_test(a_reload_during_the_boot),
		cmocka_unit_test(a_shutdown_during_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
