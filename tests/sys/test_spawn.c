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

static struct spawn_fault fault;

static const char *const no_environment[] = { NULL };

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SPAWN(...) ((struct spawn){ .notify_fd = -1, .group_fd = -1, __VA_ARGS__ })
#define SPAWN_READY(from, to, ...) \
	((struct spawn){ .notify_fd = from, .ready_fd = to, .group_fd = -1, __VA_ARGS__ })
#define SPAWN_IN(group, ...) ((struct spawn){ .notify_fd = -1, .group_fd = group, __VA_ARGS__ })

/* What was left by an earlier one must not be taken for this one's. */
static int32_t start(struct spawn spawn)
{
	if (!spawn.envp)
		spawn.envp = no_environment;
	spawn.fault = &fault;
	memset(&fault, 7, sizeof(fault));
	return spawn_program(&spawn);
}

/* Spawn argv with what is in *spawn, and wait for its end. */
static int spawn_and_wait(struct spawn spawn)
{
	int32_t pid = start(spawn);

	want(pid > 0);
	want_equal(fault.stage, SPAWN_FINE);
	want_equal(fault.err, 0);
	return place_wait(pid);
}

static bool no_children(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* It says why, and nothing of it is left. */
static void fails(struct spawn spawn, int stage, int err)
{
	int fds = count_fds();

	errno = 77;
	want_equal(start(spawn), -err);
	want_equal(errno, 77);
	want_equal(fault.stage, stage);
	want_equal(fault.err, stage == SPAWN_FINE ? 0 : err);
	want(no_children());
	want_equal(count_fds(), fds);
}

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
	struct report r;
	int32_t pid;
	int fd;

	close_all_above(2);
	fd = pipe_to_stdout();
	errno = 77;
	pid = start(SPAWN(.argv = ARGV("/proc/self/exe", "--report", "an argument"),
			  .envp = ARGV("GREETING=hello")));
	want(pid > 0);
	want_equal(errno, 77);
	r = read_report(fd);
	want_equal(place_wait(pid), 0);
	want_equal(fault.stage, SPAWN_FINE);
	want_equal(fault.err, 0);
	want_equal(fault.group_err, 0);
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
	want_equal(spawn_and_wait(SPAWN(.argv = ARGV("/proc/self/exe", "--report", ""))), 0);
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
	fails(SPAWN(.argv = ARGV(path)), SPAWN_EXEC, err);
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
	want_equal(spawn_and_wait(SPAWN(.argv = ARGV("./good"))), 5);
}

static void nobody_wants_a_report(void)
{
	want_equal(spawn_program(&SPAWN(.argv = ARGV("./missing"), .envp = no_environment)),
		   -ENOENT);
	want(no_children());
}

/* Only the one that failed is reaped, and its SIGCHLD is no more than a hint. */
static void others_that_ended_stay_to_be_reaped(void)
{
	int32_t pid;

	signals_init();
	make_script("five", "#!/bin/sh\nexit 5\n", 0755);
	pid = start(SPAWN(.argv = ARGV("./five")));
	want(pid > 0);
	for (int i = 0; i < 100; i++)
		want_equal(start(SPAWN(.argv = ARGV("./missing"))), -ENOENT);
	want_equal(place_wait(pid), 5);
	want(no_children());
}

static void instead_is_for_what_is_not_there(void)
{
	const char *const *instead = ARGV("/bin/sh", "-c", "exit 9");
	const char *const *missing = ARGV("./missing-too");

	make_script("denied", "#!/bin/sh\nexit 0\n", 0644);
	make_script("no-exec", "exit 0\n", 0755);
	make_script("there", "#!/bin/sh\nexit 5\n", 0755);
	want_equal(spawn_and_wait(SPAWN(.argv = ARGV("./gone"), .instead = instead)), 9);
	want_equal(spawn_and_wait(SPAWN(.argv = ARGV("./there"), .instead = instead)), 5);
	fails(SPAWN(.argv = ARGV("./denied"), .instead = instead), SPAWN_EXEC, EACCES);
	fails(SPAWN(.argv = ARGV("./no-exec"), .instead = instead), SPAWN_EXEC, ENOEXEC);
	fails(SPAWN(.argv = ARGV("./gone"), .instead = missing), SPAWN_EXEC, ENOENT);
}

/* --- signals on the way -------------------------------------------------------------- */

static volatile sig_atomic_t handled;

static void note_signal(int signal)
{
	(void)signal;
	handled = handled + 1;
}

/*
 * A handler of ours never runs in the child, which has our memory.  In a PID
 * namespace kill(-1) hits whatever child there is, but not the story.
 */
static void handlers_do_not_run_in_the_child(void)
{
	sigset_t before;
	sigset_t after;

	want(signal(SIGUSR1, note_signal) == SIG_DFL);
	want(sigprocmask(SIG_BLOCK, NULL, &before) == 0);
	for (pid_t storm = fork(); storm == 0;)
		(void)kill(-1, SIGUSR1);
	for (int i = 0; i < 300; i++) {
		int status;
		int32_t pid = start(SPAWN(.argv = ARGV("/proc/self/exe", "--idle")));

		want(pid > 0 && waitpid(pid, &status, 0) == pid);
		want(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
		want_equal(handled, 0);
	}
	want(sigprocmask(SIG_BLOCK, NULL, &after) == 0);
	for (int i = 1; i < 32; i++)
		want_equal(sigismember(&after, i), sigismember(&before, i));
}

/* --- descriptors --------------------------------------------------------------------- */

/* The child finds what it asks for, and its end of the pipe is the only one. */
static void the_descriptor_becomes_the_one_asked_for(void)
{
	static const int numbers[] = { 3, 4, 5, 9, 60 };

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		int ends[2];
		struct report r;
		int fd;

		close_all_above(2);
		fd = pipe_to_stdout(); /* 3 */
		want(pipe2(ends, O_CLOEXEC) == 0);
		want(ends[0] == 4 && ends[1] == 5);
		want_equal(
			spawn_and_wait(SPAWN_READY(ends[1], numbers[i],
						   .argv = ARGV("/proc/self/exe", "--report", ""))),
			0);
		r = read_report(fd);
		want_equal(r.fds, 7 | 1ULL << numbers[i]);
		/* Here nothing has changed. */
		want_equal(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
		want_equal(spawn_and_wait(SPAWN_READY(ends[1], 9,
						      .argv = ARGV("/bin/sh", "-c", "echo >&9"))),
			   0);
		close(ends[1]);
		want(read(ends[0], &r, sizeof(r)) == 1 && *(char *)&r == '\n');
		want_equal(read(ends[0], &r, sizeof(r)), 0);
	}
}

static void standard_descriptors_are_not_given_away(void)
{
	for (int to = -1; to <= 2; to++)
		fails(SPAWN_READY(1, to, .argv = ARGV("/bin/true")), SPAWN_FINE, EINVAL);
	fails(SPAWN_READY(999, 3, .argv = ARGV("/bin/true")), SPAWN_EXEC, EBADF);
}

/* --- groups --------------------------------------------------------------------------- */

static void joins_its_group_before_it_is_the_program(void)
{
	char text[8] = "";
	int fd;

	write_file("procs", "");
	fd = open("procs", O_RDWR | O_CLOEXEC);
	want(fd >= 0);
	/* What it does first finds that it has been written. */
	want_equal(spawn_and_wait(SPAWN_IN(fd, .argv = ARGV("/usr/bin/test", "-s", "procs"))), 0);
	want_equal(pread(fd, text, sizeof(text), 0), 1);
	want_equal(text[0], '0');
	want_equal(fault.group_err, 0);
	close(fd);
}

/* A descriptor on which write(2) fails with that error. */
static int fd_that_says(int err)
{
	int fd = -1;

	if (err == EBADF)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	else if (err == ENOSPC)
		fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	want(fd >= 0);
	return fd;
}

static void a_group_that_cannot_be_joined_is_a_failure(void)
{
	static const int errors[] = { EBADF, ENOSPC };

	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		int fd = fd_that_says(errors[i]);

		fails(SPAWN_IN(fd, .argv = ARGV("/bin/true")), SPAWN_GROUP, errors[i]);
		want_equal(fault.group_err, errors[i]);
		close(fd);
	}
}

/* --- terminals ----------------------------------------------------------------------------- */

/* The report goes to the terminal, raw so that it comes out as it went in. */
static void the_terminal_becomes_its_own(void)
{
	struct pty pty;
	struct spawn spawn = SPAWN(.argv = ARGV("/proc/self/exe", "--report-to", "report"));
	struct termios t;
	int fd;

	close_all_above(2);
	pty = pty_make();
	spawn.tty = pty.path + strlen("/dev/");
	want(tcgetattr(pty.slave, &t) == 0 && !(t.c_lflag & ICANON));
	want_equal(spawn_and_wait(spawn), 0);
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

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		fails(SPAWN(.argv = ARGV("/bin/true"), .tty = cases[i].tty), SPAWN_TTY,
		      cases[i].err);
}

/* A file that is no terminal serves all the same: better than no program. */
static void the_terminal_is_something_else(void)
{
	want_equal(spawn_and_wait(SPAWN(.argv = ARGV("/bin/true"), .tty = "null")), 0);
}

/* A terminal whose other end has been closed gives EIO. */
static void the_terminal_is_hung_up(void)
{
	struct pty pty = pty_make();

	close(pty.master);
	want(start(SPAWN(.argv = ARGV("/bin/true"), .tty = pty.path + strlen("/dev/"))) < 0);
	want_equal(fault.stage, SPAWN_TTY);
	want(fault.err == EIO || fault.err == ENOENT);
	want(no_children());
}

/* It stands still for nobody who does not read. */
static void the_terminal_is_full_and_stopped(void)
{
	struct pty pty = pty_make();
	uint64_t begin_ms = place_ms();

	(void)fcntl(pty.slave, F_SETFL, O_NONBLOCK);
	while (write(pty.slave, folder, sizeof(folder)) > 0)
		;
	want(tcflow(pty.slave, TCOOFF) == 0);
	want_equal(
		spawn_and_wait(SPAWN(.argv = ARGV("/bin/true"), .tty = pty.path + strlen("/dev/"))),
		0);
	want(place_ms() - begin_ms < 5000);
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
	const struct spawn spawn = SPAWN(.argv = ARGV("/bin/true"), .envp = no_environment,
					 .fault = &fault);
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
	want_equal(fault.stage, SPAWN_FINE);
	want_equal(count_fds(), fds);
	want(resident_kib() <= kib + 64); /* 3 bytes a call */
}

/* Failed execs leave nothing behind either, nor do they move our stack. */
static void ten_thousand_execs_fail(void)
{
	const struct spawn spawn = SPAWN(.argv = ARGV("./missing"), .envp = no_environment);
	int fds = count_fds();
	long kib;

	want_equal(spawn_program(&spawn), -ENOENT);
	(void)resident_kib();
	kib = resident_kib();
	for (int i = 0; i < 10000; i++)
		want_equal(spawn_program(&spawn), -ENOENT);
	want(no_children());
	want_equal(count_fds(), fds);
	want(resident_kib() <= kib + 64);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		STORY(becomes_the_program),
		STORY(begins_with_plain_signals),
		STORY(says_why_it_cannot_exec),
		STORY(nobody_wants_a_report),
		STORY(others_that_ended_stay_to_be_reaped),
		STORY(instead_is_for_what_is_not_there),
		STORY_IN(CLONE_NEWPID, handlers_do_not_run_in_the_child),
		STORY(the_descriptor_becomes_the_one_asked_for),
		STORY(standard_descriptors_are_not_given_away),
		STORY(joins_its_group_before_it_is_the_program),
		STORY(a_group_that_cannot_be_joined_is_a_failure),
		STORY(the_terminal_becomes_its_own),
		STORY(the_terminal_is_not_there),
		STORY(the_terminal_is_something_else),
		STORY(the_terminal_is_hung_up),
		STORY(the_terminal_is_full_and_stopped),
		STORY(calls_a_function),
		STORY(ten_thousand_forks_fail),
		STORY(ten_thousand_execs_fail),
	};

	if (argc == 2 && strcmp(argv[1], "--idle") == 0)
		for (;;)
			(void)pause();
	if (argc == 3 && strcmp(argv[1], "--report") == 0)
		_exit(write_report(1, argv[2]));
	if (argc == 3 && strcmp(argv[1], "--report-to") == 0)
		_exit(write_report(open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ""));
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
