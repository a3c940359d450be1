/* engine: requests and the scripts' stop, told as short stories. */
#include "world.h"

static struct world w;

static enum fault fork_fault; /* what every fork comes to */

static enum fault fork_fails(struct world *world, const struct action *action)
{
	(void)world;
	(void)action;
	return fork_fault;
}

/* A board that has come up with all its scripts. */
static void up(uint32_t n_scripts, uint32_t n_consoles)
{
	world_init(&w, n_scripts, n_consoles);
	world_begin(&w);
	for (uint32_t i = 0; i < n_scripts; i++)
		world_exit(&w, i, 0);
	assert_phase(&w, PHASE_RUN);
	world_wait(&w, 100000);
}

static void scripts_stop_in_reverse_order(void **state)
{
	(void)state;
	up(4, 1);
	world_request(&w, POWER_OFF);
	assert_phase(&w, PHASE_STOP);
	assert_int_equal(last_said(&w, MESSAGE_REQUEST)->power, POWER_OFF);
	assert_int_equal(last_said(&w, MESSAGE_REQUEST)->pid, 57);
	assert_int_equal(last_said(&w, MESSAGE_REQUEST)->ending.number, 12);
	for (uint32_t i = 4; i > 0; i--) {
		assert_int_equal(last_of(&w, ACTION_SPAWN)->action.unit, i - 1);
		assert_int_equal(last_of(&w, ACTION_SPAWN)->action.verb, VERB_STOP);
		assert_int_equal(count_kind(&w, ACTION_TERM_ALL), 0);
		world_exit(&w, i - 1, 0);
	}
	assert_int_equal(count_said(&w, MESSAGE_STOPPED), 4);
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_kind(&w, ACTION_TERM_ALL), 1);
	assert_int_equal(last_of(&w, ACTION_KILL)->action.sign, SIGN_HUP); /* the login */
}

/* The way of a board on which all is well takes no time of its own. */
static void all_goes_well(enum power power)
{
	uint64_t begun_ms;

	up(3, 2);
	begun_ms = w.now_ms;
	world_request(&w, power);
	for (uint32_t i = 3; i > 0; i--)
		world_exit(&w, i - 1, 0);
	for (uint32_t i = 3; i < 5; i++)
		world_killed(&w, i, 1);
	assert_true(engine_wants_childless(&w.engine));
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_phase(&w, PHASE_FINISH);
	assert_int_equal(last_of(&w, ACTION_FINISH)->action.power, power);
	assert_int_equal(last_of(&w, ACTION_FINISH)->at_ms, begun_ms);
	assert_int_equal(last_said(&w, MESSAGE_GOING)->power, power);
	assert_int_equal(count_kind(&w, ACTION_KILL_ALL), 0);
	assert_int_equal(count_said(&w, MESSAGE_TERM_LATE), 0);
	assert_int_equal(count_said(&w, MESSAGE_STOP_LATE), 0);
}

static void a_well_behaved_board_goes_at_once(void **state)
{
	(void)state;
	all_goes_well(POWER_OFF);
	all_goes_well(POWER_HALT);
	all_goes_well(POWER_REBOOT);
}

/* --- requests in every phase ----------------------------------------------------- */

static void a_request_before_the_beginning(void **state)
{
	(void)state;
	world_init(&w, 3, 1);
	world_request(&w, POWER_REBOOT);
	world_begin(&w);
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_kind(&w, ACTION_SPAWN), 0);
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_int_equal(last_of(&w, ACTION_FINISH)->action.power, POWER_REBOOT);
}

static void a_request_in_the_rescue_shell(void **state)
{
	(void)state;
	world_init(&w, 3, 1);
	w.engine.rescue = true;
	world_begin(&w);
	world_request(&w, POWER_OFF);
	assert_phase(&w, PHASE_TERM); /* no script has run: none to stop */
	assert_int_equal(last_of(&w, ACTION_KILL)->action.sign, SIGN_HUP);
	assert_int_equal(last_of(&w, ACTION_KILL)->action.unit, engine_rescue(&w.engine));
	world_killed(&w, engine_rescue(&w.engine), 1);
	assert_int_equal(count_kind(&w, ACTION_SPAWN), 1);
	assert_phase(&w, PHASE_TERM);
}

static void a_request_while_the_rescue_shell_cannot_start(void **state)
{
	(void)state;
	world_init(&w, 3, 1);
	w.engine.rescue = true;
	w.fork = fork_fails;
	fork_fault = FAULT_AGAIN;
	world_begin(&w);
	world_request(&w, POWER_OFF);
	fork_fault = FAULT_NONE;
	world_wait(&w, SHUTDOWN_MS);
	assert_int_equal(count_kind(&w, ACTION_SPAWN), 1);
}

/* Shutdown wins over a start that is under way. */
static void a_request_while_a_script_starts(void **state)
{
	(void)state;
	world_init(&w, 3, 1);
	world_begin(&w);
	world_exit(&w, 0, 0);
	world_request(&w, POWER_HALT);
	assert_int_equal(count_said(&w, MESSAGE_START_STOPPED), 1);
	assert_int_equal(last_of(&w, ACTION_KILL)->action.sign, SIGN_TERM);
	assert_int_equal(last_of(&w, ACTION_KILL)->action.unit, 1);
	assert_int_equal(count_spawns(&w, 0, VERB_STOP), 0); /* in its turn */
	world_killed(&w, 1, 15);
	assert_int_equal(count_spawns(&w, 1, VERB_STOP), 1);
	world_exit(&w, 1, 0);
	assert_int_equal(count_spawns(&w, 0, VERB_STOP), 1);
	world_exit(&w, 0, 0);
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_spawns(&w, 2, VERB_START), 0);
	assert_int_equal(count_spawns(&w, 2, VERB_STOP), 0);
}

/* Catalogue G9: a start that is waiting for its turn is not made any more. */
static void a_request_while_starts_are_tried_again(void **state)
{
	(void)state;
	world_init(&w, 3, 2);
	w.fork = fork_fails;
	fork_fault = FAULT_AGAIN;
	world_begin(&w);
	world_wait(&w, 2 * PATIENCE_MS + 1000);
	assert_int_equal(state_of(&w, 0), UNIT_BACKOFF);
	fork_fault = FAULT_NONE;
	world_wait(&w, 0);
	w.n_log = 0;
	/* Script 2 is about to run; its stop will hang. */
	world_wait(&w, PATIENCE_MS);
	world_exit(&w, 2, 0);
	world_fault(&w, 0, FAULT_AGAIN);
	world_exit(&w, 3, 0);
	w.n_log = 0;
	world_request(&w, POWER_OFF);
	world_wait(&w, SHUTDOWN_MS);
	for (uint32_t i = 0; i < w.n_log; i++)
		if (w.log[i].action.kind == ACTION_SPAWN)
			assert_int_equal(w.log[i].action.verb, VERB_STOP);
}

static void no_login_follows_once_the_way_down_has_begun(void **state)
{
	(void)state;
	up(1, 2);
	world_exit(&w, 1, 0);
	world_exit(&w, 1, 0); /* now it waits a while */
	assert_int_equal(state_of(&w, 1), UNIT_BACKOFF);
	w.n_log = 0;
	world_request(&w, POWER_OFF);
	world_wait(&w, 1000);
	world_exit(&w, 2, 0); /* somebody logs out */
	world_wait(&w, SHUTDOWN_MS);
	assert_int_equal(count_spawns(&w, 1, VERB_LOGIN), 0);
	assert_int_equal(count_spawns(&w, 2, VERB_LOGIN), 0);
}

static void the_strongest_wins_once(void **state)
{
	static const enum power all[] = { POWER_REBOOT, POWER_HALT, POWER_OFF };

	(void)state;
	for (size_t first = 0; first < COUNT_OF(all); first++) {
		for (size_t second = 0; second < COUNT_OF(all); second++) {
			size_t strongest = first > second ? first : second;

			up(1, 1);
			world_request(&w, all[first]);
			world_request(&w, all[second]);
			world_request(&w, all[second]);
			world_request(&w, all[first]);
			assert_int_equal(w.engine.power, all[strongest]);
			assert_int_equal(count_said(&w, MESSAGE_REQUEST), second > first ? 2 : 1);
			assert_true(count_said(&w, MESSAGE_REQUEST_KEPT) <= 1);
			assert_int_equal(count_said(&w, MESSAGE_REQUEST_KEPT), first != second);
			assert_int_equal(count_spawns(&w, 0, VERB_STOP), 1);
			world_exit(&w, 0, 0);
			world_killed(&w, 1, 1);
			world_exit(&w, ENGINE_HELPER, 0);
			world_childless(&w);
			assert_int_equal(last_of(&w, ACTION_FINISH)->action.power, all[strongest]);
		}
	}
}

static void the_same_request_again_is_silent(void **state)
{
	uint32_t n;

	(void)state;
	up(1, 1);
	world_request(&w, POWER_OFF);
	n = w.n_log;
	for (int i = 0; i < 1000; i++)
		world_request(&w, POWER_OFF);
	assert_int_equal(w.n_log, n);
	world_request(&w, POWER_REBOOT);
	assert_int_equal(w.n_log, n + 1);
	assert_int_equal(last_said(&w, MESSAGE_REQUEST_KEPT)->power, POWER_OFF);
	for (int i = 0; i < 1000; i++)
		world_request(&w, i % 2 ? POWER_REBOOT : POWER_HALT);
	assert_int_equal(w.n_log, n + 1);
}

/* A signal that means nothing, and memory that was wiped, ask for nothing. */
static void nonsense_is_no_request(void **state)
{
	static const int nonsense[] = { POWER_NONE, 1, 2, -1, POWER_OFF + 1, POWER_HALT ^ 1 };
	enum power power;

	(void)state;
	up(1, 1);
	for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
		memcpy(&power, &nonsense[i], sizeof(power));
		world_request(&w, power);
	}
	assert_phase(&w, PHASE_RUN);
	assert_int_equal(count_said(&w, MESSAGE_REQUEST), 0);
}

static void a_stronger_one_replaces_it_until_the_finish(void **state)
{
	(void)state;
	up(1, 0);
	world_request(&w, POWER_REBOOT);
	world_wait(&w, SHUTDOWN_MS / 2); /* its stop hangs */
	assert_phase(&w, PHASE_TERM);
	world_request(&w, POWER_HALT);
	world_wait(&w, SHUTDOWN_MS * 15 / 100);
	assert_phase(&w, PHASE_KILL);
	world_request(&w, POWER_OFF);
	assert_phase(&w, PHASE_KILL); /* and nothing begins anew */
	world_wait(&w, SHUTDOWN_MS / 10);
	assert_phase(&w, PHASE_FINISH);
	assert_int_equal(last_of(&w, ACTION_FINISH)->action.power, POWER_OFF);
	assert_int_equal(count_said(&w, MESSAGE_REQUEST), 3);

	up(0, 0);
	world_request(&w, POWER_REBOOT);
	world_childless(&w); /* too early: its helper is a child */
	assert_phase(&w, PHASE_TERM);
	world_exit(&w, ENGINE_HELPER, 0);
	world_childless(&w);
	assert_phase(&w, PHASE_FINISH);
	world_request(&w, POWER_OFF); /* too late */
	assert_int_equal(w.engine.power, POWER_REBOOT);
	assert_int_equal(last_said(&w, MESSAGE_REQUEST_KEPT)->power, POWER_REBOOT);
}

/* --- scripts that do not stop -------------------------------------------------------- */

static void a_hanging_stop_holds_up_the_next_but_shortly(void **state)
{
	(void)state;
	up(3, 0);
	world_request(&w, POWER_OFF);
	world_wait(&w, SHUTDOWN_MS * 15 / 100 - 1);
	assert_int_equal(count_spawns(&w, 1, VERB_STOP), 0);
	world_wait(&w, 1);
	assert_int_equal(count_said(&w, MESSAGE_STOP_OVERDUE), 1);
	assert_int_equal(count_spawns(&w, 1, VERB_STOP), 1);
	world_exit(&w, 1, 0);
	world_exit(&w, 0, 0);
	assert_phase(&w, PHASE_STOP); /* it may still end */
	world_exit(&w, 2, 0);
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_said(&w, MESSAGE_STOP_LATE), 0);
}

/* However many hang, the ones that do not are all called before the deadline. */
static void many_hanging_stops_leave_time_for_the_others(void **state)
{
	(void)state;
	up(20, 0);
	world_request(&w, POWER_OFF);
	world_wait(&w, SHUTDOWN_MS / 2 - 1);
	assert_phase(&w, PHASE_STOP);
	for (uint32_t i = 12; i < 20; i++)
		assert_int_equal(count_spawns(&w, i, VERB_STOP), 1);
	world_wait(&w, 1);
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_said(&w, MESSAGE_STOP_LATE), 1);
}

static void what_cannot_be_killed_since_the_boot_holds_up_nobody(void **state)
{
	(void)state;
	world_init(&w, 3, 0);
	world_begin(&w);
	world_exit(&w, 0, 0);
	world_exit(&w, 1, 0);
	world_wait(&w, START_TIMEOUT_MS + SHUTDOWN_MS); /* 2 hangs in the kernel */
	assert_int_equal(count_said(&w, MESSAGE_UNKILLABLE), 1);
	world_request(&w, POWER_OFF);
	world_wait(&w, 2000);
	assert_int_equal(count_spawns(&w, 1, VERB_STOP), 1);
	world_exit(&w, 1, 0);
	assert_int_equal(count_spawns(&w, 0, VERB_STOP), 1);
	world_exit(&w, 0, 0);
	/* It comes back to life: its stop is called after all. */
	world_killed(&w, 2, 9);
	assert_int_equal(count_spawns(&w, 2, VERB_STOP), 1);
}

/* From TERM on every process is being ended; a new one would only be in the way. */
static void nothing_is_spawned_once_all_are_being_ended(void **state)
{
	uint32_t spawns;

	(void)state;
	world_init(&w, 2, 1);
	world_begin(&w);
	world_exit(&w, 0, 0);
	world_request(&w, POWER_OFF); /* 1 is starting, and does not end */
	world_wait(&w, SHUTDOWN_MS / 2);
	assert_phase(&w, PHASE_TERM);
	spawns = count_kind(&w, ACTION_SPAWN);
	world_killed(&w, 1, 15);
	world_fault(&w, 0, FAULT_AGAIN);
	world_wait(&w, SHUTDOWN_MS);
	assert_int_equal(count_kind(&w, ACTION_SPAWN), spawns);
}

static void a_script_that_failed_is_stopped_too(void **state)
{
	(void)state;
	world_init(&w, 2, 0);
	world_begin(&w);
	world_exit(&w, 0, 1);
	world_fault(&w, 1, FAULT_DENIED);
	assert_phase(&w, PHASE_RUN);
	world_request(&w, POWER_REBOOT);
	assert_int_equal(count_spawns(&w, 0, VERB_STOP), 1);
	assert_int_equal(count_spawns(&w, 1, VERB_STOP), 0); /* it never ran */
}

static void the_largest_board_stops(void **state)
{
	(void)state;
	up(NAMES_CAP, CONSOLES_CAP);
	w.n_log = 0;
	world_request(&w, POWER_OFF);
	for (uint32_t i = NAMES_CAP; i > 0; i--) {
		assert_int_equal(count_spawns(&w, i - 1, VERB_STOP), 1);
		world_exit(&w, i - 1, (int)i % 2);
	}
	assert_phase(&w, PHASE_TERM);
	assert_int_equal(count_kind(&w, ACTION_KILL), CONSOLES_CAP);
	assert_int_equal(count_kind(&w, ACTION_SPAWN), NAMES_CAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_stop_in_reverse_order),
		cmocka_unit_test(a_well_behaved_board_goes_at_once),
		cmocka_unit_test(a_request_before_the_beginning),
		cmocka_unit_test(a_request_in_the_rescue_shell),
		cmocka_unit_test(a_request_while_the_rescue_shell_cannot_start),
		cmocka_unit_test(a_request_while_a_script_starts),
		cmocka_unit_test(a_request_while_starts_are_tried_again),
		cmocka_unit_test(no_login_follows_once_the_way_down_has_begun),
		cmocka_unit_test(the_strongest_wins_once),
		cmocka_unit_test(the_same_request_again_is_silent),
		cmocka_unit_test(nonsense_is_no_request),
		cmocka_unit_test(a_stronger_one_replaces_it_until_the_finish),
		cmocka_unit_test(a_hanging_stop_holds_up_the_next_but_shortly),
		cmocka_unit_test(many_hanging_stops_leave_time_for_the_others),
		cmocka_unit_test(what_cannot_be_killed_since_the_boot_holds_up_nobody),
		cmocka_unit_test(nothing_is_spawned_once_all_are_being_ended),
		cmocka_unit_test(a_script_that_failed_is_stopped_too),
		cmocka_unit_test(the_largest_board_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
