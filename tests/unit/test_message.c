/* message: the wording of every line, and that nothing can spoil a line. */
#include "message.h"

#include "check.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

enum {
	N_MESSAGES = MESSAGE_IMPOSSIBLE + 1,
	LINE = 640, /* what the runtime builds its lines in */
};

static const char *format(const struct action *say, const char *name, const char *other)
{
	static char buf[LINE];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	message_format(&t, say, name, other);
	assert_false(t.cut);
	return buf;
}

static const struct ending exit3 = { HOW_EXIT, FAULT_NONE, 3 };
static const struct ending segv = { HOW_SIGNAL, FAULT_NONE, SIGSEGV };
static const struct ending usr2 = { HOW_SIGNAL, FAULT_NONE, SIGUSR2 };
static const struct ending away = { HOW_FAULT, FAULT_NO_TTY, EIO };
static const struct ending again = { HOW_FAULT, FAULT_AGAIN, EAGAIN };
static const struct {
	struct action say;
	bool trouble;
	const char *line;
} cases[] = {
	{ { .message = MESSAGE_STARTED, .ms = 12 }, false, "[ ok ] net (12 ms)" },
	{ { .message = MESSAGE_START_FAILED, .ms = 12, .ending = exit3 },
	  true,
	  "[fail] net: exit 3 (12 ms)" },
	{ { .message = MESSAGE_START_FAILED, .ms = 12, .ending = segv },
	  true,
	  "[fail] net: killed by SIGSEGV (12 ms)" },
	{ { .message = MESSAGE_START_TIMEOUT, .ms = 30000 },
	  true,
	  "[fail] net: start timed out after 30 s" },
	{ { .message = MESSAGE_START_OVERDUE, .ms = 60000 },
	  true,
	  "tinyinit: net: still starting after 60 s, going on" },
	{ { .message = MESSAGE_START_STOPPED }, true, "tinyinit: net: start cut short" },
	{ { .message = MESSAGE_NOT_READY, .ms = 12, .ending = exit3 },
	  true,
	  "[fail] net: not ready: exit 3 (12 ms)" },
	{ { .message = MESSAGE_WAIT_FAILED, .ms = 12, .ending = exit3 },
	  true,
	  "[fail] net: what it waits for: exit 3 (12 ms)" },
	{ { .message = MESSAGE_WAITS }, true, "tinyinit: net: waits for link" },
	{ { .message = MESSAGE_WAITS_OUTSIDE },
	  true,
	  "tinyinit: net: waits for what is outside (its \"wait\" line)" },
	{ { .message = MESSAGE_BAD, .count = 7 }, true, "tinyinit: net:7: link" },
	{ { .message = MESSAGE_BAD }, true, "tinyinit: net: link" },
	{ { .message = MESSAGE_BLOCKED }, true, "[fail] net: needs link, which is not to be had" },
	{ { .message = MESSAGE_ENDED, .ms = 3, .ending = segv },
	  true,
	  "tinyinit: net: ended: killed by SIGSEGV, after 3 ms" },
	{ { .message = MESSAGE_RESTARTS, .ms = 1000, .ending = exit3 },
	  true,
	  "tinyinit: net: ended: exit 3; starting again in 1 s" },
	{ { .message = MESSAGE_SLOWED, .count = 60000 },
	  true,
	  "tinyinit: net: restarts too often; from now on after 60 s" },
	{ { .message = MESSAGE_LIMIT, .count = 60000 },
	  true,
	  "[fail] net: restarts too often, given up" },
	{ { .message = MESSAGE_WATCHDOG }, true, "tinyinit: net: missed its watchdog ping" },
	{ { .message = MESSAGE_UNKILLABLE },
	  true,
	  "tinyinit: net: does not end even when killed, left behind" },
	{ { .message = MESSAGE_STOPPED, .ms = 3 }, false, "[ ok ] net stopped (3 ms)" },
	{ { .message = MESSAGE_STOP_FAILED, .ms = 3, .ending = exit3 },
	  true,
	  "[fail] net stop: exit 3 (3 ms)" },
	{ { .message = MESSAGE_STOP_OVERDUE, .ms = 10000 },
	  true,
	  "tinyinit: net: still stopping after 10 s, going on" },
	{ { .message = MESSAGE_SPAWN_AGAIN, .ending = again },
	  true,
	  "tinyinit: net: cannot start a process: out of resources (EAGAIN); "
	  "trying again" },
	{ { .message = MESSAGE_CONSOLE_AWAY, .ending = away },
	  true,
	  "tinyinit: no login on net: no such terminal (EIO); trying again" },
	{ { .message = MESSAGE_CONSOLE_QUICK },
	  true,
	  "tinyinit: net: logins end at once; trying more slowly" },
	{ { .message = MESSAGE_CONSOLE_FAILED, .ending = away },
	  true,
	  "tinyinit: no login on net: no such terminal (EIO)" },
	{ { .message = MESSAGE_RESCUE },
	  true,
	  "tinyinit: rescue shell on the console; \"exit\" goes on with the boot" },
	{ { .message = MESSAGE_RESCUE_FAILED, .ending = away },
	  true,
	  "tinyinit: no rescue shell: no such terminal (EIO); going on with the boot" },
	{ { .message = MESSAGE_COMPILE_FAILED, .ending = segv },
	  true,
	  "tinyinit: /sbin/rcc: killed by SIGSEGV; the scripts were not read" },
	{ { .message = MESSAGE_NO_TABLE },
	  true,
	  "tinyinit: there is no service table that can be used" },
	{ { .message = MESSAGE_NO_GOAL },
	  true,
	  "tinyinit: tinyinit.goal= names no service; starting all" },
	{ { .message = MESSAGE_RELOADED, .count = 12, .failed = 3 },
	  false,
	  "tinyinit: reloaded: 12 services, 3 of them new or changed" },
	{ { .message = MESSAGE_RELOADED, .count = 1 },
	  false,
	  "tinyinit: reloaded: 1 service, 0 of them new or changed" },
	{ { .message = MESSAGE_READY, .count = 12, .failed = 1, .ms = 123 },
	  false,
	  "tinyinit: ready (12 scripts, 1 failed, 123 ms)" },
	{ { .message = MESSAGE_READY, .count = 1, .ms = 123 },
	  false,
	  "tinyinit: ready (1 script, 0 failed, 123 ms)" },
	{ { .message = MESSAGE_REQUEST_SELF, .power = POWER_REBOOT },
	  true,
	  "tinyinit: reboot, because net restarts too often" },
	{ { .message = MESSAGE_REQUEST, .power = POWER_OFF, .pid = 57, .ending = usr2 },
	  true,
	  "tinyinit: power off requested by pid 57 uid 0 (SIGUSR2)" },
	{ { .message = MESSAGE_REQUEST, .power = POWER_REBOOT, .uid = 7, .ending = usr2 },
	  true,
	  "tinyinit: reboot requested by the kernel (SIGUSR2)" },
	{ { .message = MESSAGE_REQUEST, .power = POWER_HALT, .pid = -1, .ending = usr2 },
	  true,
	  "tinyinit: halt requested by a process outside the container (SIGUSR2)" },
	{ { .message = MESSAGE_REQUEST_KEPT, .power = POWER_HALT },
	  true,
	  "tinyinit: another request changes nothing: halt is under way" },
	{ { .message = MESSAGE_GOING, .power = POWER_OFF }, true, "tinyinit: powering off" },
	{ { .message = MESSAGE_GOING, .power = POWER_HALT }, true, "tinyinit: halting" },
	{ { .message = MESSAGE_GOING, .power = POWER_REBOOT }, true, "tinyinit: rebooting" },
	{ { .message = MESSAGE_STOP_LATE },
	  true,
	  "tinyinit: scripts did not stop in time, going on" },
	{ { .message = MESSAGE_TERM_LATE },
	  true,
	  "tinyinit: processes did not end in time, killing them" },
	{ { .message = MESSAGE_KILL_LATE },
	  true,
	  "tinyinit: processes do not end even when killed, going on" },
	{ { .message = MESSAGE_FINISH_LATE, .power = POWER_OFF },
	  true,
	  "tinyinit: the file systems did not come to rest, power off anyway" },
	{ { .message = MESSAGE_IMPOSSIBLE, .count = 2 },
	  true,
	  "tinyinit: internal: event 2 that cannot be (net)" },
};

static void says_what_people_will_look_for(void **state)
{
	bool seen[N_MESSAGES] = { false };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_string_equal(format(&cases[i].say, "net", "link"), cases[i].line);
		assert_int_equal(message_is_trouble(cases[i].say.message), cases[i].trouble);
		seen[cases[i].say.message] = true;
	}
	for (size_t i = 0; i < N_MESSAGES; i++)
		assert_true(seen[i]);
}

static void names_every_ending(void **state)
{
	static const struct {
		struct ending ending;
		const char *text;
	} endings[] = {
		{ { HOW_EXIT, FAULT_NONE, 0 }, "exit 0" },
		{ { HOW_EXIT, FAULT_NONE, 255 }, "exit 255" },
		{ { HOW_SIGNAL, FAULT_NONE, SIGKILL }, "killed by SIGKILL" },
		{ { HOW_SIGNAL, FAULT_NONE, 40 }, "killed by signal 40" },
		{ { HOW_FAULT, FAULT_NOT_FOUND, ENOENT }, "no such file or interpreter" },
		{ { HOW_FAULT, FAULT_DENIED, EACCES }, "not executable" },
		{ { HOW_FAULT, FAULT_AGAIN, ENOMEM }, "out of resources (ENOMEM)" },
		{ { HOW_FAULT, FAULT_NO_TTY, ENODEV }, "no such terminal (ENODEV)" },
		{ { HOW_FAULT, FAULT_NO_PROGRAM, ENOEXEC },
		  "not a program, and no script with \"#!\" (ENOEXEC)" },
		{ { HOW_FAULT, FAULT_OTHER, 75 }, "cannot be run (errno 75)" },
		{ { HOW_FAULT, FAULT_NONE, EIO }, "error (EIO)" },
	};
	char buf[LINE];
	struct text t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		text_init(&t, buf, sizeof(buf));
		message_ending(&t, &endings[i].ending);
		assert_string_equal(buf, endings[i].text);
	}
}

/* Memory that was overrun reads as the harmless one of the three. */
static void names_every_power(void **state)
{
	(void)state;
	assert_string_equal(message_power(POWER_OFF), "power off");
	assert_string_equal(message_power(POWER_HALT), "halt");
	assert_string_equal(message_power(POWER_REBOOT), "reboot");
	assert_string_equal(message_power(POWER_NONE), "reboot");
}

/* One line in a buffer of cap bytes: whole, terminated, without a control byte. */
static void check_line(const struct action *say, const char *name, char *buf, size_t cap)
{
	struct text t;

	memset(buf, '\n', cap);
	text_init(&t, buf, cap);
	message_format(&t, say, name, name);
	assert_true(t.len < cap);
	assert_int_equal(strlen(buf), t.len);
	assert_true(t.len > 0);
	assert_printable(buf);
	text_end(&t);
	assert_true(t.len < cap);
	assert_int_equal(buf[t.len - 1], '\n');
	assert_int_equal(strlen(buf), t.len);
}

struct sweep {
	const char *name;
	size_t cap;
	char *buf;
};

static void every_message(const struct sweep *s, const struct ending *ending)
{
	static const enum power powers[] = { POWER_NONE, POWER_REBOOT, POWER_HALT, POWER_OFF };

	for (int m = 0; m < N_MESSAGES; m++) {
		const struct action say = {
			.kind = ACTION_SAY,
			.message = (enum message)m,
			.ending = *ending,
			.power = powers[(uint32_t)ending->number % 4],
			.pid = ending->number ? INT32_MAX : 0,
			.uid = UINT32_MAX,
			.count = UINT32_MAX,
			.failed = UINT32_MAX,
			.ms = UINT64_MAX,
		};

		check_line(&say, s->name, s->buf, s->cap);
	}
}

static void every_ending(const struct sweep *s)
{
	static const int32_t wild[] = { INT32_MIN, -1, INT32_MAX };
	struct ending ending = { .how = HOW_EXIT };

	for (ending.number = 0; ending.number < 256; ending.number++)
		every_message(s, &ending);
	ending.how = HOW_SIGNAL;
	for (ending.number = 0; ending.number <= 65; ending.number++)
		every_message(s, &ending);
	ending.how = HOW_FAULT;
	for (int fault = FAULT_NONE; fault <= FAULT_OTHER; fault++) {
		ending.fault = (enum fault)fault;
		for (ending.number = 0; ending.number <= 135; ending.number++)
			every_message(s, &ending);
		for (size_t i = 0; i < COUNT_OF(wild); i++) {
			ending.number = wild[i];
			every_message(s, &ending);
		}
	}
}

static void nothing_spoils_a_line(void **state)
{
	static const size_t caps[] = { 8, 63, LINE };
	char longest[256];
	char evil[] = "\x01\x1b[2J\r\n\t\x7f\x80\x9b\xff%n%s\"";

	(void)state;
	memset(longest, '\x9b', 255);
	longest[255] = '\0';
	for (size_t i = 0; i < COUNT_OF(caps); i++) {
		char *buf = exactly(caps[i]);
		const struct sweep sweeps[] = {
			{ "", caps[i], buf },
			{ evil, caps[i], buf },
			{ longest, caps[i], buf },
		};

		for (size_t k = 0; k < COUNT_OF(sweeps); k++)
			every_ending(&sweeps[k]);
		free(buf);
	}
}

/* The longest name with the longest ending: the runtime's line holds it whole. */
static void the_longest_line_is_not_cut(void **state)
{
	char longest[256];
	struct action say = {
		.ending = { HOW_FAULT, FAULT_NO_PROGRAM, INT32_MIN },
		.power = POWER_OFF,
		.pid = INT32_MAX,
		.uid = UINT32_MAX,
		.count = UINT32_MAX,
		.failed = UINT32_MAX,
		.ms = UINT64_MAX,
	};

	(void)state;
	memset(longest, 'n', 255);
	longest[255] = '\0';
	for (int m = 0; m < N_MESSAGES; m++) {
		say.message = (enum message)m;
		assert_true(strlen(format(&say, longest, longest)) < LINE - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_people_will_look_for),
		cmocka_unit_test(names_every_ending),
		cmocka_unit_test(names_every_power),
		cmocka_unit_test(nothing_spoils_a_line),
		cmocka_unit_test(the_longest_line_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
