/* action: the list that must never be overfilled. */
#include "action.h"

#include "check.h"

static struct actions actions;

static void entries_come_zeroed(void **state)
{
	struct action *action;

	(void)state;
	memset(&actions, 0xff, sizeof(actions));
	actions.n = 0;
	action = action_add(&actions, ACTION_KILL, 7);
	assert_int_equal(actions.n, 1);
	assert_ptr_equal(action, &actions.at[0]);
	assert_int_equal(action->kind, ACTION_KILL);
	assert_int_equal(action->unit, 7);
	assert_int_equal(action->pid, 0);
	assert_int_equal(action->ms, 0);
}

static void a_line_to_say_is_an_entry_too(void **state)
{
	struct action *action;

	(void)state;
	memset(&actions, 0xff, sizeof(actions));
	actions.n = 0;
	(void)action_add(&actions, ACTION_KILL, 7);
	action = action_say(&actions, MESSAGE_STARTED, 8);
	assert_int_equal(actions.n, 2);
	assert_ptr_equal(action, &actions.at[1]);
	assert_int_equal(action->kind, ACTION_SAY);
	assert_int_equal(action->message, MESSAGE_STARTED);
	assert_int_equal(action->unit, 8);
	assert_int_equal(action->count, 0);
}

/* One too many costs the last entry, and no byte behind the list. */
static void a_full_list_stays_in_its_bounds(void **state)
{
	(void)state;
	actions.n = 0;
	for (uint32_t i = 0; i < ACTIONS_CAP; i++)
		(void)action_add(&actions, ACTION_SAY, i);
	assert_int_equal(actions.n, ACTIONS_CAP);
	assert_ptr_equal(action_add(&actions, ACTION_SAY, 99), &actions.at[ACTIONS_CAP - 1]);
	assert_int_equal(actions.n, ACTIONS_CAP);
	assert_int_equal(actions.at[ACTIONS_CAP - 1].unit, 99);
	assert_int_equal(actions.at[ACTIONS_CAP - 2].unit, ACTIONS_CAP - 2);
}

static void knows_when_a_steps_worth_still_fits(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= ACTIONS_CAP; n++) {
		actions.n = n;
		assert_int_equal(actions_roomy(&actions), n + ACTIONS_PER_STEP <= ACTIONS_CAP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_zeroed),
		cmocka_unit_test(a_line_to_say_is_an_entry_too),
		cmocka_unit_test(a_full_list_stays_in_its_bounds),
		cmocka_unit_test(knows_when_a_steps_worth_still_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
