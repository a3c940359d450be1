/* graph: who holds up whom, what is missing, and how far asking reaches. */
#include "graph.h"

#include "check.h"
#include "rows.h"

enum {
	A,
	B,
	C,
	D,
	N,
};

static struct rows rows;
static struct table table;
static struct service services[TABLE_SERVICES];
static uint16_t stack[TABLE_SERVICES];
static const struct graph graph = { &table, services };

struct link {
	uint16_t from;
	enum table_edge_kind kind;
	uint16_t to;
};

/* Four services, all down and not asked for. */
static void make(const struct link *links, size_t n)
{
	static const char *const names[N] = { "a", "b", "c", "d" };

	rows_init(&rows);
	for (uint32_t i = 0; i < N; i++)
		(void)rows_add(&rows, names[i], TABLE_DAEMON);
	for (size_t i = 0; i < n; i++)
		rows_edge(&rows, links[i].from, links[i].kind, links[i].to);
	table = rows_make(&rows);
	memset(services, 0, sizeof(services));
}

#define MAKE(...)                                                   \
	do {                                                        \
		static const struct link links[] = { __VA_ARGS__ }; \
		make(links, COUNT_OF(links));                       \
	} while (0)

static void assert_hold(struct graph_hold hold, uint16_t service, enum table_edge_kind kind)
{
	assert_int_equal(hold.service, service);
	if (service != TABLE_NONE)
		assert_int_equal(hold.kind, kind);
}

static void assert_held(uint32_t i, uint16_t by, enum table_edge_kind kind)
{
	assert_hold(graph_start_hold(&graph, i), by, kind);
}

/* A neighbour in one condition, and by which kinds of edge it holds up a start. */
struct condition {
	enum service_state state;
	bool want, overdue, left;
	uint8_t tries;
	const char *holds; /* of require, want, after, follow, conflict: the letters of those */
};

static const struct condition conditions[] = {
	{ .state = SERVICE_DOWN, .holds = "r" }, /* nobody wants it */
	{ .state = SERVICE_DOWN, .want = true, .holds = "rwaf" },
	{ .state = SERVICE_WAITING, .want = true, .holds = "rwaf" },
	{ .state = SERVICE_WAITING, .want = true, .overdue = true, .holds = "rwa" },
	{ .state = SERVICE_OUTSIDE, .want = true, .holds = "rwafc" },
	{ .state = SERVICE_OUTSIDE, .want = true, .overdue = true, .holds = "rc" },
	{ .state = SERVICE_SPAWNING, .want = true, .holds = "rwafc" },
	{ .state = SERVICE_STARTING, .want = true, .holds = "rwafc" },
	{ .state = SERVICE_STARTING, .want = true, .overdue = true, .holds = "rwac" },
	{ .state = SERVICE_STARTING, .want = true, .tries = 1, .holds = "rc" },
	{ .state = SERVICE_UP, .want = true, .holds = "c" },
	{ .state = SERVICE_UP, .holds = "c" },
	{ .state = SERVICE_BACKOFF, .want = true, .tries = 1, .holds = "r" },
	{ .state = SERVICE_STOPPING, .holds = "rwafc" },
	{ .state = SERVICE_STOPPING, .left = true, .holds = "r" },
	{ .state = SERVICE_FAILED, .holds = "r" },
	{ .state = SERVICE_BAD, .holds = "r" },
};

static void each_kind_holds_up_a_start(void **state)
{
	static const char letters[N_TABLE_EDGES + 1] = "rwafc";

	(void)state;
	for (int kind = 0; kind < N_TABLE_EDGES; kind++) {
		const struct link link = { B, (enum table_edge_kind)kind, A };

		make(&link, 1);
		for (size_t i = 0; i < COUNT_OF(conditions); i++) {
			const struct condition *c = &conditions[i];
			bool holds = strchr(c->holds, letters[kind]) != NULL;

			services[A] = (struct service){ .state = (uint8_t)c->state,
							.want = c->want,
							.overdue = c->overdue,
							.left = c->left,
							.tries = c->tries };
			if ((graph_start_hold(&graph, B).service == A) != holds)
				fail_msg("edge %c, condition %zu", letters[kind], i);
			assert_held(B, holds ? A : TABLE_NONE, (enum table_edge_kind)kind);
		}
	}
}

/* The other end of an edge is free, but of a conflict. */
static void only_a_conflict_holds_both_ways(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_TABLE_EDGES; kind++) {
		const struct link link = { B, (enum table_edge_kind)kind, A };

		make(&link, 1);
		services[B].state = SERVICE_STARTING;
		services[B].want = true;
		assert_held(A, kind == TABLE_CONFLICT ? B : TABLE_NONE, TABLE_CONFLICT);
	}
}

static void the_first_that_holds_is_named(void **state)
{
	(void)state;
	MAKE({ D, TABLE_AFTER, A }, { D, TABLE_REQUIRE, B }, { D, TABLE_REQUIRE, C });
	services[B].state = SERVICE_UP;
	assert_held(D, C, TABLE_REQUIRE); /* nobody wants A */
	services[A].want = true;
	assert_held(D, A, TABLE_AFTER);
	services[A].state = SERVICE_UP;
	services[C].state = SERVICE_UP;
	assert_held(D, TABLE_NONE, TABLE_AFTER);
}

/* Whoever came after it, in whatever way, goes down before it. */
static void those_behind_hold_up_a_stop(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_TABLE_EDGES; kind++) {
		const struct link link = { B, (enum table_edge_kind)kind, A };
		bool holds = kind != TABLE_CONFLICT;

		make(&link, 1);
		services[A].state = SERVICE_UP;
		assert_hold(graph_stop_hold(&graph, A), TABLE_NONE, TABLE_REQUIRE);
		for (int s = 0; s < N_SERVICE_STATES; s++) {
			services[B].state = (uint8_t)s;
			assert_hold(graph_stop_hold(&graph, A),
				    holds && service_active(&services[B]) ? B : TABLE_NONE,
				    (enum table_edge_kind)kind);
		}
		services[B].state = SERVICE_STOPPING;
		services[B].left = true; /* nobody waits for that one */
		assert_hold(graph_stop_hold(&graph, A), TABLE_NONE, TABLE_REQUIRE);
		services[B].left = false;
		services[B].want = true; /* and stops, for a while */
		assert_hold(graph_stop_hold(&graph, A), holds ? B : TABLE_NONE,
			    (enum table_edge_kind)kind);
		services[B].state = SERVICE_UP; /* it is to stay: only one that needs A counts */
		assert_hold(graph_stop_hold(&graph, A), kind == TABLE_REQUIRE ? B : TABLE_NONE,
			    TABLE_REQUIRE);
		/* And nobody waits for those in front. */
		services[B].state = SERVICE_UP;
		services[B].want = false;
		services[A].want = false;
		assert_hold(graph_stop_hold(&graph, B), TABLE_NONE, TABLE_REQUIRE);
	}
}

static void only_what_is_required_can_be_missing(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_TABLE_EDGES; kind++) {
		const struct link link = { B, (enum table_edge_kind)kind, A };

		make(&link, 1);
		assert_int_equal(graph_missing(&graph, B), kind == TABLE_REQUIRE ? A : TABLE_NONE);
		assert_int_equal(graph_missing(&graph, A), TABLE_NONE);
		services[A].want = true;
		assert_int_equal(graph_missing(&graph, B), TABLE_NONE);
	}
}

/* --- asking ------------------------------------------------------------------------ */

/* Which are asked for, as letters. */
static const char *asked(void)
{
	static char buf[N + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < N; i++)
		if (services[i].asked)
			buf[n++] = (char)('a' + i);
	buf[n] = '\0';
	return buf;
}

static void asking_reaches_what_is_needed(void **state)
{
	static const char *const reached[N_TABLE_EDGES] = { "abc", "abc", "c", "c", "c" };

	(void)state;
	for (int kind = 0; kind < N_TABLE_EDGES; kind++) {
		const struct link links[] = { { C, (enum table_edge_kind)kind, B },
					      { B, (enum table_edge_kind)kind, A },
					      { D, TABLE_REQUIRE, C } };

		make(links, COUNT_OF(links));
		graph_ask(&graph, C, stack);
		assert_string_equal(asked(), reached[kind]);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(services[i].want, services[i].asked);
	}
}

static void asking_ends_where_it_must(void **state)
{
	(void)state;
	/* A circle, which rcc takes apart, but a table may hold. */
	MAKE({ A, TABLE_REQUIRE, B }, { B, TABLE_REQUIRE, C }, { C, TABLE_WANT, A });
	graph_ask(&graph, B, stack);
	assert_string_equal(asked(), "abc");
	graph_ask_begin(&graph);
	graph_ask(&graph, B, stack);
	assert_string_equal(asked(), "abc");

	MAKE({ A, TABLE_REQUIRE, B }, { B, TABLE_REQUIRE, C });
	services[B].state = SERVICE_BAD;
	graph_ask(&graph, A, stack);
	assert_string_equal(asked(), "a"); /* of no use, so it starts nothing either */

	/* One that failed is asked for, yet not to be had. */
	MAKE({ A, TABLE_REQUIRE, B }, { B, TABLE_REQUIRE, C }, { C, TABLE_REQUIRE, B });
	services[B].state = SERVICE_FAILED;
	graph_ask(&graph, A, stack);
	assert_string_equal(asked(), "abc");
	assert_false(services[B].want);
	assert_int_equal(graph_missing(&graph, A), B);
}

/* However deep: also through one that was asked for before, and misses something. */
static void asking_goes_through_what_is_blocked(void **state)
{
	(void)state;
	MAKE({ A, TABLE_REQUIRE, B }, { B, TABLE_REQUIRE, C }, { C, TABLE_REQUIRE, D });
	services[B].asked = true;
	services[C].asked = true;
	graph_ask(&graph, A, stack);
	assert_string_equal(asked(), "abcd");
	assert_true(services[D].want);
	assert_true(services[A].want);
}

/* Several asked for in one go: what was seen is not gone through again. */
static void what_was_seen_is_passed_over(void **state)
{
	(void)state;
	MAKE({ A, TABLE_REQUIRE, C }, { B, TABLE_REQUIRE, C }, { C, TABLE_WANT, D });
	graph_ask_begin(&graph);
	graph_ask(&graph, A, stack);
	services[D].asked = false;
	graph_ask(&graph, B, stack);
	assert_string_equal(asked(), "abc");
	graph_ask_begin(&graph);
	graph_ask(&graph, B, stack);
	assert_string_equal(asked(), "abcd");
}

/* The largest: one chain through every service, asked for from its end. */
static void the_deepest_chain(void **state)
{
	char name[8];

	(void)state;
	rows_init(&rows);
	for (uint16_t i = 0; i < TABLE_SERVICES; i++) {
		(void)snprintf(name, sizeof(name), "%04u", i);
		(void)rows_add(&rows, name, TABLE_DAEMON);
		if (i)
			rows_edge(&rows, i, TABLE_REQUIRE, (uint16_t)(i - 1));
	}
	table = rows_make(&rows);
	memset(services, 0, sizeof(services));
	graph_ask(&graph, TABLE_SERVICES - 1, stack);
	for (uint32_t i = 0; i < TABLE_SERVICES; i++)
		assert_true(services[i].asked && services[i].want);
}

/* The widest: the stack holds every service at once. */
static void the_widest_fan(void **state)
{
	char name[8];

	(void)state;
	rows_init(&rows);
	for (uint16_t i = 0; i < TABLE_SERVICES; i++) {
		(void)snprintf(name, sizeof(name), "%04u", i);
		(void)rows_add(&rows, name, TABLE_DAEMON);
		if (i)
			rows_edge(&rows, 0, TABLE_WANT, i);
	}
	table = rows_make(&rows);
	memset(services, 0, sizeof(services));
	graph_ask(&graph, 0, stack);
	for (uint32_t i = 0; i < TABLE_SERVICES; i++)
		assert_true(services[i].asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_holds_up_a_start),
		cmocka_unit_test(only_a_conflict_holds_both_ways),
		cmocka_unit_test(the_first_that_holds_is_named),
		cmocka_unit_test(those_behind_hold_up_a_stop),
		cmocka_unit_test(only_what_is_required_can_be_missing),
		cmocka_unit_test(asking_reaches_what_is_needed),
		cmocka_unit_test(asking_ends_where_it_must),
		cmocka_unit_test(asking_goes_through_what_is_blocked),
		cmocka_unit_test(what_was_seen_is_passed_over),
		cmocka_unit_test(the_deepest_chain),
		cmocka_unit_test(the_widest_fan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
