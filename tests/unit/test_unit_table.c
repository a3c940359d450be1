/*
 * unit: the state table as a whole.  Every cell is written; from IDLE every
 * input is tried in every state that can be reached, and what must hold of a
 * unit at any time is checked after each.
 */
#include "tale.h"

static const enum unit_kind kinds[] = { UNIT_SCRIPT, UNIT_CONSOLE, UNIT_RESCUE };

static void every_cell_is_written(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (int s = 0; s < N_UNIT_STATES; s++)
			for (int e = 0; e < N_UNIT_EVENTS; e++)
				assert_in_range(unit_cell(kinds[k], (enum unit_state)s,
							  (enum unit_event)e),
						CELL_IMPOSSIBLE, N_UNIT_CELLS - 1);
}

/* A stop may be asked for in every state that a unit can be in. */
static void stop_is_never_impossible(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (int s = 0; s < N_UNIT_STATES; s++) {
			bool lived = false;

			for (int e = 0; e < N_UNIT_EVENTS; e++)
				lived |= unit_cell(kinds[k], (enum unit_state)s,
						   (enum unit_event)e) != CELL_IMPOSSIBLE;
			if (lived)
				assert_int_not_equal(unit_cell(kinds[k], (enum unit_state)s,
							       UNIT_EV_STOP),
						     CELL_IMPOSSIBLE);
		}
	}
}

/* What cannot be changes nothing: not one bit of the unit, and no action. */
static void impossible_events_change_nothing(void **state)
{
	static const unsigned char fills[] = { 0x00, 0x55, 0xff };
	struct tale t;
	struct unit before;
	uint32_t tried = 0;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (int s = 0; s < N_UNIT_STATES; s++) {
			for (int e = 0; e < N_UNIT_EVENTS * (int)COUNT_OF(fills); e++) {
				const struct unit_input in = {
					.event = (enum unit_event)(e % N_UNIT_EVENTS),
					.ending = { HOW_FAULT, FAULT_AGAIN, 11 },
					.pid = 4711,
				};

				if (unit_cell(kinds[k], (enum unit_state)s, in.event) !=
				    CELL_IMPOSSIBLE)
					continue;
				tale_begin(&t, kinds[k]);
				memset(&t.u, fills[e / N_UNIT_EVENTS], sizeof(t.u));
				t.u.kind = (uint8_t)kinds[k];
				t.u.state = (uint8_t)s;
				memcpy(&before, &t.u, sizeof(before));
				assert_false(tale_try(&t, in));
				assert_memory_equal(&before, &t.u, sizeof(before));
				assert_quiet(&t);
				tried++;
			}
		}
	}
	assert_true(tried > 100);
}

/* --- every state that can be reached, by trying everything --------------- */

struct input {
	enum unit_event event;
	struct ending ending;
};

static const struct input inputs[] = {
	{ UNIT_EV_START, { HOW_EXIT, FAULT_NONE, 0 } },
	{ UNIT_EV_SPAWNED, { HOW_EXIT, FAULT_NONE, 0 } },
	{ UNIT_EV_AGAIN, { HOW_FAULT, FAULT_AGAIN, 11 } },
	{ UNIT_EV_AGAIN, { HOW_FAULT, FAULT_NO_TTY, 6 } },
	{ UNIT_EV_NEVER, { HOW_FAULT, FAULT_NOT_FOUND, 2 } },
	{ UNIT_EV_EXITED, { HOW_EXIT, FAULT_NONE, 0 } },
	{ UNIT_EV_EXITED, { HOW_EXIT, FAULT_NONE, 1 } },
	{ UNIT_EV_EXITED, { HOW_SIGNAL, FAULT_NONE, 9 } },
	{ UNIT_EV_DUE, { HOW_EXIT, FAULT_NONE, 0 } },
	{ UNIT_EV_STOP, { HOW_EXIT, FAULT_NONE, 0 } },
};

/* Time that passes before the input; the last is longer than anything waits. */
static const uint64_t delays_ms[] = { 0, 1500, 4000, 100000 };

enum {
	TRIES_SEEN = 4, /* more failures in a row than this differ in nothing */
	CLOCKS_SEEN = 4,
	WAYS = 3, /* up; down, where nothing starts; down, where nothing is called to stop */
	QUEUE = 64 * 1024,
};

static struct tale queue[QUEUE];
static bool seen[WAYS][N_UNIT_STATES][TRIES_SEEN + 1][64][CLOCKS_SEEN][CLOCKS_SEEN];
static bool taken[N_UNIT_KINDS][N_UNIT_STATES][N_UNIT_EVENTS];

/* A stretch of time, as coarse as the delays above. */
static uint32_t stretch(uint64_t from_ms, uint64_t to_ms)
{
	uint64_t ms = to_ms > from_ms ? to_ms - from_ms : 0;

	return ms == 0 ? 0 : ms < 3000 ? 1 : ms < 30000 ? 2 : 3;
}

static bool *seen_of(const struct tale *t)
{
	const struct unit *u = &t->u;
	unsigned flags = (unsigned)u->overdue | (unsigned)u->timed_out << 1 |
			 (unsigned)u->ran << 2 | (unsigned)u->stop_asked << 3 |
			 (unsigned)u->told << 4 | (unsigned)(u->due_ms != 0) << 5;

	return &seen[t->no_start + t->no_stop][u->state]
		    [u->tries < TRIES_SEEN ? u->tries : TRIES_SEEN][flags]
		    [stretch(u->since_ms, t->now_ms)][stretch(t->now_ms, u->due_ms)];
}

static bool has_process(const struct unit *u)
{
	switch (u->state) {
	case UNIT_STARTING:
	case UNIT_ABORTING:
	case UNIT_STOPPING:
		return true;
	case UNIT_UP:
		return u->kind != UNIT_SCRIPT;
	default:
		return false;
	}
}

static bool waits_for_spawn(const struct unit *u)
{
	return u->state == UNIT_SPAWNING || u->state == UNIT_STOP_SPAWNING;
}

static void check_liveness(const struct unit *u)
{
	bool time_will_come = u->due_ms || waits_for_spawn(u);

	if (u->state == UNIT_BACKOFF || u->state == UNIT_STOP_BACKOFF)
		assert_true(u->due_ms);
	if (u->kind != UNIT_SCRIPT)
		return;
	/* A script that holds up the next must have something due: no wait is endless. */
	if (u->state != UNIT_IDLE && !unit_start_passed(u))
		assert_true(time_will_come);
	if (u->stop_asked && !unit_stop_passed(u))
		assert_true(time_will_come);
}

/* What holds of a unit at any time, and of the step that led there. */
static void check_step(const struct unit *before, const struct tale *t)
{
	const struct unit *u = &t->u;
	uint32_t spawns = 0;
	uint32_t kills = 0;

	assert_in_range(u->state, 0, N_UNIT_STATES - 1);
	assert_int_equal(u->pid != 0, has_process(u));
	if (u->due_ms && !t->no_stop)
		assert_true(u->due_ms >= t->now_ms);
	assert_true(t->actions.n <= ACTIONS_PER_STEP / 2);
	for (uint32_t i = 0; i < t->actions.n; i++) {
		const struct action *action = &t->actions.at[i];

		assert_int_equal(action->unit, TALE_INDEX);
		spawns += action->kind == ACTION_SPAWN;
		kills += action->kind == ACTION_KILL;
		if (action->kind == ACTION_KILL)
			assert_int_equal(action->pid, u->pid);
		if (action->kind != ACTION_SPAWN)
			continue;
		assert_false(t->no_stop);
		if (before->stop_asked || t->no_start)
			assert_int_equal(action->verb, VERB_STOP);
	}
	assert_true(spawns + kills <= 1);
	assert_int_equal(spawns, waits_for_spawn(u) && before->state != u->state);
	if (before->stop_asked)
		assert_true(u->stop_asked);
	if (before->state == UNIT_DOWN)
		assert_int_equal(u->state, UNIT_DOWN);
	if (u->state == UNIT_STOP_SPAWNING)
		assert_true(u->ran);
	check_liveness(u);
}

/* What the engine would never tell a unit that has come to this. */
static bool never_told(const struct tale *t, enum unit_event event)
{
	/* Nothing is due when nothing is due, never too early, nor at the very end. */
	if (event == UNIT_EV_DUE)
		return !t->u.due_ms || t->u.due_ms > t->now_ms || t->no_stop;
	/* On the way down nothing is told to start. */
	if (event == UNIT_EV_START)
		return t->no_start;
	/* Time does not pass what is due by without its event. */
	return t->u.due_ms && t->u.due_ms < t->now_ms && !t->no_stop;
}

static uint32_t try_one(const struct tale *from, struct tale *t, const struct input *input,
			uint32_t n)
{
	const struct unit_input in = {
		.event = input->event,
		.ending = input->ending,
		.pid = 4711,
	};

	if (never_told(t, in.event) || !tale_try(t, in))
		return n;
	taken[t->u.kind][from->u.state][in.event] = true;
	check_step(&from->u, t);
	if (*seen_of(t))
		return n;
	*seen_of(t) = true;
	assert_true(n < QUEUE);
	queue[n] = *t;
	return n + 1;
}

static uint32_t try_all(const struct tale *from, uint32_t n)
{
	for (size_t i = 0; i < COUNT_OF(inputs) * COUNT_OF(delays_ms); i++) {
		struct tale t = *from;

		t.now_ms += delays_ms[i % COUNT_OF(delays_ms)];
		n = try_one(from, &t, &inputs[i / COUNT_OF(delays_ms)], n);
	}
	return n;
}

/* The way down begins, or comes to its next part; there is no way back. */
static uint32_t go_on(const struct tale *from, uint32_t n)
{
	const struct input stop = { UNIT_EV_STOP, { HOW_EXIT, FAULT_NONE, 0 } };
	struct tale t = *from;

	if (t.no_stop)
		return n;
	t.no_stop = t.no_start;
	t.no_start = true;
	if (t.u.state == UNIT_BACKOFF) /* those are told at once */
		return try_one(from, &t, &stop, n);
	if (*seen_of(&t))
		return n;
	*seen_of(&t) = true;
	assert_true(n < QUEUE);
	queue[n] = t;
	return n + 1;
}

static void whatever_happens_the_unit_is_sound(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		uint32_t n = 1;

		memset(seen, 0, sizeof(seen));
		tale_begin(&queue[0], kinds[k]);
		for (uint32_t i = 0; i < n; i++) {
			n = try_all(&queue[i], n);
			n = go_on(&queue[i], n);
		}
	}
}

/*
 * A cell that is written can be come to, and one that says "impossible" is not
 * written for nothing: the search above has used each of them.
 */
static void every_cell_can_be_reached(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (int s = 0; s < N_UNIT_STATES; s++) {
			for (int e = 0; e < N_UNIT_EVENTS; e++) {
				enum unit_cell cell = unit_cell(kinds[k], (enum unit_state)s,
								(enum unit_event)e);

				/* The rescue shell shares the consoles' row, but never fails. */
				if (kinds[k] == UNIT_RESCUE && s == UNIT_FAILED)
					continue;
				if (taken[k][s][e] != (cell != CELL_IMPOSSIBLE))
					fail_msg("kind %zu state %d event %d: cell %d is %staken",
						 k, s, e, (int)cell,
						 taken[k][s][e] ? "" : "never ");
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_written),
		cmocka_unit_test(stop_is_never_impossible),
		cmocka_unit_test(impossible_events_change_nothing),
		cmocka_unit_test(whatever_happens_the_unit_is_sound),
		cmocka_unit_test(every_cell_can_be_reached), /* uses what the one above saw */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
