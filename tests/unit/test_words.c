/* words: what the kernel's line asks for, and what it must not be taken for. */
#include "words.h"

#include "check.h"

static enum words_result take(struct words *w, const char *word, bool boot_arg)
{
	/* A word is no string: nothing behind its end may be read. */
	size_t len = strlen(word);
	char *copy = exactly(len ? len : 1);
	enum words_result result;

	memcpy(copy, word, len);
	result = words_take(w, copy, len, boot_arg);
	free(copy);
	return result;
}

static bool refused(enum words_result result)
{
	return result == WORDS_UNKNOWN || result == WORDS_BAD_VALUE;
}

static void assert_defaults(const struct words *w)
{
	assert_int_equal(w->patience_ms, 5000);
	assert_int_equal(w->start_timeout_ms, 30000);
	assert_int_equal(w->shutdown_timeout_ms, 20000);
	assert_int_equal(w->parallel, 0);
	assert_string_equal(w->goal, "");
	assert_false(w->rescue);
	assert_false(w->quiet);
	assert_false(w->debug);
}

static void starts_with_the_defaults(void **state)
{
	struct words w;

	(void)state;
	memset(&w, 0xff, sizeof(w));
	words_init(&w);
	assert_defaults(&w);
}

static void knows_the_words_for_rescue(void **state)
{
	static const char *const anywhere[] = { "rescue", "single", "emergency" };
	static const char *const argument[] = { "s", "S", "1", "-s", "-b" };
	struct words w;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(anywhere); i++) {
		for (int boot_arg = 0; boot_arg < 2; boot_arg++) {
			words_init(&w);
			assert_false(refused(take(&w, anywhere[i], boot_arg)));
			assert_true(w.rescue);
			assert_false(w.quiet || w.debug);
		}
	}
	for (size_t i = 0; i < COUNT_OF(argument); i++) {
		words_init(&w);
		assert_false(refused(take(&w, argument[i], false)));
		assert_false(w.rescue);
		assert_false(refused(take(&w, argument[i], true)));
		assert_true(w.rescue);
	}
}

static void knows_quiet_and_debug(void **state)
{
	struct words w;

	(void)state;
	words_init(&w);
	assert_false(refused(take(&w, "quiet", false)));
	assert_true(w.quiet && !w.debug && !w.rescue);
	words_init(&w);
	assert_false(refused(take(&w, "debug", false)));
	assert_true(w.debug && !w.quiet);
	words_init(&w);
	assert_int_equal(take(&w, "tinyinit.debug", false), WORDS_TAKEN);
	assert_true(w.debug && !w.quiet);
}

static void leaves_the_words_of_others_alone(void **state)
{
	static const char *const others[] = {
		"",
		"ro",
		"root=/dev/vda",
		"console=ttyS0,115200",
		"panic=5",
		"rescued",
		"rescu",
		"Single",
		"quietly",
		"debug=1",
		"single=1",
		"2",
		"ss",
		"-S",
		"tinyini",
		"tinyinit",
		"tinyinit=",
		"tinyinitx.y=1",
		"Tinyinit.patience=9",
		"-",
		"patience=9",
		"emergenc",
		"xtinyinit.debug",
	};
	struct words w;

	(void)state;
	words_init(&w);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		for (int boot_arg = 0; boot_arg < 2; boot_arg++)
			assert_int_equal(take(&w, others[i], boot_arg), WORDS_NOT_OURS);
	assert_defaults(&w);
}

struct setting {
	const char *name;
	size_t field;
};

static const struct setting settings[] = {
	{ "patience", offsetof(struct words, patience_ms) },
	{ "start_timeout", offsetof(struct words, start_timeout_ms) },
	{ "shutdown_timeout", offsetof(struct words, shutdown_timeout_ms) },
};

static enum words_result set(struct words *w, const char *name, const char *value)
{
	char word[2 * WORDS_NAME];

	(void)snprintf(word, sizeof(word), "tinyinit.%s=%s", name, value);
	return take(w, word, false);
}

static uint32_t get(const struct words *w, const struct setting *setting)
{
	uint32_t value;

	memcpy(&value, (const char *)w + setting->field, sizeof(value));
	return value;
}

static void takes_seconds_in_range(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} good[] = {
		{ "1", 1000 },     { "01", 1000 },      { "0001", 1000 },
		{ "9", 9000 },     { "60", 60000 },     { "0060", 60000 },
		{ "999", 999000 }, { "3599", 3599000 }, { "3600", 3600000 },
	};
	struct words w;

	(void)state;
	for (size_t s = 0; s < COUNT_OF(settings); s++) {
		for (size_t i = 0; i < COUNT_OF(good); i++) {
			struct words expected;
			uint32_t ms = good[i].ms;

			words_init(&w);
			words_init(&expected);
			memcpy((char *)&expected + settings[s].field, &ms, sizeof(ms));
			assert_int_equal(set(&w, settings[s].name, good[i].text), WORDS_TAKEN);
			assert_int_equal(get(&w, &settings[s]), ms);
			assert_int_equal(w.patience_ms, expected.patience_ms);
			assert_int_equal(w.start_timeout_ms, expected.start_timeout_ms);
			assert_int_equal(w.shutdown_timeout_ms, expected.shutdown_timeout_ms);
			assert_false(w.rescue || w.quiet || w.debug);
		}
	}
}

/* A value that is not understood changes nothing, and is complained about. */
static void refuses_other_values(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"00",
		"0000",
		"3601",
		"9999",
		"99999",
		"00001",
		"-1",
		"+1",
		" 1",
		"1 ",
		"12x",
		"x12",
		"0x10",
		"1.5",
		"1e3",
		"1,2",
		"1=2",
		"=",
		"==1",
		"\"5\"",
		"\xc2\xb2",
		"4294967297",
		"18446744073709551617",
		"five",
		"5s",
		"/",
		":",
		"1\n",
		"99999999999999999999999999999999999",
	};
	struct words w;

	(void)state;
	words_init(&w);
	for (size_t s = 0; s < COUNT_OF(settings); s++)
		for (size_t i = 0; i < COUNT_OF(bad); i++)
			assert_int_equal(set(&w, settings[s].name, bad[i]), WORDS_BAD_VALUE);
	assert_defaults(&w);
}

/* A count, with the same range, that is not taken for seconds. */
static void takes_how_many_at_a_time(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "3601", "2x", "00001", "4294967297" };
	struct words w;

	(void)state;
	words_init(&w);
	assert_int_equal(set(&w, "parallel", "3600"), WORDS_TAKEN);
	assert_int_equal(w.parallel, 3600);
	assert_int_equal(set(&w, "parallel", "2"), WORDS_TAKEN);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(set(&w, "parallel", bad[i]), WORDS_BAD_VALUE);
	assert_int_equal(w.parallel, 2);
	w.parallel = 0;
	assert_defaults(&w);
}

/* Any bytes may be a name; whether there is such a service shows later. */
static void takes_the_name_of_a_goal(void **state)
{
	static const char *const good[] = {
		"network", "x", "getty@ttyS0", "a=b", "\x9b", "50-net"
	};
	char longest[WORDS_NAME + 1];
	struct words w;

	(void)state;
	words_init(&w);
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(set(&w, "goal", good[i]), WORDS_TAKEN);
		assert_string_equal(w.goal, good[i]);
	}
	assert_int_equal(set(&w, "goal", ""), WORDS_BAD_VALUE);
	assert_string_equal(w.goal, "50-net");
	memset(longest, 'n', WORDS_NAME);
	longest[WORDS_NAME] = '\0';
	assert_int_equal(set(&w, "goal", longest), WORDS_BAD_VALUE);
	assert_string_equal(w.goal, "50-net");
	longest[WORDS_NAME - 1] = '\0';
	assert_int_equal(set(&w, "goal", longest), WORDS_TAKEN);
	assert_string_equal(w.goal, longest);
	w.goal[0] = '\0';
	assert_defaults(&w);
}

static void a_bad_value_keeps_the_good_one_before_it(void **state)
{
	struct words w;

	(void)state;
	words_init(&w);
	assert_int_equal(set(&w, "patience", "7"), WORDS_TAKEN);
	assert_int_equal(set(&w, "patience", "x"), WORDS_BAD_VALUE);
	assert_int_equal(w.patience_ms, 7000);
	assert_int_equal(set(&w, "patience", "8"), WORDS_TAKEN);
	assert_int_equal(w.patience_ms, 8000);
}

/* "tinyinit." is our name: what follows and means nothing was meant for us. */
static void reports_what_is_ours_and_wrong(void **state)
{
	static const char *const wrong[] = {
		"tinyinit.",
		"tinyinit.=",
		"tinyinit.=5",
		"tinyinit.x",
		"tinyinit.x=1",
		"tinyinit.patienc=5",
		"tinyinit.patience",
		"tinyinit.patience2=",
		"tinyinit.Patience=5",
		"tinyinit.debug=1",
		"tinyinit.debugs",
		"tinyinit.debu",
		"tinyinit..debug",
		"tinyinit. patience=5",
		"tinyinit.quiet",
		"tinyinit.goal",
		"tinyinit.goals=x",
		"tinyinit.paralle=1",
		"tinyinit.parallel",
		"tinyinit.start-timeout=5",
		"tinyinit.shutdown_timeout_ms=5",
		"tinyinit.\x1b[2J",
	};
	struct words w;

	(void)state;
	words_init(&w);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		for (int boot_arg = 0; boot_arg < 2; boot_arg++)
			if (take(&w, wrong[i], boot_arg) != WORDS_UNKNOWN)
				fail_msg("\"%s\" was not reported as unknown", wrong[i]);
	assert_defaults(&w);
}

/* Split line and compare with the NULL-terminated list that is expected. */
static void assert_words(const char *line, const char *const *expected)
{
	char *copy = exactly(strlen(line) + 1);
	const char *at = strcpy(copy, line);
	const char *word;
	size_t len;

	while ((len = words_next(&at, &word))) {
		if (!*expected)
			fail_msg("one word too many in <%s>: <%.*s>", line, (int)len, word);
		assert_int_equal(len, strlen(*expected));
		assert_memory_equal(word, *expected, len);
		expected++;
	}
	if (*expected)
		fail_msg("<%s> was not found in <%s>", *expected, line);
	assert_int_equal(*at, '\0');
	assert_int_equal(words_next(&at, &word), 0); /* and so it stays */
	free(copy);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_WORDS ((const char *const[]){ NULL })

static void parts_a_line_at_blanks(void **state)
{
	(void)state;
	assert_words("", NO_WORDS);
	assert_words(" \t\r\n ", NO_WORDS);
	assert_words("a", WORDS("a"));
	assert_words("a\n", WORDS("a"));
	assert_words("  a  b=c\td\r\ne  ", WORDS("a", "b=c", "d", "e"));
	assert_words("gr\xc3\xbc\xc3\x9f \x01\x7f", WORDS("gr\xc3\xbc\xc3\x9f", "\x01\x7f"));
}

/* As lib/cmdline.c does it, or a quoted "single" would part the wrong way. */
static void keeps_quoted_blanks_together(void **state)
{
	(void)state;
	assert_words("\"a b\" c", WORDS("a b", "c"));
	assert_words("x=\"a b\" c", WORDS("x=\"a b\"", "c"));
	assert_words("a\" b\"c d", WORDS("a\" b\"c", "d"));
	assert_words("dyndbg=\"file x +p\" rescue", WORDS("dyndbg=\"file x +p\"", "rescue"));
	assert_words("\"single\"", WORDS("single"));
	assert_words("\"a\tb\nc\"", WORDS("a\tb\nc"));
}

static void bears_with_broken_quotes(void **state)
{
	(void)state;
	assert_words("\"", WORDS("\""));
	assert_words("\"a b", WORDS("\"a b"));
	assert_words("a b\" c d", WORDS("a", "b\" c d"));
	assert_words("\"\" a", WORDS("a"));
	assert_words("\"\"", NO_WORDS);
	assert_words("\"\" \"\" \"\"", NO_WORDS);
	assert_words("a \"\" \"\" b \"\"", WORDS("a", "b"));
	assert_words("\"\"\"", WORDS("\""));
	assert_words("\"\"\"\"", WORDS("\"\""));
	assert_words("\"\"a\"\"", WORDS("\"a\""));
}

/* The whole of the longest command line, in the two shapes that are worst. */
static void bears_the_longest_line(void **state)
{
	static char line[4096];
	const char *at;
	const char *word;
	size_t n = 0;

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	for (size_t i = 0; i + 3 < sizeof(line); i += 3)
		memcpy(line + i, "\"\" ", 3);
	at = line;
	assert_int_equal(words_next(&at, &word), 0);

	memset(line, ' ', sizeof(line) - 1);
	for (size_t i = 0; i < sizeof(line) - 1; i += 2)
		line[i] = 'a';
	at = line;
	while (words_next(&at, &word))
		n++;
	assert_int_equal(n, sizeof(line) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_with_the_defaults),
		cmocka_unit_test(knows_the_words_for_rescue),
		cmocka_unit_test(knows_quiet_and_debug),
		cmocka_unit_test(leaves_the_words_of_others_alone),
		cmocka_unit_test(takes_seconds_in_range),
		cmocka_unit_test(refuses_other_values),
		cmocka_unit_test(takes_how_many_at_a_time),
		cmocka_unit_test(takes_the_name_of_a_goal),
		cmocka_unit_test(a_bad_value_keeps_the_good_one_before_it),
		cmocka_unit_test(reports_what_is_ours_and_wrong),
		cmocka_unit_test(parts_a_line_at_blanks),
		cmocka_unit_test(keeps_quoted_blanks_together),
		cmocka_unit_test(bears_with_broken_quotes),
		cmocka_unit_test(bears_the_longest_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
