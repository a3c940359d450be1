/* text: one line in a fixed buffer, never overrun, every cut visible. */
#include "text.h"

#include "check.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

enum {
	SMALLEST = 8, /* the least that text.h allows */
	LARGEST = 48,
};

static void starts_empty(void **state)
{
	char *buf = exactly(SMALLEST);
	struct text t;

	(void)state;
	text_init(&t, buf, SMALLEST);
	assert_string_equal(buf, "");
	assert_int_equal(t.len, 0);
	assert_false(t.cut);
	free(buf);
}

static void appends(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof(buf));
	text_str(&t, "a");
	text_str(&t, "");
	text_uint(&t, 12);
	text_str(&t, "b");
	text_int(&t, -3);
	assert_string_equal(buf, "a12b-3");
	assert_int_equal(t.len, 6);
	assert_false(t.cut);
}

/* cap - 1 bytes fit; one more is cut, and the buffer stays a string. */
static void fills_to_the_last_byte(void **state)
{
	(void)state;
	for (size_t cap = SMALLEST; cap <= LARGEST; cap++) {
		char *buf = exactly(cap);
		struct text t;

		text_init(&t, buf, cap);
		for (size_t i = 0; i < cap - 1; i++)
			text_str(&t, "x");
		assert_false(t.cut);
		assert_int_equal(t.len, cap - 1);
		assert_int_equal(strlen(buf), cap - 1);
		text_str(&t, "");
		assert_false(t.cut);
		text_str(&t, "y");
		assert_true(t.cut);
		assert_int_equal(strlen(buf), cap - 1);
		assert_null(strchr(buf, 'y'));
		free(buf);
	}
}

/* A line of n bytes in a buffer of cap ends in a newline, and hides no cut. */
static void end_of(size_t n, size_t cap)
{
	static const char source[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *buf = exactly(cap);
	struct text t;

	assert_true(n < sizeof(source));
	text_init(&t, buf, cap);
	for (size_t i = 0; i < n; i++)
		text_str(&t, (char[2]){ source[i], '\0' });
	text_end(&t);
	assert_int_equal(strlen(buf), t.len);
	assert_true(t.len < cap);
	assert_int_equal(buf[t.len - 1], '\n');
	if (n + 1 < cap) {
		assert_int_equal(t.len, n + 1);
		assert_memory_equal(buf, source, n);
	} else {
		assert_int_equal(t.len, cap - 1);
		assert_memory_equal(buf, source, cap - 5);
		assert_string_equal(buf + cap - 5, "...\n");
	}
	free(buf);
}

static void end_shows_every_cut(void **state)
{
	(void)state;
	for (size_t cap = SMALLEST; cap <= LARGEST; cap++)
		for (size_t n = 0; n <= cap + 3; n++)
			end_of(n, cap);
}

static void writes_unsigned_numbers(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 9, "9" },
		{ 10, "10" },
		{ 4294967296, "4294967296" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	char buf[32];
	struct text t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_init(&t, buf, sizeof(buf));
		text_uint(&t, cases[i].n);
		assert_string_equal(buf, cases[i].text);
	}
}

static void writes_signed_numbers(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ -1, "-1" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	char buf[32];
	struct text t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_init(&t, buf, sizeof(buf));
		text_int(&t, cases[i].n);
		assert_string_equal(buf, cases[i].text);
	}
}

/* A file may be called anything; on the console only printable ASCII appears. */
static void makes_every_byte_safe(void **state)
{
	char buf[SMALLEST];
	struct text t;

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char s[] = { 'a', (char)c, 'b', '\0' };
		bool plain = c >= ' ' && c <= '~';

		text_init(&t, buf, sizeof(buf));
		text_safe(&t, s, 3);
		assert_int_equal(t.len, 3);
		assert_int_equal(buf[1], plain ? c : '?');
		assert_printable(buf);
	}
}

static void reads_no_further_than_told(void **state)
{
	char *source = exactly(4); /* 'U' four times, and no terminator */
	char buf[32];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof(buf));
	text_safe(&t, source, 0);
	assert_string_equal(buf, "");
	text_safe(&t, source, 3);
	assert_string_equal(buf, "UUU");
	text_safe(&t, source, 4);
	assert_string_equal(buf, "UUUUUUU");
	text_safe(&t, "ab", 100);
	assert_string_equal(buf, "UUUUUUUab");
	free(source);
}

static void long_names_are_cut_like_all_else(void **state)
{
	char name[256];
	char *buf = exactly(100);
	struct text t;

	(void)state;
	memset(name, '\x1b', 255);
	name[255] = '\0';
	text_init(&t, buf, 100);
	text_safe(&t, name, 255);
	assert_true(t.cut);
	assert_printable(buf);
	text_end(&t);
	assert_string_equal(buf + 95, "...\n");
	free(buf);
}

static void writes_durations(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0 ms" },
		{ 999, "999 ms" },
		{ 1000, "1 s" },
		{ 1001, "1001 ms" },
		{ 5000, "5 s" },
		{ 9999, "9999 ms" },
		{ 10000, "10 s" },
		{ 10999, "10 s" },
		{ 11000, "11 s" },
		{ 3600000, "3600 s" },
		{ UINT64_MAX, "18446744073709551 s" },
	};
	char buf[32];
	struct text t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_init(&t, buf, sizeof(buf));
		text_duration(&t, cases[i].ms);
		assert_string_equal(buf, cases[i].text);
	}
}

struct named {
	int number;
	const char *name;
};

/* 14 and 19 disagree about a macro that is a list. */
/* clang-format off */
#define NAMED(x) { x, #x }
/* clang-format on */

/* Whatever the table does not know appears as a number, never as nonsense. */
static void check_names(void (*write)(struct text *, int), const struct named *known, size_t n,
			const char *unknown)
{
	char buf[32];
	struct text t;

	for (int number = -2; number < 300; number++) {
		char number_only[32];
		const char *name = NULL;

		for (size_t i = 0; i < n; i++)
			if (known[i].number == number)
				name = known[i].name;
		text_init(&t, buf, sizeof(buf));
		write(&t, number);
		(void)snprintf(number_only, sizeof(number_only), "%s %d", unknown, number);
		assert_string_equal(buf, name ? name : number_only);
	}
	text_init(&t, buf, sizeof(buf));
	write(&t, INT_MIN);
	assert_non_null(strstr(buf, " -2147483648"));
	text_init(&t, buf, sizeof(buf));
	write(&t, INT_MAX);
	assert_non_null(strstr(buf, " 2147483647"));
}

static void names_errors(void **state)
{
	static const struct named known[] = {
		NAMED(EPERM),  NAMED(ENOENT),  NAMED(ESRCH),   NAMED(EINTR),  NAMED(EIO),
		NAMED(ENXIO),  NAMED(E2BIG),   NAMED(ENOEXEC), NAMED(EBADF),  NAMED(ECHILD),
		NAMED(EAGAIN), NAMED(ENOMEM),  NAMED(EACCES),  NAMED(EFAULT), NAMED(ENOTBLK),
		NAMED(EBUSY),  NAMED(EEXIST),  NAMED(EXDEV),   NAMED(ENODEV), NAMED(ENOTDIR),
		NAMED(EISDIR), NAMED(EINVAL),  NAMED(ENFILE),  NAMED(EMFILE), NAMED(ENOTTY),
		NAMED(EFBIG),  NAMED(ENOSPC),  NAMED(ESPIPE),  NAMED(EROFS),  NAMED(EMLINK),
		NAMED(EPIPE),  NAMED(ETXTBSY), NAMED(EDOM),    NAMED(ERANGE), NAMED(ENOSYS),
		NAMED(ELOOP),
	};

	(void)state;
	check_names(text_error, known, COUNT_OF(known), "errno");
}

static void names_signals(void **state)
{
	static const struct named known[] = {
		NAMED(SIGHUP),  NAMED(SIGINT),    NAMED(SIGQUIT), NAMED(SIGILL),  NAMED(SIGTRAP),
		NAMED(SIGABRT), NAMED(SIGBUS),    NAMED(SIGFPE),  NAMED(SIGKILL), NAMED(SIGUSR1),
		NAMED(SIGSEGV), NAMED(SIGUSR2),   NAMED(SIGPIPE), NAMED(SIGALRM), NAMED(SIGTERM),
		NAMED(SIGCHLD), NAMED(SIGSTKFLT), NAMED(SIGCONT), NAMED(SIGSTOP), NAMED(SIGTSTP),
		NAMED(SIGTTIN), NAMED(SIGTTOU),   NAMED(SIGURG),  NAMED(SIGXCPU), NAMED(SIGXFSZ),
		NAMED(SIGPROF), NAMED(SIGVTALRM), NAMED(SIGIO),   NAMED(SIGPWR),  NAMED(SIGWINCH),
		NAMED(SIGSYS),
	};

	(void)state;
	check_names(text_signal, known, COUNT_OF(known), "signal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(appends),
		cmocka_unit_test(fills_to_the_last_byte),
		cmocka_unit_test(end_shows_every_cut),
		cmocka_unit_test(writes_unsigned_numbers),
		cmocka_unit_test(writes_signed_numbers),
		cmocka_unit_test(makes_every_byte_safe),
		cmocka_unit_test(reads_no_further_than_told),
		cmocka_unit_test(long_names_are_cut_like_all_else),
		cmocka_unit_test(writes_durations),
		cmocka_unit_test(names_errors),
		cmocka_unit_test(names_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
