/*
 * The engine against a world that is out to get it, from a seed: after every
 * event, what must always hold; at the end, that the board came up or went down
 * as promised.
 *
 *   SIM_SEEDS=N   how many seeds (10,000)
 *   SIM_SEED=N    the first one (1); with SIM_SEEDS=1 a failure is played again
 */
#include "outside.h"

enum {
	SEEDS = 10000,
	STEPS = 1000,    /* of the engine, at least, for each seed */
	LATE_MS = 150,   /* how late PID 1 may be at each thing */
	GRACE_MS = 1000, /* "within the deadline plus a second" */
	SCRIPTS = NAMES_CAP,
};

/* What the checks remember of one board. */
struct board {
	struct world w;
	struct outside outside;
	uint32_t n_scripts;
	uint64_t up_ms;       /* when the scripts' turn came; 0: not yet */
	uint64_t request_ms;  /* when the next request is due; 0: never */
	uint64_t asked_ms;    /* the first request that was made; 0: none */
	enum power strongest; /* of the requests so far, until FINISH */
	bool finishing;
	bool ending; /* every process has been told to end */
	bool stop_late;
	bool started[SCRIPTS]; /* asked for, at least once */
	bool ran[SCRIPTS];     /* became the program: it must be stopped */
	bool cut[SCRIPTS];     /* was killed on the way there: it may be stopped */
	uint32_t stops_asked[SCRIPTS];
	uint32_t stops_run[SCRIPTS];
};

static struct board board;
static uint64_t seed;
static uint64_t steps;

/* --- what must hold whenever an action is asked for ---------------------------------- */

static void check_start(struct board *b, const struct action *action)
{
	assert_int_equal(b->asked_ms, 0); /* the way down starts nothing */
	if (action->verb != VERB_START)
		return;
	assert_true(action->unit < b->n_scripts);
	if (action->unit)
		assert_true(b->started[action->unit - 1]);
	b->started[action->unit] = true;
}

static void check_stop(struct board *b, const struct action *action)
{
	assert_true(action->unit < b->n_scripts);
	assert_int_not_equal(b->asked_ms, 0);
	assert_true(b->ran[action->unit] || b->cut[action->unit]);
	assert_int_equal(b->stops_run[action->unit], 0);
	b->stops_asked[action->unit]++;
}

static void check_spawn(struct board *b, const struct action *action)
{
	assert_null(outside_find(&b->outside, action->unit)); /* one at a time */
	assert_false(b->ending); /* it would come too late for the signal */
	if (action->verb == VERB_STOP)
		check_stop(b, action);
	else
		check_start(b, action);
}

/* All that ran has been told to stop, unless the time for that was up. */
static void check_all_stopped(const struct board *b)
{
	for (uint32_t i = 0; i < b->n_scripts; i++)
		if (b->ran[i] && !b->stop_late)
			assert_true(b->stops_asked[i] > 0);
}

static enum fault forks(struct world *w, const struct action *action)
{
	struct board *b = (struct board *)w;

	assert_false(b->outside.over);
	if (action->kind == ACTION_SPAWN)
		check_spawn(b, action);
	if (action->kind == ACTION_TERM_ALL) {
		b->ending = true;
		check_all_stopped(b);
	}
	if (action->kind == ACTION_FINISH || action->kind == ACTION_REBOOT) {
		b->finishing = true;
		assert_int_equal(action->power, b->strongest);
	}
	return outside_fork(w, action);
}

static void does(struct world *w, const struct action *action)
{
	struct board *b = (struct board *)w;
	struct process *p;

	assert_false(b->outside.over);
	switch (action->kind) {
	case ACTION_KILL:
		p = outside_pid(&b->outside, action->pid);
		assert_non_null(p); /* reaped pids are not ours to signal */
		assert_int_equal(p->unit, action->unit);
		outside_signal(w, p, action->sign);
		break;
	case ACTION_LAST:
		assert_int_equal(action->power, b->strongest);
		outside_end_board(&b->outside, action->power);
		break;
	default:
		assert_int_equal(action->kind, ACTION_SAY);
		b->stop_late |= action->message == MESSAGE_STOP_LATE;
		break;
	}
}

/* --- what must hold after every event ------------------------------------------------- */

static void check_pids(const struct engine *e)
{
	for (uint32_t i = 0; i < e->n_units; i++) {
		int32_t pid = e->units[i].pid;

		assert_true(pid >= 0);
		if (pid)
			assert_int_equal(engine_find(e, pid), i); /* the first: no other */
	}
}

static void check(struct board *b)
{
	const struct engine *e = &b->w.engine;
	uint64_t now_ms = b->w.now_ms;

	check_pids(e);
	if (!b->up_ms && e->phase >= PHASE_BOOT)
		b->up_ms = now_ms;
	/* None holds up the next for longer than the patience. */
	if (e->phase == PHASE_BOOT)
		assert_true(now_ms - b->up_ms <=
			    (uint64_t)b->n_scripts * (b->w.times.patience_ms + 4 * LATE_MS));
	if (b->asked_ms && !b->outside.over)
		assert_true(now_ms <= b->asked_ms + b->w.times.shutdown_timeout_ms + GRACE_MS);
	if (b->outside.over)
		assert_int_equal(b->outside.end_power, b->strongest);
}

/* --- the course of things --------------------------------------------------------------- */

static uint32_t strength(enum power power)
{
	return power == POWER_OFF ? 3 : power == POWER_HALT ? 2 : power == POWER_REBOOT ? 1 : 0;
}

static void make_request(struct board *b)
{
	static const enum power powers[] = { POWER_REBOOT, POWER_HALT, POWER_OFF, POWER_NONE };
	struct random *r = &b->outside.random;
	enum power power = powers[random_below(r, b->asked_ms ? 4 : 3)];

	if (!b->asked_ms)
		b->asked_ms = b->w.now_ms;
	if (!b->finishing && strength(power) > strength(b->strongest))
		b->strongest = power;
	b->request_ms = random_chance(r, 60) ? b->w.now_ms + random_below(r, 10000) : 0;
	world_request(&b->w, power);
}

static void end_process(struct board *b, struct process *p)
{
	struct process ended;

	if (outside_ends(&b->outside, p, &ended))
		return;
	if (ended.unit < b->n_scripts && ended.ending.how != HOW_FAULT) {
		if (ended.verb == VERB_START)
			b->ran[ended.unit] = true;
		else
			b->stops_run[ended.unit]++;
	} else if (ended.unit < b->n_scripts && ended.verb == VERB_START) {
		b->cut[ended.unit] = ended.signalled;
	}
	assert_int_equal(engine_find(&b->w.engine, ended.pid) == ENGINE_NONE,
			 ended.unit == ENGINE_NONE || (ended.unit == ENGINE_HELPER &&
						       ended.pid != b->w.engine.helper_pid));
	world_ends(&b->w, engine_find(&b->w.engine, ended.pid), ended.ending);
}

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return !a_ms || (b_ms && b_ms < a_ms) ? b_ms : a_ms;
}

/* One thing that is due happens, any of them; false: nothing will ever. */
static bool happen(struct board *b)
{
	struct outside *o = &b->outside;
	struct process *p = outside_next(o);
	uint64_t due_ms = engine_due(&b->w.engine);
	uint64_t next_ms = earlier(earlier(due_ms, p ? p->end_ms : 0), b->request_ms);

	if (!next_ms)
		return false;
	if (next_ms > b->w.now_ms)
		b->w.now_ms = next_ms;
	if (random_chance(&o->random, 20))
		b->w.now_ms += random_below(&o->random, LATE_MS);
	if (due_ms && due_ms <= b->w.now_ms && random_chance(&o->random, 50))
		world_feed(&b->w, &(struct event){ .kind = EVENT_TIME });
	else if (b->request_ms && b->request_ms <= b->w.now_ms && random_chance(&o->random, 50))
		make_request(b);
	else if (p && p->end_ms <= b->w.now_ms)
		end_process(b, p);
	else if (due_ms && due_ms <= b->w.now_ms)
		world_feed(&b->w, &(struct event){ .kind = EVENT_TIME });
	if (!o->n && !o->over && engine_wants_childless(&b->w.engine))
		world_childless(&b->w);
	check(b);
	return true;
}

/* --- one board ------------------------------------------------------------------------------ */

static uint32_t pick(struct random *r, const uint32_t *from, uint32_t n)
{
	return from[random_below(r, n)];
}

static void make_board(struct board *b)
{
	static const uint32_t patiences_ms[] = { 1000, 5000, 6000, 30000, 3600000 };
	static const uint32_t timeouts_ms[] = { 1000, 5000, 30000, 300000 };
	static const uint32_t shutdowns_ms[] = { 1000, 5000, 20000, 20000, 60000 };
	static const uint32_t troubles[] = { 0, 10, 30, 60, 100 };
	static const uint64_t clocks_ms[] = { 1, 1000, 4294967295 - 5000, 1ull << 40 };
	struct random r = b->outside.random;
	struct world *w = &b->w;

	memset(b, 0, offsetof(struct board, w) + offsetof(struct world, log));
	memset((char *)b + sizeof(b->w), 0, sizeof(*b) - sizeof(b->w));
	b->n_scripts = random_below(&r, 8);
	if (random_chance(&r, 10))
		b->n_scripts = random_below(&r, random_chance(&r, 5) ? SCRIPTS + 1 : 64);
	world_init(w, b->n_scripts, random_below(&r, CONSOLES_CAP + 1));
	w->times.patience_ms = pick(&r, patiences_ms, COUNT_OF(patiences_ms));
	w->times.start_timeout_ms = pick(&r, timeouts_ms, COUNT_OF(timeouts_ms));
	w->times.shutdown_timeout_ms = pick(&r, shutdowns_ms, COUNT_OF(shutdowns_ms));
	engine_init(&w->engine, b->n_scripts, w->engine.n_consoles, &w->times);
	w->engine.rescue = random_chance(&r, 20);
	w->now_ms = clocks_ms[random_below(&r, COUNT_OF(clocks_ms))];
	w->fork = forks;
	w->made = outside_made;
	w->done = does;
	w->model = &b->outside;
	b->outside.trouble = pick(&r, troubles, COUNT_OF(troubles));
	if (random_chance(&r, 85))
		b->request_ms = w->now_ms + random_below(&r, random_chance(&r, 50) ? 5000 : 200000);
	b->outside.random = r;
}

static void run_board(struct board *b)
{
	bool more = true;

	make_board(b);
	world_begin(&b->w);
	check(b);
	while (more && !b->outside.over && b->w.n_steps < 4 * STEPS)
		more = happen(b);
	/* At rest, or cut off in the middle of its work: it must be up, or down. */
	if (!more && !b->asked_ms)
		assert_int_equal(b->w.engine.phase, PHASE_RUN);
	if (!more && b->asked_ms)
		assert_true(b->outside.over);
	steps += b->w.n_steps;
}

/* --- all of them ------------------------------------------------------------------------------ */

static uint64_t number_from_env(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

static void every_board_keeps_its_promises(void **state)
{
	uint64_t first = number_from_env("SIM_SEED", 1);
	uint64_t n = number_from_env("SIM_SEEDS", SEEDS);

	(void)state;
	for (seed = first; seed < first + n; seed++) {
		uint64_t enough = steps + STEPS;

		random_seed(&board.outside.random, seed);
		while (steps < enough)
			run_board(&board);
	}
	printf("# %llu seeds, %llu events\n", (unsigned long long)n, (unsigned long long)steps);
	seed = 0;
}

/* Runs after a failure, too. */
static int tell_seed(void **state)
{
	(void)state;
	if (seed)
		printf("# it was SIM_SEED=%llu, at %llu ms, phase %d\n", (unsigned long long)seed,
		       (unsigned long long)board.w.now_ms, (int)board.w.engine.phase);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_board_keeps_its_promises, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
