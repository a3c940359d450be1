/* names: which files are scripts, a table that may run full, and the order. */
#include "names.h"

#include "check.h"
#include "random.h"

static struct names names;

static void starts_empty(void **state)
{
	(void)state;
	memset(&names, 0xff, sizeof(names));
	names_init(&names);
	assert_int_equal(names.n, 0);
	assert_int_equal(names.used, 0);
	assert_int_equal(names.refused, 0);
	names_sort(&names);
	assert_int_equal(names.n, 0);
}

static void wants_scripts(void **state)
{
	static const char *const wanted[] = {
		"10-fstab", "S40network", "rc.local", "a",           "a.sh",     "my~script",
		"x.bakery", "bak",        "md",       "x.md5",       "READ",     "readme",
		"Readme",   "aREADME",    "mdREADME", "x.dpkg-old2", "dpkg-old", "a#",
		" ",        "-",          "\xc3\xa9", "a.swp.sh",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		if (!names_wanted(wanted[i]))
			fail_msg("\"%s\" is a script", wanted[i]);
}

static void does_not_want_what_lies_beside_them(void **state)
{
	static const char *const unwanted[] = {
		"",
		".",
		"..",
		".hidden",
		".gitignore",
		"#a#",
		"#",
		"README",
		"README.md",
		"README~",
		"READMEfirst",
		"net.md",
		"net~",
		"net.bak",
		"net.orig",
		"net.rej",
		"net.swp",
		".net.swp",
		"net.rpmnew",
		"net.dpkg-old",
		"net.dpkg-new",
		"net.dpkg-dist",
		"net.rpmsave",
		"net.ipk-old",
		"~~",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unwanted); i++)
		if (names_wanted(unwanted[i]))
			fail_msg("\"%s\" is no script", unwanted[i]);
}

static void keeps_names_in_the_order_of_adding(void **state)
{
	(void)state;
	names_init(&names);
	assert_true(names_add(&names, "b"));
	assert_true(names_add(&names, ""));
	assert_true(names_add(&names, "a"));
	assert_int_equal(names.n, 3);
	assert_int_equal(names.used, 5);
	assert_string_equal(names_get(&names, 0), "b");
	assert_string_equal(names_get(&names, 1), "");
	assert_string_equal(names_get(&names, 2), "a");
}

static void refuses_more_than_the_table_holds(void **state)
{
	char name[16];

	(void)state;
	names_init(&names);
	for (int i = 0; i < NAMES_CAP; i++) {
		(void)snprintf(name, sizeof(name), "s%04d", i);
		assert_true(names_add(&names, name));
	}
	assert_false(names_add(&names, "one-more"));
	assert_false(names_add(&names, ""));
	assert_int_equal(names.refused, 2);
	assert_int_equal(names.n, NAMES_CAP);
	assert_string_equal(names_get(&names, 0), "s0000");
	assert_string_equal(names_get(&names, NAMES_CAP - 1), "s1023");
}

/* 256 of the longest names fill the pool to its last byte. */
static void refuses_more_than_the_pool_holds(void **state)
{
	char name[256];

	(void)state;
	names_init(&names);
	for (int i = 0; i < NAMES_POOL / 256; i++) {
		memset(name, 'a' + i % 26, 255);
		name[255] = '\0';
		assert_true(names_add(&names, name));
	}
	assert_int_equal(names.used, NAMES_POOL);
	assert_false(names_add(&names, "x"));
	assert_false(names_add(&names, ""));
	assert_int_equal(names.refused, 2);
	assert_int_equal(names.n, NAMES_POOL / 256);
	assert_int_equal(strlen(names_get(&names, names.n - 1)), 255);
	names_sort(&names);
	for (uint32_t i = 1; i < names.n; i++)
		assert_true(strcmp(names_get(&names, i - 1), names_get(&names, i)) <= 0);
}

/* A name that does not fit costs only itself: a shorter one still does. */
static void takes_a_short_name_where_a_long_one_fails(void **state)
{
	char name[256];

	(void)state;
	names_init(&names);
	memset(name, 'x', 255);
	name[255] = '\0';
	for (int i = 0; i < NAMES_POOL / 256 - 1; i++)
		assert_true(names_add(&names, name));
	assert_true(names_add(&names, "first of the rest"));
	assert_false(names_add(&names, name));
	assert_true(names_add(&names, "second"));
	assert_int_equal(names.refused, 1);
	name[NAMES_POOL - names.used - 1] = '\0'; /* exactly what is left */
	assert_true(names_add(&names, name));
	assert_int_equal(names.used, NAMES_POOL);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The order must be strcmp's, whatever the names and however many. */
static void assert_sorts(void)
{
	static const char *expected[NAMES_CAP];

	for (uint32_t i = 0; i < names.n; i++)
		expected[i] = names_get(&names, i);
	qsort(expected, names.n, sizeof(expected[0]), compare);
	names_sort(&names);
	for (uint32_t i = 0; i < names.n; i++)
		assert_string_equal(names_get(&names, i), expected[i]);
}

static void sorts_by_byte_value(void **state)
{
	static const char *const in[] = {
		"S10b", "S9", "S10", "a", "B", "\xc3\xa9", "", "S10-", "z", "S1", "\x7f", "S10",
	};
	static const char *const out[] = {
		"", "B", "S1", "S10", "S10", "S10-", "S10b", "S9", "a", "z", "\x7f", "\xc3\xa9",
	};

	(void)state;
	names_init(&names);
	for (size_t i = 0; i < COUNT_OF(in); i++)
		assert_true(names_add(&names, in[i]));
	names_sort(&names);
	for (size_t i = 0; i < COUNT_OF(out); i++)
		assert_string_equal(names_get(&names, (uint32_t)i), out[i]);
}

static void sorts_like_qsort(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct random r;
		uint32_t n;
		uint32_t letters;

		random_seed(&r, seed);
		n = seed % 10 ? random_below(&r, 60) : NAMES_CAP;
		letters = 1 + random_below(&r, 255); /* few letters: many doubles */
		names_init(&names);
		for (uint32_t i = 0; i < n; i++) {
			char name[64];
			uint32_t len = random_below(&r, sizeof(name));

			for (uint32_t k = 0; k < len; k++)
				name[k] = (char)(1 + random_below(&r, letters));
			name[len] = '\0';
			assert_true(names_add(&names, name));
		}
		assert_int_equal(names.n, n);
		assert_sorts();
		assert_sorts(); /* and once more when it is sorted already */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(wants_scripts),
		cmocka_unit_test(does_not_want_what_lies_beside_them),
		cmocka_unit_test(keeps_names_in_the_order_of_adding),
		cmocka_unit_test(refuses_more_than_the_table_holds),
		cmocka_unit_test(refuses_more_than_the_pool_holds),
		cmocka_unit_test(takes_a_short_name_where_a_long_one_fails),
		cmocka_unit_test(sorts_by_byte_value),
		cmocka_unit_test(sorts_like_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
