/* consoles: the kernel's list of terminals, and what must not become a path. */
#include "consoles.h"

#include "check.h"

static struct consoles consoles;

static void parse(const char *list)
{
	char *copy = exactly(strlen(list) + 1);

	memset(&consoles, 0xff, sizeof(consoles));
	consoles_parse(&consoles, strcpy(copy, list));
	free(copy);
}

static void assert_consoles(const char *list, const char *const *expected)
{
	uint32_t n = 0;

	parse(list);
	for (; expected[n]; n++) {
		assert_true(n < consoles.n);
		assert_string_equal(consoles.name[n], expected[n]);
	}
	assert_int_equal(consoles.n, n);
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void takes_the_list_in_its_order(void **state)
{
	(void)state;
	assert_consoles("ttyS0", NAMES("ttyS0"));
	assert_consoles("ttyS0\n", NAMES("ttyS0"));
	assert_consoles("tty1 ttyAMA0 hvc0\n", NAMES("tty1", "ttyAMA0", "hvc0"));
	assert_consoles("  ttyS1\t\tttyS0 \n\n", NAMES("ttyS1", "ttyS0"));
	assert_consoles("tty-x tty_y tty.z Z9", NAMES("tty-x", "tty_y", "tty.z", "Z9"));
}

/* A login has to be somewhere, also where the kernel names no terminal. */
static void falls_back_on_dev_console(void **state)
{
	(void)state;
	assert_consoles("", NAMES("console"));
	assert_consoles(" \n\t", NAMES("console"));
	assert_consoles("../etc/passwd", NAMES("console"));
	assert_consoles("ttyS0\rttyS1", NAMES("console"));
}

static void takes_tty1_for_the_terminal_in_front(void **state)
{
	(void)state;
	assert_consoles("tty0 ttyS0", NAMES("tty1", "ttyS0"));
	assert_consoles("tty0 tty1", NAMES("tty1"));
	assert_consoles("tty1 tty0", NAMES("tty1"));
	assert_consoles("tty00 tty", NAMES("tty00", "tty"));
}

static void takes_each_once(void **state)
{
	(void)state;
	assert_consoles("ttyS0 ttyS0 ttyS1 ttyS0", NAMES("ttyS0", "ttyS1"));
	assert_consoles("ttyS10 ttyS1 ttyS", NAMES("ttyS10", "ttyS1", "ttyS"));
}

static void refuses_what_is_no_plain_name(void **state)
{
	static const char *const bad[] = {
		".",   "..",    ".tty",    "/dev/ttyS0", "pts/0",
		"a/b", "tty\\", "ttyS0,1", "\x1b[2Jtty", "gr\xc3\xbc\xc3\x9f",
		"a:b", "\x7f",  "[",       "`",          "{",
		"@",   "a*",    "^",
	};
	char list[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)snprintf(list, sizeof(list), "ttyS0 %s ttyS1", bad[i]);
		assert_consoles(list, NAMES("ttyS0", "ttyS1"));
	}
}

static void knows_the_bytes_of_a_name(void **state)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char list[] = { 'x', (char)c, 'y', '\0' };

		parse(list);
		if (c == ' ' || c == '\t' || c == '\n')
			assert_int_equal(consoles.n, 2);
		else
			assert_string_equal(consoles.name[0], strchr(good, c) ? list : "console");
	}
}

static void holds_names_up_to_its_limit(void **state)
{
	char list[CONSOLES_NAME + 8];

	(void)state;
	for (size_t len = 1; len < sizeof(list); len++) {
		memset(list, 'x', len);
		list[len] = '\0';
		parse(list);
		assert_int_equal(consoles.n, 1);
		assert_string_equal(consoles.name[0], len < CONSOLES_NAME ? list : "console");
	}
}

static void holds_as_many_as_its_limit(void **state)
{
	(void)state;
	assert_consoles("a b c d e f g h", NAMES("a", "b", "c", "d", "e", "f", "g", "h"));
	assert_consoles("a b c d e f g h i j", NAMES("a", "b", "c", "d", "e", "f", "g", "h"));
	assert_consoles("a b c d e f g h a tty0", NAMES("a", "b", "c", "d", "e", "f", "g", "h"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_list_in_its_order),
		cmocka_unit_test(falls_back_on_dev_console),
		cmocka_unit_test(takes_tty1_for_the_terminal_in_front),
		cmocka_unit_test(takes_each_once),
		cmocka_unit_test(refuses_what_is_no_plain_name),
		cmocka_unit_test(knows_the_bytes_of_a_name),
		cmocka_unit_test(holds_names_up_to_its_limit),
		cmocka_unit_test(holds_as_many_as_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
