/* notification: what a service says of itself, and what it must not be able to say. */
#include "notification.h"

#include "check.h"

#include "random.h"

/* The message at the very end of its memory; status then points into it. */
static struct notification parse_bytes(const char *data, size_t len)
{
	static char *copy;
	struct notification n;

	free(copy);
	copy = exactly(len ? len : 1);
	memcpy(copy, data, len);
	memset(&n, 0x55, sizeof(n));
	notification_parse(&n, copy, (uint32_t)len);
	return n;
}

static struct notification parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

#define PARSE_BYTES(text) parse_bytes(text, sizeof(text) - 1)

static void says_nothing(const char *text)
{
	struct notification n = parse(text);

	if (n.set || n.main_pid || n.err || n.watchdog_usec || n.extend_usec || n.status ||
	    n.status_len)
		fail_msg("\"%s\" was taken for something (0x%x)", text, n.set);
}

static void assert_status(const struct notification *n, const char *bytes, size_t len)
{
	assert_true(n->set & NOTIFICATION_STATUS);
	assert_int_equal(n->status_len, len);
	assert_memory_equal(n->status, bytes, len);
}

static void knows_every_word(void **state)
{
	static const struct {
		const char *text;
		uint32_t bit;
	} words[] = {
		{ "READY=1", NOTIFICATION_READY },
		{ "RELOADING=1", NOTIFICATION_RELOADING },
		{ "STOPPING=1", NOTIFICATION_STOPPING },
		{ "BARRIER=1", NOTIFICATION_BARRIER },
		{ "WATCHDOG=1", NOTIFICATION_WATCHDOG },
		{ "WATCHDOG=trigger", NOTIFICATION_WATCHDOG_TRIGGER },
		{ "MAINPID=7", NOTIFICATION_MAINPID },
		{ "ERRNO=7", NOTIFICATION_ERRNO },
		{ "WATCHDOG_USEC=7", NOTIFICATION_WATCHDOG_USEC },
		{ "EXTEND_TIMEOUT_USEC=7", NOTIFICATION_EXTEND_USEC },
		{ "STATUS=7", NOTIFICATION_STATUS },
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t len = strlen(words[i].text);

		assert_int_equal(parse(words[i].text).set, words[i].bit);
		(void)snprintf(line, sizeof(line), "%s\n", words[i].text);
		assert_int_equal(parse(line).set, words[i].bit);
		(void)snprintf(line, sizeof(line), "\nX_OWN=1\n%s", words[i].text);
		assert_int_equal(parse(line).set, words[i].bit);
		(void)snprintf(line, sizeof(line), " %s", words[i].text);
		says_nothing(line);
		/* Cut off anywhere, what is left is never another word. */
		for (size_t cut = 0; cut + 1 < len; cut++)
			assert_int_equal(parse_bytes(words[i].text, cut).set, 0);
	}
}

static void takes_numbers_in_range(void **state)
{
	struct notification n = parse(
		"MAINPID=4711\nERRNO=4095\nWATCHDOG_USEC=18446744073709551615\n"
		"EXTEND_TIMEOUT_USEC=5000000\nSTATUS=all is well");

	(void)state;
	assert_int_equal(n.set, NOTIFICATION_MAINPID | NOTIFICATION_ERRNO |
					NOTIFICATION_WATCHDOG_USEC | NOTIFICATION_EXTEND_USEC |
					NOTIFICATION_STATUS);
	assert_int_equal(n.main_pid, 4711);
	assert_int_equal(n.err, 4095);
	assert_true(n.watchdog_usec == UINT64_MAX);
	assert_int_equal(n.extend_usec, 5000000);
	assert_status(&n, "all is well", 11);
	assert_int_equal(parse("MAINPID=4194304").main_pid, 4194304);
	assert_int_equal(parse("MAINPID=0001").main_pid, 1);
	assert_int_equal(parse("ERRNO=0").set, NOTIFICATION_ERRNO);
	assert_int_equal(parse("WATCHDOG_USEC=0").set, NOTIFICATION_WATCHDOG_USEC);
}

static void leaves_bad_values_alone(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n\n",
		"=",
		"READY",
		"READY=",
		"READY=0",
		"READY=11",
		"READY=1 ",
		"READY=1\r",
		"ready=1",
		"XREADY=1",
		"STOPPING=yes",
		"WATCHDOG=2",
		"WATCHDOG=triggered",
		"WATCHDOG=",
		"MAINPID=",
		"MAINPID=0",
		"MAINPID=-1",
		"MAINPID=+1",
		"MAINPID= 1",
		"MAINPID=1 ",
		"MAINPID=0x10",
		"MAINPID=4194305",
		"MAINPID=4294967297",
		"MAINPID=18446744073709551617",
		"ERRNO=4096",
		"ERRNO=-5",
		"ERRNO=ENOENT",
		"WATCHDOG_USEC=18446744073709551616",
		"WATCHDOG_USEC=99999999999999999999999999999999",
		"EXTEND_TIMEOUT_USEC=1.5",
		"EXTEND_TIMEOUT_USEC=1s",
		"FDSTORE=1",
		"X_STATUS=no",
		"MONOTONIC_USEC=1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		says_nothing(bad[i]);
}

static void the_last_good_one_counts(void **state)
{
	struct notification n = parse(
		"MAINPID=5\nSTATUS=a\nMAINPID=6\nSTATUS=bcd\nMAINPID=x\n"
		"EXTEND_TIMEOUT_USEC=9\nEXTEND_TIMEOUT_USEC=\nERRNO=2\nERRNO=3");

	(void)state;
	assert_int_equal(n.main_pid, 6);
	assert_status(&n, "bcd", 3);
	assert_int_equal(n.extend_usec, 9);
	assert_int_equal(n.err, 3);
	n = parse("STATUS=a\nSTATUS=");
	assert_status(&n, "", 0);
}

/* Catalogue Q2: two texts are not the same because they are so up to a NUL. */
static void a_nul_is_a_byte_like_any_other(void **state)
{
	struct notification n;

	(void)state;
	assert_int_equal(PARSE_BYTES("READY=1\0").set, 0);
	assert_int_equal(PARSE_BYTES("\0READY=1").set, 0);
	assert_int_equal(PARSE_BYTES("READY\0=1").set, 0);
	assert_int_equal(PARSE_BYTES("MAINPID=1\0002").set, 0);
	assert_int_equal(PARSE_BYTES("READY=1\0\nSTOPPING=1").set, NOTIFICATION_STOPPING);
	assert_int_equal(PARSE_BYTES("\0\0\nREADY=1\n\0").set, NOTIFICATION_READY);
	n = PARSE_BYTES("STATUS=a\0b\nREADY=1");
	assert_int_equal(n.set, NOTIFICATION_STATUS | NOTIFICATION_READY);
	assert_status(&n, "a\0b", 3);
}

/* What follows the end of the message is not part of it, be it as fitting as it may. */
static void the_end_is_the_end(void **state)
{
	static const char text[] = "STATUS=abc\nREADY=1\nMAINPID=123";
	struct notification n;

	(void)state;
	memset(&n, 0x55, sizeof(n));
	notification_parse(&n, text, 0);
	assert_int_equal(n.set, 0);
	notification_parse(&n, text, 8);
	assert_status(&n, "a", 1);
	notification_parse(&n, text, 17);
	assert_int_equal(n.set, NOTIFICATION_STATUS);
	notification_parse(&n, text, sizeof(text) - 3);
	assert_int_equal(n.main_pid, 1);
}

/* One part of a message: a key, a value, a break, or any byte. */
static size_t add_part(struct random *random, char *to, size_t left)
{
	static const char *const parts[] = {
		"READY=",
		"RELOADING=",
		"STOPPING=",
		"BARRIER=",
		"WATCHDOG=",
		"STATUS=",
		"MAINPID=",
		"WATCHDOG_USEC=",
		"EXTEND_TIMEOUT_USEC=",
		"ERRNO=",
		"1",
		"trigger",
		"4294967295",
		"-",
		"0",
	};
	size_t len = 1;

	if (!left)
		return 0;
	*to = random_chance(random, 70) ? '\n' : (char)random_below(random, 256);
	if (random_chance(random, 70)) {
		const char *part = parts[random_below(random, COUNT_OF(parts))];

		len = strlen(part) < left ? strlen(part) : left;
		memcpy(to, part, len);
	}
	return len;
}

static void bears_anything(void **state)
{
	struct random random;
	uint32_t seen = 0;
	char data[96];

	(void)state;
	random_seed(&random, 1);
	for (int i = 0; i < 200000; i++) {
		size_t len = 0;
		struct notification n;

		for (uint32_t parts = random_below(&random, 12); parts; parts--)
			len += add_part(&random, data + len, sizeof(data) - len);
		n = parse_bytes(data, len);
		seen |= n.set;
		assert_true(n.status_len < sizeof(data) && n.err >= 0 && n.err < 4096);
		assert_true(!(n.set & NOTIFICATION_MAINPID) == (n.main_pid <= 0));
		assert_true(!(n.set & NOTIFICATION_STATUS) == !n.status);
		if (n.status)
			assert_null(memchr(n.status, '\n', n.status_len));
	}
	/* It was worth trying. */
	assert_int_equal(seen, 2 * NOTIFICATION_EXTEND_USEC - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_word),
		cmocka_unit_test(takes_numbers_in_range),
		cmocka_unit_test(leaves_bad_values_alone),
		cmocka_unit_test(the_last_good_one_counts),
		cmocka_unit_test(a_nul_is_a_byte_like_any_other),
		cmocka_unit_test(the_end_is_the_end),
		cmocka_unit_test(bears_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
