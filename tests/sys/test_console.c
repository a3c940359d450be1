/*
 * console: lines to a terminal that may not read, hang up, or not be there.
 *
 * Each story has a mount namespace, in which /dev/console is what it wants.
 */
#include "console.h"

#include "pty.h"

enum {
	PATIENT_MS = 5000, /* what never blocks is done long before */
	ALL = 1 << 20,
};

static struct console console;
static char all[ALL]; /* what has come out at the other end */
static size_t n_all;
static uint64_t now_ms = 1000; /* the console's clock; it does not wait */

/* Put a new pty in the place of /dev/console. */
static struct pty make_console(void)
{
	struct pty pty = pty_make();

	want(mount(pty.path, "/dev/console", NULL, MS_BIND, NULL) == 0);
	return pty;
}

/* No console at all: the node of a kernel that was told console=null. */
static void remove_console(void)
{
	want(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
}

static void say(const char *line)
{
	console_write(&console, line, strlen(line), now_ms);
}

static void come_due(void)
{
	now_ms = console_due(&console) > now_ms ? console_due(&console) : now_ms + 5000;
	console_flush(&console, now_ms);
}

static void read_on(const struct pty *pty)
{
	n_all = pty_read(pty, all, n_all, sizeof(all));
}

/* Read and flush until nothing waits any more. */
static void read_all(const struct pty *pty)
{
	want_soon((read_on(pty), console_due(&console) == 0) || (come_due(), false));
	want_soon((read_on(pty), n_all > 0));
}

static void lines_come_out_as_they_are(void)
{
	struct pty pty = make_console();

	console_init(&console);
	want_equal(console.fd, -1);
	want_equal(console_open(&console), 0);
	say("tinyinit: one\n");
	say("");
	say("two\n");
	want_equal(console_due(&console), 0);
	want_soon((read_on(&pty), strcmp(all, "tinyinit: one\ntwo\n") == 0));
}

/* What was said before there was a console is not lost. */
static void early_lines_wait(void)
{
	struct pty pty;

	remove_console();
	console_init(&console);
	say("early\n");
	want(console_open(&console) < 0);
	want_equal(console.fd, -1);
	say("still early\n");
	want_equal(console_due(&console), 0); /* no waking up for what is not there */
	want(umount("/dev") == 0);
	pty = make_console();
	want_equal(console_open(&console), 0);
	come_due();
	want_soon((read_on(&pty), strcmp(all, "early\nstill early\n") == 0));
}

/* Does not leak into programs, does not block, is nobody's controlling tty. */
static void the_descriptor_is_harmless(void)
{
	int before;

	want(setsid() > 0);
	(void)make_console();
	before = count_fds();
	console_init(&console);
	for (int i = 0; i < 100; i++)
		want_equal(console_open(&console), 0);
	want_equal(count_fds(), before + 1);
	want(fcntl(console.fd, F_GETFD) & FD_CLOEXEC);
	want(fcntl(console.fd, F_GETFL) & O_NONBLOCK);
	want(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
}

/* --- a console that is not read ------------------------------------------------------ */

/* Say n numbered lines to whoever may not be reading; returns the bytes. */
static size_t say_lines(int n)
{
	char line[64];
	size_t bytes = 0;

	for (int i = 0; i < n; i++) {
		(void)snprintf(line, sizeof(line), "line %06d of a console that is not read\n", i);
		say(line);
		bytes += strlen(line);
	}
	return bytes;
}

/* Every line that came is whole; returns the bytes of the numbered ones. */
static size_t count_lines(unsigned *reported)
{
	size_t bytes = 0;
	int number;

	*reported = 0;
	for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned n;

		if (sscanf(line, "tinyinit: console: dropped bytes: %u", &n) == 1) {
			*reported += n;
			continue;
		}
		want(sscanf(line, "line %06d of a console that is not read", &number) == 1);
		want_equal(strlen(line), strlen("line 000000 of a console that is not read"));
		bytes += strlen(line) + 1;
	}
	return bytes;
}

/* Nobody reads: PID 1 goes on at once, and counts what it had to drop. */
static void a_console_that_is_not_read(void)
{
	struct pty pty = make_console();
	uint64_t begun_ms = place_ms();
	unsigned reported;
	size_t said;

	console_init(&console);
	want_equal(console_open(&console), 0);
	said = say_lines(5000);
	want(place_ms() - begun_ms < PATIENT_MS);
	want(console_due(&console) > now_ms);
	want(console.dropped > 0);
	want(console.len <= CONSOLE_RING);
	read_all(&pty);
	want_soon((read_on(&pty), console_flush(&console, now_ms += 5000), console.len == 0));
	read_on(&pty);
	want_equal(console.dropped, 0);
	want_equal(count_lines(&reported) + reported, said);
	want(reported > 0);
}

/* Told also where the other end takes all that waited in one go. */
static void the_count_is_told_when_the_ring_empties_at_once(void)
{
	static char fill[4096];
	int reader;
	int writer;

	want(mkfifo("pipe", 0600) == 0);
	reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = open("pipe", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	want(reader >= 0 && writer >= 0);
	want(mount("pipe", "/dev/console", NULL, MS_BIND, NULL) == 0);
	while (write(writer, fill, sizeof(fill)) > 0) /* 64 KiB: the pipe is full */
		;
	console_init(&console);
	want_equal(console_open(&console), 0);
	(void)say_lines(1000);
	want(console.dropped > 0);
	while (read(reader, fill, sizeof(fill)) > 0)
		;
	come_due();
	n_all = 0;
	while (n_all < sizeof(all) - 1) {
		ssize_t n = read(reader, all + n_all, sizeof(all) - 1 - n_all);

		if (n <= 0)
			break;
		n_all += (size_t)n;
	}
	all[n_all] = '\0';
	want(strstr(all, "dropped bytes: "));
	want_equal(console.dropped, 0);
	want_equal(console_due(&console), 0);
}

/* The pauses grow, so that a board with a dead console sleeps. */
static void the_pauses_grow(void)
{
	uint64_t last_ms = 0;
	uint64_t pause_ms;

	(void)make_console();
	console_init(&console);
	want_equal(console_open(&console), 0);
	(void)say_lines(1000);
	for (int i = 0; i < 20; i++) {
		pause_ms = console_due(&console) - now_ms;
		want(pause_ms >= last_ms && pause_ms >= 50 && pause_ms <= 3200);
		last_ms = pause_ms;
		console_flush(&console, now_ms + pause_ms - 1); /* too early: nothing */
		want_equal(console_due(&console), now_ms + pause_ms);
		now_ms += pause_ms;
		console_flush(&console, now_ms);
	}
	want_equal(pause_ms, 3200);
}

/* Ctrl-S on the console. */
static void a_console_that_was_stopped(void)
{
	struct pty pty = make_console();

	console_init(&console);
	want_equal(console_open(&console), 0);
	want(tcflow(pty.slave, TCOOFF) == 0);
	say("while it is stopped\n");
	want(console_due(&console) > 0);
	read_on(&pty);
	want_equal(n_all, 0);
	want(tcflow(pty.slave, TCOON) == 0);
	read_all(&pty);
	want(strcmp(all, "while it is stopped\n") == 0);
}

/* --- a console that goes away ---------------------------------------------------------- */

static void a_console_that_is_hung_up(void)
{
	struct pty pty = make_console();
	int before;

	console_init(&console);
	want_equal(console_open(&console), 0);
	before = count_fds();
	pty_hang_up(&pty);
	for (int i = 0; i < 100; i++) {
		say("into the void\n");
		now_ms += 100;
	}
	want(count_fds() <= before - 2);
	want(umount("/dev/console") == 0);
	pty = make_console();
	now_ms += 10000;
	say("there again\n");
	read_all(&pty);
	want(strstr(all, "into the void\n"));
	want(strstr(all, "there again\n"));
}

/* No console ever: the ring fills, and no more than that happens. */
static void no_console_at_all(void)
{
	int before;

	remove_console();
	console_init(&console);
	before = count_fds();
	want(console_open(&console) < 0);
	(void)say_lines(5000);
	console_drain(&console, 0);
	want(console.len <= CONSOLE_RING);
	want(console.dropped > 0);
	want_equal(console_due(&console), 0);
	want_equal(count_fds(), before);
}

/* --- the ring -------------------------------------------------------------------------------- */

/* A line is taken whole or not at all; one byte more than the ring is too much. */
static void the_ring_to_its_last_byte(void)
{
	static char line[CONSOLE_RING + 1];

	remove_console();
	memset(line, 'x', sizeof(line));
	console_init(&console);
	console_write(&console, line, 0, now_ms);
	want_equal(console.len, 0);
	console_write(&console, line, CONSOLE_RING + 1, now_ms);
	want_equal(console.len, 0);
	want_equal(console.dropped, CONSOLE_RING + 1);
	console_init(&console);
	console_write(&console, line, CONSOLE_RING, now_ms);
	want_equal(console.len, CONSOLE_RING);
	want_equal(console.dropped, 0);
	console_write(&console, line, 1, now_ms);
	want_equal(console.len, CONSOLE_RING);
	want_equal(console.dropped, 1);
}

/* A reader as slow as the writer: the ring goes round many times. */
static void the_ring_goes_round(void)
{
	struct pty pty = make_console();
	char line[300];
	size_t n_said = 0;
	static char said[ALL];

	console_init(&console);
	want_equal(console_open(&console), 0);
	for (int i = 0; i < 4000; i++) {
		int len = 1 + i * 7919 % 250;

		memset(line, 'a' + i % 26, (size_t)len);
		if (console.len + (size_t)len > CONSOLE_RING)
			read_all(&pty);
		console_write(&console, line, (size_t)len, now_ms);
		memcpy(said + n_said, line, (size_t)len);
		n_said += (size_t)len;
	}
	read_all(&pty);
	want_soon((read_on(&pty), n_all == n_said));
	want_equal(console.dropped, 0);
	want(memcmp(all, said, n_said) == 0);
}

/* Last words are waited for, but a dead line is not. */
static void draining_has_its_limit(void)
{
	struct pty pty = make_console();
	uint64_t begun_ms;

	console_init(&console);
	console_drain(&console, 100000); /* no console */
	want_equal(console_open(&console), 0);
	want(tcflow(pty.slave, TCOOFF) == 0);
	say("nobody reads this\n");
	begun_ms = place_ms();
	console_drain(&console, 200);
	want(place_ms() - begun_ms < PATIENT_MS);
}

/* The board goes down before a pause ends, which a busy console brought about. */
static void last_words_do_not_wait_for_a_pause(void)
{
	struct pty pty = make_console();

	console_init(&console);
	want_equal(console_open(&console), 0);
	want(tcflow(pty.slave, TCOOFF) == 0);
	say("last words\n");
	want(console_due(&console) > now_ms);
	want(tcflow(pty.slave, TCOON) == 0);
	console_drain(&console, PATIENT_MS);
	read_on(&pty);
	want(strcmp(all, "last words\n") == 0);
	want_equal(console_due(&console), 0);
}

#define PRIVATE(name) STORY_IN(CLONE_NEWNS, name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PRIVATE(lines_come_out_as_they_are),
		PRIVATE(early_lines_wait),
		PRIVATE(the_descriptor_is_harmless),
		PRIVATE(a_console_that_is_not_read),
		PRIVATE(the_count_is_told_when_the_ring_empties_at_once),
		PRIVATE(the_pauses_grow),
		PRIVATE(a_console_that_was_stopped),
		PRIVATE(a_console_that_is_hung_up),
		PRIVATE(no_console_at_all),
		PRIVATE(the_ring_to_its_last_byte),
		PRIVATE(the_ring_goes_round),
		PRIVATE(draining_has_its_limit),
		PRIVATE(last_words_do_not_wait_for_a_pause),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
