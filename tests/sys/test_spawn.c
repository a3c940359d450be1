/*
 * spawn: a process becomes the program, or says what kept it from that.
 *
 * Called with "--report" this program writes what it finds of itself to fd 1.
 */
#include "spawn.h"

#include "pty.h"
#include "signals.h"

#include <sys/resource.h>

struct report {
	pid_t pid;
	pid_t session;
	pid_t group;
	uint64_t fds; /* a bit for each that is open */
	uint64_t blocked;
	uint64_t ignored;
	bool controlling_tty; /* it has one, and fd 0 is it */
	bool blocking;        /* fd 0 */
	tcflag_t local;       /* modes of fd 0 */
	char argument[32];
	char environment[64];
};

static uint64_t status_mask(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found ? strtoull(found + strlen(name), NULL, 16) : UINT64_MAX;
}

static int write_report(int out, const char *argument)
{
	static struct report r;
	static char status[8192];
	struct termios t;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, status, sizeof(status) - 1) <= 0)
		return 1;
	close(fd);
	for (int i = 0; i < 64; i++)
		r.fds |= (uint64_t)(fcntl(i, F_GETFD) >= 0 && (i < 3 || i != out)) << i;
	r.pid = getpid();
	r.session = getsid(0);
	r.group = getpgrp();
	r.blocked = status_mask(status, "SigBlk:");
	r.ignored = status_mask(status, "SigIgn:");
	r.controlling_tty = tcgetsid(0) == r.session;
	r.blocking = !(fcntl(0, F_GETFL) & O_NONBLOCK);
	if (tcgetattr(0, &t) == 0)
		r.local = t.c_lflag;
	(void)snprintf(r.argument, sizeof(r.argument), "%s", argument);
	if (environ[0] && !environ[1])
		(void)snprintf(r.environment, sizeof(r.environment), "%s", environ[0]);
	return write(out, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1;
}

static struct spawn_fault *fault;

static const char *const no_environment[] = { NULL };

/* Spawn argv with what is in *spawn, and wait for its end. */
static int spawn_and_wait(struct spawn spawn)
{
	int32_t pid;

	if (!fault)
		fault = spawn_faults(1);
	want(fault != NULL);
	if (!spawn.envp)
		spawn.envp = no_environment;
	spawn.fault = fault;
	pid = spawn_program(&spawn);
	want(pid > 0);
	return place_wait(pid);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- a program that starts --------------------------------------------------------- */

/* Standard output becomes a pipe; its reading end is returned. */
static int pipe_to_stdout(void)
{
	int ends[2];

	want(pipe2(ends, O_CLOEXEC) == 0);
	want(dup2(ends[1], 1) == 1);
	close(ends[1]);
	return ends[0];
}

static void close_all_above(int last)
{
	for (int fd = last + 1; fd < 256; fd++)
		close(fd);
}

static struct report read_report(int fd)
{
	struct report r;

	want(read(fd, &r, sizeof(r)) == (ssize_t)sizeof(r));
	return r;
}

static void becomes_the_program(void)
{
	struct spawn spawn = {
		.argv = ARGV("/proc/self/exe", "--report", "an argument"),
		.envp = ARGV("GREETING=hello"),
	};
	struct report r;
	int32_t pid;
	int fd;

	close_all_above(2);
	fd = pipe_to_stdout();
	fault = spawn_faults(1);
	spawn.fault = fault;
	fault->stage = 7; /* of an earlier one */
	pid = spawn_program(&spawn);
	want(pid > 0);
	r = read_report(fd);
	want_equal(place_wait(pid), 0);
	want_equal(fault->stage, SPAWN_FINE);
	want_equal(r.pid, pid);
	want_equal(r.session, pid);
	want_equal(r.group, pid);
	want_equal(r.fds, 7); /* 0, 1 and 2, and no other */
	want_equal(r.controlling_tty, false);
	want(strcmp(r.argument, "an argument") == 0);
	want(strcmp(r.environment, "GREETING=hello") == 0);
}

/* PID 1 blocks and catches signals, and may have inherited worse. */
static void begins_with_plain_signals(void)
{
	struct report r;
	sigset_t all;
	int fd = pipe_to_stdout();

	for (int i = 1; i < 32; i++)
		(void)signal(i, SIG_IGN);
	(void)sigfillset(&all);
	want(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
	signals_init();
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("/proc/self/exe", "--report", "") }),
		   0);
	r = read_report(fd);
	want_equal(r.blocked, 0);
	want_equal(r.ignored, 0);
}

/* --- a program that does not ---------------------------------------------------------- */

static void make_script(const char *path, const char *text, mode_t mode)
{
	write_file(path, text);
	want(chmod(path, mode) == 0);
}

static void exec_fails(const char *path, int err)
{
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV(path) }), 127);
	want_equal(fault->stage, SPAWN_EXEC);
	want_equal(fault->err, err);
}

static void says_why_it_cannot_exec(void)
{
	int writer;

	make_script("plain", "#!/bin/sh\nexit 0\n", 0644);
	make_script("no-interpreter", "#!/no/such/interpreter\n", 0755);
	make_script("not-even-a-script", "exit 0\n", 0755);
	make_script("empty", "", 0755);
	make_script("good", "#!/bin/sh\nexit 5\n", 0755);
	want(symlink("loop", "loop") == 0);
	exec_fails("./missing", ENOENT);
	exec_fails("./no-interpreter", ENOENT);
	exec_fails("./plain", EACCES);
	exec_fails(".", EACCES);
	exec_fails("./not-even-a-script", ENOEXEC);
	exec_fails("./empty", ENOEXEC);
	exec_fails("./good/below", ENOTDIR);
	exec_fails("./loop", ELOOP);
	writer = open("good", O_WRONLY | O_CLOEXEC);
	want(writer >= 0);
	exec_fails("./good", ETXTBSY);
	close(writer);
	/* The report of the one before is not taken for this one's. */
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./good") }), 5);
	want_equal(fault->stage, SPAWN_FINE);
}

/* Without memory for reports it still must not crash. */
static void nobody_wants_a_report(void)
{
	const struct spawn spawn = { .argv = ARGV("./missing"), .envp = no_environment };
	int32_t pid = spawn_program(&spawn);

	want(pid > 0);
	want_equal(place_wait(pid), 127);
}

static void instead_is_for_what_is_not_there(void)
{
	const char *const *instead = ARGV("/bin/sh", "-c", "exit 9");
	const char *const *missing = ARGV("./missing-too");

	make_script("denied", "#!/bin/sh\nexit 0\n", 0644);
	make_script("no-exec", "exit 0\n", 0755);
	make_script("there", "#!/bin/sh\nexit 5\n", 0755);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./gone"), .instead = instead }), 9);
	want_equal(fault->stage, SPAWN_FINE);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./there"), .instead = instead }),
		   5);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./denied"), .instead = instead }),
		   127);
	want_equal(fault->err, EACCES);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./no-exec"), .instead = instead }),
		   127);
	want_equal(fault->err, ENOEXEC);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("./gone"), .instead = missing }),
		   127);
	want_equal(fault->err, ENOENT);
}

/* --- terminals ----------------------------------------------------------------------------- */

/* The report goes to the terminal, raw so that it comes out as it went in. */
static void the_terminal_becomes_its_own(void)
{
	struct pty pty;
	struct spawn spawn = {
		.argv = ARGV("/proc/self/exe", "--report-to", "report"),
		.envp = no_environment,
	};
	struct termios t;
	int fd;

	close_all_above(2);
	pty = pty_make();
	spawn.tty = pty.path + strlen("/dev/");
	want(tcgetattr(pty.slave, &t) == 0 && !(t.c_lflag & ICANON));
	want_equal(spawn_and_wait(spawn), 0);
	want_equal(fault->stage, SPAWN_FINE);
	fd = open("report", O_RDONLY | O_CLOEXEC);
	want(fd >= 0);

	struct report r = read_report(fd);

	want(r.controlling_tty);
	want(r.blocking);
	want_equal(r.fds, 7);
	want_equal(r.session, r.pid);
	/* What a program that crashed left behind is put right. */
	want_equal(r.local & (ICANON | ECHO | ISIG), ICANON | ECHO | ISIG);
}

static void the_terminal_is_not_there(void)
{
	static const struct {
		const char *tty;
		int err;
	} cases[] = {
		{ "no-such-terminal", ENOENT },
		{ "null/below", ENOTDIR },
		{ "shm", EISDIR },
		{ "a-name-far-longer-than-any-device-name-that-a-kernel-would-have-given", ENOENT },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("/bin/true"),
							  .tty = cases[i].tty }),
			   127);
		want_equal(fault->stage, SPAWN_TTY);
		want_equal(fault->err, cases[i].err);
	}
}

/* A file that is no terminal serves all the same: better than no program. */
static void the_terminal_is_something_else(void)
{
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("/bin/true"), .tty = "null" }), 0);
	want_equal(fault->stage, SPAWN_FINE);
}

/* A terminal whose other end has been closed gives EIO. */
static void the_terminal_is_hung_up(void)
{
	struct pty pty = pty_make();

	close(pty.master);
	want_equal(spawn_and_wait((struct spawn){ .argv = ARGV("/bin/true"),
						  .tty = pty.path + strlen("/dev/") }),
		   127);
	want_equal(fault->stage, SPAWN_TTY);
	want(fault->err == EIO || fault->err == ENOENT);
}

/* --- calls ------------------------------------------------------------------------------------ */

static int is_a_session_of_its_own(void *arg)
{
	sigset_t blocked;
	struct sigaction action;

	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	(void)sigaction(SIGTERM, NULL, &action);
	if (getsid(0) != getpid() || sigismember(&blocked, SIGTERM) || action.sa_handler != SIG_DFL)
		return 1;
	return *(int *)arg;
}

static void calls_a_function(void)
{
	int code = 42;
	int32_t pid;

	signals_init();
	pid = spawn_call(is_a_session_of_its_own, &code);
	want(pid > 0);
	want_equal(place_wait(pid), 42);
}

/* --- shortage -----------------------------------------------------------------------------------
 */

/* Exact, as the counters in /proc/self/statm are not. */
static long resident_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/smaps_rollup", "re");

	want(file != NULL);
	while (!kib && fgets(line, sizeof(line), file))
		(void)sscanf(line, "Rss: %ld kB", &kib);
	(void)fclose(file);
	want(kib > 0);
	return kib;
}

static void fail_forks(const struct spawn *spawn, int n)
{
	for (int i = 0; i < n; i++) {
		want_equal(spawn_program(spawn), -EAGAIN);
		want_equal(spawn_call(is_a_session_of_its_own, NULL), -EAGAIN);
	}
}

/* Catalogue C1: a fork that fails leaves nothing behind, however often. */
static void ten_thousand_forks_fail(void)
{
	const struct rlimit none = { 0, 0 };
	const struct spawn spawn = {
		.argv = ARGV("/bin/true"),
		.envp = no_environment,
		.fault = spawn_faults(1),
	};
	long kib;
	int fds;

	/* The limit does not bind root. */
	if (getuid() == 0)
		want(setresgid(12345, 12345, 12345) == 0 && setresuid(12345, 12345, 12345) == 0);
	want(setrlimit(RLIMIT_NPROC, &none) == 0);
	fail_forks(&spawn, 1000); /* whatever is set up once has been */
	fds = count_fds();
	(void)resident_kib();
	kib = resident_kib();
	fail_forks(&spawn, 10000);
	want_equal(spawn.fault->stage, SPAWN_FINE);
	want_equal(count_fds(), fds);
	want(resident_kib() <= kib + 64); /* 3 bytes a call */
}

static void reports_are_shared_and_fine(void)
{
	struct spawn_fault *faults = spawn_faults(1033);
	pid_t pid;

	want(faults != NULL);
	for (int i = 0; i < 1033; i++)
		want_equal(faults[i].stage, SPAWN_FINE);
	pid = fork();
	if (pid == 0) {
		faults[1032].err = 99;
		_exit(0);
	}
	want_equal(place_wait(pid), 0);
	want_equal(faults[1032].err, 99);
}

static void no_memory_for_reports(void)
{
	const struct rlimit none = { 0, 0 };

	want(setrlimit(RLIMIT_AS, &none) == 0);
	want(spawn_faults(1033) == NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		STORY(becomes_the_program),
		STORY(begins_with_plain_signals),
		STORY(says_why_it_cannot_exec),
		STORY(nobody_wants_a_report),
		STORY(instead_is_for_what_is_not_there),
		STORY(the_terminal_becomes_its_own),
		STORY(the_terminal_is_not_there),
		STORY(the_terminal_is_something_else),
		STORY(the_terminal_is_hung_up),
		STORY(calls_a_function),
		STORY(ten_thousand_forks_fail),
		STORY(reports_are_shared_and_fine),
		STORY(no_memory_for_reports),
	};

	if (argc == 3 && strcmp(argv[1], "--report") == 0)
		_exit(write_report(1, argv[2]));
	if (argc == 3 && strcmp(argv[1], "--report-to") == 0)
		_exit(write_report(open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ""));
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
