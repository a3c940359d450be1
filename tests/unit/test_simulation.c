/*
 * The engine against a world that is out to get it, from a seed: after every step
 * what must always hold (sim_check.h, sim_change.h), at the end that the board came
 * to rest or went down as promised.  A run that fails is made as short as it can be
 * and told line by line.
 *
 *   SIM_SEED=N    the first seed (1), or as the first argument; that one alone,
 *                 unless SIM_SEEDS or SIM_STEPS says otherwise
 *   SIM_SEEDS=N   so many seeds
 *   SIM_STEPS=N   seeds until so many steps of the engine are done (1,500,000)
 */
#include "sim_run.h"

enum {
	STEPS = 1500000,
	LONG_EVERY = 400, /* one of so many seeds has a table that is long */
	CHAIN = 1000,
	BARRIER = 300,
	REPLAYS = 4000, /* to make a failing run short */
};

struct sim sim;
uint64_t cells_hit[N_SERVICE_STATES][N_SERVICE_EVENTS];

static struct sim_plan plan;
static const char *first_argument;

/* --- plans --------------------------------------------------------------- */

static void make_options(struct random *r, struct engine_options *o)
{
	o->patience_ms = SIM_PICK(r, 500, 1000, 5000);
	o->start_timeout_ms = SIM_PICK(r, 2000, 5000, 30000);
	o->shutdown_timeout_ms = SIM_PICK(r, 1000, 5000, 20000, 60000);
	o->parallel = SIM_PICK(r, 0, 0, 0, 1, 3);
	o->n_consoles = random_below(r, 3);
	o->rescue = random_chance(r, 5);
}

static void make_moves(struct random *r)
{
	uint32_t busy = SIM_PICK(r, 3, 10, 30);

	plan.n_moves = 50 + random_below(r, SIM_MOVES - 50);
	for (uint32_t k = 0; k < plan.n_moves; k++) {
		struct sim_move *move = &plan.moves[k];
		uint32_t roll = random_below(r, 100);

		move->left_out = false;
		move->random = random_next(r);
		move->op = OP_ADVANCE;
		if (!random_chance(r, busy))
			continue;
		move->op = roll < 45   ? OP_COMMAND
			   : roll < 65 ? OP_NOTICE
			   : roll < 72 ? OP_READY
			   : roll < 82 ? OP_RELOAD
			   : roll < 86 ? OP_JUMP
			   : roll < 98 ? OP_EARLY
				       : OP_POWER;
		if (move->op == OP_POWER && random_chance(r, 70))
			move->op = OP_ADVANCE;
	}
}

static void make_plan(uint64_t seed)
{
	struct random r;

	memset(&plan, 0, sizeof(plan));
	random_seed(&r, seed);
	plan.seed = seed;
	plan.n_ids = 1 + random_below(&r, SIM_PICK(&r, 3, 8, 16, 40));
	if (seed % LONG_EVERY == LONG_EVERY / 2) {
		plan.shape = random_chance(&r, 50) ? SHAPE_CHAIN : SHAPE_BARRIER;
		plan.n_ids = plan.shape == SHAPE_CHAIN ? CHAIN : BARRIER;
	}
	plan.trouble = SIM_PICK(&r, 0, 10, 30, 60, 100);
	if (plan.shape == SHAPE_CHAIN)
		plan.trouble = 0;
	plan.shift = random_below(&r, 1000);
	plan.groups = random_chance(&r, 70);
	plan.compiled = random_chance(&r, 75);
	plan.goes_down = random_chance(&r, 50);
	plan.goal = SIM_NONE;
	if (random_chance(&r, 10))
		plan.goal = random_chance(&r, 20) ? 9999 : random_below(&r, plan.n_ids);
	make_options(&r, &plan.options);
	make_moves(&r);
}

/* --- a failing run, made short ------------------------------------------- */

static bool still_fails(const char *what, uint32_t *replays)
{
	if (*replays == 0)
		return false;
	--*replays;
	return !run_plan(&plan, false) && sim.what == what;
}

static bool shorten_moves(const char *what, uint32_t *replays)
{
	bool shorter = false;

	for (uint32_t size = plan.n_moves; size > 0; size /= 2) {
		for (uint32_t from = 0; from < plan.n_moves; from += size) {
			bool was[SIM_MOVES];
			bool any = false;

			for (uint32_t k = from; k < from + size && k < plan.n_moves; k++) {
				was[k] = plan.moves[k].left_out;
				any |= !was[k];
				plan.moves[k].left_out = true;
			}
			if (any && still_fails(what, replays)) {
				shorter = true;
				continue;
			}
			for (uint32_t k = from; k < from + size && k < plan.n_moves; k++)
				plan.moves[k].left_out = was[k];
		}
	}
	return shorter;
}

static bool shorten_services(const char *what, uint32_t *replays)
{
	bool shorter = false;

	for (uint32_t size = plan.n_ids; size > 0; size /= 2) {
		for (uint32_t from = 0; from < plan.n_ids; from += size) {
			bool was[SIM_IDS];
			bool any = false;

			for (uint32_t id = from; id < from + size && id < plan.n_ids; id++) {
				was[id] = plan.hidden[id];
				any |= !was[id];
				plan.hidden[id] = true;
			}
			if (any && still_fails(what, replays)) {
				shorter = true;
				continue;
			}
			for (uint32_t id = from; id < from + size && id < plan.n_ids; id++)
				plan.hidden[id] = was[id];
		}
	}
	return shorter;
}

static void tell_failure(void)
{
	const char *what = sim.what;
	uint32_t replays = REPLAYS;
	bool shorter = true;

	while (shorter) {
		shorter = shorten_services(what, &replays);
		shorter |= shorten_moves(what, &replays);
	}
	(void)run_plan(&plan, true);
	printf("# SIM_SEED=%llu: %s", (unsigned long long)plan.seed, what);
	if (sim.culprit != SIM_NONE)
		printf(": s%u", sim.culprit);
	printf(" (at %llu ms, phase %u, %llu steps)\n", (unsigned long long)sim.now_ms,
	       sim.engine.phase, (unsigned long long)sim.steps);
}

/* --- all of them --------------------------------------------------------- */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

/* The engine never sends these: it looks before it tells anybody to stop. */
static bool never_sent(uint32_t state, uint32_t event)
{
	return event == SERVICE_EV_STOP &&
	       (state == SERVICE_DOWN || state == SERVICE_STOPPING || state == SERVICE_BAD);
}

static void tell_coverage(bool all)
{
	uint32_t n_hit = 0;
	uint32_t n = 0;

	for (uint32_t s = 0; s < N_SERVICE_STATES; s++)
		for (uint32_t e = 0; e < N_SERVICE_EVENTS; e++) {
			if (service_cell(s, e) == CELL_IMPOSSIBLE || never_sent(s, e))
				continue;
			n++;
			n_hit += cells_hit[s][e] > 0;
			if (!cells_hit[s][e])
				printf("# not hit: %s x %s\n", story_states[s], story_events[e]);
		}
	printf("# %u of %u cells hit\n", n_hit, n);
	if (all)
		assert_int_equal(n_hit, n);
}

static void every_run_keeps_its_promises(void **state)
{
	uint64_t first = number("SIM_SEED", 0);
	uint64_t n = number("SIM_SEEDS", 0);
	uint64_t enough = number("SIM_STEPS", 0);
	uint64_t steps = 0;
	uint64_t seed;

	(void)state;
	if (first_argument)
		first = strtoull(first_argument, NULL, 10);
	if (!n && !enough && first)
		n = 1;
	if (!n && !enough)
		enough = STEPS;
	if (!first)
		first = 1;
	for (seed = first; n ? seed < first + n : steps < enough; seed++) {
		make_plan(seed);
		if (!run_plan(&plan, false)) {
			printf("# seed %llu failed: %s; making it short\n",
			       (unsigned long long)seed, sim.what);
			tell_failure();
			fail_msg("SIM_SEED=%llu: %s", (unsigned long long)seed, sim.what);
		}
		steps += sim.steps;
	}
	printf("# seeds %llu to %llu, %llu steps\n", (unsigned long long)first,
	       (unsigned long long)seed - 1, (unsigned long long)steps);
	tell_coverage(steps >= STEPS / 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run_keeps_its_promises),
	};

	first_argument = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
