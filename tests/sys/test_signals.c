/* signals: what reaches PID 1, who sent it, and what a child must not inherit. */
#include "signals.h"

#include "place.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

static const int wanted[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPWR, SIGHUP };

/* A process of its own sends, so that sender and receiver differ. */
static pid_t sent_by_another(const int *signals, int n)
{
	pid_t receiver = getpid();
	pid_t pid = fork();

	want(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < n; i++)
			(void)kill(receiver, signals[i]);
		_exit(0);
	}
	want_equal(place_wait(pid), 0);
	return pid;
}

static void notes_every_signal_with_its_sender(void)
{
	struct signal_note note;

	signals_init();
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		pid_t sender = sent_by_another(&wanted[i], 1);

		want_equal(signals_take(&note), 0); /* it comes only in the wait */
		signals_wait(-1, 10000);
		want_equal(signals_take(&note), 1);
		want_equal(note.signal, wanted[i]);
		want_equal(note.pid, sender);
		want_equal(note.uid, getuid());
		want_equal(signals_take(&note), 0); /* and only once */
	}
}

static void notes_the_senders_user(void)
{
	struct signal_note note;
	pid_t receiver = getpid();
	pid_t pid;

	signals_init();
	pid = fork();
	if (pid == 0) {
		/* Root can send as somebody else; others cannot become one. */
		if (getuid() == 0)
			want(setresuid(-1, 12345, 0) == 0 && setreuid(12345, 0) == 0);
		(void)kill(receiver, SIGTERM);
		_exit(0);
	}
	want_equal(place_wait(pid), 0);
	signals_wait(-1, 10000);
	want_equal(signals_take(&note), 1);
	want_equal(note.pid, pid);
	want_equal(note.uid, getuid() == 0 ? 12345 : getuid());
}

/* Ctrl-C on the console, like Ctrl-Alt-Del, comes from the kernel: no sender. */
static void notes_that_the_kernel_sent_it(void)
{
	struct signal_note note;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	want(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	want(setsid() > 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	want(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
	signals_init();
	want(write(master, "\003", 1) == 1);
	signals_wait(-1, 10000);
	want_equal(signals_take(&note), 1);
	want_equal(note.signal, SIGINT);
	want_equal(note.pid, 0);
	want_equal(note.uid, 0);
}

/* A process outside a container has no pid in it, and is not the kernel for that. */
static void notes_a_sender_outside(void)
{
	struct signal_note note;
	int ready[2];
	pid_t pid;
	char byte;

	enter_namespaces(CLONE_NEWPID);
	want(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	want(pid >= 0);
	if (pid == 0) {
		want(getpid() == 1);
		signals_init();
		want(write(ready[1], "", 1) == 1);
		signals_wait(-1, 10000);
		want_equal(signals_take(&note), 1);
		want_equal(note.signal, SIGUSR1);
		want_equal(note.pid, -1);
		_exit(0);
	}
	want(read(ready[0], &byte, 1) == 1);
	want(kill(pid, SIGUSR1) == 0);
	want_equal(place_wait(pid), 0);
}

static void several_kinds_at_once(void)
{
	struct signal_note note;
	bool seen[COUNT_OF(wanted)] = { false };

	signals_init();
	(void)sent_by_another(wanted, COUNT_OF(wanted));
	for (size_t n = 0; n < COUNT_OF(wanted); n++) {
		while (signals_take(&note) == 0)
			signals_wait(-1, 10000);
		for (size_t i = 0; i < COUNT_OF(wanted); i++) {
			want(note.signal != wanted[i] || !seen[i]);
			seen[i] |= note.signal == wanted[i];
		}
	}
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		want(seen[i]);
}

static void a_thousand_of_one_kind_are_one(void)
{
	struct signal_note note;
	int signals[1000];
	pid_t first;

	signals_init();
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		signals[i] = SIGTERM;
	first = sent_by_another(signals, COUNT_OF(signals));
	(void)sent_by_another(signals, COUNT_OF(signals));
	signals_wait(-1, 10000);
	want_equal(signals_take(&note), 1);
	want_equal(note.pid, first);
	want_equal(signals_take(&note), 0);
}

/* --- the wait -------------------------------------------------------------------- */

static uint64_t wait_takes_ms(int64_t timeout_ms)
{
	uint64_t begun_ms = place_ms();

	signals_wait(-1, timeout_ms);
	return place_ms() - begun_ms;
}

static void the_wait_ends_in_time(void)
{
	static const int64_t timeouts_ms[] = { 0, 1, 30, 1005 };

	signals_init();
	for (size_t i = 0; i < COUNT_OF(timeouts_ms); i++) {
		uint64_t ms = wait_takes_ms(timeouts_ms[i]);

		want(ms + 2 >= (uint64_t)timeouts_ms[i]);
		want(ms < (uint64_t)timeouts_ms[i] + 5000);
	}
}

static void a_childs_end_wakes_the_wait(void)
{
	struct signal_note note;
	pid_t pid;

	signals_init();
	pid = fork();
	if (pid == 0)
		_exit(0);
	signals_wait(-1, -1); /* for ever, if it did not */
	want_equal(signals_take(&note), 0);
	want_equal(place_wait(pid), 0);
}

/* A signal between the last look and the wait must not be slept through. */
static void what_came_before_the_wait_ends_it(void)
{
	struct signal_note note;

	signals_init();
	(void)sent_by_another((const int[]){ SIGUSR1 }, 1);
	want(wait_takes_ms(30000) < 20000);
	want_equal(signals_take(&note), 1);
}

/* --- what is set, and what a child gets ---------------------------------------------- */

/* A mask of /proc/self/status; bit n - 1 is signal n. */
static uint64_t mask_of(const char *name)
{
	char line[256];
	uint64_t mask = 0;
	bool found = false;
	FILE *file = fopen("/proc/self/status", "re");

	want(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		mask = strtoull(line + strlen(name), NULL, 16);
		found = true;
	}
	want(found);
	(void)fclose(file);
	return mask;
}

static uint64_t bit(int signal)
{
	return (uint64_t)1 << (signal - 1);
}

/* As the worst of parents would have left it. */
static void inherit_the_worst(void)
{
	/* The kernel's own struct: libraries keep signals 32 to 34 to themselves. */
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} ignore = { .handler = SIG_IGN };
	uint64_t all = UINT64_MAX;

	for (int i = 1; i <= 64; i++)
		(void)syscall(SYS_rt_sigaction, i, &ignore, NULL, sizeof(ignore.mask));
	want(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all)) == 0);
	want_equal(mask_of("SigIgn:") | bit(SIGKILL) | bit(SIGSTOP), -1);
}

static void nothing_inherited_remains(void)
{
	uint64_t blocked = bit(SIGCHLD);

	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		blocked |= bit(wanted[i]);
	inherit_the_worst();
	signals_init();
	want_equal(mask_of("SigBlk:"), blocked);
	want_equal(mask_of("SigCgt:"), blocked);
	want_equal(mask_of("SigIgn:"), 0);
}

static void a_child_begins_with_none_of_it(void)
{
	inherit_the_worst();
	signals_init();
	signals_reset();
	want_equal(mask_of("SigBlk:"), 0);
	want_equal(mask_of("SigCgt:"), 0);
	want_equal(mask_of("SigIgn:"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(notes_every_signal_with_its_sender),
		STORY(notes_the_senders_user),
		STORY(notes_that_the_kernel_sent_it),
		STORY(notes_a_sender_outside),
		STORY(several_kinds_at_once),
		STORY(a_thousand_of_one_kind_are_one),
		STORY(the_wait_ends_in_time),
		STORY(a_childs_end_wakes_the_wait),
		STORY(what_came_before_the_wait_ends_it),
		STORY(nothing_inherited_remains),
		STORY(a_child_begins_with_none_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
