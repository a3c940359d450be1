/* engine: the end of the way down.  Whatever hangs or fails, it comes in time. */
#include "board.h"

enum {
	STOP_MS = SHUTDOWN_MS * 50 / 100, /* engine_down.c, and its shares */
	TERM_MS = SHUTDOWN_MS * 15 / 100,
	KILL_MS = SHUTDOWN_MS * 10 / 100,
	FINISH_MS = SHUTDOWN_MS * 20 / 100,
};

static struct board b;
static struct rows rows;

static void daemons(uint32_t n)
{
	char name[16];

	rows_init(&rows);
	for (uint32_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%04u", i);
		(void)rows_add(&rows, name, TABLE_DAEMON);
	}
}

static void up(uint32_t n)
{
	daemons(n);
	board_init(&b, &rows, 1);
	board_begin(&b);
	assert_phase(&b, PHASE_RUN);
	board_wait(&b, 100000);
	board_clear(&b);
}

/* A board without services that has come to FINISH. */
static void begin_finish(enum power power)
{
	up(0);
	board_request(&b, power);
	assert_phase(&b, PHASE_TERM);
	board_exit(&b, ENGINE_HELPER, 0);
	board_childless(&b);
	assert_phase(&b, PHASE_FINISH);
}

static void assert_over(void)
{
	assert_phase(&b, PHASE_OVER);
	assert_int_equal(engine_due(&b.engine), 0);
	assert_false(engine_wants_childless(&b.engine));
}

/* --- nothing ever ends ----------------------------------------------------------------- */

static void the_deadlines_add_up(void)
{
	static const struct {
		enum phase phase;
		enum action_kind kind;
		uint32_t ms;
	} parts[] = {
		{ PHASE_TERM, ACTION_TERM_ALL, TERM_MS },
		{ PHASE_KILL, ACTION_KILL_ALL, KILL_MS },
		{ PHASE_FINISH, ACTION_FINISH, FINISH_MS },
		{ PHASE_LAST, ACTION_REBOOT, SHUTDOWN_MS * 5 / 100 },
	};
	uint64_t end_ms = b.now_ms + SHUTDOWN_MS;

	board_request(&b, POWER_REBOOT);
	assert_phase(&b, PHASE_STOP);
	board_wait(&b, STOP_MS - 1);
	assert_phase(&b, PHASE_STOP);
	board_wait(&b, 1);
	assert_int_equal(count_said(&b, MESSAGE_STOP_LATE), 1);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		assert_phase(&b, parts[i].phase);
		assert_int_equal(count_kind(&b, parts[i].kind), 1);
		assert_int_equal(last_of(&b, parts[i].kind)->action.power, POWER_REBOOT);
		board_wait(&b, parts[i].ms - 1);
		assert_phase(&b, parts[i].phase);
		assert_int_equal(count_kind(&b, ACTION_LAST), 0);
		board_wait(&b, 1);
	}
	assert_over();
	assert_int_equal(b.now_ms, end_ms);
	assert_int_equal(last_of(&b, ACTION_LAST)->at_ms, end_ms);
	assert_int_equal(last_of(&b, ACTION_LAST)->action.power, POWER_REBOOT);
	for (enum message m = MESSAGE_STOP_LATE; m <= MESSAGE_FINISH_LATE; m++)
		assert_int_equal(count_said(&b, m), 1);
	board_wait(&b, 3600000);
	board_childless(&b);
	assert_over();
	assert_int_equal(count_kind(&b, ACTION_LAST), 1);
}

/*
 * Two services, so that the second one, which comes after the first, is told
 * late: each takes its share, not its own time-out, until all time is up.
 */
static void nothing_ever_ends(void **state)
{
	(void)state;
	daemons(9);
	for (uint16_t i = 1; i < 9; i++)
		rows_edge(&rows, i, TABLE_REQUIRE, (uint16_t)(i - 1));
	rows.at[8].stop_timeout_ms = 0;
	board_init(&b, &rows, 1);
	board_begin(&b);
	board_clear(&b);
	the_deadlines_add_up();
}

/* The same with services in the middle of a start, or of trying to. */
static enum fault no_fork(const struct action *action)
{
	return action->unit == 1 ? FAULT_AGAIN : FAULT_NONE;
}

static void not_even_a_start(void **state)
{
	(void)state;
	daemons(5);
	rows.at[0].wait = ROWS_COMMAND;
	rows.at[2].type = TABLE_ONESHOT;
	rows.at[2].ready = TABLE_READY_EXIT;
	rows.at[3].ready = TABLE_READY_PROBE;
	rows.at[3].probe = ROWS_COMMAND;
	rows_edge(&rows, 4, TABLE_REQUIRE, 3);
	rows_edge(&rows, 2, TABLE_WANT, 0);
	rows_edge(&rows, 0, TABLE_AFTER, 3);
	board_init(&b, &rows, 1);
	b.fork = no_fork;
	board_begin(&b);
	assert_string_equal(board_states(&b), "wRwsw");
	board_request(&b, POWER_REBOOT);
	assert_string_equal(board_states(&b), "...K.");
	board_wait(&b, SHUTDOWN_MS);
	assert_over();
	assert_int_equal(count_spawns(&b, 2, VERB_START), 0);
	assert_int_equal(count_kind(&b, ACTION_LAST), 1);
}

/* A spawn that is never answered holds up no longer than anything else. */
static void a_spawn_that_is_not_answered(void **state)
{
	(void)state;
	daemons(1);
	board_init(&b, &rows, 1);
	b.stuck = true;
	board_begin(&b);
	board_request(&b, POWER_OFF);
	assert_string_equal(board_states(&b), "p");
	board_wait(&b, STOP_MS);
	assert_phase(&b, PHASE_TERM);
	/* It comes now, too late: TERM and KILL are for every process. */
	board_answer(&b);
	assert_phase(&b, PHASE_TERM);
	board_wait(&b, SHUTDOWN_MS - STOP_MS);
	assert_over();
}

/* However many hang, those that do not are all stopped before the deadline. */
static void one_that_hangs_is_passed_by(void **state)
{
	uint64_t begun_ms;

	(void)state;
	daemons(3);
	rows_edge(&rows, 1, TABLE_REQUIRE, 0);
	rows_edge(&rows, 2, TABLE_REQUIRE, 1);
	board_init(&b, &rows, 1);
	board_begin(&b);
	begun_ms = b.now_ms;
	board_request(&b, POWER_OFF);
	board_wait(&b, SHUTDOWN_MS * 15 / 100);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.signal, SIGN_KILL);
	board_wait(&b, SHUTDOWN_MS * 5 / 100);
	assert_int_equal(count_said(&b, MESSAGE_UNKILLABLE), 1);
	assert_int_equal(last_of(&b, ACTION_KILL)->action.unit, 1);
	board_exit(&b, 1, 0);
	board_exit(&b, 0, 0);
	assert_phase(&b, PHASE_TERM);
	assert_int_equal(count_said(&b, MESSAGE_STOP_LATE), 0);
	assert_true(b.now_ms - begun_ms < STOP_MS);
}

/* PID 1 itself was held up: late, but every step is still taken, once. */
static void pid_1_was_held_up(void **state)
{
	(void)state;
	up(3);
	board_request(&b, POWER_OFF);
	for (int i = 0; i < 5; i++) {
		b.now_ms += 7200000;
		board_settle(&b);
	}
	assert_over();
	assert_int_equal(count_kind(&b, ACTION_TERM_ALL), 1);
	assert_int_equal(count_kind(&b, ACTION_KILL_ALL), 1);
	assert_int_equal(count_kind(&b, ACTION_FINISH), 1);
	assert_int_equal(count_kind(&b, ACTION_REBOOT), 1);
	assert_int_equal(count_kind(&b, ACTION_LAST), 1);
}

/* --- the last child -------------------------------------------------------------------- */

static void it_waits_for_the_last_child(void **state)
{
	(void)state;
	up(0);
	assert_false(engine_wants_childless(&b.engine));
	board_request(&b, POWER_OFF);
	assert_true(engine_wants_childless(&b.engine));
	board_childless(&b); /* cannot be: the helper is there */
	assert_phase(&b, PHASE_TERM);
	board_wait(&b, TERM_MS);
	assert_phase(&b, PHASE_KILL);
	assert_true(engine_wants_childless(&b.engine));
	board_exit(&b, ENGINE_NONE, 0);
	board_exit(&b, ENGINE_HELPER, 0); /* the second one: the first is an orphan now */
	board_childless(&b);
	assert_phase(&b, PHASE_FINISH);
	assert_int_equal(count_said(&b, MESSAGE_KILL_LATE), 0);
	assert_false(engine_wants_childless(&b.engine));
}

/* --- the helper ------------------------------------------------------------------------ */

/* Without a process for it TERM and KILL are sent by PID 1, and not once more. */
static void no_helper_can_be_made(void **state)
{
	(void)state;
	up(0);
	b.no_helper = true;
	board_request(&b, POWER_OFF);
	board_wait(&b, TERM_MS + KILL_MS - 1);
	assert_int_equal(count_kind(&b, ACTION_TERM_ALL), 1);
	assert_int_equal(count_kind(&b, ACTION_KILL_ALL), 1);
	/* The others are tried again and again, for there is nothing else to do. */
	board_wait(&b, 1 + FINISH_MS - 1);
	assert_phase(&b, PHASE_FINISH);
	assert_int_equal(count_kind(&b, ACTION_FINISH), FINISH_MS / 100);
	board_wait(&b, 1);
	assert_phase(&b, PHASE_LAST);
	board_wait(&b, SHUTDOWN_MS * 5 / 100);
	assert_over();
	assert_int_equal(count_kind(&b, ACTION_LAST), 1);
}

static void a_helper_that_is_made_at_last(void **state)
{
	(void)state;
	up(0);
	b.no_helper = true;
	board_request(&b, POWER_OFF);
	board_childless(&b);
	assert_phase(&b, PHASE_FINISH);
	board_wait(&b, 250);
	assert_int_equal(count_kind(&b, ACTION_FINISH), 3);
	b.no_helper = false;
	board_wait(&b, 50);
	assert_int_equal(count_kind(&b, ACTION_FINISH), 4);
	assert_int_equal(b.engine.helper_pid, b.last_pid);
	board_wait(&b, 1000);
	assert_int_equal(count_kind(&b, ACTION_FINISH), 4);
}

/* reboot(2) came back, or the helper died: the shorter ways are tried at once. */
static void a_helper_that_fails(void **state)
{
	static const struct ending endings[] = { { HOW_EXIT, FAULT_NONE, 0 },
						 { HOW_EXIT, FAULT_NONE, 1 },
						 { HOW_SIGNAL, FAULT_NONE, 9 } };
	static const enum power powers[] = { POWER_OFF, POWER_HALT, POWER_REBOOT };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(endings) * COUNT_OF(powers); k++) {
		const struct ending *e = &endings[k / COUNT_OF(powers)];
		enum power power = powers[k % COUNT_OF(powers)];
		uint64_t begun_ms;

		begin_finish(power);
		begun_ms = b.now_ms;
		board_end(&b, ENGINE_HELPER, ROLE_MAIN, (enum how)e->how, e->number);
		if (power == POWER_HALT && e->how == HOW_EXIT && e->number == 0) {
			assert_over(); /* halted: reboot(2) came back as it should */
			assert_int_equal(count_kind(&b, ACTION_LAST), 0);
			continue;
		}
		assert_phase(&b, PHASE_LAST);
		assert_int_equal(last_of(&b, ACTION_REBOOT)->action.power, power);
		board_end(&b, ENGINE_HELPER, ROLE_MAIN, (enum how)e->how, e->number);
		assert_over();
		assert_int_equal(last_of(&b, ACTION_LAST)->at_ms, begun_ms);
		assert_int_equal(last_of(&b, ACTION_LAST)->action.power, power);
	}
}

/* The helper of an earlier part that ends late is an orphan like any other. */
static void an_earlier_helper_is_an_orphan(void **state)
{
	enum role role;
	int32_t first;

	(void)state;
	up(0);
	board_request(&b, POWER_OFF);
	first = b.last_pid;
	assert_int_equal(engine_find(&b.engine, first, &role), ENGINE_HELPER);
	board_wait(&b, TERM_MS);
	assert_int_equal(engine_find(&b.engine, first, &role), ENGINE_NONE);
	assert_int_equal(engine_find(&b.engine, b.last_pid, &role), ENGINE_HELPER);
}

/* Ends of services that come during TERM and after are none of an event's business. */
static void late_ends_are_no_news(void **state)
{
	(void)state;
	up(2);
	board_request(&b, POWER_OFF);
	board_wait(&b, SHUTDOWN_MS * 20 / 100); /* both are given up */
	assert_phase(&b, PHASE_TERM);
	board_clear(&b);
	board_killed(&b, 0, 9);
	assert_int_equal(service_of(&b, 0)->main, 0);
	board_feed(&b, (struct event){ .kind = EVENT_READY, .unit = 1 });
	board_feed(&b, (struct event){ .kind = EVENT_NOTIFIED,
				       .unit = 1,
				       .notice = { .trouble = true, .main_pid = 3 } });
	board_command(&b, 0, COMMAND_START);
	board_killed(&b, ENGINE_LOGIN, 1);
	assert_int_equal(b.n_log, 0);
	assert_phase(&b, PHASE_TERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_ever_ends),
		cmocka_unit_test(not_even_a_start),
		cmocka_unit_test(a_spawn_that_is_not_answered),
		cmocka_unit_test(one_that_hangs_is_passed_by),
		cmocka_unit_test(pid_1_was_held_up),
		cmocka_unit_test(it_waits_for_the_last_child),
		cmocka_unit_test(no_helper_can_be_made),
		cmocka_unit_test(a_helper_that_is_made_at_last),
		cmocka_unit_test(a_helper_that_fails),
		cmocka_unit_test(an_earlier_helper_is_an_orphan),
		cmocka_unit_test(late_ends_are_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
